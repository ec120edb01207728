import warnings

import numpy as np
import pytest

from libhdrnet import merge_exposures
from libhdrnet.errors import CancelledError, HdrnetWarning, InputError
from libhdrnet.merge.frames import load_frames
from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions
from libhdrnet.radiometry import look_up

TIMES = (0.25, 1.0, 4.0)
SMALL = {"device": "cpu", "precision": "fp32", "tile": 128}
pytestmark = pytest.mark.filterwarnings("ignore::libhdrnet.errors.HdrnetWarning")


@pytest.fixture
def bracket(scene):
    """Exposures of a still scene whose white is four times the reference's, and its radiance."""

    def make(height=60, width=70, times=TIMES):
        radiance = scene(height, width, 1.0) ** 4 * 3.9 + 0.004
        return [np.clip(radiance * t, 0, 1).astype(np.float32) for t in times], radiance

    return make


def test_the_classical_merge_returns_the_radiance_of_a_still_scene(bracket):
    shots, radiance = bracket()
    merged = merge_exposures(shots, TIMES, model="classical", align=False)
    assert merged.dtype == np.float32
    inside = radiance < 3.5
    assert np.allclose(merged[inside], radiance[inside], rtol=0.01)


def test_the_order_of_the_frames_does_not_matter(bracket):
    shots, _ = bracket()
    forward = merge_exposures(shots, TIMES, model="classical", align=False)
    backward = merge_exposures(shots[::-1], TIMES[::-1], model="classical", align=False)
    assert np.allclose(forward, backward, atol=1e-6)


def test_more_frames_mean_less_noise(bracket):
    _, radiance = bracket()
    rng = np.random.default_rng(0)

    def noisy(times):
        return [np.clip(radiance * t + rng.normal(0, 0.01, radiance.shape), 0, 1).astype(np.float32) for t in times]

    def error(times):
        merged = merge_exposures(noisy(times), times, model="classical", align=False, reference=0)
        dark = radiance < 0.2
        return np.std((merged - radiance)[dark])

    assert error((1.0, 1.3, 1.6, 2.0, 2.5, 3.0)) < 0.8 * error((1.0, 1.3))


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize(
    ("count", "model", "used", "network"),
    [(3, "auto", 3, "psfnet"), (2, "auto", 2, "msffnet"), (5, "auto", 5, "psfnet"), (3, "msffnet", 2, "msffnet"),
     (9, "psfnet", 3, "psfnet")],
)  # fmt: skip
def test_the_number_of_frames_chooses_the_network(bracket, count, model, used, network):
    times = [2.0 ** (i - count // 2) for i in range(count)]
    by_network = np.zeros((96, 96), np.int8)
    by_network[30:60, 30:60] = -1
    choices = by_network if model == "auto" else None
    result = merge(bracket(96, 96, times)[0], times, MergeOptions(model=model, align=False, **SMALL), choices=choices)
    assert (result.model, len(result.used)) == (model, used)
    assert result.report is not None and result.report.network == network
    assert 0 < result.repaired < 0.5 if model == "auto" else result.repaired == 1
    assert result.radiance.shape == (96, 96, 3)


@pytest.mark.usefixtures("random_weights")
def test_one_is_the_white_of_the_reference(bracket):
    """The untrained network starts from the reference, so that its scale can be told."""
    shots, radiance = bracket()
    for reference in (1, 2):
        merged = merge_exposures(shots, TIMES, reference=reference, align=False, device="cpu", tile=128)
        seen = shots[reference] < 0.9
        ratio = np.median(merged[seen] / (radiance * TIMES[reference])[seen])
        assert ratio == pytest.approx(1, abs=0.1)
        assert merged.max() <= TIMES[reference] / TIMES[0] * 1.05


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("reference", [0, 1, 2])
def test_any_frame_can_be_the_reference(bracket, reference):
    result = merge(bracket()[0], TIMES, MergeOptions(align=False, **SMALL), reference=reference)
    assert result.reference == reference
    assert np.isfinite(result.radiance).all()


@pytest.mark.usefixtures("random_weights")
def test_of_two_frames_the_shorter_can_be_the_reference(bracket):
    shots = bracket(96, 96, times=(1.0, 4.0))[0]
    choices = np.full((96, 96), -1)
    result = merge(shots, (1.0, 4.0), MergeOptions(align=False, **SMALL), reference=0, choices=choices)
    assert result.report is not None and result.report.network == "psfnet"
    assert result.radiance.max() <= 1.05


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 23)])
def test_tiny_pictures_merge(bracket, size):
    merged = merge_exposures(bracket(*size)[0], TIMES, device="cpu")
    assert merged.shape == (*size, 3)
    assert np.isfinite(merged).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "magic"}, "magic.*psfnet"),
        ({"reference": 3}, "reference 4"),
        ({"reference": -1}, "reference 0"),
        ({"deghost": 2}, "deghost 2"),
        ({"model": "msffnet", "reference": 0}, "shorter than the reference"),
        ({"device": "gpu"}, "gpu"),
        ({"precision": "fp8"}, "fp8"),
        ({"tile": 3}, "tile 3"),
    ],
)
def test_bad_options_are_refused(bracket, options, message):
    with pytest.raises(InputError, match=message):
        merge_exposures(bracket(20, 20)[0], TIMES, **{"align": False, **options})


