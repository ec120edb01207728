"""Options that mean nothing to what is written are refused in one sentence, before the work."""

import pytest
from commands import write_bracket

from libhdrnet import tasks
from libhdrnet.errors import InputError
from libhdrnet.tasks.batch import merge_folder

MEANINGLESS = [
    ({"hdr_bits": 12}, ".exr", "--hdr-bits means nothing here: AVIF and JPEG XL"),
    ({"exr_bits": 32}, ".jxl", "--exr-bits means nothing here: OpenEXR and DNG"),
    ({"exr_compression": "dwaa"}, ".dng", "--exr-compression means nothing here: OpenEXR"),
    ({"gain_map": True}, ".exr", "--gain-map means nothing here: a gain map goes into a JPEG"),
    ({"tone": "fusion"}, ".exr", "--tone means nothing here: radiance is not tone-mapped"),
    ({"local": 0.5}, ".dng", "--local means nothing here: .* or such a preview"),
    ({"scale": "absolute"}, ".jpg", "--scale means nothing here: only radiance"),
    ({"meter_constant": 12.5}, ".exr", "--meter-constant means nothing here: .* with --scale absolute"),
]


@pytest.mark.parametrize(("options", "suffix", "said"), MEANINGLESS)
def test_a_merge_refuses_what_means_nothing_to_its_output(tmp_path, options, suffix, said):
    params = {"inputs": ["missing.jpg"] * 2, "output": str(tmp_path / f"o{suffix}"), **options}
    with pytest.raises(InputError, match=said):
        tasks.prepare("merge", params)(tasks.Talk())


@pytest.mark.parametrize(("options", "suffix", "said"), MEANINGLESS)
def test_so_does_a_batch(tmp_path, options, suffix, said):
    with pytest.raises(InputError, match=said):
        merge_folder({"folder": str(tmp_path), "format": suffix, **options}, tasks.Talk())


def test_a_preview_gives_the_options_of_pictures_a_meaning(tmp_path):
    options = {"gain_map": True, "tone": "fusion", "preview": True, "model": "classical"}
    write_bracket(tmp_path)
    assert merge_folder({"folder": str(tmp_path), **options}, tasks.Talk()).outputs


def test_the_number_of_frames_means_nothing_to_a_list_of_brackets(tmp_path):
    options = {"folder": str(tmp_path), "frames": 3, "brackets": str(tmp_path / "brackets.txt")}
    with pytest.raises(InputError, match="--frames means nothing here: .* without --brackets"):
        merge_folder(options, tasks.Talk())


@pytest.mark.parametrize("preview", ["O.JPG", "Sub/../o.Jpg"])
def test_names_that_differ_in_case_alone_are_one_output_on_many_disks(tmp_path, preview):
    (tmp_path / "Sub").mkdir()
    params = {"inputs": ["missing.jpg"] * 2, "output": str(tmp_path / "o.jpg"), "preview": str(tmp_path / preview)}
    with pytest.raises(InputError, match="o.jpg and .* are one name to many disks"):
        tasks.prepare("merge", params)(tasks.Talk())
