from pathlib import Path

import cv2
import numpy as np
import pyexiv2
import pytest
from rendering import Bracket, render_bracket, write_bracket
from rendering.camera import EXPOSURE_TIMES
from rendering.shapes import Box, Ellipsoid, Group, RoundCone, Shape, normalize, vector

from libhdrnet import errors
from libhdrnet.radiometry import encode_srgb

HEIGHT, WIDTH = 120, 180

SHAPES = [
    Ellipsoid(vector(0.1, 0.2, 3.0), vector(0.5, 0.2, 0.3)),
    RoundCone(vector(-0.3, 0.0, 3.0), vector(0.4, 0.5, 3.4), 0.25, 0.1),
    RoundCone(vector(0.0, 0.0, 3.0), vector(0.0, 0.4, 3.0), 0.2, 0.2),
    Box(vector(0.0, 0.1, 3.0), vector(0.4, 0.2, 0.3), 0.7),
]


@pytest.fixture(scope="module")
def bracket() -> Bracket:
    return render_bracket(HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_bracket(tmp_path_factory.mktemp("demo") / "folder é with spaces", height=HEIGHT, width=WIDTH)


def test_frames_are_14_bit_exposures_between_0_and_1(bracket: Bracket) -> None:
    for frame in bracket.frames:
        levels = frame * (2**14 - 1)
        assert frame.shape == (HEIGHT, WIDTH, 3) and frame.dtype == np.float32
        assert frame.min() >= 0 and frame.max() == 1
        np.testing.assert_allclose(levels, np.rint(levels), atol=2e-3)


def test_each_frame_is_two_stops_brighter_than_the_last(bracket: Bracket) -> None:
    assert bracket.exposure_times == [1 / 250, 1 / 60, 1 / 15]
    medians = [float(np.median(frame)) for frame in bracket.frames]
    assert medians[1] / medians[0] == pytest.approx(250 / 60, rel=0.2)
    assert medians[2] / medians[1] == pytest.approx(4, rel=0.2)


def test_the_window_saturates_the_reference_but_hardly_the_shortest_exposure(bracket: Bracket) -> None:
    saturated = [float(np.mean(frame.max(axis=2) >= 1)) for frame in bracket.frames]
    assert saturated[0] < 0.02
    assert 0.08 < saturated[1] < 0.15


def test_the_radiance_spans_more_than_1_to_2000(bracket: Bracket) -> None:
    brightness = bracket.radiance.mean(axis=2)
    assert np.isfinite(bracket.radiance).all() and bracket.radiance.min() >= 0
    assert np.percentile(brightness, 99) > 2000 * np.percentile(brightness, 1)


def test_the_reference_frame_is_the_radiance_with_noise(bracket: Bracket) -> None:
    difference = bracket.frames[1] - np.clip(bracket.radiance, 0, 1)
    assert abs(float(difference.mean())) < 1e-3
    assert 5e-4 < float(difference.std()) < 1e-2


def test_someone_moves_between_the_exposures(bracket: Bracket) -> None:
    dark, bright = (
        frame / time for frame, time in zip(bracket.frames, bracket.exposure_times, strict=True) if time != 1 / 60
    )
    usable = (bracket.frames[2].max(axis=2) < 1) & (bracket.frames[2].min(axis=2) > 0.05)
    moved = np.abs(np.log2((dark + 0.2) / (bright + 0.2))).max(axis=2) > 1
    window = np.s_[: HEIGHT // 2, WIDTH // 5 : WIDTH * 3 // 5]
    bookcase = np.s_[: HEIGHT // 2, WIDTH * 3 // 4 :]
    assert np.mean(moved[window][usable[window]]) > 0.1
    assert np.mean(moved[bookcase][usable[bookcase]]) < 0.05


def test_the_same_seed_gives_the_same_bracket_and_another_seed_another() -> None:
    first, again, other = (render_bracket(24, 36, seed=seed) for seed in (3, 3, 4))
    for a, b, c in zip(first.frames, again.frames, other.frames, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 2), (97, 99)])
def test_any_size_can_be_rendered(height: int, width: int) -> None:
    assert render_bracket(height, width).radiance.shape == (height, width, 3)


def test_files_carry_the_exposure(files: list[Path]) -> None:
    assert [path.name for path in files] == ["DEMO_01.jpg", "DEMO_02.jpg", "DEMO_03.jpg"]
    for path, time, bias in zip(files, EXPOSURE_TIMES, (-2, 0, 2), strict=True):
        with pyexiv2.ImageData(path.read_bytes()) as image:
            exif = image.read_exif()
        assert _fraction(exif["Exif.Photo.ExposureTime"]) == pytest.approx(time)
        assert _fraction(exif["Exif.Photo.FNumber"]) == 5.6
        assert _fraction(exif["Exif.Photo.ExposureBiasValue"]) == bias
        assert exif["Exif.Photo.ISOSpeedRatings"] == "200"
        assert (exif["Exif.Image.Make"], exif["Exif.Image.Model"]) == ("libhdrnet", "demo")
        assert exif["Exif.Photo.DateTimeOriginal"].startswith("20")


def test_files_hold_the_frames_in_srgb(files: list[Path], bracket: Bracket) -> None:
    for path, frame in zip(files, bracket.frames, strict=True):
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.mean(np.abs(pixels / 255.0 - encode_srgb(frame))) < 0.02


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(errors.OutputError, match="taken"):
        write_bracket(tmp_path / "taken", height=2, width=3)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: type(shape).__name__)
def test_rays_end_on_the_surface_of_a_shape(shape: Shape) -> None:
    origin, direction = vector(0.1, 0.1, 0), _bundle()
    distance = shape.hit(origin, direction)
    hit = np.isfinite(distance)
    assert 0.01 < hit.mean() < 0.99
    points = origin + direction[:, hit] * distance[hit]
    normals = shape.normal(points)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=0), 1, atol=1e-5)
    assert np.all((normals * direction[:, hit]).sum(axis=0) < 1e-3)
    # the shapes are convex: from just outside, nothing is in the way outwards, and the surface is inwards
    outside = points + normals * np.float32(0.01)
    assert not np.isfinite(shape.hit(outside, normals)).any()
    np.testing.assert_allclose(shape.hit(outside, -normals), 0.01, atol=1e-3)


def test_a_group_leaves_out_no_shape_that_a_ray_hits() -> None:
    group = Group(SHAPES)
    origin = vector(0.1, 0.1, 0)
    for bundle in np.array_split(_bundle(), 60, axis=1):
        struck = {k for k, shape in enumerate(SHAPES) if np.isfinite(shape.hit(origin, bundle)).any()}
        assert struck <= set(group.near(origin, bundle))
    assert group.near(origin, vector(0, 0, -1)) == []


def _bundle() -> np.ndarray:
    y, x = np.mgrid[-0.4:0.4:60j, -0.4:0.4:60j].astype(np.float32)
    return normalize(np.stack([x.ravel(), y.ravel(), np.ones(x.size, np.float32)]))


def _fraction(text: str) -> float:
    above, below = text.split("/")
    return int(above) / int(below)
