"""Display renderings: in range, in order, in colour, whatever the radiance."""

import numpy as np
import pytest
from skimage import data

from libhdrnet.errors import InputError
from libhdrnet.radiometry import mu_law
from libhdrnet.tonemap import OPERATORS, tone_map

REC709 = np.array([0.2126, 0.7152, 0.0722])


@pytest.fixture(scope="module")
def radiance():
    """A photograph with a bright lamp's light falling off over it: 1 to 16 times the reference's white."""
    picture = (data.astronaut()[:300, :400].astype(np.float32) / 255) ** 2.2
    y, x = np.mgrid[:300, :400].astype(np.float32)
    lamp = 30 * np.exp(-((x - 320) ** 2 + (y - 60) ** 2) / 4000)
    return (picture * (0.5 + lamp[..., None])).astype(np.float32)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_rendering_is_float32_in_the_range_of_a_display(radiance, operator):
    shown = tone_map(radiance, operator=operator)
    assert shown.dtype == np.float32 and shown.shape == radiance.shape
    assert shown.min() >= 0 and shown.max() <= 1
    assert shown.std() > 0.05


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("value", [0.0, 1e-8, 0.2, 1.0, 40.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("shape", [(1, 1, 3), (40, 30, 3)])
def test_a_constant_picture_stays_constant_and_finite(operator, value, shape):
    shown = tone_map(np.full(shape, value, np.float32), operator=operator)
    assert np.isfinite(shown).all()
    assert shown.min() >= 0 and shown.max() <= 1
    assert np.ptp(shown) < 1e-3


@pytest.mark.parametrize("operator", OPERATORS)
def test_holes_in_a_picture_do_not_spread(radiance, operator):
    holed = radiance.copy()
    holed[10, 10], holed[20, 20], holed[30, 30] = np.nan, -np.inf, -5.0
    shown = tone_map(holed, operator=operator)
    assert np.isfinite(shown).all()
    assert np.abs(shown - tone_map(radiance, operator=operator))[50:].mean() < 0.02


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_input_is_left_as_it_was(radiance, operator):
    before = radiance.copy()
    tone_map(radiance, operator=operator)
    np.testing.assert_array_equal(radiance, before)


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_same_picture_renders_the_same_twice(radiance, operator):
    np.testing.assert_array_equal(tone_map(radiance, operator=operator), tone_map(radiance, operator=operator))


@pytest.mark.parametrize("operator", OPERATORS)
def test_grey_stays_grey(operator):
    grey = np.repeat(np.geomspace(0.01, 10, 64 * 64, dtype=np.float32).reshape(64, 64, 1), 3, axis=2)
    shown = tone_map(grey, operator=operator)
    assert np.ptp(shown, axis=2).max() < 0.01


def test_the_default_is_natural(radiance):
    np.testing.assert_array_equal(tone_map(radiance), tone_map(radiance, operator="natural"))


@pytest.mark.parametrize("level", [0.004, 0.02, 0.1, 0.5])
def test_the_natural_rendering_is_neither_dark_nor_washed_out(radiance, level):
    scaled = radiance * (level / np.exp(np.log(radiance @ REC709 + 1e-4).mean()))
    assert 0.2 < np.median(tone_map(scaled.astype(np.float32))) < 0.65


def test_the_natural_rendering_keeps_highlights_above_white_apart():
    ramp = np.full((64, 256, 3), 0.15, np.float32)
    ramp[:, 200:] = np.linspace(1, 4, 56)[None, :, None]
    shown = tone_map(ramp)[32, 205:250, 1]
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] - shown[0] > 0.05


def test_the_natural_rendering_keeps_a_bright_red_light_red():
    night = np.full((100, 100, 3), 0.05, np.float32)
    night[45:55, 45:55] = (6.0, 0.6, 0.3)
    red, green, blue = tone_map(night)[50, 50]
    assert red > 0.9 and red > green + 0.1 and green >= blue


def test_the_natural_rendering_shows_no_seam_between_bands():
    y = np.linspace(0.05, 0.6, 700, dtype=np.float32)
    slope = np.repeat(np.repeat(y[:, None, None], 40, axis=1), 3, axis=2)
    steps = np.diff(tone_map(slope)[:, 20, 1])
    assert steps[[255, 511]] == pytest.approx(steps[[254, 510]], abs=2e-4)


def test_mu_law_is_the_thesis_formula_where_nothing_exceeds_white():
    picture = np.linspace(0, 1, 300, dtype=np.float32).reshape(10, 10, 3)
    np.testing.assert_allclose(tone_map(picture, operator="mu-law"), mu_law(picture), atol=1e-6)


@pytest.mark.parametrize("operator", ["mu-law", "reinhard", "drago"])
def test_a_global_operator_keeps_the_order_of_greys(operator):
    grey = np.repeat(np.geomspace(0.001, 16, 4096, dtype=np.float32).reshape(64, 64, 1), 3, axis=2)
    shown = tone_map(grey, operator=operator)[..., 1].ravel()
    assert (np.diff(shown) >= -1e-6).all()
    assert shown[-1] > 0.9 and shown[0] < 0.3


def test_no_operator_writes_to_the_terminal(radiance, capfd):
    for operator in OPERATORS:
        tone_map(radiance, operator=operator)
    assert capfd.readouterr() == ("", "")


def test_an_unknown_operator_is_refused_with_those_there_are(radiance):
    with pytest.raises(InputError, match="'filmic' is unknown.*natural, mu-law"):
        tone_map(radiance, operator="filmic")


def test_an_array_that_is_not_a_colour_picture_is_refused():
    with pytest.raises(InputError, match=r"\(4, 4\)"):
        tone_map(np.zeros((4, 4), np.float32))
