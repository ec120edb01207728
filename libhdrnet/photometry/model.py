"""One model of all frames of a bracket, fitted to what their pairs tell by robust least squares.

The log radiance that code c of channel k has in frame i is

    log(decode(c) - p_k - q_ik) + h_k(c) - log t_i - e_i - w_ik + u_ik(c):

pedestals p (of the camera) and q (of a frame), a bend h of the response that all frames share, so that the shoulder
seen in the longer frame is known in the shorter one, an error e of the exposure, a small error w of the white balance.
What is left, u, is found in the end; it is zero for the reference. h and u are cubic splines over the encoded value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from libhdrnet.photometry.relations import Relation
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
_WHITE_BALANCE = 0.01
_PEDESTAL, _OWN_PEDESTAL = 5e-4, 1e-4
"""Linear values, 1 = saturation."""
_REST, _REST_CURVATURE, _REST_MISFIT = 0.1, 0.03, 0.03
_REST_DIM = (0.15, 0.4)
_MOST_REST = 0.25
_DIM = (0.04, 0.12)
"""Encoded values of the darker frame between which a pair of codes begins to count in full."""
_LEAST_WEIGHT = 0.01
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
    weights: Doubles

    @staticmethod
    def of(relations: Sequence[Relation]) -> "Pairs":
        """Join relations; those pairs stay that are believed at all."""
        weights = [r.weights * np.clip((r.dark_codes - _DIM[0]) / (_DIM[1] - _DIM[0]), 0.05, 1) for r in relations]
        table = np.concatenate(
            [
                np.stack(np.broadcast_arrays(r.dark, r.bright, np.arange(3)[:, None], r.dark_codes, r.bright_codes, w))
                for r, w in zip(relations, weights, strict=True)
            ],
            axis=-1,
            dtype=np.float64,
        )
        dark, bright, channel, *rest = table[:, table[-1] > _LEAST_WEIGHT]
        return Pairs(dark.astype(np.intp), bright.astype(np.intp), channel.astype(np.intp), *rest)

    def without(self, frames: npt.NDArray[np.bool_]) -> "Pairs":
        """Return the pairs in which none of the frames, a mask, takes part."""
        kept = ~(frames[self.dark] | frames[self.bright])
        return Pairs(*(getattr(self, part.name)[kept] for part in fields(self)))


@dataclass(frozen=True)
class Freedom:
    """What may differ from what is nominal."""

    bend: float
    """Of the response: 0 none, 1 as with usual cameras, more where it is unknown."""
    pedestal: bool = False
    """Whether black may be elsewhere: in data proportional to light, else it is part of the response."""


LINEAR, STRAIGHT = Freedom(0.0, pedestal=True), Freedom(0.0)


@dataclass(frozen=True)
class Fit:
    """The model's parameters and how badly it fits."""

    bend: Doubles
    """(3, splines), h."""
    exposure_errors: Doubles
    """(frames,), e."""
    white_errors: Doubles
    """(frames, 3), w."""
    pedestals: Doubles
    """(frames, 3), p + q."""
    cost: float
    """Half the negative logarithm of the likelihood and the priors."""
    misfits: Doubles
    """(n,), of the pairs."""


