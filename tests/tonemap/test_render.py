"""Display renderings: in range, in order, in colour, without halos, and an ordinary picture as it was."""

import numpy as np
import pytest
from skimage import color, data

from libhdrnet.errors import InputError
from libhdrnet.radiometry import decode_srgb, encode_srgb
from libhdrnet.tonemap import STYLES, tone_map

every_style = pytest.mark.parametrize("style", STYLES)


@pytest.fixture(scope="module")
def photograph():
    """A picture that a display can show, linear light."""
    return decode_srgb(data.astronaut()[:300, :400] / np.float32(255))


@pytest.fixture(scope="module")
def radiance(photograph):
    """The same with a bright lamp's light falling off over it: 1 to 16 times the reference's white."""
    y, x = np.mgrid[:300, :400].astype(np.float32)
    lamp = 30 * np.exp(-((x - 320) ** 2 + (y - 60) ** 2) / 4000)
    return photograph * (0.5 + lamp[..., None])


def greys(lights, shape=(64, 64)):
    return np.repeat(np.asarray(lights, np.float32).reshape(*shape, 1), 3, axis=2)


def step(dark, bright, size=(300, 600)):
    """A scene whose left half is dark and whose right half is bright."""
    lights = np.full(size, dark, np.float32)
    lights[:, size[1] // 2 :] = bright
    return greys(lights, size)


@every_style
def test_a_rendering_is_float32_in_the_range_of_a_display(radiance, style):
    shown = tone_map(radiance, style=style)
    assert shown.dtype == np.float32 and shown.shape == radiance.shape
    assert shown.min() >= 0 and shown.max() <= 1
    assert shown.std() > 0.05


@every_style
@pytest.mark.parametrize("light", [0.0, 1e-8, 0.2, 1.0, 40.0, 1e30, -1.0])
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (40, 30, 3)])
def test_a_constant_picture_stays_constant(style, light, shape):
    shown = tone_map(np.full(shape, light, np.float32), style=style)
    assert shown.min() >= 0 and shown.max() <= 1
    assert np.ptp(shown) < 1e-3


@every_style
def test_the_input_is_left_as_it_was_and_renders_the_same_twice(radiance, style):
    before = radiance.copy()
    first = tone_map(radiance, style=style)
    np.testing.assert_array_equal(radiance, before)
    np.testing.assert_array_equal(first, tone_map(radiance, style=style))


def test_the_default_is_natural_with_half_of_the_local_adaptation(radiance):
    explicit = tone_map(radiance, style="natural", exposure=0, local=0.5, saturation=1)
    np.testing.assert_array_equal(tone_map(radiance), explicit)


def test_a_picture_that_a_display_can_show_is_hardly_changed(photograph):
    shown = tone_map(photograph)
    assert np.abs(shown - encode_srgb(photograph)).mean() < 0.02
    assert np.abs(tone_map(photograph, local=1) - shown).max() < 0.02


@every_style
def test_without_local_adaptation_greys_keep_their_order(style):
    lights = np.geomspace(1e-4, 30, 64 * 64)
    shown = tone_map(greys(lights), style=style, local=0)
    assert (np.diff(shown[..., 1].ravel()) >= 0).all()
    assert np.ptp(shown, axis=2).max() < 1e-3
    assert shown[0, 0, 1] < 0.05 and shown[-1, -1, 1] > 0.98


@every_style
def test_a_scene_keeps_its_white(style):
    """No grey veil: what lies far above the reference's white is shown white."""
    scene = greys(np.repeat(np.geomspace(0.01, 12, 64), 64))
    for local in (0, 0.5, 1):
        assert tone_map(scene, style=style, local=local).max() > 0.97


@pytest.mark.parametrize(("local", "degrees"), [(0, 15), (0.5, 15), (1, 5)])
def test_a_sunset_keeps_its_hue(local, degrees):
    """From dusk to thirty times white orange turns neither pink nor lemon; without adaptation it pales at last."""
    ramp = np.geomspace(0.05, 30, 400, dtype=np.float32)[None, :, None] * np.float32([1.0, 0.5, 0.18])
    shown = tone_map(np.repeat(ramp, 100, axis=0), local=local)
    lab = color.rgb2lab(shown[50])
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    expected = color.rgb2lab(encode_srgb(ramp[:, :1] * 4))[0, 0]
    shift = hue - np.degrees(np.arctan2(expected[2], expected[1]))
    assert np.abs(shift[chroma > 20]).max() < degrees
    assert local > 0 or chroma[-1] < chroma.max() / 2


def test_a_bright_red_light_stays_red():
    night = np.full((100, 100, 3), 0.05, np.float32)
    night[45:55, 45:55] = (6.0, 0.6, 0.3)
    red, green, blue = tone_map(night)[50, 50]
    assert red > 0.9 and red > green + 0.1 and green >= blue


@pytest.mark.parametrize("local", [0.5, 1])
def test_a_window_s_edge_of_eight_stops_has_no_halo(local):
    shown = tone_map(step(2.0**-6, 4.0), local=local)[150, :, 1]
    dark, bright = shown[:297], shown[303:]
    assert np.ptp(dark) < 0.03 and np.ptp(bright) < 0.03
    assert (np.diff(shown[290:310]) > -0.005).all()


