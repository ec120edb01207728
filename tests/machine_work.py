"""Work that `test_machines` has done on each machine: every decision of a merge, a map, a deblurred picture."""

import warnings

import numpy as np

TIMES = (0.25, 1.0, 4.0)


def bracket():
    """A hand-held bracket, 8 bits, in which something moves."""
    import cv2
    from skimage import data

    rng = np.random.default_rng(0)
    light = (data.astronaut()[60:380, 60:460] / 255.0) ** 2.2
    frames = []
    for index, time in enumerate(TIMES):
        scene = light.copy()
        left = 250 + 20 * index
        scene[200:260, left : left + 50] = scene[20:80, 20:70]
        place = np.array([[1, 0, 5.0 * (index - 1)], [0, 1, 3.0 * (1 - index)]])
        shifted = cv2.warpAffine(scene, place, scene.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        noisy = np.clip(shifted * time + rng.normal(0, 0.002, scene.shape), 0, 1)
        frames.append(np.round(noisy ** (1 / 2.2) * 255).astype(np.uint8))
    return frames


def work():
    """Return facts (JSON-able) and arrays in [0, 1]."""
    import torch

    from libhdrnet import deblur, estimate_defocus
    from libhdrnet.engine.device import choose_precision
    from libhdrnet.merge.pipeline import merge
    from libhdrnet.radiometry import mu_law

    warnings.simplefilter("ignore")
    frames = bracket()
    result = merge(frames, TIMES, with_mask=True)
    two = merge(frames[:2], TIMES[:2])
    decided = {
        "alignment": [alignment.kind for alignment in result.alignments],
        "moves": [np.round(alignment.matrix[:2, 2]).tolist() for alignment in result.alignments],
        "reference": result.reference,
        "mask": np.bincount((2 * result.mask[8:-8:40, 8:-8:40]).astype(int).ravel(), minlength=3).tolist(),
        "networks": [result.report.network, two.report.network],
    }
    arrays = {
        "merge": mu_law(np.maximum(result.radiance, 0) / 4),
        "two": mu_law(np.maximum(two.radiance, 0) / 4),
        "map": estimate_defocus(frames[1]) / 20,
        "deblurred": deblur(np.float32(frames[1] / 255), np.full(frames[1].shape[:2], 2, np.float32)),
    }
    return {"decided": decided, "precision": str(choose_precision(torch.device("cpu"))).split(".")[1]}, arrays
