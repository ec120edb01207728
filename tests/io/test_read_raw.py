"""RAW files of sensors that clip below their declared white, and of brackets, whose noise around black stays."""

import numpy as np
import pytest
import rawpy
from synthetic import X_TRANS, bayer, dng

from libhdrnet.errors import InputError
from libhdrnet.io import read_photo, read_photos
from libhdrnet.io.formats import raw, raw_levels

CLIP = 512 + round((16383 - 512) / 1.26)
SIDE = 128
LAMP = np.s_[20:44, 20:44]
GREY = np.s_[90:120, 90:120]
COLOURS = np.s_[90:120, 20:50]


def light(exposure=1.0):
    """A grey ramp to half of white, a neutral lamp four times as bright as white, and a coloured patch."""
    out = np.linspace(0.02, 0.5, SIDE)[:, None, None] * np.ones((1, SIDE, 3))
    out[LAMP], out[GREY], out[COLOURS] = 4.0, 0.1, (0.3, 0.1, 0.05)
    return out * exposure


def shot(path, exposure=1.0, clip=CLIP, sigma=3.0, **options):
    mosaic = bayer(light(exposure), red=2.0, blue=1.5, clip=clip, sigma=sigma, seed=round(exposure * 64))
    return dng(path, mosaic=mosaic, red=2.0, blue=1.5, **options)


def inner(pixels, place):
    return pixels[place][6:-6, 6:-6].astype(np.float64)


def test_a_highlight_clipped_below_the_declared_white_stays_neutral(tmp_path):
    lamp = inner(read_photo(shot(tmp_path / "a.dng")).pixels, LAMP)
    assert lamp.min() > 0.995 * 65535


def test_frames_of_a_bracket_keep_their_ratio_where_only_one_shows_the_clip(tmp_path):
    files = [shot(tmp_path / f"{e}.dng", e) for e in (1 / 16, 1 / 4, 1)]
    dark, middle, bright = (photo.pixels for photo in read_photos(files))
    for place in (GREY, COLOURS):
        means = [inner(pixels, place).mean((0, 1)) for pixels in (dark, middle, bright)]
        assert np.allclose(means[2] / means[1], 4, rtol=0.01)
        assert np.allclose(means[1] / means[0], 4, rtol=0.03)
    assert np.allclose(inner(bright, GREY).mean((0, 1)), 0.1 * 1.26, rtol=0.005)
    assert np.allclose(inner(dark, LAMP).mean((0, 1)), 4 / 16 * 1.26, rtol=0.005)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_order_of_a_bracket_does_not_matter(tmp_path, place):
    files = [shot(tmp_path / f"{e}.dng", e) for e in (1 / 16, 1 / 4)]
    files.insert(place, shot(tmp_path / "bright.dng"))
    assert inner(read_photos(files)[place].pixels, GREY).mean() == pytest.approx(0.126, rel=0.005)


def test_a_bright_grey_is_no_pile_up(tmp_path, rng):
    """With the noise of the light it is wider than a clip."""
    grey = np.full((SIDE, SIDE, 3), 0.75) * (1 + 0.006 * rng.normal(size=(SIDE, SIDE, 1)))
    photo = read_photo(dng(tmp_path / "a.dng", mosaic=bayer(grey)))
    assert photo.pixels[8:-8, 8:-8].mean() / 65535 == pytest.approx(0.75, rel=0.005)


def test_a_ramp_that_ends_below_white_is_no_pile_up(tmp_path):
    ramp = np.linspace(0, 0.8, 512)[None, :, None] * np.ones((128, 1, 3))
    with rawpy.imread(str(dng(tmp_path / "a.dng", mosaic=bayer(ramp, sigma=3)))) as raw:
        assert raw_levels.clip_level(raw_levels.histograms(raw), raw.black_level_per_channel, raw.white_level) is None


def test_a_few_hot_pixels_above_it_hide_no_clip(tmp_path):
    mosaic = bayer(light(), clip=CLIP)
    mosaic[5::40, 7::40] = 16383
    with rawpy.imread(str(dng(tmp_path / "a.dng", mosaic=mosaic))) as raw:
        found = raw_levels.clip_level(raw_levels.histograms(raw), raw.black_level_per_channel, raw.white_level)
    assert found == pytest.approx(CLIP, abs=2)


def test_a_sensor_that_clips_where_it_says_is_developed_as_declared(tmp_path):
    path = shot(tmp_path / "a.dng", clip=16383)
    with rawpy.imread(str(path)) as raw:
        assert raw_levels.clip_level(raw_levels.histograms(raw), raw.black_level_per_channel, raw.white_level) is None
        plain = raw.postprocess(
            user_wb=[2, 1, 1.5, 1], gamma=(1, 1), output_bps=16, no_auto_bright=True, adjust_maximum_thr=0.0
        )
    assert np.array_equal(read_photo(path).pixels, plain)


