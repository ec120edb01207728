import warnings

import imagecodecs
import numpy as np
import OpenEXR
import pytest
import tifffile
from synthetic import DISPLAY_P3, bayer, dng

from libhdrnet.errors import HdrnetWarning, InputError
from libhdrnet.io import Metadata, linear_rec709, read_photo, write_radiance
from libhdrnet.merge.codes import DECODE
from libhdrnet.merge.frames import Frame, gains_of, load_frames
from libhdrnet.merge.pipeline import merge
from libhdrnet.merge.strangers import tell_strangers
from libhdrnet.options import MergeOptions
from libhdrnet.radiometry import decode_srgb, encode_srgb

TIMES = [0.25, 1.0, 4.0]
ADOBE_RGB = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)


def stack(dtype, value=100, size=(6, 8)):
    return [np.full((*size, 3), value, dtype) for _ in TIMES]


def test_a_frame_of_another_scene_is_told_from_one_that_is_hard_to_merge(shared):
    sea, coast, hard = (shared / "data/brackets" / f"moving-{name}" for name in ("secretbeach", "rovinia", "pingpong"))
    with pytest.warns(HdrnetWarning) as told:
        tell_strangers(load_frames([sea / "01.jpg", coast / "02.jpg", sea / "03.jpg"], TIMES))
    (warning,) = told
    assert str(warning.message) == f"{coast / '02.jpg'} shows another scene than the other frames; leave it out."
    with warnings.catch_warnings(action="error"):
        tell_strangers(load_frames(sorted(hard.glob("*.jpg")), TIMES))


