"""Metrics that other packages compute, where they are installed; none is needed for anything else."""

from importlib.util import find_spec
from typing import Any

import numpy as np

from libhdrnet.errors import InputError
from libhdrnet.radiometry import mu_law
from libhdrnet.research.evaluation.metrics import Array
from libhdrnet.research.evaluation.pu21 import PEAK

NEEDS = {
    "jod": {"pycvvdp": "cvvdp", "torchvision": "torchvision"},
    "lpips": {"lpips": "lpips", "torchvision": "torchvision"},
}
"""Modules that each metric needs, and the packages that have them."""


def check_available(metric: str) -> None:
    """Raise InputError if a package that `metric` ("jod" or "lpips") needs is not installed."""
    missing = [name for name in NEEDS[metric] if find_spec(name) is None]
    if missing:
        raise InputError(
            f"the metric {metric!r} needs the module {missing[0]}, which is not installed; "
            f"pip install {' '.join(NEEDS[metric].values())}, or leave it out of --metrics."
        )


def jod(predicted: Array, truth: Array) -> float:
    """ColorVideoVDP's quality in just-objectionable differences (10 = equal) of radiance (H, W, 3) in [0, 1].

    By the authors of HDR-VDP, which the thesis reports and which is MATLAB only. Radiance 1.0 is shown with
    `pu21.PEAK` cd/m^2 on a display of 75 pixels a degree (cvvdp's "standard_hdr_linear").
    """
    from pycvvdp import cvvdp

    metric = cvvdp(display_name="standard_hdr_linear")
    shown = [np.asarray(PEAK * np.clip(radiance, 0, 1), np.float32) for radiance in (predicted, truth)]
    return float(metric.predict(*shown, dim_order="HWC")[0])


def lpips(predicted: Array, truth: Array) -> float:
    """LPIPS distance (AlexNet; 0 = equal) of radiance (H, W, 3) in [0, 1], in the mu-law domain."""
    import torch
    from lpips import LPIPS

    def tensor(radiance: Array) -> Any:
        compressed = 2 * mu_law(np.clip(radiance, 0, 1)) - 1
        return torch.from_numpy(compressed.transpose(2, 0, 1).copy())[None]

    with torch.inference_mode():
        return float(LPIPS(net="alex", verbose=False)(tensor(predicted), tensor(truth)))
