import numpy as np
import pytest

from libhdrnet.radiometry import decode_gamma
from libhdrnet.training.brackets import BracketRecipe, _Camera, make_bracket

SIZE = 32


def samples(scenes, count, **options):
    recipe = BracketRecipe(size=SIZE, reach=16, **options)
    return [make_bracket(scenes, recipe, np.random.default_rng([3, index])) for index in range(count)]


def error_of_short(exposures, truth):
    """Median relative error of the short exposure's radiance where it is well exposed."""
    seen = (truth > 0.05) & (exposures[0, :3] < 0.97)
    return np.median(np.abs(exposures[0, 3:] / np.maximum(truth, 1e-3) - 1)[seen]) if seen.sum() > 50 else None


@pytest.mark.parametrize("images", [2, 3])
def test_a_bracket_has_the_shapes_and_ranges_the_networks_take(scenes, images):
    for exposures, truth in samples(scenes, 12, images=images):
        assert exposures.shape == (images, 6, SIZE, SIZE) and truth.shape == (3, SIZE, SIZE)
        assert exposures.dtype == truth.dtype == np.float32
        assert exposures.min() >= 0 and exposures.max() <= 1
        assert truth.min() >= 0 and truth.max() <= 1


def test_the_same_seed_makes_the_same_bracket(scenes):
    (first,), (second,) = samples(scenes, 1), samples(scenes, 1)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_different_seeds_make_different_brackets(scenes):
    first, second = samples(scenes, 2)
    assert not np.array_equal(first[1], second[1])


def test_the_second_half_is_the_radiance_of_the_first(scenes):
    for exposures, _ in samples(scenes, 8):
        linear = decode_gamma(exposures[:, :3])
        assert np.allclose(exposures[0, 3:], linear[0], atol=1e-5)
        shorter = 0 < exposures[1, 3:].max() < 1
        factor = linear[1].sum() / exposures[1, 3:].sum()
        assert shorter and 1.9 < factor < 8.1
        assert np.allclose(exposures[1, 3:] * factor, linear[1], atol=1e-3)


def test_the_reference_shows_the_truth(scenes):
    ratios = []
    for exposures, truth in samples(scenes, 24, dark=0.0):
        seen = (exposures[1, :3] > 0.3) & (exposures[1, :3] < 0.95)
        if seen.sum() > 50:
            ratios.append(np.median((exposures[1, 3:] / np.maximum(truth, 1e-6))[seen]))
    assert len(ratios) > 10
    assert np.median(ratios) == pytest.approx(1, abs=0.02)


def test_static_brackets_are_static_and_the_others_move(scenes):
    still = [e for s in samples(scenes, 40, static=1.0, dark=0.0, exposure_error=0.0) if (e := error_of_short(*s))]
    moving = [e for s in samples(scenes, 40, static=0.0, dark=0.0, exposure_error=0.0) if (e := error_of_short(*s))]
    assert len(still) > 10 and len(moving) > 10
    assert np.median(still) < 0.15
    assert np.mean(moving) > 1.5 * np.mean(still)


def test_what_moves_is_elsewhere_in_every_exposure(scenes):
    def correlation(sample):
        a, b = (sample[0][i, :3].mean(0).ravel() for i in (0, 2))
        return np.corrcoef(a, b)[0, 1]

    still = np.mean([correlation(s) for s in samples(scenes, 30, static=1.0, dark=0.0)])
    moving = np.mean([correlation(s) for s in samples(scenes, 30, static=0.0, dark=0.0)])
    assert moving < still - 0.05


def test_the_saturated_share_of_the_reference_varies(scenes):
    shares = [float((exposures[1, :3].max(0) > 0.98).mean()) for exposures, _ in samples(scenes, 60, dark=0.0)]
    assert min(shares) < 0.01 and max(shares) > 0.25
    assert np.std(shares) > 0.05


def test_dark_brackets_are_shadows_of_a_larger_scene(scenes):
    bright = np.mean([truth.mean() for _, truth in samples(scenes, 30, dark=0.0)])
    dark = np.mean([truth.mean() for _, truth in samples(scenes, 30, dark=1.0)])
    assert dark < 0.3 * bright


def test_jpeg_sees_red_as_red():
    """JPEG keeps luma finely and chroma coarsely, and red has more luma than blue: noise in red survives better."""
    camera = _Camera(shot=0, read=0, power=2.2, toe=0, black=0, levels=255, quality=98)
    errors = []
    for channel in (0, 2):
        picture = np.full((64, 64, 3), 0.3, np.float32)
        picture[..., channel] += np.random.default_rng(0).normal(0, 0.02, (64, 64)).astype(np.float32)
        errors.append(np.abs(camera.photograph(picture, np.random.default_rng(0)) - picture)[..., channel].mean())
    assert errors[0] < 0.85 * errors[1]
