"""Ramps from 0 to 1 between two limits, of arrays and of tensors alike: what is learned with and what is run."""

from typing import Any, TypeVar

X = TypeVar("X", bound=Any)
"""A float array of numpy, or a tensor of torch."""


def linear_step(x: X, limits: tuple[float, float]) -> X:
    """Return 0 at the first limit and before, 1 at the second and beyond, a straight line between.

    The limits may fall.
    """
    first, second = limits
    return ((x - first) / (second - first)).clip(0, 1)  # type: ignore[no-any-return]


def smoothstep(x: X, limits: tuple[float, float]) -> X:
    """Return what `linear_step` does without its bends: 3 x^2 - 2 x^3."""
    part = linear_step(x, limits)
    return part * part * (3 - 2 * part)  # type: ignore[no-any-return]