def fit(pairs: Pairs, decode: FloatImage, reference: int, exposures: Doubles, doubts: Doubles, freedom: Freedom) -> Fit:
    """Fit the model to pairs of codes.

    Args:
        pairs: of all frames.
        decode: (65536, 3), nominal linear values.
        reference: index of the reference, which is right by definition.
        exposures: (frames,), claimed.
        doubts: (frames,), standard deviations of e.
        freedom: of the response and of black.
    """
    frames, log_t = len(exposures), np.log(exposures)
    bends, errors = 3 * _SPLINES, np.arange(frames)
    whites, common, own = bends + frames, bends + 4 * frames, bends + 4 * frames + 3
    unknowns = own + 3 * frames
    prior = np.zeros((unknowns, unknowns))
    prior[:bends, :bends] = _bend_prior(freedom.bend)
    doubts = np.where(errors == reference, _FIXED, doubts)
    deviations = np.concatenate(
        [
            doubts,
            np.full(3 * frames, _WHITE_BALANCE),
            np.full(3, _PEDESTAL if freedom.pedestal else _FIXED),
            np.full(3 * frames, _OWN_PEDESTAL if freedom.pedestal else _FIXED),
        ]
    )
    for first in (whites, own):
        deviations[first - bends + 3 * reference :][:3] = _FIXED
    prior[range(bends, unknowns), range(bends, unknowns)] = deviations**-2
    for frame in range(frames):
        place = np.s_[whites + 3 * frame : whites + 3 * frame + 3]
        prior[place, place] += 1 / (0.1 * _WHITE_BALANCE) ** 2

    n = len(pairs.weights)
    rows, design = np.arange(n), np.zeros((n, unknowns))
    bent = basis(pairs.bright_codes) - basis(pairs.dark_codes)
    design[rows[:, None], pairs.channel[:, None] * _SPLINES + np.arange(_SPLINES)] = bent
    for side, sign in ((pairs.bright, -1.0), (pairs.dark, 1.0)):
        design[rows, bends + side] = sign
        design[rows, whites + 3 * side + pairs.channel] = sign
    light = {
        side: _decoded(decode, codes, pairs.channel)
        for side, codes in (("b", pairs.bright_codes), ("d", pairs.dark_codes))
    }

    x, weights = np.zeros(unknowns), pairs.weights / _MISFIT**2
    cost, misfits = 0.0, np.zeros(n)
    for turn in range(_ROUNDS + 1):
        outlier = max(_OUTLIER, 0.5**turn)
        pedestals = x[common:own] + x[own:].reshape(frames, 3)
        linear = {
            side: np.maximum(light[side] - pedestals[frame, pairs.channel], 0.1 * light[side])
            for side, frame in (("b", pairs.bright), ("d", pairs.dark))
        }
        linearised = design.copy()
        for name, side, sign in (("b", pairs.bright, -1.0), ("d", pairs.dark, 1.0)):
            linearised[rows, common + pairs.channel] += sign / linear[name]
            linearised[rows, own + 3 * side + pairs.channel] = sign / linear[name]
        misfits = np.log(linear["b"] / linear["d"]) - (log_t[pairs.bright] - log_t[pairs.dark]) + design @ x
        cost = float(weights @ np.log1p((misfits / _OUTLIER) ** 2) * _OUTLIER**2 + x @ prior @ x) / 2
        if turn == _ROUNDS:
            break
        trusted = weights / (1 + (misfits / outlier) ** 2)
        normal = (linearised.T * trusted) @ linearised + prior
        x = x - np.linalg.solve(normal, linearised.T @ (trusted * misfits) + prior @ x)
    pedestals = x[common:own] + x[own:].reshape(frames, 3)
    return Fit(
        x[:bends].reshape(3, _SPLINES), x[bends:whites], x[whites:common].reshape(frames, 3), pedestals, cost, misfits
    )


def _decoded(decode: FloatImage, codes: Doubles, channel: npt.NDArray[np.intp]) -> Doubles:
    return np.maximum(decode[np.asarray(codes * 65535 + 0.5, np.intp), channel].astype(np.float64), 1e-6)


def basis(codes: Doubles) -> Doubles:
    """Return the uniform cubic B-splines (n, splines) at encoded values (n,) in [0, 1]."""
    away = np.abs(np.asarray(codes)[:, None] - _CENTRES) * _INTERVALS
    return np.where(away < 1, 2 / 3 - away**2 + away**3 / 2, np.maximum(2 - away, 0) ** 3 / 6)


def _bend_prior(freedom: float) -> Doubles:
    """Return the inverse covariance of the three channels' bends."""
    if freedom == 0:
        return np.asarray(np.eye(3 * _SPLINES) / _FIXED**2)
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


def tables(found: Fit, rests: Doubles, decode: FloatImage, exposures: Doubles, least: float) -> tuple[FloatImage, ...]:
    """Return for each frame the radiance of each code and channel, float32 (65536, 3), rising.

    Args:
        found: the model.
        rests: what it leaves, of `fit_rests`.
        decode: (65536, 3), nominal linear values.
        exposures: (frames,), the corrected ones.
        least: linear value that none is below: 0 where the codes have no room for negative noise.
    """
    grid = np.linspace(0, 1, 2049)
    splines, codes = basis(grid), np.linspace(0, 1, 65536)
    anchor = int(_ANCHOR * 2048)
    out = []
    for frame, exposure in enumerate(exposures):
        table = np.empty((65536, 3), np.float32)
        for channel in range(3):
            bend = splines @ (found.bend[channel] + rests[frame, channel])
            nominal = np.log(np.maximum(np.interp(grid, codes, decode[:, channel]), 1e-6))
            steps = np.maximum(np.diff(bend), (_LEAST_SLOPE - 1) * np.diff(nominal))
            rising = np.concatenate([[0], np.cumsum(steps)])
            rising += bend[anchor] - rising[anchor] - found.white_errors[frame, channel]
            linear = np.maximum(decode[:, channel] - found.pedestals[frame, channel], least)
            table[:, channel] = np.maximum.accumulate(linear * np.exp(np.interp(codes, grid, rising)) / exposure)
        out.append(table)
    return tuple(out)
