"""One model of all frames of a bracket, fitted to what their pairs tell by robust least squares.

The log radiance that code c of channel k has in frame i is

    log decode(c) + h_k(c) - log t_i - e_i + u_ik(c):

a bend h of the response that all frames share, so that the shoulder seen in the longer frame is known in the shorter
one, and an error e of the exposure. What is left, u, is found in the end; it is zero for the reference. h and u are
cubic splines over the encoded value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from libhdrnet.photometry.relations import DIM, Relation
from libhdrnet.radiometry import GAMMA, FloatImage

Doubles = npt.NDArray[np.float64]

_INTERVALS = 20
_SPLINES = _INTERVALS + 3
_CENTRES = np.arange(-1, _SPLINES - 1) / _INTERVALS
_ROUNDS = 8
_MISFIT, _OUTLIER = 0.05, 0.1
"""Misfit (log) of a pair of codes that is usual, and beyond which it loses weight."""
_CURVATURE, _EXPONENT, _ALIKE = 0.12, 2.0, 0.25
"""Priors of the bend (standard deviations): its second difference, its local exponent, and between two channels."""
_BENT = 0.4
"""Encoded value below which a bend, as that of another gamma, has more curvature."""
_DARK = 0.1
"""Encoded value below which noise and quantisation hide the response: the bend stays there what it is above."""
_REST, _REST_CURVATURE, _REST_MISFIT = 0.1, 0.03, 0.03
_REST_DIM = (0.15, 0.4)
_MOST_REST = 0.25
_FIXED = 1e-5
_ANCHOR = 0.5
"""Encoded value whose nominal radiance stays."""
_LEAST_SLOPE = 0.25
"""Least local exponent of a response over the nominal one."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of codes that one light has in two frames: lists of n, from all relations and channels."""

    dark: npt.NDArray[np.intp]
    bright: npt.NDArray[np.intp]
    channel: npt.NDArray[np.intp]
    dark_codes: Doubles
    bright_codes: Doubles
    ratios: Doubles
    """log of the nominal linear values' ratio."""
    weights: Doubles

    @staticmethod
    def of(relations: Sequence[Relation]) -> "Pairs":
        """Join relations; those pairs stay that are believed at all."""
        table = np.concatenate([np.stack(np.broadcast_arrays(
            r.dark, r.bright, np.arange(3)[:, None], r.dark_codes, r.bright_codes, r.ratios, r.weights,
        )).reshape(7, -1) for r in relations], axis=1, dtype=np.float64)  # fmt: skip
        dark, bright, channel, *rest = table[:, table[-1] > 0]
        return Pairs(dark.astype(np.intp), bright.astype(np.intp), channel.astype(np.intp), *rest)

    def without(self, frames: npt.NDArray[np.bool_]) -> "Pairs":
        """Return the pairs in which none of the frames, a mask, takes part."""
        kept = ~(frames[self.dark] | frames[self.bright])
        return Pairs(*(getattr(self, part.name)[kept] for part in fields(self)))


@dataclass(frozen=True)
class Fit:
    """The model's parameters and how badly it fits."""

    bend: Doubles
    """(3, splines), h."""
    exposure_errors: Doubles
    """(frames,), e."""
    cost: float
    """Half the negative logarithm of the likelihood and the priors."""
    misfits: Doubles
    """(n,), of the pairs."""


def fit(pairs: Pairs, reference: int, exposures: Doubles, doubts: Doubles, freedom: float) -> Fit:
    """Fit the model to pairs of codes.

    Args:
        pairs: of all frames.
        reference: index of the reference, which is right by definition.
        exposures: (frames,), claimed.
        doubts: (frames,), standard deviations of e.
        freedom: of the bend: 0 none, 1 as with usual cameras, more where the response is unknown.
    """
    frames, n = len(exposures), len(pairs.weights)
    bends = 3 * _SPLINES if freedom else 0
    prior = np.zeros((bends + frames, bends + frames))
    prior[range(bends, bends + frames), range(bends, bends + frames)] = (
        np.where(np.arange(frames) == reference, _FIXED, doubts) ** -2
    )
    rows, design = np.arange(n), np.zeros((n, bends + frames))
    if freedom:
        prior[:bends, :bends] = _bend_prior(freedom)
        columns = pairs.channel[:, None] * _SPLINES + np.arange(_SPLINES)
        design[rows[:, None], columns] = basis(pairs.bright_codes) - basis(pairs.dark_codes)
    design[rows, bends + pairs.bright] = -1
    design[rows, bends + pairs.dark] = 1
    log_t, weights = np.log(exposures), pairs.weights / _MISFIT**2
    nominal = pairs.ratios - (log_t[pairs.bright] - log_t[pairs.dark])
    x, misfits = np.zeros(bends + frames), nominal
    for turn in range(_ROUNDS):
        trusted = weights / (1 + (misfits / max(_OUTLIER, 0.5**turn)) ** 2)
        weighted = design.T * trusted
        x = -np.linalg.solve(weighted @ design + prior, weighted @ nominal)
        misfits = nominal + design @ x
    cost = float(weights @ np.log1p((misfits / _OUTLIER) ** 2) * _OUTLIER**2 + x @ prior @ x) / 2
    bend = x[:bends].reshape(3, -1) if freedom else np.zeros((3, _SPLINES))
    return Fit(bend, x[bends:], cost, misfits)


