"""Irregular shapes: the mattes of what lies in front of something else."""

import numpy as np

from libhdrnet.radiometry import FloatImage


def irregular_matte(size: int, rng: np.random.Generator, *, radius: float) -> FloatImage:
    """Soft, irregular blob (size, size) in [0, 1] near the middle."""
    import cv2

    noise = cv2.resize(rng.standard_normal((6, 6)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    yy, xx = np.mgrid[:size, :size].astype(np.float32)
    cx, cy = size / 2 + rng.uniform(-0.25, 0.25, 2) * size
    angle, stretch = rng.uniform(0, np.pi), np.exp(rng.uniform(0, 0.8))
    u = (xx - cx) * np.cos(angle) + (yy - cy) * np.sin(angle)
    v = (yy - cy) * np.cos(angle) - (xx - cx) * np.sin(angle)
    inside = np.hypot(u / stretch, v * stretch) / max(radius, 2.0) + 0.3 * noise < 1
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), rng.uniform(0.5, 1.5)), np.float32)
