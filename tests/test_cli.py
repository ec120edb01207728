import errno
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import skimage.data
import tifffile
from commands import ENVIRONMENT, TIMEOUT, TIMES, exposures, radiance, read_until, start, write_bracket, write_frame

from libhdrnet.console import Console
from libhdrnet.errors import OutOfMemoryError
from libhdrnet.formats import BY_SUFFIX, WRITE_SUFFIXES
from libhdrnet.io import read_metadata, read_photo, read_record, srgb_profile, write_display
from libhdrnet.io.formats import exr
from libhdrnet.io.formats.heif import main_picture
from libhdrnet.io.formats.jxl_header import header
from libhdrnet.io.kinds import kind_of
from libhdrnet.io.passengers import passengers
from libhdrnet.radiometry import encode_srgb

CLASSICAL = ("--model", "classical", "--device", "cpu")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither SIGINT for one process nor ptys")


def events(text):
    """The JSON object of each line."""
    return [json.loads(line) for line in text.splitlines()]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".exr"])
def test_a_bracket_of_any_kind_merges_to_the_radiance_of_the_scene(tmp_path, hdrnet, suffix):
    out = tmp_path / "out.exr"
    ended = hdrnet("merge", *write_bracket(tmp_path, suffix, size=(48, 64)), "-o", out, *CLASSICAL)
    assert (ended.code, ended.out) == (0, f"wrote {out}\n")
    merged, truth = read_photo(out).pixels, radiance(48, 64)
    assert np.median(np.abs(merged / truth - 1)) < 0.02


OUTPUTS = {
    ".exr": (np.float32, "linear"), ".hdr": (np.float32, "linear"), ".tif": (np.float32, "linear"),
    ".avif": (np.float32, "linear"), ".jxl": (np.float32, "linear"), ".dng": (np.uint16, "linear"),
    ".jpg": (np.uint8, "srgb"), ".png": (np.uint8, "srgb"),
}  # fmt: skip
"""Samples and encoding of each format that a merge is written in, by its first suffix."""


@pytest.mark.parametrize("suffix", WRITE_SUFFIXES["merged"])
def test_the_suffix_chooses_the_kind_of_output(tmp_path, hdrnet, suffix):
    path = tmp_path / f"o{suffix}"
    ended = hdrnet("merge", *write_bracket(tmp_path), "-o", path, *CLASSICAL)
    assert ended.code == 0
    photo = read_photo(path)
    assert (photo.pixels.dtype, photo.encoding) == OUTPUTS[BY_SUFFIX[suffix].suffixes[0]]
    assert photo.pixels.shape == (24, 32, 3) and kind_of(path) == BY_SUFFIX[suffix].kind


@pytest.mark.parametrize(("bits", "half"), [("16", True), ("32", False)])
def test_exr_bits_chooses_half_or_float(tmp_path, hdrnet, bits, half):
    out = tmp_path / "o.exr"
    assert hdrnet("merge", *write_bracket(tmp_path), "-o", out, "--exr-bits", bits, *CLASSICAL).code == 0
    pixels = read_photo(out).pixels
    assert np.array_equal(pixels, pixels.astype(np.float16)) == half


@pytest.mark.parametrize(("name", "words", "bits"), [("o.avif", (), 12), ("o.avif", ("--hdr-bits", "10"), 10),
                                                     ("o.jxl", ("--hdr-bits", "16"), 16)])  # fmt: skip
def test_hdr_bits_choose_the_depth_for_hdr_displays(tmp_path, hdrnet, name, words, bits):
    out = tmp_path / name
    assert hdrnet("merge", *write_bracket(tmp_path), "-o", out, *words, *CLASSICAL).code == 0
    assert (main_picture(out) if name == "o.avif" else header(out)).bits == bits


