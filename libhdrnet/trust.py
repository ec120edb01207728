"""How far a frame is trusted: a merge and the training of its selection network go by the same numbers."""

import math

from libhdrnet.ramps import X, smoothstep

BRIGHT, DARK = 0.93, 0.02
"""Encoded values of a frame beyond which it shows no differences."""
ALIKE = (0.5, 1.0)
"""Stops between which another light is no longer the same; not tuned."""
FADE = (0.78, 0.96)
"""Encoded values of a frame's brightest channel between which its weight goes to zero: cameras bend there."""
END = (0.93, 0.99)
"""Encoded values of a channel between which it is clipped."""
LEAST_SHORTEST, LEAST_REFERENCE, LEAST_SHORTER, LEAST = 0.2, 1e-5, 3e-6, 1e-8
"""Weight, before its noise counts, of the shortest frame where it is saturated, which is nearest to the truth where all
are (with a tenth of it a reference whose codes JPEG takes just below saturation leaves dark specks around dfwindow36's
window); of the reference; of frames that are shorter than that, which say more of such a place (a lamp of jin, 13 stops
above white, loses a twentieth, and a tenth with 1e-5); of the others, which would leak into highlights with more."""
DISBELIEVED = (3.0, 6.5)
"""Logits that the reference is ahead of a shorter frame by from which that is not believed, and not at all: then it
does not take the place of what is saturated, either. Tuned on white cars before walls (smaller ones are better) and on
a sweater in the sun in two frames (kalantariman, where larger ones are)."""
LEAST_CONFIDENCE = 1e-5
"""Weight of what a flow brings where it is not believed: a hundredth, with the largest logits seen, of the shortest
frame's where all are saturated (window bars before a white sky were drawn there with 1e-3)."""
_OFF = 0.01
"""Share of the light that a longer frame may be off by where the reference is believed twice as much. Tuned on the
nineteen moving brackets (residual 44.2 dB without, 45.8 with .005, 46.4 with .01; noise -2.27, -2.10, -2.03 dB) and
scenes with a truth (motion 33.7, 33.5, 33.3 dB)."""
_MOST, _TINY = 20.0, 1e-20
"""Largest lead that counts more than a smaller one, and what keeps a quotient finite in float32."""


def disbelieved(lead: X) -> X:
    """Return how far a shorter frame is not believed that the reference is ahead of by `lead`, logits, in [0, 1]."""
    return smoothstep(lead, DISBELIEVED)


def doubted(own: X, other: X, light: X | float, lead: X) -> X:
    """Return the variance that a frame counts with that the reference is ahead of by `lead`, logits.

    It may be off, the more the surer the reference is believed: that is added to the frame's own variance until it is
    the reference's, for the low noise of many times the exposure would outweigh any doubt.

    Args:
        own: variance of the reference where the radiance is `light`.
        other: of the frame; what is no less than `own` stays.
        light: radiance.
        lead: logits.
    """
    less = (own - other).clip(0, None)
    wrong = (math.e ** lead.clip(0, _MOST) - 1) * (_OFF * light) ** 2
    return other + less * (wrong / (less + _TINY)).clip(0, 1)  # type: ignore[no-any-return]
