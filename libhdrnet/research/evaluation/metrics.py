"""Metrics between arrays (thesis, section 1.4; Eqs. 1.4-1.13), all in float64; none needs a network.

Radiance is (H, W, 3) in [0, 1], 1 = saturation of the shortest exposure, and is clipped to that first. A mask is
bool (H, W) and keeps a metric to the places where it is True (Table 3.2).
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.errors import InputError
from libhdrnet.radiometry import MU

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]

BEST_PSNR = 120.0
"""dB of pictures that are equal, so that a mean stays a number."""
_K1, _K2 = 0.01, 0.03
_WINDOW, _SIGMA, _GAUSSIAN_WINDOW = 7, 1.5, 11


def mse(predicted: Array, truth: Array, *, mask: Mask | None = None) -> float:
    """Mean squared error of two arrays of one shape (Eq. 1.4).

    Raises InputError where the shapes differ, or the mask does not fit or is empty.
    """
    return float(np.mean(_difference(predicted, truth, mask) ** 2))


def mae(predicted: Array, truth: Array, *, mask: Mask | None = None) -> float:
    """Mean absolute error of two arrays of one shape (Eq. 1.5); raises as `mse`."""
    return float(np.mean(np.abs(_difference(predicted, truth, mask))))


def psnr(predicted: Array, truth: Array, *, peak: float = 1.0, mask: Mask | None = None) -> float:
    """Peak signal-to-noise ratio in dB, at most 120, with the square of `peak` over the MSE (Eq. 1.6).

    The thesis prints I_MAX without the square; with the usual 1.0 there is no difference. Raises as `mse`.
    """
    error = mse(predicted, truth, mask=mask) / peak**2
    return BEST_PSNR if error == 0 else min(BEST_PSNR, float(-10 * np.log10(error)))


def ssim(
    predicted: Array, truth: Array, *, peak: float = 1.0, gaussian: bool = False, mask: Mask | None = None
) -> float:
    """Structural similarity, mean over channels and windows (Eqs. 1.7-1.13, exponents 1, C3 = C2 / 2).

    Arrays are (H, W) or (H, W, C), `peak` is the range of values. Windows are 7x7 with the unbiased variances of Eqs.
    1.8 and 1.9, or, with `gaussian`, 11x11 with a Gaussian of 1.5 pixels (Wang et al. 2004). Windows that reach over
    the border are left out; of a mask those count whose middle is in it, and without any the result is NaN. Eqs. 1.11
    and 1.12 are printed with a product where the published measure has a sum of squares; this is the published one.
    Raises InputError as `mse`, and for a picture smaller than a window.
    """
    a, b = _pair(predicted, truth)
    size = _GAUSSIAN_WINDOW if gaussian else _WINDOW
    if min(a.shape[:2]) < size:
        raise InputError(f"a picture of {a.shape[1]}x{a.shape[0]} is too small for SSIM; it takes {size}x{size}.")
    unbiased = 1.0 if gaussian else size**2 / (size**2 - 1)
    ma, mb = _smooth(a, gaussian), _smooth(b, gaussian)
    va = unbiased * (_smooth(a * a, gaussian) - ma * ma)
    vb = unbiased * (_smooth(b * b, gaussian) - mb * mb)
    covariance = unbiased * (_smooth(a * b, gaussian) - ma * mb)
    c1, c2 = (_K1 * peak) ** 2, (_K2 * peak) ** 2
    values = (2 * ma * mb + c1) * (2 * covariance + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
    margin = size // 2
    inner = np.s_[margin : a.shape[0] - margin, margin : a.shape[1] - margin]
    if mask is None:
        return float(values[inner].mean())
    seen = _checked(mask, a.shape)[inner]
    return float(values[inner][seen].mean()) if seen.any() else float("nan")


def psnr_mu(predicted: Array, truth: Array, *, mask: Mask | None = None) -> float:
    """PSNR of radiance in the mu-law domain, mu = 5000 (Eq. 2.5), in dB."""
    return psnr(_compressed(predicted), _compressed(truth), mask=mask)


def psnr_l(predicted: Array, truth: Array, *, mask: Mask | None = None) -> float:
    """PSNR of radiance as it is, in dB."""
    return psnr(np.clip(predicted, 0, 1), np.clip(truth, 0, 1), mask=mask)


def ssim_mu(predicted: Array, truth: Array, *, mask: Mask | None = None) -> float:
    """SSIM of radiance in the mu-law domain, mu = 5000 (Eq. 2.5)."""
    return ssim(_compressed(predicted), _compressed(truth), mask=mask)


def ssim_l(predicted: Array, truth: Array, *, mask: Mask | None = None) -> float:
    """SSIM of radiance as it is."""
    return ssim(np.clip(predicted, 0, 1), np.clip(truth, 0, 1), mask=mask)


def _compressed(radiance: Array) -> Doubles:
    return np.asarray(np.log1p(MU * np.clip(np.asarray(radiance, np.float64), 0, 1)) / np.log1p(MU))


def _difference(predicted: Array, truth: Array, mask: Mask | None) -> Doubles:
    a, b = _pair(predicted, truth)
    difference = a - b
    return difference if mask is None else difference[_checked(mask, a.shape)]


def _pair(predicted: Array, truth: Array) -> tuple[Doubles, Doubles]:
    if predicted.shape != truth.shape:
        raise InputError(f"a result of shape {predicted.shape} cannot be compared with a truth of {truth.shape}.")
    return np.asarray(predicted, np.float64), np.asarray(truth, np.float64)


def _checked(mask: Mask, shape: tuple[int, ...]) -> Mask:
    if mask.shape != shape[:2]:
        raise InputError(f"a mask of shape {mask.shape} does not fit pictures of {shape[:2]}.")
    if not mask.any():
        raise InputError("the mask is empty; leave it out.")
    return mask


def _smooth(values: Doubles, gaussian: bool) -> Doubles:
    if gaussian:
        smoothed = cv2.GaussianBlur(values, (_GAUSSIAN_WINDOW, _GAUSSIAN_WINDOW), _SIGMA, borderType=cv2.BORDER_REFLECT)
    else:
        smoothed = cv2.blur(values, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT)
    return np.asarray(smoothed, np.float64)
