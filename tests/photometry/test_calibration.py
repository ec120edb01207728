"""One calibration of a bracket: ratios, responses, blacks, movers, gradients through saturation, bad input."""

import csv

import cv2
import numpy as np
import pytest
from brackets import TIMES, by_channel, film, gamma, other_gamma, radiance, shoot, shoulder, worst_error

from libhdrnet.errors import InputError
from libhdrnet.merge.codes import decode_table, encode, knee_for
from libhdrnet.photometry import calibrate
from libhdrnet.radiometry import decode_srgb


def stops_off(calibration, times=TIMES):
    true = np.log2(np.array(times) / times[calibration.reference])
    return np.abs(np.log2(calibration.exposures) - true).max()


ONE_PERCENT = np.log2(1.01)


@pytest.mark.parametrize("moving", [0, 0.3])
@pytest.mark.parametrize("response", [gamma, other_gamma, film, by_channel, shoulder])
def test_frames_agree_within_a_hundredth_of_white(response, moving):
    found = calibrate(shoot(response, moving=moving), TIMES, 1)
    assert stops_off(found) < ONE_PERCENT
    assert worst_error(found, response, TIMES) < 0.01
    assert not found.notes


@pytest.mark.parametrize("moving", [0, 0.3])
@pytest.mark.parametrize("wrong", [0.3, 0.5, -0.7])
def test_a_wrong_exposure_is_corrected(wrong, moving):
    claimed = (*TIMES[:2], TIMES[2] * 2**wrong)
    found = calibrate(shoot(moving=moving), claimed, 1)
    assert stops_off(found) < ONE_PERCENT
    assert found.disagreements[2] == pytest.approx(-wrong, abs=0.02)
    assert worst_error(found, gamma, TIMES) < 0.01
    assert len(found.notes) == (abs(wrong) > 1 / 3)


def test_frames_between_which_one_is_missing_are_told():
    times = (2.0**-14, 2.0**-7, 1.0)
    light = np.geomspace(0.01, 1e4, 600)[:, None] * np.ones((400, 1, 3))
    frames = shoot(times=times, light=light)
    assert not calibrate(frames, times, 1).notes
    (note,) = map(str, calibrate([frames[0], frames[2]], (times[0], times[2]), 1).notes)
    assert note.startswith("Frames 1 and 2 are too far apart: ") and "add the exposures between them" in note


def test_a_wrong_exposure_of_a_bent_response_is_corrected_by_the_others():
    times = (1 / 16, 1 / 4, 1, 4, 16)
    light = radiance() * np.geomspace(0.1, 4, 600)[:, None]
    found = calibrate(shoot(film, times, light=light), (*times[:3], 4 * 2**0.5, 16), 2)
    assert stops_off(found, times) < 5 * ONE_PERCENT
    assert worst_error(found, film, times, 2) < 0.02


@pytest.fixture
def real(shared):
    """Frames of a real bracket, reduced, and their exposures, the shortest first."""

    def load(name):
        folder = shared / "data" / "brackets" / name
        with (folder / "exposures.csv").open() as file:
            rows = sorted(list(csv.reader(file))[1:], key=lambda row: float(row[1]))
        codes = encode(decode_srgb(np.arange(256, dtype=np.float32) / 255))
        pictures = [cv2.imread(str(folder / row[0]))[..., ::-1] for row in rows]
        size = [round(edge * (3e5 / pictures[0][..., 0].size) ** 0.5) for edge in pictures[0].shape[1::-1]]
        frames = [codes[cv2.resize(picture, size, interpolation=cv2.INTER_AREA)] for picture in pictures]
        return frames, [float(row[1]) for row in rows]

    return load


@pytest.mark.parametrize("name", ["static-taipei", "static-fog", "moving-theatrepond", "moving-phone129"])
def test_an_end_of_a_real_bracket_that_claims_too_much_is_corrected_and_true_ones_stay(real, name):
    frames, times = real(name)
    middle = len(times) // 2
    assert stops_off(calibrate(frames, times, middle), times) < 0.1
    for wrong in (1.0, 1.5):
        found = calibrate(frames, [*times[:-1], times[-1] * 2**wrong], middle)
        assert stops_off(found, times) < 0.35
        assert len(found.notes) == 1 and str(found.notes[0]).startswith(f"Frame {len(times)} claims")