def basis(codes: Doubles) -> Doubles:
    """Return the uniform cubic B-splines (n, splines) at encoded values (n,) in [0, 1]."""
    away = np.abs(np.asarray(codes)[:, None] - _CENTRES) * _INTERVALS
    return np.where(away < 1, 2 / 3 - away**2 + away**3 / 2, np.maximum(2 - away, 0) ** 3 / 6)


def _bend_prior(freedom: float) -> Doubles:
    """Return the inverse covariance of the three channels' bends."""
    bright = np.clip(_CENTRES[1:-1] / _BENT, 0.3, 1) ** 2
    curvature = np.diff(np.eye(_SPLINES), 2, axis=0) * (bright / (_CURVATURE * freedom))[:, None]
    middles = (_CENTRES[1:] + _CENTRES[:-1]) / 2
    stiffness = np.maximum(middles, _DARK) * np.where(middles < _DARK, 30.0, 1.0)
    exponent = np.diff(np.eye(_SPLINES), axis=0) * (stiffness * _INTERVALS / (GAMMA * _EXPONENT * freedom))[:, None]
    anchor = basis(np.array([_ANCHOR])) / 1e-3
    one = curvature.T @ curvature + exponent.T @ exponent + anchor.T @ anchor
    alike = (3 * np.eye(3) - 1) / _ALIKE**2
    return np.kron(np.eye(3), one) + np.kron(alike, np.eye(_SPLINES))


def fit_rests(pairs: Pairs, misfits: Doubles, frames: int, reference: int) -> Doubles:
    """Fit what the model leaves, a small spline u (frames, 3, splines) each that fades where nothing is seen."""
    curvature = np.diff(np.eye(_SPLINES), 2, axis=0) / _REST_CURVATURE
    one = curvature.T @ curvature + np.eye(_SPLINES) / _REST**2
    scale = np.where(np.arange(frames) == reference, 1e6, 1.0)
    prior = np.kron(np.diag(scale), one)
    rests = np.zeros((3, frames * _SPLINES))
    for channel in range(3):
        chosen = pairs.channel == channel
        rows, left = np.arange(int(chosen.sum()))[:, None], misfits[chosen]
        design = np.zeros((len(rows), frames * _SPLINES))
        design[rows, pairs.bright[chosen, None] * _SPLINES + np.arange(_SPLINES)] = basis(pairs.bright_codes[chosen])
        design[rows, pairs.dark[chosen, None] * _SPLINES + np.arange(_SPLINES)] = -basis(pairs.dark_codes[chosen])
        clear = np.clip((pairs.dark_codes[chosen] - _REST_DIM[0]) / (_REST_DIM[1] - _REST_DIM[0]), 0, 1)
        weights = clear * pairs.weights[chosen] / _REST_MISFIT**2 / (1 + (left / _OUTLIER) ** 2) ** 2
        rests[channel] = -np.linalg.solve((design.T * weights) @ design + prior, design.T @ (weights * left))
    return np.clip(rests.reshape(3, frames, _SPLINES).transpose(1, 0, 2), -_MOST_REST, _MOST_REST)


def tables(bend: Doubles, rests: Doubles, decode: FloatImage, exposures: Doubles) -> tuple[FloatImage, ...]:
    """Return for each frame the radiance of each code and channel, float32 (65536, 3), rising.

    Args:
        bend: (3, splines), h.
        rests: (frames, 3, splines), what the model leaves.
        decode: (65536, 3), nominal linear values.
        exposures: (frames,), the corrected ones.
    """
    grid = np.linspace(0, 1, 2049)
    splines, codes, anchor = basis(grid), np.linspace(0, 1, 65536), int(_ANCHOR * 2048)
    out = []
    for frame, exposure in enumerate(exposures):
        table = decode / exposure
        for channel in range(3):
            bent = splines @ (bend[channel] + rests[frame, channel])
            nominal = np.log(np.maximum(np.interp(grid, codes, decode[:, channel]), DIM))
            steps = np.maximum(np.diff(bent), (_LEAST_SLOPE - 1) * np.diff(nominal))
            rising = np.concatenate([[0], np.cumsum(steps)])
            rising += bent[anchor] - rising[anchor]
            table[:, channel] *= np.exp(np.interp(codes, grid, rising))
        out.append(np.maximum.accumulate(table, axis=0, dtype=np.float32))
    return tuple(out)
