"""The scale of merged files: views that belong together agree, and cd/m² are those that the exposures say."""

from pathlib import Path

import numpy as np
import OpenEXR
import pyexiv2
import pytest
from commands import TIMES, exposures, radiance, write_bracket

from libhdrnet import tasks
from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import read_photo
from libhdrnet.io.embed import read_record
from libhdrnet.options import MergeFiles
from libhdrnet.tasks.batch import merge_folder
from libhdrnet.tasks.files import merge_images
from libhdrnet.tasks.scale import scale_of

SIZE = (192, 256)
WHITE = 12.5 * 8**2 / (1 / 15 * 100) / 0.18
"""cd/m² of the white of 1/15 s at f/8 and ISO 100."""
SCENE = radiance(*SIZE)
"""1 = white of 1/15 s."""


def bracket(folder, times=TIMES, exif=(("Exif.Photo.FNumber", "8/1"), ("Exif.Photo.ISOSpeedRatings", "100"))):
    folder.mkdir()
    paths = write_bracket(folder, times=times, size=SIZE)
    for path in paths:
        with pyexiv2.Image(str(path)) as image:
            image.modify_exif(dict(exif))
    return paths


def merge(paths, output, **options):
    params = {"inputs": [str(path) for path in paths], "output": str(output), "model": "classical", "align": False}
    tasks.prepare("merge", {**params, **options})(tasks.Talk())
    return read_photo(output).pixels


def off(found, expected):
    """How far a merge is off in all, as a ratio, where it is neither dark nor saturated anywhere."""
    return abs(float(np.median(found / expected)) - 1)


@pytest.mark.parametrize("reference", [1, 2, 3])
def test_absolute_is_what_the_exposure_says_whichever_frame_is_the_reference(tmp_path, reference):
    found = merge(bracket(tmp_path / "a"), tmp_path / "o.exr", scale="absolute", reference=reference)
    assert off(found, WHITE * SCENE) < 0.02
    with OpenEXR.File(str(tmp_path / "o.exr")) as file:
        assert file.header()["whiteLuminance"] == pytest.approx(1)


def test_a_measured_meter_constant_is_taken_and_the_white_of_a_reference_is_told(tmp_path):
    paths = bracket(tmp_path / "a")
    assert (
        off(merge(paths, tmp_path / "o.tif", scale="absolute", meter_constant=14.0), WHITE * 14 / 12.5 * SCENE) < 0.02
    )
    plain = merge(paths, tmp_path / "o.exr", reference=2)
    with OpenEXR.File(str(tmp_path / "o.exr")) as file:
        assert off(plain * file.header()["whiteLuminance"], WHITE * SCENE) < 0.02


def test_views_of_other_exposures_share_the_scale_of_a_batch(tmp_path):
    folder = tmp_path / "views"
    folder.mkdir()
    for name, times in (("a", TIMES), ("b", ("1/125", "1/30", "1/8")), ("c", ("1/30", "1/8", "1/2"))):
        for path in bracket(tmp_path / name, times):
            path.rename(folder / f"{name}-{path.name}")
    told = merge_folder(
        {"folder": str(folder), "scale": "common", "frames": 3, "model": "classical", "align": False}, tasks.Talk()
    )
    found = [read_photo(path).pixels for path in sorted(told.outputs)]
    middles = [1 / 15, 1 / 30, 1 / 8]  # the scene that is drawn is as bright as the middle exposure shows it
    assert len(found) == 3
    for view, middle in zip(found, middles, strict=True):
        assert off(view, SCENE / (15 * middle)) < 0.02
    assert read_record(sorted(told.outputs)[0])["scale"] == "common"


def test_a_view_that_joins_a_batch_gets_the_scale_of_those_that_are_done(tmp_path):
    folder = tmp_path / "views"
    folder.mkdir()
    options = {"folder": str(folder), "frames": 3, "model": "classical", "align": False}

    def shoot(name, times):
        for path in bracket(tmp_path / name, times):
            path.rename(folder / f"{name}-{path.name}")

    shoot("b", TIMES)
    merge_folder({**options, "scale": "common"}, tasks.Talk())
    shoot("a", ("1/125", "1/30", "1/8"))
    (joined,) = merge_folder({**options, "scale": "common"}, tasks.Talk()).outputs
    assert joined.endswith("a-a-hdr.exr")
    assert off(read_photo(joined).pixels, SCENE * 2) < 0.02

    Path(joined).unlink()
    merge_folder(options, tasks.Talk())  # as the reference has it
    shoot("c", TIMES)
    with pytest.raises(InputError, match=r"a-a-hdr.exr was merged on another scale; merge all again with --overwrite"):
        merge_folder({**options, "scale": "common"}, tasks.Talk())


def test_a_frame_that_is_left_out_leaves_the_others_their_exposures(tmp_path):
    paths = bracket(tmp_path / "a", ("1/60", "1/15", "1/4", "1/2"), exif=())
    paths[2].write_bytes(b"no picture")
    options = {"ev": "-2,0,2,3", "skip_unreadable": True, "common_exposure": 0.5}
    with pytest.warns(HdrnetWarning, match="left out"):
        found = merge(paths, tmp_path / "o.exr", scale="common", **options)
    middle = exposures(("1/60", "1/15", "1/4", "1/2"), SIZE)[1]
    fits = (middle > 0.1) & (middle < 0.9)
    assert off(found[fits], middle[fits] / 2) < 0.02


def test_the_scale_is_what_the_frames_told_when_they_were_read(tmp_path):
    paths = [str(path) for path in bracket(tmp_path / "a")]
    options = MergeFiles(inputs=paths, output="o.exr", model="classical", align=False, scale="absolute")
    result = merge_images([*paths], options, with_mask=False, talk=tasks.Talk())
    for path in paths:
        Path(path).unlink()
    assert off(result.radiance * scale_of(result, options)[0], WHITE * SCENE) < 0.02


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scale": "lux"}, "scale 'lux' is unknown"),
        ({"scale": "common"}, "is that of a batch"),
        ({"scale": "absolute", "meter_constant": 0.0}, "meter constant 0 is out of range"),
        ({"scale": "absolute", "meter_constant": 1e300}, "meter constant 1e.300 is out of range"),
        ({"scale": "absolute", "meter_constant": 1e-300}, "meter constant 1e-300 is out of range"),
        ({"scale": "absolute", "meter_constant": float("nan")}, "meter constant nan is out of range"),
        ({"scale": "absolute"}, "no frame tells its exposure time, ISO speed and f-number"),
        ({"scale": "absolute", "output": "o.jpg"}, "only radiance has a scale"),
        ({"scale": "absolute", "output": "o.avif"}, "only radiance has a scale; name an output .exr or .hdr or .tif"),
    ],
)
def test_a_scale_that_does_not_fit_is_refused_before_the_work(tmp_path, options, said):
    output = tmp_path / options.pop("output", "o.exr")
    with pytest.raises(InputError, match=said):
        merge([Path("missing.jpg")] * 3, output, **options)


def test_frames_that_lack_an_f_number_have_no_absolute_scale_but_a_common_one(tmp_path):
    paths = bracket(tmp_path / "a", exif=())
    with pytest.raises(InputError, match="no frame tells its"):
        merge(paths, tmp_path / "o.exr", scale="absolute")
    assert not (tmp_path / "o.exr").exists()
    found = merge(paths, tmp_path / "o.exr", scale="common", reference=3, common_exposure=100 / 15)
    assert off(found, SCENE) < 0.02
