"""Alignment: what moved is found and undone, what did not move is left alone."""

import numpy as np
import pytest
from skimage import data

from libhdrnet.alignment.homography import Alignment, _align_coverage, align, apply_alignment, estimate_alignment
from libhdrnet.errors import InputError

SIZE = (420, 560)
MARGIN = 46


def scene(kind="astronaut"):
    """Linear radiance of a textured scene, larger than a frame by the margin on every side."""
    import cv2

    picture = (data.astronaut() if kind == "astronaut" else data.coffee()).astype(np.float32) / 255
    height, width = SIZE[0] + 2 * MARGIN, SIZE[1] + 2 * MARGIN
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC).clip(0.004, 1) ** 2.2


def motion(dx=0.0, dy=0.0, degrees=0.0, perspective=0.0):
    """The matrix from reference to frame coordinates of a turn about the middle and a shift."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    middle = np.array([[1, 0, SIZE[1] / 2], [0, 1, SIZE[0] / 2], [0, 0, 1.0]])
    turn = np.array([[c, -s, dx], [s, c, dy], [perspective, perspective / 2, 1.0]])
    return middle @ turn @ np.linalg.inv(middle)


def photograph(radiance, t, matrix=None, noise=0.002, seed=0):
    """What a camera moved by `matrix` sees at relative exposure t: uint16, gamma 2.2."""
    import cv2

    offset = np.array([[1, 0, MARGIN], [0, 1, MARGIN], [0, 0, 1.0]])
    inverse = offset @ np.linalg.inv(np.eye(3) if matrix is None else matrix)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    light = cv2.warpPerspective(radiance, inverse, SIZE[::-1], flags=flags) * t
    light = light + np.random.default_rng(seed).normal(0, noise, light.shape)
    return np.rint(np.clip(light, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16)


def corner_error(found, true):
    corners = np.array([[0, 0, 1], [SIZE[1] - 1, 0, 1], [0, SIZE[0] - 1, 1], [SIZE[1] - 1, SIZE[0] - 1, 1.0]]).T
    a, b = found @ corners, true @ corners
    return np.linalg.norm(a[:2] / a[2] - b[:2] / b[2], axis=0).max()


@pytest.fixture(scope="module")
def radiance():
    return scene()


@pytest.fixture(scope="module")
def reference(radiance):
    return photograph(radiance, 1.0)


@pytest.mark.parametrize("ev", [-2, 2])
def test_a_hand_held_frame_two_stops_off_is_found_to_half_a_pixel_at_the_corners(radiance, reference, ev):
    true = motion(SIZE[1] / 60, -SIZE[1] / 80, 1.0, 2e-6)
    frame = photograph(radiance, 2.0**ev, true, seed=1)
    assert corner_error(estimate_alignment(frame, reference).matrix, true) < 0.5


@pytest.mark.parametrize("turned", [False, True])
def test_a_step_aside_that_tilts_the_picture_is_found_whichever_frame_is_the_reference(radiance, reference, turned):
    true = motion(-6.0, 4.0, 1.0, 2e-4)
    frame = photograph(radiance, 0.5, true, seed=1)
    one, other, true = (reference, frame, np.linalg.inv(true)) if turned else (frame, reference, true)
    assert corner_error(estimate_alignment(one, other).matrix, true / true[2, 2]) < 1.0


def test_a_noisy_frame_four_stops_darker_is_found_to_a_pixel(radiance, reference):
    true = motion(-7.0, 5.0, -0.7)
    frame = photograph(radiance, 1 / 16, true, noise=0.004, seed=2)
    assert corner_error(estimate_alignment(frame, reference).matrix, true) < 1.0


def test_an_aligned_frame_agrees_with_the_reference_as_if_it_had_not_moved(radiance, reference):
    true = motion(9.0, -6.0, 1.0)
    frame = photograph(radiance, 0.25, true, seed=3)
    warped, coverage = apply_alignment(frame, estimate_alignment(frame, reference))
    still = photograph(radiance, 0.25, seed=4)
    difference = np.abs(warped.astype(float) - still)[coverage].mean()
    moved = np.abs(frame.astype(float) - still).mean()
    assert difference < 0.25 * moved


def test_a_large_moving_thing_does_not_lead_the_alignment_astray(radiance, reference):
    true = motion(6.0, 4.0, 0.5)
    moved = radiance.copy()
    thing = scene("coffee")[40:300, 60:300]
    moved[180:440, 300:540] = thing
    before = radiance.copy()
    before[180:440, 270:510] = thing
    found = estimate_alignment(photograph(moved, 0.25, true, seed=5), photograph(before, 1.0))
    assert corner_error(found.matrix, true) < 0.75


def test_the_response_of_the_camera_does_not_matter(radiance, reference):
    true = motion(-5.0, 8.0, -0.6)
    frame = photograph(radiance, 1.0, true, seed=6).astype(float) / 65535
    contrasty = np.rint((3 * frame**2 - 2 * frame**3) * 65535).astype(np.uint16)
    assert corner_error(estimate_alignment(contrasty, reference).matrix, true) < 0.5


@pytest.mark.parametrize("ev", [-4, -2, 2])
def test_a_frame_from_a_tripod_is_returned_bit_for_bit(radiance, reference, ev):
    frame = photograph(radiance, 2.0**ev, seed=7)
    aligned, coverage, alignment = align(frame, reference)
    assert aligned is frame and coverage is None
    assert alignment.kind == "none"


def test_a_twentieth_of_a_pixel_is_not_worth_a_resampling(radiance, reference):
    frame = photograph(radiance, 0.5, motion(0.05, 0.03), seed=8)
    assert estimate_alignment(frame, reference).kind == "none"


@pytest.mark.parametrize(("ev", "x", "y"), [(-1, 0.4, 0.3), (-2, -0.3, 0.4), (2, 0.0, 0.5)])
def test_half_a_pixel_is_aligned_for_it_softens_the_merge(radiance, reference, ev, x, y):
    frame = photograph(radiance, 2.0**ev, motion(x, y), seed=8)
    alignment = estimate_alignment(frame, reference)
    assert alignment.kind != "none"
    assert corner_error(alignment.matrix, motion(x, y)) < 0.15


def test_where_a_frame_has_no_data_it_is_mirrored_and_its_coverage_is_nothing(radiance, reference):
    frame = photograph(radiance, 0.25, motion(12.0, 0.0), seed=9)
    aligned, coverage, alignment = align(frame, reference)
    assert alignment.kind == "translation"
    assert (coverage[:, -12:] == 0).all() and (coverage[:, :-20] == 65535).all()
    assert (aligned[:, -12:] == aligned[:, -14:-26:-1]).all()


def test_a_thing_with_more_structure_than_the_scene_does_not_lead_astray():
    """What moves is full of corners, the still background has few; only the pixels say what moved."""
    rng = np.random.default_rng(0)
    still = np.full((*SIZE, 3), 20000, np.uint16)
    still[:, ::70] = 33000
    still[::60] = 9000
    frames = []
    for x in (120, 150):
        frame = still.copy()
        frame[100:240, x : x + 150] = np.random.default_rng(1).integers(0, 60000, (140, 150, 3))
        frames.append(np.clip(frame + rng.normal(0, 300, frame.shape), 0, 65535).astype(np.uint16))
    assert estimate_alignment(frames[1], frames[0]).kind == "none"


def test_a_shift_by_whole_pixels_is_undone_without_interpolation(radiance, reference):
    found = estimate_alignment(photograph(radiance, 0.5, motion(9.0, -6.0), seed=3), reference)
    assert found.kind == "translation"
    assert np.array_equal(found.matrix, [[1, 0, 9], [0, 1, -6], [0, 0, 1]])


def test_coverage_is_false_just_where_the_matrix_leaves_the_frame():
    frame = np.full((60, 80, 3), 30000, np.uint16)
    shifted = Alignment("translation", np.array([[1, 0, 10.0], [0, 1, -5.0], [0, 0, 1]]), 11.2, "")
    _, coverage = apply_alignment(frame, shifted)
    expected = np.zeros((60, 80), bool)
    expected[5:, :70] = True
    np.testing.assert_array_equal(coverage, expected)


@pytest.mark.parametrize("shape", [(1, 1), (17, 23), (47, 900)])
def test_a_tiny_picture_is_left_alone(shape):
    picture = np.random.default_rng(0).integers(0, 65536, (*shape, 3)).astype(np.uint16)
    assert estimate_alignment(picture.copy(), picture).kind == "none"


@pytest.mark.parametrize("value", [0, 20000, 65535])
def test_a_featureless_picture_is_left_alone_without_a_word(capfd, value):
    frame, reference = (np.full((*SIZE, 3), v, np.uint16) for v in (value, 30000))
    assert estimate_alignment(frame, reference).kind == "none"
    assert capfd.readouterr() == ("", "")


def test_a_different_picture_is_left_alone(reference):
    frame = photograph(scene("coffee"), 1.0)
    found = estimate_alignment(frame, reference)
    assert found.kind == "none"
    assert found.shift == 0.0


def test_pure_noise_is_left_alone(reference):
    noise = np.random.default_rng(1).integers(0, 65536, reference.shape).astype(np.uint16)
    assert estimate_alignment(noise, reference).kind == "none"


def test_the_same_frames_give_the_same_matrix_twice(radiance, reference):
    frame = photograph(radiance, 0.25, motion(5.0, 5.0, 1.0), seed=11)
    first, second = (estimate_alignment(frame, reference).matrix for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_frames_of_two_sizes_are_refused_with_both_sizes(reference):
    with pytest.raises(InputError, match=r"560 x 400 .* 560 x 420"):
        estimate_alignment(reference[:400], reference)


def test_frames_that_are_not_uint16_are_refused(reference):
    with pytest.raises(InputError, match="uint8"):
        estimate_alignment(reference.astype(np.uint8), reference)


def test_transparency_moves_with_the_frame_and_what_is_beyond_its_border_is_not_covered():
    shifted = Alignment("translation", np.array([[1, 0, 10.0], [0, 1, 0.0], [0, 0, 1]]), 10.0, "")
    frame = np.full((60, 80, 3), 30000, np.uint16)
    coverage = np.full((60, 80), 65535, np.uint16)
    coverage[:, :20] = 30000
    _, covered = apply_alignment(frame, shifted)
    moved = _align_coverage(coverage, shifted, covered)
    assert (moved[:, :10] == 30000).all() and (moved[:, 10:69] == 65535).all() and (moved[:, 70:] == 0).all()
    plain = _align_coverage(None, shifted, covered)
    assert (plain[:, :69] == 65535).all() and (plain[:, 70:] == 0).all()


def test_a_frame_counts_little_at_its_border_and_in_full_a_hundredth_of_the_edge_inside():
    shifted = Alignment("translation", np.array([[1, 0, 100.0], [0, 1, 0.0], [0, 0, 1]]), 100.0, "")
    covered = np.ones((100, 1000), np.bool_)
    covered[:, 900:] = False
    plain = _align_coverage(None, shifted, covered)[50].astype(int)
    assert (plain[900:] == 0).all() and (plain[:890] == 65535).all()
    assert (np.diff(plain[888:901]) <= 0).all() and 3000 < plain[899] < 10000
    assert _align_coverage(None, shifted, None) is None