@pytest.mark.parametrize(("end", "other"), [(0, True), (2, False)])
def test_another_frame_that_may_be_the_wrong_one_is_named(real, end, other):
    frames, times = real("moving-galloarch")
    times[end] *= 2
    (note,) = map(str, calibrate(frames, times, 1).notes)
    assert note.startswith("Frame 3 claims") and ("though frame 1 may be the wrong one instead" in note) == other


@pytest.mark.parametrize("moving", [0, 0.3])
@pytest.mark.parametrize("claimed", [(0.25, 1, None), (None, None, None), (0.1, None, None)])
def test_missing_exposures_are_measured(claimed, moving):
    found = calibrate(shoot(moving=moving), claimed, 1)
    missing = [i for i, t in enumerate(claimed) if t is None]
    assert stops_off(found) < ONE_PERCENT
    assert worst_error(found, gamma, TIMES) < 0.01
    assert all(found.disagreements[i] is None for i in missing if i != 1)
    assert len(found.notes) == 1


def test_exposures_in_the_wrong_order_are_measured():
    found = calibrate(shoot(), TIMES[::-1], 1)
    assert stops_off(found) < ONE_PERCENT
    assert "claims" in str(found.notes[0])


@pytest.mark.parametrize("response", [gamma, film])
@pytest.mark.parametrize("wrong", [-3, -1.5, 1.5, 3])
def test_a_claim_that_is_stops_away_is_replaced_and_told_in_one_sentence(wrong, response):
    found = calibrate(shoot(response), (*TIMES[:2], TIMES[2] * 2**wrong), 1)
    assert stops_off(found) < 5 * ONE_PERCENT
    assert (
        len(found.notes) == 1 and "Frame 3 claims" in str(found.notes[0]) and "they are believed" in str(found.notes[0])
    )


def test_the_noise_of_equal_exposures_bends_no_response():
    rng = np.random.default_rng(0)
    clean = 0.9 * radiance()
    frames = [encode(np.asarray(clean + rng.normal(0, 0.03, clean.shape), np.float32).clip(0)) for _ in range(6)]
    found = calibrate(frames, [1] * 6, 2)
    nominal = decode_table(0)[3000:60000, None]
    assert np.abs(found.tables[2][3000:60000] / nominal - 1).max() < 0.02


def test_equal_exposures_that_differ_by_a_stop_are_measured():
    found = calibrate(shoot(), (1, 1, 1), 1)
    assert stops_off(found) < ONE_PERCENT


@pytest.mark.parametrize(("response", "how"), [(gamma, "known"), (gamma, "nominal"), (film, "nominal")])
@pytest.mark.parametrize("rounded", [True, False])
def test_of_two_readings_of_a_dial_the_one_that_the_pixels_show_is_taken(response, how, rounded):
    nominal, exact = (1 / 60, 1 / 15, 1 / 4), (1 / 64, 1 / 16, 1 / 4)
    true = exact if rounded else nominal
    light = radiance() * np.geomspace(0.1, 4, 600)[:, None]
    frames = shoot(response, np.array(true) / true[1], light=light, noise=0.002, levels=65535)
    found = calibrate(frames, nominal, 1, response=how, exact=exact)
    assert stops_off(found, true) < ONE_PERCENT


def test_the_person_s_claim_that_is_stops_away_stays_and_is_told():
    frames = shoot()
    found = calibrate([frames[1], frames[1], frames[2]], TIMES, 1, last_word=True)
    assert found.exposures == pytest.approx(TIMES, rel=0.02)
    assert "check its exposure time and ISO speed" in str(found.notes[0])
    assert found.disagreements[0] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("response", [gamma, film])
def test_two_frames_alike_of_which_one_claims_two_stops_more_bend_no_response(response):
    found = calibrate(shoot(response, (1.0, 1.0)), (1, 4), 1, last_word=True)
    assert len(found.notes) == 1 and "check its exposure time and ISO speed" in str(found.notes[0])
    assert found.disagreements[0] == pytest.approx(2, abs=0.1)
    assert found.exposures == pytest.approx((0.25, 1), rel=0.02)
    nominal = decode_table(0)[3000:60000, None]
    assert np.abs(found.tables[1][3000:60000] / nominal - 1).max() < 0.02


