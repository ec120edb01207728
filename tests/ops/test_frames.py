import numpy as np
import OpenEXR
import pytest

from libhdrnet.errors import InputError
from libhdrnet.ops.frames import DECODE, load_frames
from libhdrnet.radiometry import decode_srgb

TIMES = [0.25, 1.0, 4.0]


def stack(dtype, value=100, size=(6, 8)):
    return [np.full((*size, 3), value, dtype) for _ in TIMES]


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


def test_response_estimate_finds_an_unknown_curve(scene):
    radiance = scene(60, 80, 0.9) + 0.02
    curve = 1 / 1.6
    shots = [np.round(np.clip(radiance * t, 0, 1) ** curve * 255).astype(np.uint8) for t in TIMES]
    frames = load_frames(shots, TIMES, response="estimate")
    mid = (shots[1] > 60) & (shots[1] < 200)
    ratio = DECODE[frames[1].codes][mid] / radiance[mid]
    assert ratio.std() / ratio.mean() < 0.06


def test_frames_keep_their_exposure_and_name():
    frames = load_frames(stack(np.uint8), TIMES)
    assert [frame.exposure for frame in frames] == TIMES
    assert frames[1].name == "image 2"


@pytest.mark.parametrize(
    ("images", "times", "message"),
    [
        ("photo.jpg", None, "one image is no bracket"),
        (np.zeros((4, 4, 3), np.uint8), None, "one image is no bracket"),
        (stack(np.uint8)[:1], [1], "two to nine"),
        (stack(np.uint8) * 4, [1] * 12, "two to nine"),
        (stack(np.uint8), None, "image 1.*exposure"),
        (stack(np.uint8), [1, 2], "2"),
        (stack(np.uint8), [1, 1, 2], "equal|same"),
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
        load_frames(stack(np.uint8), TIMES, response="rec709")


def test_response_estimate_refuses_float_pictures():
    with pytest.raises(InputError, match="use 'linear'"):
        load_frames(stack(np.float32, 0.5), TIMES, response="estimate")


def test_the_colours_of_an_openexr_frame_are_straight(tmp_path):
    planes = {name: np.full((3, 4), value, np.float32) for name, value in {"Y": 0.1, "A": 0.5}.items()}
    with OpenEXR.File({"type": OpenEXR.scanlineimage}, planes) as file:
        file.write(str(tmp_path / "a.exr"))
    frames = load_frames([tmp_path / "a.exr"] * 2, [1, 2])
    assert np.allclose(DECODE[frames[0].codes], 0.2, atol=2e-5)
