import cv2
import numpy as np
import pytest
from defocused.aperture import LEAST_RADIUS, Aperture, blur
from defocused.sample import DefocusRecipe, make_defocus

SIZE = 32


@pytest.fixture(scope="module")
def photographs():
    """Three photographs: smooth colours with fine grey detail."""
    made = []
    for seed in range(2, 5):
        rng = np.random.default_rng(seed)
        coarse = cv2.resize(rng.random((6, 8, 3), np.float32), (128, 96), interpolation=cv2.INTER_LINEAR)
        fine = cv2.resize(rng.random((32, 48), np.float32), (128, 96), interpolation=cv2.INTER_NEAREST)[..., None]
        made.append(np.uint8(((0.4 + 0.6 * coarse) * (0.2 + 0.8 * fine)) ** (1 / 2.2) * 255))
    return made


def samples(photographs, count, **options):
    recipe = DefocusRecipe(size=SIZE, **options)
    return [make_defocus(photographs, recipe, np.random.default_rng([5, index])) for index in range(count)]


def detail(picture):
    """Energy of what changes from pixel to pixel."""
    return float(np.square(np.diff(picture, axis=1)).mean() + np.square(np.diff(picture, axis=2)).mean())


def test_a_sample_has_the_shapes_and_ranges_of_its_docstring(photographs):
    for blurred, sharp, radius in samples(photographs, 12):
        assert blurred.shape == sharp.shape == (3, SIZE, SIZE) and radius.shape == (1, SIZE, SIZE)
        assert blurred.dtype == sharp.dtype == radius.dtype == np.float32
        for picture in (blurred, sharp):
            assert picture.min() >= 0 and picture.max() <= 1
        assert radius.min() >= 0 and radius.max() <= 16
        assert not ((radius > 0) & (radius < LEAST_RADIUS)).any()


def test_the_same_seed_makes_the_same_sample(photographs):
    (first,), (second,) = samples(photographs, 1), samples(photographs, 1)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_radius_of_zero_leaves_the_picture_nearly_sharp(photographs):
    for blurred, sharp, radius in samples(photographs, 12, max_radius=0.0):
        assert radius.max() == 0
        assert np.abs(blurred - sharp).mean() < 0.06
        assert detail(blurred) > 0.8 * detail(sharp)


@pytest.mark.parametrize("smaller", [0.0, 3.0])
def test_a_larger_radius_means_moreblur(photographs, smaller):
    def kept(max_radius):
        made = samples(photographs, 30, max_radius=max_radius, sharp=0.0)
        return sum(detail(blurred) for blurred, _, _ in made) / sum(detail(sharp) for _, sharp, _ in made)

    assert kept(smaller + 6) < 0.9 * kept(smaller)


def test_within_a_picture_the_blur_is_where_the_radius_is(photographs):
    kept = {True: [], False: []}
    for blurred, sharp, radius in samples(photographs, 60, sharp=0.0):
        for near in (True, False):
            where = radius[0, 1:, 1:] < 0.5 if near else radius[0, 1:, 1:] > 4
            if where.sum() > 200:
                steps = [np.abs(np.diff(picture, axis=1))[:, :, 1:][:, where].mean() for picture in (blurred, sharp)]
                kept[near].append(steps[0] / max(steps[1], 1e-3))
    assert len(kept[True]) > 5 and len(kept[False]) > 5
    assert np.mean(kept[False]) < 0.6 * np.mean(kept[True])


def test_the_sharp_share_is_wholly_in_focus(photographs):
    assert all(radius.max() == 0 for _, _, radius in samples(photographs, 20, sharp=1.0))


def test_some_samples_are_wholly_sharp_and_some_have_depth(photographs):
    made = samples(photographs, 60)
    assert any(radius.max() == 0 for _, _, radius in made)
    assert any(radius.max() - radius.min() > 3 for _, _, radius in made)


@pytest.mark.parametrize("radius", [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 3.0, 16.0])
@pytest.mark.parametrize("softness", [0.3, 1.0])
def test_a_disc_spreads_light_as_far_as_its_radius_says(radius, softness):
    kernel = Aperture(blades=0, turn=0, rim=0, softness=softness, cut=0, fringe=1).kernel(radius)
    places = np.arange(len(kernel)) - len(kernel) // 2
    second_moment = (kernel * np.add.outer(places**2, places**2)).sum()
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    # Of a disc it is radius^2 / 2; a soft edge adds to it.
    assert np.sqrt(2 * second_moment) == pytest.approx(radius, rel=0.03 if softness < 0.5 else 0.2)


def test_where_the_radius_changes_each_place_is_blurred_as_by_its_own(scene):
    picture, aperture = scene(96, 96), Aperture(0, 0, 0, 0.5, 0, 1)
    ramp = np.tile(np.linspace(0, 12, 96, dtype=np.float32), (96, 1))
    together = blur(picture, ramp, aperture)
    for column in (4, 12, 24, 60, 90):
        alone = blur(picture, np.full_like(ramp, ramp[0, column]), aperture)
        changed = np.abs(alone - picture)[:, column].mean()
        assert np.abs(together - alone)[:, column].mean() < 0.12 * changed