@pytest.mark.parametrize("signal", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("balance", [(1.0, 1.0), (2.137, 1.493)])
def test_darkness_has_no_bias_in_a_bracket(tmp_path, signal, balance):
    sigma, (red, blue) = 10.0, balance
    truth = signal * sigma / (16383 - 512)
    grey = np.full((512, 512, 3), truth)
    files = [dng(tmp_path / f"{seed}.dng", mosaic=bayer(grey, red=red, blue=blue, sigma=sigma, seed=seed),
                 red=red, blue=blue) for seed in range(2)]  # fmt: skip
    means = np.mean([photo.pixels.mean((0, 1)) for photo in read_photos(files)], 0)
    noise = sigma / (16383 - 512) * np.array((red, 1.0, blue))
    assert np.abs((means - truth) / noise).max() < 0.02


def test_a_bracket_is_developed_to_the_light_of_single_files(tmp_path):
    path = shot(tmp_path / "a.dng", 1 / 8)
    single, (frame,) = read_photo(path), read_photos([path])
    assert (single.pixels.dtype, frame.pixels.dtype) == (np.uint16, np.float32)
    for place in (GREY, COLOURS, LAMP):
        expected = inner(single.pixels, place).mean((0, 1)) / 65535
        assert np.allclose(inner(frame.pixels, place).mean((0, 1)), expected, rtol=1e-3, atol=3e-5)


@pytest.mark.parametrize("pattern", [X_TRANS, None], ids=["X-Trans", "monochrome"])
@pytest.mark.parametrize("read", [read_photo, lambda path: read_photos([path])[0]], ids=["alone", "in a bracket"])
def test_mosaics_of_other_kinds_are_read(tmp_path, pattern, read):
    seen = np.kron(np.minimum(light(), 0.3), np.ones((5, 5, 1)))  # LibRaw takes no X-Trans picture below 512 pixels
    if pattern is None:
        seen = np.repeat(seen[..., 1:2], 3, axis=2)
    balance = {} if pattern is None else {"red": 2.0, "blue": 1.5}
    mosaic = bayer(seen, pattern=np.array([[1]]) if pattern is None else pattern, **balance)
    photo = read(dng(tmp_path / "a.dng", mosaic=mosaic, pattern=pattern, **balance))
    found = photo.pixels / (65535 if photo.pixels.dtype == np.uint16 else 1)
    assert photo.grey == (pattern is None)
    for place in (np.s_[460:590, 460:590], np.s_[460:590, 110:240]):
        assert np.allclose(found[place].mean((0, 1)), seen[place].mean((0, 1)), rtol=2e-3, atol=5e-5)


def test_lowered_black_is_one_grey():
    black, gains, zero = raw_levels.lowered_black([127, 128, 128, 128], 3802, [1.924, 0.915, 0.967, 0.915])
    rooms = np.array([127, 128, 128, 128]) - black
    assert np.allclose(rooms * gains, rooms[1] * gains[1], rtol=1e-9)
    assert np.allclose(np.array(gains) / gains[1], np.array([1.924, 0.915, 0.967, 0.915]) / 0.915, rtol=5e-3)
    assert 0 < zero < 1 / 16 and min(black) >= 0


@pytest.mark.parametrize("black", [[0, 0, 0, 0], [1, 1, 1, 1]])
def test_black_without_room_below_is_left(black):
    assert raw_levels.lowered_black(black, 4095, [2, 1, 1, 1]) == (black, [2, 1, 1, 1], 0.0)


@pytest.mark.parametrize(
    ("name", "clip"), [("canon-eos-d30.crw", 3802), ("canon-eos-6d-linear-lossy.dng", None), ("kodak-dc50.kdc", None)]
)
def test_the_clip_of_real_sensors_is_found_or_left(shared, name, clip):
    with rawpy.imread(str(shared / "data" / "raw" / name)) as raw:
        found = raw_levels.clip_level(raw_levels.histograms(raw), raw.black_level_per_channel, raw.white_level)
    assert found == (None if clip is None else pytest.approx(clip, abs=10))


def test_the_mid_tones_of_a_real_raw_are_the_same_in_a_bracket(shared):
    path = shared / "data" / "raw" / "canon-eos-d30.crw"
    single, (frame,) = read_photo(path).pixels / 65535, read_photos([path])
    tones = (single > 0.1) & (single < 0.9)
    assert np.median(np.abs(frame.pixels[tones] / single[tones] - 1)) < 1e-3
    assert frame.pixels[tones].mean() == pytest.approx(single[tones].mean(), rel=1e-3)
    assert (frame.pixels < 0).mean() > 0.01


def test_a_file_that_libraw_knows_at_first_and_then_no_more_is_damaged(tmp_path):
    path = dng(tmp_path / "a.dng")
    assert raw.header(path).height == 64
    path.write_bytes(path.read_bytes()[:8] + bytes(200))
    with pytest.raises(InputError, match="is damaged or incomplete"):
        raw.decode(path)
