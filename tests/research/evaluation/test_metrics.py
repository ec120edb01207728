"""Each metric against an independent computation: scikit-image, or the formula written out again here."""

import numpy as np
import pytest
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

from libhdrnet.errors import InputError
from libhdrnet.research.evaluation import metrics, optional, pu21


@pytest.fixture(scope="module")
def pair():
    """A truth (61, 47, 3) in [0, 1] with smooth and noisy parts, and a prediction that is off by noise."""
    rng = np.random.default_rng(3)
    truth = np.clip(np.linspace(0, 1, 61)[:, None, None] ** 3 * rng.random((61, 47, 3)), 0, 1).astype(np.float32)
    return (truth + rng.normal(0, 0.02, truth.shape)).astype(np.float32), truth


def law(radiance):
    return np.log(1 + 5000 * np.clip(radiance.astype(np.float64), 0, 1)) / np.log(5001)


@pytest.mark.parametrize(
    ("ours", "domain"), [(metrics.psnr_mu, law), (metrics.psnr_l, lambda x: np.clip(x, 0, 1).astype(np.float64))]
)
def test_psnr_is_that_of_scikit_image(pair, ours, domain):
    expected = peak_signal_noise_ratio(domain(pair[1]), domain(pair[0]), data_range=1)
    assert ours(*pair) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("ours", "domain"), [(metrics.ssim_mu, law), (metrics.ssim_l, lambda x: np.clip(x, 0, 1).astype(np.float64))]
)
def test_ssim_is_that_of_scikit_image(pair, ours, domain):
    expected = structural_similarity(domain(pair[0]), domain(pair[1]), channel_axis=-1, data_range=1)
    assert 0.05 < expected < 0.99
    assert ours(*pair) == pytest.approx(expected, abs=1e-6)


def test_gaussian_ssim_is_that_of_scikit_image(pair):
    a, b = (200 * image.mean(-1).astype(np.float64) for image in pair)
    expected = structural_similarity(
        a, b, data_range=256, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert metrics.ssim(a, b, peak=256, gaussian=True) == pytest.approx(expected, abs=1e-6)


def test_errors_of_maps_are_those_of_scikit_image_and_the_definition(pair):
    a, b = (image[..., 0] for image in pair)
    assert metrics.mse(a, b) == pytest.approx(mean_squared_error(a, b), rel=1e-6)
    assert metrics.mae(a, b) == pytest.approx(
        sum(abs(float(x) - float(y)) for x, y in zip(a.flat, b.flat, strict=True)) / a.size
    )


def test_a_mask_keeps_a_metric_to_its_place(pair):
    predicted, truth = pair
    mask = np.zeros(truth.shape[:2], bool)
    mask[20:40, 10:30] = True
    cut = np.s_[20:40, 10:30]
    assert metrics.psnr_mu(predicted, truth, mask=mask) == pytest.approx(metrics.psnr_mu(predicted[cut], truth[cut]))
    assert metrics.psnr_l(predicted, truth, mask=mask) == pytest.approx(metrics.psnr_l(predicted[cut], truth[cut]))
    _, whole = structural_similarity(law(predicted), law(truth), channel_axis=-1, data_range=1, full=True)
    assert metrics.ssim_mu(predicted, truth, mask=mask) == pytest.approx(whole[mask].mean(), abs=1e-6)


def test_what_is_off_outside_of_a_mask_does_not_count(pair):
    _, truth = pair
    mask = np.zeros(truth.shape[:2], bool)
    mask[5:20] = True
    assert metrics.psnr_mu(np.where(mask[..., None], truth, 1), truth, mask=mask) == metrics.BEST_PSNR


def test_equal_pictures_have_the_best_figures(pair):
    _, truth = pair
    assert metrics.psnr_mu(truth, truth) == metrics.BEST_PSNR
    assert metrics.ssim_mu(truth, truth) == pytest.approx(1)


@pytest.mark.parametrize("metric", [metrics.psnr_mu, metrics.ssim_mu])
@pytest.mark.parametrize(
    ("mask", "message"), [(np.zeros((61, 47), bool), "mask is empty"), (np.ones((3, 3), bool), "does not fit")]
)
def test_a_mask_that_cannot_be_used_is_refused(pair, metric, mask, message):
    with pytest.raises(InputError, match=message):
        metric(*pair, mask=mask)


def test_pictures_that_cannot_be_compared_are_refused(pair):
    with pytest.raises(InputError, match="cannot be compared"):
        metrics.psnr_mu(pair[0][1:], pair[1])
    with pytest.raises(InputError, match="too small for SSIM"):
        metrics.ssim_mu(pair[0][:5], pair[1][:5])


def written_out(y):
    """PU21, banding + glare, with the numbers of the paper's table, for one luminance."""
    p1, p2, p3, p4, p5, p6, p7 = (
        0.353487901,
        0.3734658629,
        8.277049286e-5,
        0.9062562627,
        0.09150303166,
        0.9099517204,
        596.3148142,
    )
    return p7 * (((p1 + p2 * y**p4) / (1 + p3 * y**p4)) ** p5 - p6)


@pytest.mark.parametrize(("luminance", "published"), [(0.005, 5.4705e-10), (100.0, 256.0), (10000.0, 595.3939)])
def test_pu21_meets_the_published_values(luminance, published):
    """The ends of the range as implementations print them; and 100 cd/m^2 near 256, for which it was scaled."""
    tolerance = 1.0 if luminance == 100 else 1e-3
    assert pu21.encode(np.array(luminance)) == pytest.approx(published, abs=tolerance)


def test_pu21_is_the_formula_of_the_paper():
    luminance = np.geomspace(0.005, 10000, 50)
    assert pu21.encode(luminance) == pytest.approx([written_out(float(y)) for y in luminance], abs=1e-9)


def test_pu21_metrics_are_those_of_scikit_image_on_encoded_light(pair):
    shown = [4000 * np.clip(image.astype(np.float64), 0, 1) for image in pair]
    coded = [written_out(np.clip(light, 0.005, 10000)) for light in shown]
    expected = peak_signal_noise_ratio(coded[1], coded[0], data_range=256)
    assert pu21.pu21_psnr(*pair) == pytest.approx(expected, abs=1e-6)
    grey = [written_out(np.clip(light @ [0.212656, 0.715158, 0.072186], 0.005, 10000)) for light in shown]
    expected = structural_similarity(
        *grey, data_range=256, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert pu21.pu21_ssim(*pair) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("metric", "package"), [("jod", "cvvdp"), ("lpips", "lpips")])
def test_a_metric_whose_package_is_missing_says_so(monkeypatch, metric, package):
    monkeypatch.setattr(optional, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=rf"the metric '{metric}' needs .* pip install {package}"):
        optional.check_available(metric)
