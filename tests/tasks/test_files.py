"""Tasks from files to files: what the frames hold beside their pixels goes into the results, or is told of."""

from pathlib import Path

import numpy as np
import OpenEXR
import pyexiv2
import pytest
from commands import write_bracket

from libhdrnet import tasks
from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import read_metadata, read_photo, write_display
from libhdrnet.io.formats.jxl_header import header
from libhdrnet.tasks.batch import merge_folder

CLASSICAL = {"model": "classical", "device": "cpu"}

# Small even pictures show a calibration too little.
pytestmark = pytest.mark.filterwarnings("ignore:Too little is well exposed")


def merge(paths, output, **options):
    task = tasks.prepare(
        "merge", {"inputs": [str(path) for path in paths], "output": str(output), **CLASSICAL, **options}
    )
    return task(tasks.Talk())


ALPHA = np.round(np.linspace(0, 255, 24 * 32)).astype(np.uint8).reshape(24, 32)


@pytest.fixture
def see_through(tmp_path):
    """A bracket of PNGs with an alpha channel from 0 to 255."""
    paths = []
    for path in write_bracket(tmp_path):
        photo = read_photo(path)
        paths.append(path.with_suffix(".png"))
        write_display(paths[-1], photo.pixels, metadata=photo.metadata, alpha=ALPHA)
        path.unlink()
    return paths


def test_transparency_of_the_frames_goes_into_radiance_and_preview(tmp_path, see_through):
    merge(see_through, tmp_path / "o.exr", preview=str(tmp_path / "p.png"))
    with OpenEXR.File(str(tmp_path / "o.exr"), separate_channels=True) as file:
        channels = file.channels()
        assert np.allclose(channels["A"].pixels, ALPHA / 255, atol=1e-5)
        assert (channels["G"].pixels[ALPHA == 0] == 0).all() and (channels["G"].pixels[ALPHA > 9] > 0).all()
    assert np.array_equal(read_photo(tmp_path / "p.png").alpha, ALPHA)


def test_transparency_goes_into_a_tone_mapped_picture(tmp_path, see_through):
    merge(see_through, tmp_path / "o.png")
    assert np.array_equal(read_photo(tmp_path / "o.png").alpha, ALPHA)


@pytest.mark.parametrize("name", ["o.avif", "o.jxl"])
def test_transparency_goes_into_a_picture_for_hdr_displays(tmp_path, see_through, name):
    merge(see_through, tmp_path / name)
    assert np.allclose(read_photo(tmp_path / name).alpha, ALPHA / 255, atol=1e-3)


@pytest.mark.parametrize("name", ["o.hdr", "o.jpg", "o.uhdr.jpg"])
def test_transparency_that_the_format_cannot_hold_is_told_of(tmp_path, see_through, name):
    with pytest.warns(HdrnetWarning, match=f"{name}' loses transparency"):
        merge(see_through, tmp_path / name)


def test_opaque_frames_give_an_opaque_picture(tmp_path):
    merge(write_bracket(tmp_path), tmp_path / "o.exr")
    with OpenEXR.File(str(tmp_path / "o.exr"), separate_channels=True) as file:
        assert set(file.channels()) == {"R", "G", "B"}


@pytest.mark.parametrize("name", ["o.exr", "o.hdr", "o.tif", "o.avif", "o.jxl", "o.jpg", "o.uhdr.jpg"])
def test_a_merge_keeps_place_lens_and_keywords_of_the_reference(tmp_path, name):
    paths = write_bracket(tmp_path)
    for path in paths:
        with pyexiv2.Image(str(path)) as image:
            image.modify_exif({
                "Exif.GPSInfo.GPSLatitude": "35/1 40/1 12/1", "Exif.GPSInfo.GPSLatitudeRef": "N",
                "Exif.Photo.LensModel": "50mm f/1.8",
            })  # fmt: skip
            image.modify_iptc({"Iptc.Application2.Keywords": ["See", "Weiher"]})
    merge(paths, tmp_path / name)
    found = read_metadata(tmp_path / name)
    assert found.exif["Exif.GPSInfo.GPSLatitude"] == "35/1 40/1 12/1"
    assert found.exif["Exif.Photo.LensModel"] == "50mm f/1.8"
    assert "Weiher" in (found.iptc.get("Iptc.Application2.Keywords") or found.xmp["Xmp.dc.subject"])


@pytest.mark.parametrize("bits", [None, 32, 16])
def test_radiance_has_32_bits_unless_16_are_asked_for(tmp_path, bits):
    merge(write_bracket(tmp_path), tmp_path / "o.exr", exr_bits=bits)
    with OpenEXR.File(str(tmp_path / "o.exr"), separate_channels=True) as file:
        assert file.channels()["R"].pixels.dtype == (np.float16 if bits == 16 else np.float32)


def test_a_folder_of_brackets_gives_32_bits(tmp_path):
    write_bracket(tmp_path)
    output = merge_folder({"folder": str(tmp_path), **CLASSICAL}, tasks.Talk()).outputs[0]
    with OpenEXR.File(output, separate_channels=True) as file:
        assert file.channels()["R"].pixels.dtype == np.float32


def test_a_folder_of_brackets_is_merged_for_hdr_displays(tmp_path):
    write_bracket(tmp_path)
    options = {"folder": str(tmp_path), "format": ".jxl", "hdr_bits": 16, **CLASSICAL}
    output = merge_folder(options, tasks.Talk()).outputs[0]
    assert output.endswith("-hdr.jxl") and header(Path(output)).bits == 16


def test_the_video_in_a_frame_is_told_of(tmp_path):
    paths = write_bracket(tmp_path)
    paths[1].write_bytes(paths[1].read_bytes() + b"MotionPhoto_Data\0\0\0\x18ftypmp42")
    with pytest.warns(HdrnetWarning, match=r"b\.jpg' holds the video of a motion photo") as told:
        merge(paths, tmp_path / "o.exr")
    assert len([warning for warning in told if "motion" in str(warning.message)]) == 1


def test_the_video_in_a_picture_that_is_deblurred_is_told_of(tmp_path):
    path = write_bracket(tmp_path)[0]
    path.write_bytes(path.read_bytes() + b"MotionPhoto_Data\0\0\0\x18ftypmp42")
    task = tasks.prepare("deblur", {"input": str(path), "output": str(tmp_path / "o.jpg"), "device": "cpu"})
    with pytest.warns(HdrnetWarning, match=r"a\.jpg' holds the video of a motion photo"):
        task(tasks.Talk())
