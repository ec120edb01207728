"""PU21: a perceptually uniform encoding of luminance, so that metrics for displays can judge HDR.

R. Mantiuk and M. Azimi, PU21: A novel perceptually uniform encoding for adapting existing quality metrics for HDR,
Picture Coding Symposium 2021; the curve "banding + glare", which its authors recommend. Its input is light on a
display, in cd/m^2: radiance 1.0 (saturation of the shortest exposure) is shown with `PEAK`.
"""

import numpy as np

from libhdrnet.research.evaluation.metrics import Array, Doubles, psnr, ssim

PEAK = 4000.0
"""cd/m^2 of radiance 1.0: a bright HDR display."""
DARKEST, BRIGHTEST = 0.005, 10000.0
"""cd/m^2 for which the encoding is made."""
RANGE = 256.0
"""What metrics take for the largest value, as the authors' own code does: about 100 cd/m^2."""
_P = (0.353487901, 0.3734658629, 8.277049286e-05, 0.9062562627, 0.09150303166, 0.9099517204, 596.3148142)
_LUMINANCE = np.array([0.212656, 0.715158, 0.072186])


def encode(luminance: Array) -> Doubles:
    """Encode cd/m^2, any shape, clipped to 0.005-10000; 0.005 becomes 0, 100 about 256 and 10000 about 595."""
    powered = np.clip(np.asarray(luminance, np.float64), DARKEST, BRIGHTEST) ** _P[3]
    return np.asarray(_P[6] * (((_P[0] + _P[1] * powered) / (1 + _P[2] * powered)) ** _P[4] - _P[5]))


def pu21_psnr(predicted: Array, truth: Array) -> float:
    """PSNR in dB of encoded radiance (H, W, 3), each channel by itself."""
    return psnr(encode(_shown(predicted)), encode(_shown(truth)), peak=RANGE)


def pu21_ssim(predicted: Array, truth: Array) -> float:
    """SSIM of the encoded luminance of radiance (H, W, 3), Gaussian windows."""
    a, b = (encode(_shown(radiance) @ _LUMINANCE) for radiance in (predicted, truth))
    return ssim(a, b, peak=RANGE, gaussian=True)


def _shown(radiance: Array) -> Doubles:
    return np.asarray(PEAK * np.clip(np.asarray(radiance, np.float64), 0, 1))