@pytest.mark.parametrize("response", [gamma, film])
def test_three_frames_that_claim_far_more_than_their_steps_bend_no_response(response):
    found = calibrate(shoot(response, (0.15, 1.0, 6.5)), (1 / 200, 1, 200), 1, last_word=True)
    told = [str(note) for note in found.notes if "check its exposure time and ISO speed" in str(note)]
    assert [text.split(" claims")[0] for text in told] == ["Frame 1", "Frame 3"]
    assert found.exposures == pytest.approx((1 / 200, 1, 200), rel=0.02)
    nominal = decode_table(0)[3000:60000, None]
    assert np.abs(found.tables[1][3000:60000] / nominal - 1).max() < 0.02


@pytest.mark.parametrize("response", [gamma, film])
def test_two_frames_of_a_true_claim_are_not_doubted(response):
    found = calibrate(shoot(response, (0.25, 1.0)), (1, 4), 1, last_word=True)
    assert not found.notes and found.exposures == pytest.approx((0.25, 1), rel=0.02)


@pytest.mark.parametrize("moving", [0, 0.3])
@pytest.mark.parametrize("levels", [255, 65535])
@pytest.mark.parametrize("noise", [0, 0.01])
def test_a_known_response_and_true_exposures_stay_exactly(moving, levels, noise):
    found = calibrate(shoot(moving=moving, levels=levels, noise=noise), TIMES, 1, response="known")
    nominal = decode_table(0)[1:, None]
    for table, t in zip(found.tables, TIMES, strict=True):
        assert np.abs(table[1:] * t / nominal - 1).max() < 1e-3
    assert found.exposures == pytest.approx(TIMES, rel=1e-3)
    assert not found.notes


@pytest.mark.parametrize("black", [0.002, 0.02])
def test_a_black_level_that_was_left_in_linear_data_is_found(black):
    light = np.maximum(radiance() - 0.05, 0)
    frames = shoot(light=light, levels=65535, noise=0, pedestal=black)
    found = calibrate(frames, TIMES, 1, response="known")
    code = round(65535 * black ** (1 / 2.2))
    assert np.abs([table[code] * t for table, t in zip(found.tables, TIMES, strict=True)]).max() < 2e-4


def test_light_below_black_stays_negative_in_raw():
    knee = knee_for(-0.005)
    light = [radiance() * t for t in TIMES]
    rng = np.random.default_rng(0)
    frames = [encode((x + rng.normal(0, 1e-3, x.shape)).astype(np.float32), knee) for x in light]
    found = calibrate(frames, TIMES, 1, decode=decode_table(knee), response="known")
    nominal = decode_table(knee)
    for table, t in zip(found.tables, TIMES, strict=True):
        assert table[0].max() < 0
        assert table[:, 1] * t == pytest.approx(nominal, rel=1e-3)


@pytest.mark.parametrize("response", [gamma, film, shoulder])
def test_a_gradient_through_saturation_stays_smooth(response):
    """The mean of all frames with smooth weights, encoded, departs from a smooth curve by a quarter of a code."""
    found = calibrate(shoot(response), TIMES, 1)
    light = np.geomspace(0.1, 3, 2000)[:, None] * np.ones(3)
    total, weights = 0, 0
    for time, table in zip(TIMES, found.tables, strict=True):
        code = response(light * time)
        weight = np.clip((0.97 - code) / 0.15, 0, 1) ** 2 * code * time + 1e-9
        told = np.stack([table[np.round(code[:, c] * 65535).astype(int), c] for c in range(3)], 1)
        total, weights = total + weight * told, weights + weight
    merged = np.log(total / weights)
    smooth = cv2.GaussianBlur(merged, (1, 0), 0.1, sigmaY=60, borderType=cv2.BORDER_REFLECT)
    encoded = 255 * np.minimum(np.exp(merged) / 4, 1) ** (1 / 2.2)
    gap = encoded * (merged - smooth) / 2.2
    assert np.abs(gap[200:-200]).max() < 0.25
    assert (np.diff(merged[:, 1]) > 0).all()


def test_tables_rise_and_the_response_is_shared():
    found = calibrate(shoot(film), TIMES, 1)
    for table in found.tables:
        assert table.dtype == np.float32
        assert table.shape == (65536, 3)
        assert (np.diff(table, axis=0) >= 0).all()
    at = [found.at(i, 0.985) * t for i, t in enumerate(TIMES)]
    assert at[0] == pytest.approx(at[1], rel=0.03)
    assert at[2] == pytest.approx(at[1], rel=0.03)


def test_what_is_not_covered_is_not_heard():
    frames = shoot()
    coverage = np.full(frames[0].shape[:2], 65535, np.uint16)
    coverage[:, :250] = 0
    frames[2][:, :250] = frames[2][:, 250:500] // 2
    found = calibrate(frames, TIMES, 1, coverage=[None, None, coverage])
    assert worst_error(found, gamma, TIMES) < 0.003


