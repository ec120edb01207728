"""One model of all frames of a bracket, fitted to what their pairs tell by robust least squares.

The log radiance that code c of channel k has in frame i is

    log decode(c) + h_k(c) - log t_i - e_i - w_ik:

a bend h of the response, a cubic spline over the encoded value that all frames share, so that the shoulder seen in the
longer frame is known in the shorter one, an error e of the exposure, and an error w of the white balance, which cameras
set for each frame.
"""

from dataclasses import dataclass

import numpy as np

from libhdrnet.photometry.relations import DIM, Doubles, Pairs
from libhdrnet.radiometry import GAMMA, FloatImage

_INTERVALS = 20
_SPLINES = _INTERVALS + 3
_CENTRES = np.arange(-1, _SPLINES - 1) / _INTERVALS
_ROUNDS = 8
_MISFIT, _OUTLIER = 0.05, 0.1
"""Misfit (log) of a pair of codes that is usual, and beyond which it loses weight."""
_CURVATURE, _EXPONENT, _ALIKE = 0.12, 2.0, 0.3
"""Priors of the bend (standard deviations): its second difference, its local exponent, and between two channels: made
cameras whose channels differ by a twentieth, and the tint of bright codes in real brackets."""
_BENT = 0.4
"""Encoded value below which a bend, as that of another gamma, has more curvature."""
_DARK = 0.1
"""Encoded value below which noise and quantisation hide the response: the bend stays there what it is above."""
FIXED = 1e-5
_ANCHOR, _EXACT = 0.5, 1e-3
"""Encoded value whose nominal radiance stays, and how exactly (log); so exactly is the brightest white neutral, for
cameras bend all channels to one white (windows that every frame burns out, moving-dfwindow36)."""
APART = 0.2
"""Ratio (log) of two exposures beyond which they tell of the response: of equal ones only noise does, and wrongly (six
equal frames of a hundredth's noise bent it by a stop)."""
_LEAST_SLOPE = 0.25
"""Least local exponent of a response over the nominal one."""


@dataclass(frozen=True)
class Fit:
    """The model's parameters and how badly it fits."""

    bend: Doubles
    """(3, splines), h."""
    exposure_errors: Doubles
    """(frames,), e."""
    tints: Doubles
    """(frames, 3), w."""
    cost: float
    """Half the negative logarithm of the likelihood and the priors."""
    misfits: Doubles
    """(n,), of the pairs."""


def fit(pairs: Pairs, reference: int, exposures: Doubles, doubts: Doubles, freedom: float, tinted: float = 0.0) -> Fit:
    """Fit the model to pairs of codes.

    Args:
        pairs: of all frames.
        reference: index of the reference, which is right by definition.
        exposures: (frames,), claimed.
        doubts: (frames,), standard deviations of e.
        freedom: of the bend: 0 none, 1 as with usual cameras, more where the response is unknown.
        tinted: standard deviation of w.
    """
    frames, n, log_t = len(exposures), len(pairs.weights), np.log(exposures)
    bends = 3 * _SPLINES if freedom else 0
    own = np.where(np.arange(frames) == reference, FIXED, doubts)
    tint = np.where(np.arange(frames) == reference, FIXED, max(FIXED, tinted))
    prior = np.zeros((bends + 4 * frames,) * 2)
    prior[bends : bends + frames, bends : bends + frames] = np.diag(own**-2)
    prior[bends + frames :, bends + frames :] = np.kron(np.diag(tint**-2), np.eye(3)) + np.kron(
        np.eye(frames), np.full((3, 3), FIXED**-2)
    )  # their sum is e's
    rows, design = np.arange(n), np.zeros((n, len(prior)))
    if freedom:
        prior[:bends, :bends] = _bend_prior(freedom)
        columns = pairs.channel[:, None] * _SPLINES + np.arange(_SPLINES)
        apart = np.abs(log_t[pairs.bright] - log_t[pairs.dark]) > APART
        design[rows[:, None], columns] = (basis(pairs.bright_codes) - basis(pairs.dark_codes)) * apart[:, None]
    design[rows, bends + pairs.bright] = -1
    design[rows, bends + pairs.dark] = 1
    design[rows, bends + frames + 3 * pairs.bright + pairs.channel] = -1
    design[rows, bends + frames + 3 * pairs.dark + pairs.channel] = 1
    weights = pairs.weights / _MISFIT**2
    nominal = pairs.ratios - (log_t[pairs.bright] - log_t[pairs.dark])
    x, misfits = np.zeros(len(prior)), nominal
    for turn in range(_ROUNDS):
        trusted = weights / (1 + (misfits / max(_OUTLIER, 0.5**turn)) ** 2)
        weighted = design.T * trusted
        x = -np.linalg.solve(weighted @ design + prior, weighted @ nominal)
        misfits = nominal + design @ x
    cost = float(weights @ np.log1p((misfits / _OUTLIER) ** 2) * _OUTLIER**2 + x @ prior @ x) / 2
    bend = x[:bends].reshape(3, -1) if freedom else np.zeros((3, _SPLINES))
    return Fit(bend, x[bends : bends + frames], x[bends + frames :].reshape(-1, 3), cost, misfits)


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
    anchor, white = (basis(np.array([code])) / _EXACT for code in (_ANCHOR, 1.0))
    one = curvature.T @ curvature + exponent.T @ exponent + anchor.T @ anchor
    alike = np.eye(_SPLINES) / _ALIKE**2 + white.T @ white
    return np.kron(np.eye(3), one) + np.kron(3 * np.eye(3) - 1, alike)


def tables(fitted: Fit, decode: FloatImage, exposures: Doubles) -> tuple[FloatImage, ...]:
    """Return for each frame the radiance of each code and channel, float32 (65536, 3), rising.

    Args:
        fitted: the model.
        decode: (65536, 3), nominal linear values.
        exposures: (frames,), the claimed ones.
    """
    grid, codes = np.linspace(0, 1, 2049), np.linspace(0, 1, 65536)
    factors = np.empty((65536, 3))
    for channel in range(3):
        nominal = np.log(np.maximum(np.interp(grid, codes, decode[:, channel]), DIM))
        steps = np.maximum(np.diff(basis(grid) @ fitted.bend[channel]), (_LEAST_SLOPE - 1) * np.diff(nominal))
        rising = np.concatenate([[0], np.cumsum(steps)])
        factors[:, channel] = np.exp(np.interp(codes, grid, rising - np.interp(_ANCHOR, grid, rising)))
    true = exposures[:, None] * np.exp(fitted.exposure_errors[:, None] + fitted.tints)
    return tuple(np.maximum.accumulate(decode * factors / t, axis=0, dtype=np.float32) for t in true)