def test_psfnet_refuses_two_frames(bracket):
    with pytest.raises(InputError, match="takes three exposures and 2 were given"):
        merge_exposures(bracket(20, 20)[0][:2], TIMES[:2], model="psfnet")


def test_progress_rises_and_cancel_stops(bracket):
    seen = []
    merge_exposures(bracket()[0], TIMES, model="classical", progress=lambda f, s: seen.append((f, s)))
    fractions = [f for f, _ in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert len({s for _, s in seen}) >= 4
    with pytest.raises(CancelledError):
        merge_exposures(bracket()[0], TIMES, model="classical", cancel=lambda: True)


@pytest.mark.usefixtures("random_weights")
def test_the_mask_shows_what_the_network_made_and_nothing_else(bracket):
    choices = np.zeros((96, 96), np.int8)
    choices[30:60, 30:60] = -1
    _, mask = merge_exposures(bracket(96, 96)[0], TIMES, align=False, return_mask=True, choices=choices, device="cpu")
    assert mask.shape == (96, 96) and mask.dtype == np.float32
    assert (mask[40:50, 40:50] == 0.5).all()
    assert (mask[:15] == 1).all() and (mask[80:] == 1).all()


@pytest.mark.usefixtures("random_weights")
def test_a_place_is_taken_from_the_frame_that_is_chosen_and_the_edge_is_soft(bracket):
    shots, radiance = bracket(96, 96)
    shots[2] = shots[2].copy()
    shots[2][30:60, 30:60] = 0.8
    choices = np.zeros((96, 96), np.int8)
    choices[20:70, 20:70] = 3
    merged = merge_exposures(shots, TIMES, align=False, reference=1, choices=choices)
    assert np.allclose(merged[40:50, 40:50], 0.2, rtol=0.05)
    still = merge_exposures(bracket(96, 96)[0], TIMES, align=False, reference=1)
    assert np.allclose(merged[:12], still[:12], rtol=0.02, atol=1e-3)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (np.zeros((20, 21), np.int64), r"\(20, 21\); give whole numbers \(20, 20\), or fewer of that aspect ratio"),
        (np.zeros((20, 20, 3), np.int64), r"\(20, 20, 3\); give whole numbers"),
        (np.zeros((10, 12), np.int64), r"\(10, 12\); give whole numbers"),
        (np.zeros((20, 20), np.float32), "float32"),
        (np.full((20, 20), 4), "hold 4"),
        (np.full((20, 20), -2), "hold -2"),
    ],
)
def test_choices_that_do_not_fit_are_refused(bracket, choices, message):
    with pytest.raises(InputError, match=message):
        merge_exposures(bracket(20, 20)[0], TIMES, align=False, choices=choices)


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("shape", [(48, 48), (37, 37), (200, 200)])
def test_choices_of_another_size_count_as_if_they_were_the_pictures_size(bracket, shape):
    shots = bracket(96, 96)[0]
    small = np.zeros(shape, np.int8)
    small[: shape[0] // 2, shape[1] // 3 :] = 3
    rows, columns = (np.arange(96) * edge // 96 for edge in shape)
    whole = small[rows][:, columns]
    options = MergeOptions(align=False, **SMALL)
    merged = [merge(shots, TIMES, options, reference=1, choices=choices) for choices in (small, whole)]
    assert np.array_equal(merged[0].radiance, merged[1].radiance)
    assert merged[0].as_record()["chosen"] == {"3": round(float((whole == 3).mean()), 5)}


@pytest.mark.usefixtures("random_weights")
def test_the_shares_of_the_frames_are_told_on_request(bracket):
    shots, radiance = bracket(64, 80)
    result = merge(shots, TIMES, MergeOptions(align=False, **SMALL), with_shares=True)
    assert result.shares.shape == (3, 32, 40)
    assert np.allclose(result.shares.sum(0), 1, atol=1e-5)
    bright = radiance.max(-1)[::2, ::2] > 1.2
    assert np.median(result.shares[0][bright]) > 0.99


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize(("model", "grade"), [("classical", 1), ("psfnet", 0.5), ("msffnet", 0.5)])
def test_a_method_that_looks_for_no_motion_says_so_in_the_mask_and_refuses_deghost(bracket, model, grade):
    shots = [bracket(96, 96)[1] * np.float32(0.05 * t) for t in TIMES]
    shots[0][30:60, 30:60] = 0.2
    result = merge(shots, TIMES, MergeOptions(model=model, align=False, **SMALL), with_mask=True)
    assert (result.mask == grade).all()
    assert result.repaired == (0 if model == "classical" else 1)
    with pytest.raises(InputError, match="deghost"):
        merge(shots, TIMES, MergeOptions(model=model, align=False, deghost=0.8, **SMALL))
    with pytest.raises(InputError, match="choices"):
        merge(shots, TIMES, MergeOptions(model=model, align=False, **SMALL), choices=np.zeros((96, 96), int))


@pytest.mark.parametrize(("model", "grade"), [("auto", 1), ("classical", 1), ("msffnet", 0.5)])
def test_what_is_transparent_in_every_frame_is_no_measurement(tmp_path, bracket, model, grade):
    tifffile = pytest.importorskip("tifffile")
    paths = []
    for index, frame in enumerate(bracket()[0]):
        alpha = np.ones(frame.shape[:2], np.float32)
        alpha[:, : 20 + 5 * index] = 0
        paths.append(tmp_path / f"{index}.tif")
        pixels = np.dstack([frame, alpha])
        tifffile.imwrite(paths[-1], pixels, photometric="rgb", extrasamples=["unassalpha"], metadata=None)
    _, mask = merge_exposures(paths, TIMES, model=model, align=False, return_mask=True)
    assert (mask[:, :20] == 0).all()
    assert (mask[:, 40:] == grade).all()


def test_a_wrong_exposure_is_measured_and_warned_of(bracket):
    shots, _ = bracket(120, 120)
    with pytest.warns(UserWarning, match="Frame 1 claims"):
        result = merge(shots, (0.125, 1.0, 4.0), MergeOptions(model="classical", align=False))
    assert result.disagreements[0] == pytest.approx(1, abs=0.15)


def test_the_record_says_how_the_picture_was_made(bracket):
    record = merge(bracket()[0], TIMES, MergeOptions(model="classical")).as_record()
    assert record["model"] == "classical" and record["exposures"] == list(TIMES) and record["reference"] == 2
    assert len(record["alignment"]) == 3


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("model", ["auto", "classical"])
@pytest.mark.parametrize(("code", "light"), [(65535, 4.0), (0, 0.0)])
def test_a_bracket_that_is_all_saturated_or_all_black_stays_so(model, code, light):
    frame = np.full((40, 48, 3), code, np.uint16)
    merged = merge_exposures([frame] * 3, TIMES, reference=1, model=model)
    assert np.allclose(merged, light, rtol=1e-2, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    # the last one was taken past a window frame, which parallax moves against the view: its edges lie a pixel off
    ("name", "least"),
    [("moving-alignment", 0.95), ("moving-ghost", 0.95), ("moving-pingpong", 0.925)],
)
def test_a_real_moving_bracket_merges_to_the_reference_s_content(shared, name, least):
    folder = shared / "data" / "brackets" / name
    rows = [line.split(",") for line in (folder / "exposures.csv").read_text().splitlines()[1:]]
    import cv2

    images = [cv2.imread(str(folder / file))[..., ::-1] for file, _ in rows]
    scale = 320 / max(images[0].shape[:2])
    images = [cv2.resize(i, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for i in images]
    times = [float(t) for _, t in rows]
    result = merge(images, times, MergeOptions(response="estimate", device="cpu", precision="fp32"))
    reference = load_frames(images, times)[result.reference]
    linear = look_up(reference.codes, result.calibration.tables[result.reference])
    exposed = (linear.max(-1) < 0.8) & (linear.min(-1) > 0.05)
    ratio = np.log2(result.radiance[exposed] / linear[exposed])
    assert abs(np.median(ratio)) < 0.1
    assert np.mean(np.abs(ratio) < 0.5) > least


def test_a_frame_that_cannot_be_aligned_is_told_and_merged_as_it_lies(bracket):
    shots, _ = bracket(240, 320)
    shots[2] = np.ascontiguousarray(shots[2][::-1, ::-1])
    said = "image 3 cannot be laid over the reference and is merged as it lies"
    with pytest.warns(HdrnetWarning, match=said) as told:
        aligned = merge(shots, TIMES, MergeOptions(model="classical"), reference=1)
    assert sum("laid over" in str(warning.message) for warning in told) == 1
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        lying = merge(shots, TIMES, MergeOptions(model="classical", align=False), reference=1)
    assert not any("laid over" in str(warning.message) for warning in told)
    assert np.array_equal(aligned.radiance, lying.radiance)