def test_a_dark_frame_of_a_night_that_shows_lamps_and_its_black_alone_is_no_other_scene():
    rng = np.random.default_rng(0)
    night = np.geomspace(0.05, 0.002, 300)[:, None, None] * (0.5 + rng.random((1, 400, 3)))
    night[20:24, 50:54] = night[30:34, 300:304] = 4.0
    black = np.linspace(0, 0.01, 300)[:, None, None]  # uneven, and brighter where the scene is darker
    images = [
        np.round(
            255
            * (encode_srgb(np.clip(night * t, 0, 1)) + black * (t < 0.1) + 0.004 * rng.random(night.shape)).clip(0, 1)
        )
        for t in (1 / 256, 1 / 16, 1, 16)
    ]
    with warnings.catch_warnings(action="error"):
        tell_strangers(load_frames([image.astype(np.uint8) for image in images], [1 / 256, 1 / 16, 1, 16]))


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_integer_arrays_are_srgb(dtype, top):
    codes = np.arange(0, top + 1, top // 255, dtype=dtype).repeat(3).reshape(1, -1, 3)
    frames = load_frames([codes] * 3, TIMES)
    assert np.allclose(DECODE[frames[0].codes], decode_srgb(codes.astype(np.float32) / top), atol=2e-5)


def test_float_arrays_are_linear_and_clip_at_white():
    image = np.array([[[0.0, 0.25, 1.0], [2.0, -1.0, 0.5]]], np.float32)
    frames = load_frames([image] * 2, [1, 2])
    assert np.allclose(DECODE[frames[0].codes], np.clip(image, 0, 1), atol=2e-5)


@pytest.mark.parametrize(("response", "expected"), [("linear", 0.5), ("gamma2.2", 0.5**2.2), ("srgb", 0.2140)])
def test_a_given_response_overrides_the_file_s(response, expected):
    frames = load_frames([np.full((2, 2, 3), 32768, np.uint16)] * 2, [1, 2], response=response)
    assert DECODE[frames[0].codes[0, 0, 0]] == pytest.approx(expected, abs=2e-4)


@pytest.fixture
def wide_files(tmp_path):
    """Two TIFFs with Display-P3 primaries and gamma 2.2 in whatever encoding, and their colours."""

    def make(curve, primaries=DISPLAY_P3, gamma=2.2, dtype=np.uint16):
        rng = np.random.default_rng(5)
        linear = rng.uniform(0.15, 0.75, (40, 60, 3)).astype(np.float32)
        icc = bytes(
            imagecodecs.cms_profile(
                "rgb", whitepoint=[0.3127, 0.3290, 1.0], gamma=gamma,
                primaries=[v for i in (0, 2, 4) for v in (*primaries[i : i + 2], 1.0)],
            )
        )  # fmt: skip
        top = 65535 if dtype == np.uint16 else 1
        encoded = np.asarray(np.rint(curve(linear) * top) if top > 1 else curve(linear), dtype)
        files = [tmp_path / f"{index}.tif" for index in range(2)]
        for file in files:
            tifffile.imwrite(file, encoded, photometric="rgb", iccprofile=icc)
        return files, encoded, linear, icc

    return make


def by_lcms(linear, primaries):
    """Linear Rec.709 of linear values in other primaries, by lcms alone."""
    triples = [v for i in (0, 2, 4) for v in (*primaries[i : i + 2], 1.0)]
    source = imagecodecs.cms_profile("rgb", whitepoint=[0.3127, 0.3290, 1.0], primaries=triples, gamma=1.0)
    rec709 = [0.64, 0.33, 1.0, 0.30, 0.60, 1.0, 0.15, 0.06, 1.0]
    target = imagecodecs.cms_profile("rgb", whitepoint=[0.3127, 0.3290, 1.0], primaries=rec709, gamma=1.0)
    return imagecodecs.cms_transform(
        linear, source, target, colorspace="rgb", outcolorspace="rgb", outdtype="float32", intent=1
    )


@pytest.mark.parametrize("primaries", [DISPLAY_P3, ADOBE_RGB], ids=["Display P3", "Adobe RGB"])
@pytest.mark.parametrize(
    ("response", "curve"),
    [("srgb", encode_srgb), ("gamma2.2", lambda x: x ** (1 / 2.2)), ("linear", lambda x: x)],
)
def test_a_given_response_keeps_the_profile_s_primaries(wide_files, response, curve, primaries):
    files, _, linear, _ = wide_files(curve, primaries, gamma=1.8)
    frame = load_frames(files, [1, 2], response=response)[0]
    assert np.allclose(frame.linear(slice(None)), np.clip(by_lcms(linear, primaries), 0, 1), atol=2e-4)
    assert np.allclose(linear_rec709(read_photo(files[0]), response), by_lcms(linear, primaries), atol=2e-4)


@pytest.mark.parametrize("response", ["srgb", "gamma2.2", "estimate"])
def test_raw_stays_linear_whatever_the_response(tmp_path, response):
    files = [dng(tmp_path / f"{level}.dng", level=level) for level in (1000, 4000)]
    frames = load_frames(files, [1, 4], response=response)
    for frame, level in zip(frames, (1000, 4000), strict=True):
        assert frame.linear(slice(8, -8))[:, 8:-8].mean() == pytest.approx(level / 15871, rel=1e-3)


@pytest.mark.parametrize("response", ["srgb", "gamma2.2", "estimate"])
@pytest.mark.parametrize("kind", ["float TIFF", "EXR", "linear profile"])
def test_files_that_are_linear_stay_so_whatever_the_response(tmp_path, wide_files, response, kind):
    if kind == "linear profile":
        files, _, linear, _ = wide_files(lambda x: x, gamma=1.0)
        linear = np.clip(by_lcms(linear, DISPLAY_P3), 0, 1)
    else:
        linear = np.random.default_rng(2).uniform(0.05, 0.9, (8, 9, 3)).astype(np.float32)
        suffix = ".exr" if kind == "EXR" else ".tif"
        files = [tmp_path / f"{index}{suffix}" for index in range(2)]
        for file in files:
            write_radiance(file, linear, exr_bits=32)
    frame = load_frames(files, [1, 2], response=response)[0]
    assert np.allclose(frame.linear(slice(None)), linear, atol=1e-3)


def test_a_response_counts_for_the_pictures_of_a_mixed_bracket(tmp_path):
    raw = dng(tmp_path / "a.dng", level=4000, height=48, width=64)
    codes = np.full((48, 64, 3), 128, np.uint8)
    raw_frame, frame = load_frames([raw, codes], [1, 2], response="gamma2.2")
    assert raw_frame.linear(slice(8, -8)).mean() == pytest.approx(4000 / 15871, rel=2e-3)
    assert frame.linear(slice(None)).mean() == pytest.approx((128 / 255) ** 2.2, rel=1e-3)


def test_darkness_has_no_bias_in_raw_frames_and_their_merge(tmp_path):
    sigma, signal = 10.0, 0.5
    truth = signal * sigma / 15871
    grey = np.full((256, 384, 3), truth)
    times = [1 + 0.02 * i for i in range(6)]
    files = [dng(tmp_path / f"{i}.dng", mosaic=bayer(grey * t, sigma=sigma, seed=i)) for i, t in enumerate(times)]
    frames = load_frames(files, times)
    merged = merge(files, times, MergeOptions(model="classical", align=False), reference=0).radiance
    assert abs(merged.mean() - truth) < 0.02 * sigma / 15871
    assert np.maximum(frames[0].linear(slice(None)), 0).mean() > truth + 0.1 * sigma / 15871


def test_frames_keep_their_exposure_and_name():
    frames = load_frames(stack(np.uint8), TIMES)
    assert [frame.exposure for frame in frames] == TIMES
    assert frames[1].name == "image 2"


@pytest.mark.parametrize(
    ("images", "times", "message"),
    [
        ("photo.jpg", None, "one image is no bracket"),
        (np.zeros((4, 4, 3), np.uint8), None, "one image is no bracket"),
        (stack(np.uint8)[:1], [1], "two or more"),
        (stack(np.uint8), None, "no frame tells its exposure.*times like 1/60"),
        (stack(np.uint8), [1, 2], "2"),
        (stack(np.uint8), [0, 1, 2], "0"),
        (stack(np.uint8), [-1, 1, 2], "-1"),
        (stack(np.uint8), [float("nan"), 1, 2], "nan"),
        ([*stack(np.uint8)[:2], np.zeros((5, 8, 3), np.uint8)], TIMES, "8x5.*8x6"),
        ([*stack(np.uint8)[:2], np.zeros((6, 8), np.uint8)], TIMES, r"image 3 has shape \(6, 8\)"),
        ([*stack(np.uint8)[:2], np.zeros((6, 8, 3), np.int32)], TIMES, "image 3 has dtype int32"),
        ([*stack(np.uint8)[:2], [[1]]], TIMES, "image 3 is a list"),
        (
            [*stack(np.float32, 0.5)[:2], np.full((6, 8, 3), np.nan, np.float32)],
            TIMES,
            "image 3 contains NaN",
        ),
        ([*stack(np.float32, 0.5)[:2], np.full((6, 8, 3), np.inf)], TIMES, "infinite"),
        ([*stack(np.uint8)[:2], np.zeros((0, 8, 3), np.uint8)], TIMES, "shape"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(images, times, message):
    with pytest.raises(InputError, match=f"(?i){message}") as caught:
        load_frames(images, times)
    assert "\n" not in str(caught.value)


def test_an_unknown_response_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"rec709.*gamma2\.2"):
        merge(stack(np.uint8), TIMES, MergeOptions(response="rec709"))


def test_response_estimate_refuses_float_pictures():
    with pytest.raises(InputError, match="use 'linear'"):
        load_frames(stack(np.float32, 0.5), TIMES, response="estimate")


def test_the_colours_of_an_openexr_frame_are_straight(tmp_path):
    planes = {name: np.full((3, 4), value, np.float32) for name, value in {"Y": 0.1, "A": 0.5}.items()}
    with OpenEXR.File({"type": OpenEXR.scanlineimage}, planes) as file:
        file.write(str(tmp_path / "a.exr"))
    frames = load_frames([tmp_path / "a.exr"] * 2, [1, 2])
    assert np.allclose(DECODE[frames[0].codes], 0.2, atol=2e-5)


def test_gains_are_one_where_a_frame_does_not_tell():
    metadata = [Metadata({"Exif.Photo.ISOSpeedRatings": speed}) for speed in ("200", "100")]
    black = np.zeros((4, 4, 3), np.uint16)
    frames = [Frame("", black, 1.0, told) for told in metadata]
    assert gains_of(frames) == (2.0, 1.0)
    assert gains_of([*frames, Frame("", black, 2.0)]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("dtype", "response", "known"),
    [
        (np.uint8, "auto", False),
        (np.uint8, "linear", True),
        (np.float32, "auto", False),
        (np.float32, "linear", True),
        (np.uint8, "estimate", False),
    ],
)
def test_a_response_is_known_of_linear_light_alone(dtype, response, known):
    assert load_frames(stack(dtype, 1), TIMES, response=response)[0].known == known
