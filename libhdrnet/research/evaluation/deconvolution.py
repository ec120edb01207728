"""What the deblurring network is set beside: sharpening and deconvolution that know the same defocus map.

Pictures are encoded (sRGB), float32 (H, W, 3) in [0, 1]; maps (H, W) hold radii in pixels. The blur is a disc, in
linear light. Each picture is deconvolved whole with a few radii, and each place takes the two nearest to its own.
"""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt

from libhdrnet.ops.recovery import disc
from libhdrnet.radiometry import FloatImage, decode_srgb, encode_srgb

RADII = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0)
"""In pixels. Below half of the first nothing is done; beyond the last as with it."""
AMOUNT = 1.0
"""Of the detail that unsharp masking adds: the best of 0.5, 1, 1.5 and 2 on fifteen crops of one real scene."""
ROUNDS = 15
"""Of Richardson and Lucy's; chosen in the same way of 5, 10, 15 and 30."""
FIDELITY = 100.0
"""Weight of the data against the hyper-Laplacian prior; chosen in the same way of 3 to 10000, half a decade apart."""


def unsharp(linear: FloatImage, kernel: FloatImage) -> FloatImage:
    """Add what the kernel takes away."""
    return linear + np.float32(AMOUNT) * (linear - _blurred(linear, kernel))


def richardson_lucy(linear: FloatImage, kernel: FloatImage) -> FloatImage:
    """Deconvolve by Richardson (1972) and Lucy (1974)."""
    estimate = linear.copy()
    for _ in range(ROUNDS):
        expected = np.maximum(_blurred(estimate, kernel), np.float32(1e-4))
        estimate *= _blurred(np.asarray(linear / expected, np.float32), kernel)
    return estimate


def hyper_laplacian(linear: FloatImage, kernel: FloatImage) -> FloatImage:
    """Deconvolve with the prior |gradient|^(2/3) by half-quadratic splitting (Krishnan and Fergus 2009)."""
    reach = 4 * (kernel.shape[0] // 2) + 8  # what wraps around, or rings at the border, is cut off
    size = [cv2.getOptimalDFTSize(n + 2 * reach) for n in linear.shape[:2]]
    after = [n - length - reach for n, length in zip(size, linear.shape[:2], strict=True)]
    out = np.empty_like(linear)
    spectra = [_spectrum(filter_, size) for filter_ in (kernel, np.array([[1, -1]]), np.array([[1], [-1]]))]
    along = sum(np.abs(spectrum) ** 2 for spectrum in spectra[1:])
    for channel in range(3):
        plane: npt.NDArray[np.floating] = np.pad(
            linear[..., channel], [(reach, after[0]), (reach, after[1])], "symmetric"
        )
        seen = np.conj(spectra[0]) * np.fft.rfft2(plane)
        estimate, beta = plane, 1.0
        while beta < 256:
            ahead = np.fft.rfft2(estimate)
            shrunk = [np.fft.rfft2(_shrunk(np.fft.irfft2(spectrum * ahead, size), beta)) for spectrum in spectra[1:]]
            pull = sum(np.conj(spectrum) * part for spectrum, part in zip(spectra[1:], shrunk, strict=True))
            weight = FIDELITY / beta
            estimate = np.fft.irfft2((weight * seen + pull) / (weight * np.abs(spectra[0]) ** 2 + along), size)
            beta *= 2 * 2**0.5
        out[..., channel] = estimate[reach : size[0] - after[0], reach : size[1] - after[1]]
    return out


def _blurred(linear: FloatImage, kernel: FloatImage) -> FloatImage:
    return np.asarray(cv2.filter2D(linear, -1, kernel, borderType=cv2.BORDER_REFLECT), np.float32)


def _spectrum(kernel: npt.NDArray[np.generic], size: list[int]) -> npt.NDArray[np.complexfloating]:
    padded = np.zeros(size, np.float32)
    padded[: kernel.shape[0], : kernel.shape[1]] = kernel
    middle = (-(kernel.shape[0] // 2), -(kernel.shape[1] // 2))
    return np.asarray(np.fft.rfft2(np.roll(padded, middle, (0, 1))))


def _shrunk(gradient: npt.NDArray[np.floating], beta: float) -> npt.NDArray[np.floating]:
    """Return w that minimises |w|^(2/3) + beta / 2 (w - gradient)^2: by Newton where that is convex, or 0."""
    size, least = np.abs(gradient), 1.1 * (2 / 9 / beta) ** 0.75
    w = np.maximum(size, least)
    for _ in range(4):
        root = w ** (-1 / 3)
        w = np.maximum(w - (2 / 3 * root + beta * (w - size)) / (beta - 2 / 9 * root**4), least)
    better = w ** (2 / 3) + beta / 2 * (w - size) ** 2 < beta / 2 * size**2
    return np.where(better, np.sign(gradient) * w, 0)


def by_radius(
    method: Callable[[FloatImage, FloatImage], FloatImage], image: FloatImage, radius: FloatImage
) -> FloatImage:
    """Deblur a picture by a map, with a method of linear pictures (H, W, 3) and the kernel of one disc."""
    place = np.interp(np.log2(np.maximum(radius, 0.1)), np.log2((RADII[0] / 2, *RADII)), np.arange(len(RADII) + 1))
    linear = np.asarray(decode_srgb(np.asarray(image, np.float32)), np.float32)
    out = np.zeros_like(linear)
    for index, candidate in enumerate((0.0, *RADII)):
        share = np.maximum(0, 1 - np.abs(place - index))[..., None].astype(np.float32)
        if share.any():
            out += share * (method(linear, disc(candidate)) if candidate else linear)
    return np.asarray(encode_srgb(np.clip(out, 0, 1)), np.float32)


DECONVOLUTIONS = {
    "unsharp": partial(by_radius, unsharp),
    "richardson-lucy": partial(by_radius, richardson_lucy),
    "hyper-laplacian": partial(by_radius, hyper_laplacian),
}
"""Each of a picture and a map."""