def test_an_unknown_response_is_found():
    def steep(light):
        return np.clip(light, 0, 1) ** (1 / 1.5)

    found = calibrate(shoot(steep), TIMES, 1, response="free")
    assert worst_error(found, steep, TIMES) < 0.01


NOTHING = {
    "all black": [np.zeros((80, 90, 3), np.uint16)] * 3,
    "all saturated": [np.full((80, 90, 3), 65535, np.uint16)] * 3,
    "one pixel": [frame[:1, :1] for frame in shoot()],
}


@pytest.mark.parametrize("frames", NOTHING.values(), ids=NOTHING)
def test_where_nothing_is_seen_the_nominal_tones_stay_and_it_is_said(frames):
    found = calibrate(frames, TIMES, 1)
    nominal = (np.arange(65536) / 65535) ** 2.2
    for table, t in zip(found.tables, TIMES, strict=True):
        assert np.abs(table[:, 0] * t - nominal).max() < 1e-4
    assert found.exposures == pytest.approx(TIMES)
    assert len(found.notes) == 1


@pytest.mark.parametrize(
    "times", [(0.5, 1), (1 / 1024, 1), (1, 1), tuple(2.0 ** (k - 8) for k in range(16))], ids=lambda t: len(t)
)
def test_steps_of_any_size(times):
    found = calibrate(shoot(times=times, light=radiance(height=100, width=150)), times, len(times) // 2)
    assert stops_off(found, times) < 0.03
    assert all(np.isfinite(table).all() for table in found.tables)


def test_tiny_pictures():
    found = calibrate([frame[::25, ::38] for frame in shoot()], TIMES, 1)
    assert found.exposures == pytest.approx(TIMES, rel=0.05)


@pytest.mark.parametrize(
    ("frames", "exposures", "match"),
    [
        (shoot()[:1], (1,), "do not fit"),
        (shoot(), (1, 2), "do not fit"),
        (shoot(), (1, 2, 0), "Frame 3"),
        (shoot(), (1, 2, float("nan")), "Frame 3"),
        ([frame.astype(np.float32) for frame in shoot()], TIMES, "uint16"),
    ],
)
def test_bad_input_is_told(frames, exposures, match):
    with pytest.raises(InputError, match=match):
        calibrate(frames, exposures, 0)


@pytest.mark.parametrize("response", [gamma, film])
def test_a_frame_s_own_white_balance_is_taken_back(response):
    tint = np.array([1.3, 1.0, 0.8])
    frames = shoot(response)
    frames[2] = shoot(response, light=radiance() * tint)[2]
    light = np.full((1, 3), 0.02)
    told = []
    for table, t, gain in zip(calibrate(frames, TIMES, 1).tables, TIMES, (1, 1, tint), strict=True):
        codes = np.round(response(light * t * gain)[0] * 65535).astype(int)
        told.append(table[codes, range(3)])
    assert told[2] == pytest.approx(told[1], rel=0.04)


def test_of_a_known_response_that_the_frames_contradict_only_what_is_compared_is_fitted():
    found = calibrate(shoot(film), TIMES, 1, response="known")
    nominal = decode_table(0)[1:, None]
    for table, t in zip(found.tables, TIMES, strict=True):
        assert np.abs(table[1:] * t / nominal - 1).max() < 1e-3
    for light in (0.02, 0.05, 0.1):
        codes = [round(float(film(light * t)) * 65535) for t in TIMES]
        compared = np.array([table[code] for table, code in zip(found.compared, codes, strict=True)])
        assert compared == pytest.approx(np.broadcast_to(compared[1], (3, 3)), rel=0.1)
        merged = np.array([table[code] for table, code in zip(found.tables, codes, strict=True)])
        assert np.ptp(merged[:, 1]) > 0.2 * merged[1, 1]


def test_white_is_neutral_where_channels_bend_differently():
    white = calibrate(shoot(by_channel), TIMES, 1).tables[1][-1]
    assert white == pytest.approx(white.mean(), rel=1e-3)


def test_windows_that_every_frame_burns_out_stay_white(real):
    frames, times = real("moving-dfwindow36")
    white = calibrate(frames, times, 1, last_word=True).tables[0][-1]
    assert white == pytest.approx(white.mean(), rel=0.01)