@pytest.mark.parametrize(
    ("words", "holders"),
    [(("-o", "o.uhdr.jpg"), ["o.uhdr.jpg"]), (("-o", "o.jpg"), []), (("-o", "o.jpg", "--gain-map"), ["o.jpg"]),
     (("-o", "o.exr", "--preview", "p.jpg", "--gain-map"), ["p.jpg"]),
     (("-o", "o.png", "--preview", "p.uhdr.jpg"), ["p.uhdr.jpg"])],
)  # fmt: skip
def test_a_jpeg_gets_a_gain_map_by_its_name_or_by_the_option(tmp_path, hdrnet, monkeypatch, words, holders):
    frames = write_bracket(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert hdrnet("merge", *frames, *words, *CLASSICAL).code == 0
    assert [path.name for path in sorted(tmp_path.glob("[op].*")) if passengers(path)] == holders
    for name in holders:
        light, truth = read_photo(tmp_path / name, gain_map=True).pixels, radiance(24, 32)
        record = read_record(tmp_path / name)
        assert np.median(np.abs(light / truth / 2 ** record["gain_map_exposure"] - 1)) < 0.05
        assert record["tone_map"]["style"] == "natural"


def test_a_gain_map_lies_over_a_picture_of_one_s_own(tmp_path, hdrnet):
    """It is shown as it is, its blacks and all, and the light still comes back by the map."""
    frames, own, out = write_bracket(tmp_path), tmp_path / "own.png", tmp_path / "o.uhdr.jpg"
    shown = encode_srgb(np.clip(radiance(24, 32) * [0.9, 0.5, 0.5], 0, 1))
    write_display(own, shown)
    assert hdrnet("merge", *frames, "-o", out, "--base", own, *CLASSICAL).code == 0
    assert np.abs(read_photo(out).pixels / 255 - shown).mean() < 0.02
    light, record = read_photo(out, gain_map=True).pixels, read_record(out)
    assert np.median(np.abs(light / radiance(24, 32) / 2 ** record["gain_map_exposure"] - 1)) < 0.05
    assert record["tone_map"] == "by hand"


def test_an_unfit_picture_for_a_gain_map_is_refused_before_the_work(tmp_path, hdrnet):
    frames, own, out = write_bracket(tmp_path), tmp_path / "own.png", tmp_path / "o.jpg"
    write_display(own, np.zeros((24, 30, 3), np.float32))
    small = hdrnet("merge", *frames, "-o", out, "--gain-map", "--base", own, *CLASSICAL)
    assert small.code == 2 and "is 30 x 24 pixels and the frames are 32 x 24" in small.err
    plain = hdrnet("merge", *frames, "-o", out, "--base", own, *CLASSICAL)
    assert plain.code == 2 and "add --gain-map" in plain.err
    assert not out.exists()


def test_a_gain_map_without_a_jpeg_is_refused(tmp_path, hdrnet):
    ended = hdrnet("merge", *write_bracket(tmp_path), "-o", tmp_path / "o.exr", "--gain-map", *CLASSICAL)
    assert (
        ended.code == 2
        and "a gain map goes into a JPEG; name an output .jpg or .jpeg or .jpe, or such a preview" in ended.err
    )


def test_a_depth_that_avif_has_not_is_refused_before_the_work(tmp_path, hdrnet):
    ended = hdrnet("merge", *write_bracket(tmp_path), "-o", tmp_path / "o.avif", "--hdr-bits", 16, *CLASSICAL)
    assert ended.code == 2 and "cannot have 16 bits: choose one of 10, 12" in ended.err


@pytest.mark.parametrize(("name", "dtype"), [("p.jpg", np.uint8), ("p.png", np.uint8), ("p.tif", np.uint16)])
def test_a_preview_is_a_tone_mapped_picture(tmp_path, hdrnet, name, dtype):
    preview = tmp_path / name
    out = tmp_path / "o.exr"
    ended = hdrnet(
        "merge",
        *write_bracket(tmp_path),
        "-o",
        out,
        "--preview",
        preview,
        "--tone",
        "fusion",
        "--local",
        "0.2",
        *CLASSICAL,
    )
    assert (ended.code, ended.out) == (0, f"wrote {out}, {preview}\n")
    photo = read_photo(preview)
    assert (photo.pixels.dtype, photo.encoding) == (dtype, "srgb")
    assert 0.2 < photo.pixels.mean() / np.iinfo(dtype).max < 0.8
    assert read_record(preview)["tone_map"] == {"style": "fusion", "exposure": 0, "local": 0.2, "saturation": 1}


@pytest.mark.usefixtures("random_weights")
def test_the_mask_shows_what_no_exposure_does(tmp_path, hdrnet):
    shots = [np.clip(radiance(64, 64) * np.float32(0.25 * t), 0, 1) for t in (0.25, 1, 4)]
    paths = [write_frame(tmp_path / f"{i}.exr", shot) for i, shot in enumerate(shots)]
    mask = tmp_path / "mask.png"
    ended = hdrnet(
        "merge", *paths, "--ev=-2,0,2", "-o", tmp_path / "o.exr", "--mask", mask, "--no-align", "--model=msffnet"
    )
    assert ended.code == 0
    photo = read_photo(mask)
    assert photo.grey and photo.pixels.dtype == np.uint16
    assert (photo.pixels // 256 == 128).all()


@pytest.mark.parametrize(
    "words",
    [["--times", "1/60,1/15,1/4"], ["--times=0.016667,0.066667,0.25"], ["--ev", "-2,0,1.9069"], ["--ev=-2,0,1.9069"]],
)
def test_exposures_can_be_given_for_files_that_do_not_tell(tmp_path, hdrnet, words):
    out = tmp_path / "o.exr"
    ended = hdrnet("merge", *write_bracket(tmp_path, ".png", exif=False), *words, "-o", out, *CLASSICAL)
    assert (ended.code, ended.err.count("warning")) == (0, 0)
    exposures = np.array(read_record(out)["exposures"])
    assert exposures / exposures[1] == pytest.approx([0.25, 1, 3.75], rel=1e-3)


def test_given_exposures_override_those_of_the_files(tmp_path, hdrnet):
    out = tmp_path / "o.exr"
    ended = hdrnet("merge", *write_bracket(tmp_path, size=(48, 64)), "--ev", "2,0,-2", "-o", out, *CLASSICAL)
    assert read_record(out)["exposures"] == [4, 1, 0.25]
    assert "warning: Frame 1 claims +2.0 EV relative to the reference but its pixels say" in ended.err


def test_the_reference_is_counted_from_one(tmp_path, hdrnet):
    out = tmp_path / "o.exr"
    assert hdrnet("merge", *write_bracket(tmp_path), "-o", out, "--reference", "3", *CLASSICAL).code == 0
    assert read_record(out)["reference"] == 3
    assert np.median(read_photo(out).pixels / radiance(24, 32)) == pytest.approx(3.75, rel=0.05)


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize(
    ("count", "model", "network"), [(3, "psfnet", "psfnet"), (2, "msffnet", "msffnet"), (3, "msffnet", "msffnet")]
)
def test_the_model_chooses_the_network(tmp_path, hdrnet, count, model, network):
    shots = [np.clip(radiance(64, 64) * np.float32(0.25 * t), 0, 1) for t in (0.25, 1, 4)]
    shots[0][24:40, 24:40] = 0.25
    paths, out = [write_frame(tmp_path / f"{i}.exr", shot) for i, shot in enumerate(shots)][:count], tmp_path / "o.exr"
    ended = hdrnet(
        "merge", *paths, "-o", out, "--ev", "-2,0,2" if count == 3 else "-2,0", "--model", model, "--no-align",
        "--device", "cpu", "--precision", "fp32", "--tile", "64",
    )  # fmt: skip
    assert ended.code == 0
    record = read_record(out)
    assert (record["model"], record["engine"]["network"]) == (model, network)
    assert record["repaired"] == 1
    assert (record["engine"]["device"], record["engine"]["precision"], record["engine"]["tile"]) == (
        "cpu",
        "float32",
        64,
    )


def test_no_align_leaves_the_frames_where_they_are(tmp_path, hdrnet):
    out = tmp_path / "o.exr"
    assert hdrnet("merge", *write_bracket(tmp_path), "-o", out, "--no-align", *CLASSICAL).code == 0
    assert read_record(out)["alignment"] == ["not aligned"] * 3


@pytest.mark.parametrize(("response", "level"), [("linear", 0.5), ("gamma2.2", 0.5**2.2), ("srgb", 0.2140)])
def test_the_response_says_what_the_codes_mean(tmp_path, hdrnet, response, level):
    for index, code in enumerate((128, 129)):
        write_display(tmp_path / f"{index}.png", np.full((8, 8, 3), code, np.uint8))
    out = tmp_path / "o.exr"
    ended = hdrnet(
        "merge", tmp_path / "0.png", tmp_path / "1.png", "--times", "1,1.02", "--reference", "1", "--no-align",
        "--response", response, "-o", out, *CLASSICAL,
    )  # fmt: skip
    assert ended.code == 0
    assert read_photo(out).pixels.mean() == pytest.approx(level, rel=0.02)


def test_the_response_can_be_estimated_from_the_bracket(tmp_path, hdrnet):
    out = tmp_path / "o.exr"
    ended = hdrnet("merge", *write_bracket(tmp_path, size=(96, 96)), "-o", out, "--response", "estimate", *CLASSICAL)
    assert ended.code == 0
    assert np.median(np.abs(read_photo(out).pixels / radiance(96, 96) - 1)) < 0.1


def test_json_is_one_object_a_line_and_nothing_else(tmp_path, hdrnet):
    out = tmp_path / "o.exr"
    paths = write_bracket(tmp_path, size=(48, 64))
    ended = hdrnet("merge", *paths, "--ev", "2,0,-2", "-o", out, "--json", *CLASSICAL)
    told = events(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert {event["event"] for event in told} >= {"progress", "warning", "done"}
    fractions = [event["fraction"] for event in told if event["event"] == "progress"]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert all(event["stage"] for event in told if event["event"] == "progress")
    warned = [event["message"][:14] for event in told if event["event"] == "warning"]
    assert warned == ["Frame 1 claims", "Frame 3 claims"]
    assert told[-1]["event"] == "done" and told[-1]["outputs"] == [str(out)]
    assert told[-1]["record"] == read_record(out)


def test_progress_that_is_told_again_is_said_once(capsys):
    console = Console(as_json=True)
    for fraction, stage in ((0, "starting"), (0, "starting"), (0.004, "starting"), (1, "writing"), (1, "writing")):
        console.progress(fraction, stage)
    assert [(event["fraction"], event["stage"]) for event in events(capsys.readouterr().out)] == [
        (0, "starting"), (1, "writing")
    ]  # fmt: skip


def test_an_error_in_json_has_its_kind_and_code(tmp_path, hdrnet):
    ended = hdrnet("merge", tmp_path / "a.jpg", tmp_path / "b.jpg", "-o", tmp_path / "o.exr", "--json", *CLASSICAL)
    (event,) = (event for event in events(ended.out) if event["event"] != "progress")
    assert (event["event"], event["kind"], event["code"], ended.code) == ("error", "InputError", 2, 2)
    assert "a.jpg" in event["message"] and ended.err == ""


def test_a_usage_error_in_json_is_json(hdrnet):
    ended = hdrnet("merge", "--json", "a.jpg")
    (event,) = events(ended.out)
    assert (event["event"], event["code"], ended.code, ended.err) == ("error", 2, 2, "")


def test_quiet_leaves_the_result_alone(tmp_path, hdrnet):
    ended = hdrnet("merge", *write_bracket(tmp_path), "-o", tmp_path / "2.exr", "-q", *CLASSICAL)
    assert (ended.code, ended.out, ended.err) == (0, f"wrote {tmp_path / '2.exr'}\n", "")


@pytest.mark.parametrize(("quiet", "said"), [(False, True), (True, False)])
def test_a_frame_that_was_moved_is_named_unless_quiet(tmp_path, hdrnet, quiet, said):
    shots = exposures(size=(240, 320))
    shots[0] = np.roll(shots[0] + 0.02 * skimage.data.camera()[:240, :320, None] / 255, 12, axis=1)
    shots[1:] = [np.clip(s + 0.02 * 4**i * skimage.data.camera()[:240, :320, None] / 255, 0, 1)
                 for i, s in enumerate(shots[1:], 1)]  # fmt: skip
    paths = [write_frame(tmp_path / f"{n}.jpg", s, t) for n, s, t in zip("abc", shots, TIMES, strict=True)]
    ended = hdrnet("merge", *paths, "-o", tmp_path / "2.exr", *(["-q"] if quiet else []), *CLASSICAL)
    assert ("a.jpg: Aligned" in ended.err) is said


@pytest.mark.parametrize("name", ["o.jpg", "o.png", "o.tif", "o.exr"])
def test_an_output_keeps_the_reference_s_metadata_and_says_how_it_was_made(tmp_path, hdrnet, name):
    out = tmp_path / name
    assert hdrnet("merge", *write_bracket(tmp_path), "-o", out, *CLASSICAL).code == 0
    exif = read_metadata(out).exif
    assert (exif["Exif.Photo.ExposureTime"], exif["Exif.Image.Make"]) == ("1/15", "Maker")
    record = read_record(out)
    assert (record["operation"], record["model"], record["reference"]) == ("merge", "classical", 2)
    assert record["inputs"] == ["a.jpg", "b.jpg", "c.jpg"] and len(record["alignment"]) == 3


def test_overwrite_replaces_an_output(tmp_path, hdrnet):
    out = tmp_path / "o.exr"
    out.write_bytes(b"old")
    assert hdrnet("merge", *write_bracket(tmp_path), "-o", out, "--overwrite", *CLASSICAL).code == 0
    assert read_photo(out).pixels.shape == (24, 32, 3)


@pytest.mark.usefixtures("random_weights")
def test_a_defocus_map_holds_radii_and_can_guide_a_deblur(tmp_path, hdrnet):
    photo, radii = write_frame(tmp_path / "a.jpg", exposures()[1]), tmp_path / "map.tif"
    ended = hdrnet("defocus", photo, "-o", radii, "--device", "cpu")
    assert ended.code == 0 and ended.out.startswith(f"wrote {radii} (largest radius ")
    assert tifffile.imread(radii).dtype == np.float32 and tifffile.imread(radii).shape == (24, 32)
    assert read_record(radii)["operation"] == "defocus"
    ended = hdrnet("defocus", photo, "-o", tmp_path / "map.png", "--colour", "--device", "cpu")
    assert ended.code == 0 and read_photo(tmp_path / "map.png").pixels.shape == (24 + 24, 32, 3)
    mask = tmp_path / "mask.tif"
    ended = hdrnet("deblur", photo, "-o", tmp_path / "o.png", "--map", radii, "--mask", mask, "--device", "cpu")
    assert ended.code == 0 and tifffile.imread(mask).shape == (24, 32)
    assert read_record(tmp_path / "o.png")["map"] == "given"


@pytest.mark.usefixtures("random_weights")
def test_the_map_changes_what_deblur_does(tmp_path, hdrnet):
    photo = write_frame(tmp_path / "a.tif", exposures()[1])
    pixels = []
    for radius in (0, 9):
        tifffile.imwrite(tmp_path / "map.tif", np.full((24, 32), radius, np.float32))
        out = tmp_path / f"{radius}.tif"
        assert hdrnet("deblur", photo, "-o", out, "--map", tmp_path / "map.tif", "--device", "cpu").code == 0
        pixels.append(read_photo(out).pixels)
    assert not np.array_equal(*pixels)


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("suffix", [".exr", ".tif"])
def test_deblur_of_strength_zero_keeps_light_where_alpha_is_zero(tmp_path, hdrnet, suffix):
    light = exposures()[1]
    alpha = np.repeat(np.linspace(0, 1, 32, dtype=np.float32)[None].round(1), 24, axis=0)
    exr.write(tmp_path / "a.exr", light, {}, alpha=alpha)
    out = tmp_path / f"o{suffix}"
    assert hdrnet("deblur", tmp_path / "a.exr", "-o", out, "--strength", 0, "--device", "cpu").code == 0
    result = read_photo(out)
    assert np.array_equal(result.pixels, light)
    assert np.array_equal(result.alpha, alpha)


def test_what_a_decoder_prints_stays_out_of_the_json(tmp_path, hdrnet):
    exr.write(tmp_path / "a.exr", np.random.default_rng(0).integers(0, 9, (64, 64)).astype(np.float32), {})
    data = bytearray((tmp_path / "a.exr").read_bytes())
    data[-200:-100] = bytes(100)
    (tmp_path / "a.exr").write_bytes(data)
    ended = hdrnet("defocus", tmp_path / "a.exr", "-o", tmp_path / "o.tif", "--json")
    assert ended.code == 2
    assert [event["kind"] for event in events(ended.out) if event["event"] == "error"] == ["InputError"]


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize(("suffix", "dtype"), [(".jpg", np.uint8), (".tif", np.uint16), (".exr", np.float32)])
def test_deblur_keeps_depth_profile_and_metadata(tmp_path, hdrnet, suffix, dtype):
    photo = write_frame(tmp_path / f"a{suffix}", exposures()[1], "1/15")
    if suffix != ".exr":
        source = read_photo(photo)
        write_display(photo, source.pixels, bits=16 if dtype == np.uint16 else 8, metadata=source.metadata)
        assert read_metadata(photo).icc == srgb_profile()
    out = tmp_path / f"o{suffix}"
    assert hdrnet("deblur", photo, "-o", out, "--device", "cpu").code == 0
    result = read_photo(out)
    assert (result.pixels.dtype, result.encoding) == (dtype, read_photo(photo).encoding)
    assert result.metadata.icc == read_metadata(photo).icc
    assert result.metadata.exif["Exif.Photo.ExposureTime"] == "1/15"
    assert read_record(out)["map"] == "estimated"


@pytest.mark.usefixtures("random_weights")
def test_a_strength_of_zero_changes_nothing(tmp_path, hdrnet):
    photo = write_frame(tmp_path / "a.tif", exposures()[1])
    for strength in ("0", "1"):
        out = tmp_path / f"{strength}.tif"
        assert hdrnet("deblur", photo, "-o", out, "--strength", strength, "--device", "cpu").code == 0
    assert np.array_equal(read_photo(tmp_path / "0.tif").pixels, read_photo(photo).pixels)
    assert not np.array_equal(read_photo(tmp_path / "1.tif").pixels, read_photo(photo).pixels)


@pytest.mark.usefixtures("random_weights")
def test_the_demo_is_a_bracket_that_is_merged(tmp_path, hdrnet):
    ended = hdrnet("demo", "-o", tmp_path / "demo", "--device", "cpu", "--json")
    assert ended.code == 0
    assert names(tmp_path / "demo") == ["DEMO_01.jpg", "DEMO_02.jpg", "DEMO_03.jpg", "merged.exr", "merged.jpg"]
    assert read_photo(tmp_path / "demo" / "merged.exr").pixels.shape == (800, 1200, 3)
    assert events(ended.out)[-1]["outputs"][0].endswith("merged.exr")


def test_too_little_memory_ends_with_three(tmp_path, hdrnet, monkeypatch):
    import libhdrnet.merge.pipeline

    def exhausted(*_, **__):
        raise OutOfMemoryError("memory ran out even with 64-pixel tiles; close other programs.")

    monkeypatch.setattr(libhdrnet.merge.pipeline, "fuse", exhausted)
    ended = hdrnet("merge", *write_bracket(tmp_path), "-o", tmp_path / "o.exr", *CLASSICAL)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.count("\n") == 1 and "memory ran out" in ended.err


def test_numpy_s_memory_error_ends_with_three(tmp_path, hdrnet, monkeypatch):
    import libhdrnet.merge.pipeline

    monkeypatch.setattr(libhdrnet.merge.pipeline, "fuse", lambda *_, **__: np.empty((1 << 40, 1 << 16)))
    ended = hdrnet("merge", *write_bracket(tmp_path), "-o", tmp_path / "o.exr", *CLASSICAL)
    assert (ended.code, ended.err) == (3, "hdrnet: memory ran out; close other programs or use smaller pictures.\n")


def test_a_bug_ends_with_one_and_one_sentence(tmp_path, hdrnet, monkeypatch):
    import libhdrnet.merge.pipeline

    def broken(*_, **__):
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(libhdrnet.merge.pipeline, "fuse", broken)
    ended = hdrnet("merge", *write_bracket(tmp_path), "-o", tmp_path / "o.exr", *CLASSICAL)
    assert ended.code == 1
    assert ended.err.startswith("hdrnet: unexpected RuntimeError: first line second line; this is a bug")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("moment", ["fsync", "replace"])
@pytest.mark.parametrize("name", ["o.exr", "o.jpg"])
def test_an_interrupt_while_writing_leaves_no_part_of_a_file(tmp_path, hdrnet, monkeypatch, name, moment):
    def interrupt(*_):
        raise KeyboardInterrupt

    paths = write_bracket(tmp_path)
    before = names(tmp_path)
    monkeypatch.setattr(os, moment, interrupt)
    ended = hdrnet("merge", *paths, "-o", tmp_path / name, *CLASSICAL)
    assert (ended.code, ended.err) == (4, "hdrnet: cancelled; no unfinished file is left.\n")
    assert names(tmp_path) == before


@POSIX
def test_ctrl_c_ends_a_running_merge_with_four(tmp_path, random_weights):
    paths = write_bracket(tmp_path, size=(600, 800))
    before = names(tmp_path)
    with start(
        "merge", *paths, "-o", tmp_path / "o.exr", "--json", "--no-align", "--device", "cpu", "--tile", "64",
        "--model", "psfnet",
        env={"HDRNET_WEIGHTS": str(random_weights)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        read_until(process, "merging with the network")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, err) == (4, "")
    assert events(out)[-1]["kind"] == "CancelledError"
    assert names(tmp_path) == before


@POSIX
def test_a_terminal_gets_a_progress_bar_and_standard_output_the_result(tmp_path):
    import pty

    ours, theirs = pty.openpty()
    out = tmp_path / "o.exr"
    words = ("merge", *write_bracket(tmp_path, size=(48, 64)), "-o", out, "--ev", "2,0,-2", *CLASSICAL)
    with start(*words, env={"TERM": "xterm", "COLUMNS": "60"}, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = _drain(ours)
        told, _ = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, told) == (0, f"wrote {out}\n")
    assert "%" in shown and "━" in shown
    assert "hdrnet: warning: Frame 1 claims +2.0 EV relative to the" in shown


@POSIX
def test_an_error_on_a_terminal_is_one_unbroken_line(tmp_path):
    import pty

    ours, theirs = pty.openpty()
    words = ("merge", tmp_path / "a.jpg", tmp_path / "b.jpg", "-o", tmp_path / "o.exr", *CLASSICAL)
    with start(*words, env={"TERM": "xterm", "COLUMNS": "40"}, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = _drain(ours)
        told, _ = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, told) == (2, "")
    assert f"hdrnet: '{tmp_path / 'a.jpg'}' does not exist: check the name.\r\n" in shown


def _drain(terminal):
    """Everything a process writes to a terminal until it closes it."""
    shown = b""
    while True:
        try:
            block = os.read(terminal, 4096)
        except OSError as error:  # Linux says so when the other side is closed
            assert error.errno == errno.EIO
            block = b""
        if not block:
            os.close(terminal)
            return shown.decode("utf-8", "replace")
        shown += block


def test_the_command_s_exit_code_is_the_process_s(tmp_path):
    words = [sys.executable, "-m", "libhdrnet.cli", "merge", "a.jpg", "b.jpg", "-o", "o.exr"]
    done = subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=TIMEOUT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "hdrnet: 'a.jpg' does not exist: check the name.\n"
    assert names(tmp_path) == []


def test_train_tells_its_steps_and_ends_with_weights(tmp_path, hdrnet, monkeypatch):
    from libhdrnet.research.training import loop

    build = loop.build
    monkeypatch.setattr(loop, "build", lambda name: build(name, channels=8))
    (tmp_path / "sharp").mkdir()
    for seed in range(2):
        write_frame(tmp_path / "sharp" / f"{seed}.png", radiance(96, 96, seed) / 3)
    words = ("--data", tmp_path, "--patch", "16", "--batch", "1", "--workers", "0", "--device", "cpu", "--steps", "3")
    ended = hdrnet("train", "msffnet", *words, "-o", tmp_path / "run", "--json")
    told = events(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert [event["stage"].split(",")[0] for event in told[:-1]] == ["step 1", "step 2", "step 3"]
    assert told[-1]["outputs"] == [str(tmp_path / "run" / "msffnet.safetensors")]
    assert names(tmp_path / "run") == [
        "msffnet.checkpoint",
        "msffnet.checkpoint-3-0",
        "msffnet.csv",
        "msffnet.json",
        "msffnet.safetensors",
    ]


def test_pack_makes_one_file_and_replaces_none_unasked(tmp_path, hdrnet):
    (tmp_path / "sharp").mkdir()
    write_frame(tmp_path / "sharp" / "0.png", radiance(96, 96, 0) / 3)
    words = ("pack", "--data", tmp_path, "-o", tmp_path / "a.pack")
    assert (hdrnet(*words).code, names(tmp_path)) == (0, ["a.pack", "sharp"])
    again = hdrnet(*words)
    assert again.code == 2 and "a.pack exists; give another name, or --overwrite" in again.err
    assert hdrnet(*words, "--overwrite").code == 0