def test_who_stands_against_the_light_is_lifted_and_the_sky_stays_drawn():
    scene = greys(np.tile(np.linspace(2, 6, 600, dtype=np.float32), (400, 1)), (400, 600))
    scene[150:, 220:380] = 0.012
    plain = encode_srgb(np.float32(0.012))
    shown = {local: tone_map(scene, local=local)[..., 1] for local in (0, 0.5, 1)}
    person = [shown[local][300, 300] for local in (0, 0.5, 1)]
    assert person[1] > plain + 0.06 and person[0] < person[1] < person[2]
    sky = shown[0.5][50]
    assert sky[-1] - sky[0] > 0.08 and (np.diff(sky) >= 0).all()


@every_style
def test_a_wide_range_keeps_its_blacks_and_fog_stays_grey(photograph, style):
    window = np.zeros((300, 400, 1), np.float32)
    window[20:80, 20:120] = 8
    for haze, low, high in ((0.01, 0, 24), (0.2, 60, 160)):
        shown = tone_map(haze + (1 - haze) * photograph + window, style=style)
        assert low <= 255 * np.quantile(shown.mean(-1), 0.01) <= high


def test_a_smooth_sky_is_not_posterised():
    sky = np.geomspace(0.3, 8, 900, dtype=np.float32)[:, None, None] * np.float32([0.6, 0.8, 1.0])
    shown = tone_map(np.repeat(sky, 40, axis=1), local=1)[:, 20]
    assert np.abs(np.diff(shown, axis=0)).max() < 2 / 255
    assert len(np.unique((shown[:, 1] * 255).astype(int))) > 60


@every_style
def test_a_night_stays_a_night(photograph, style):
    night = photograph * np.float32(0.02)
    night[100:110, 100:110] = 8
    shown = tone_map(night, style=style)
    assert encode_srgb(night).mean() < shown.mean() < 0.3


def test_what_is_nearly_black_is_lifted_without_its_false_colour():
    """A JPEG's lowest codes are coloured by rounding; lifted, they would be blots."""
    scene = step(0.0, 6.0)
    scene[:, :300] = np.random.default_rng(0).integers(0, 3, (300, 300, 3)) * np.float32(1 / 255 / 12.92)
    dark = decode_srgb(tone_map(scene, local=1)[:, :290])
    assert (dark.max(2) - dark.min(2)).mean() < 0.65 * dark.max(2).mean()


def test_exposure_local_and_saturation_do_what_they_say(radiance):
    usual = tone_map(radiance)
    assert tone_map(radiance, exposure=1).mean() > usual.mean() + 0.1 > tone_map(radiance, exposure=-1).mean() + 0.2
    assert tone_map(radiance, local=1).std() < usual.std() < tone_map(radiance, local=0).std()
    assert np.ptp(tone_map(radiance, saturation=0), axis=2).max() < 1e-3
    chroma = [np.ptp(tone_map(radiance, saturation=s), axis=2).mean() for s in (0.5, 1, 1.5)]
    assert chroma[0] < chroma[1] < chroma[2]


def test_no_seam_shows_between_the_strips_that_are_worked_on():
    slope = greys(np.repeat(np.linspace(0.05, 0.6, 700), 40), (700, 40))
    bends = np.diff(tone_map(slope)[:, 20, 1].astype(np.float64), 2)
    assert np.abs(bends).max() < 1e-4


def test_any_type_of_numbers_and_any_layout_in_memory_will_do(radiance):
    usual = tone_map(radiance)
    np.testing.assert_allclose(tone_map(radiance.astype(np.float64)), usual, atol=1e-6)
    np.testing.assert_allclose(tone_map(np.asfortranarray(radiance)), usual, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"style": "filmic"}, r"'filmic' is unknown; choose natural or fusion"),
        ({"exposure": 11}, "exposure 11 is out of range; give -10 to 10"),
        ({"exposure": np.nan}, "exposure nan is out of range"),
        ({"local": -0.1}, "local -0.1 is out of range; give 0 to 1"),
        ({"saturation": 3}, "saturation 3 is out of range; give 0 to 2"),
        ({"exposure": "1"}, "exposure is '1'; give a number, -10 to 10"),
        ({"local": None}, "local is None; give a number, 0 to 1"),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence(radiance, options, said):
    with pytest.raises(InputError, match=said):
        tone_map(radiance, **options)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0, 0), (1999, 1498, 2)])
def test_values_that_are_not_finite_are_refused(value, place):
    scene = np.full((2000, 1500, 3), 0.5, np.float32)
    scene[place] = value
    with pytest.raises(InputError, match="NaN or infinity"):
        tone_map(scene)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_an_array_that_is_not_a_colour_picture_is_refused(shape):
    with pytest.raises(InputError, match=r"\(H, W, 3\)"):
        tone_map(np.zeros(shape, np.float32))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, bool, complex, object])
def test_codes_are_not_taken_for_light(dtype):
    with pytest.raises(InputError, match=f"{np.dtype(dtype)}; tone mapping takes .* float32"):
        tone_map(np.ones((4, 4, 3), dtype))


def test_lists_and_other_floats_are_light(radiance):
    small = radiance[:6, :5]
    for same in (small.tolist(), small.astype(np.float64), small.astype(">f4")):
        assert np.array_equal(tone_map(same), tone_map(small))
    with pytest.raises(InputError, match="NaN or infinity"):
        tone_map(np.full((4, 4, 3), 1e300))


def test_nothing_is_written_to_the_terminal(radiance, capfd):
    for style in STYLES:
        tone_map(radiance, style=style)
    assert capfd.readouterr() == ("", "")
