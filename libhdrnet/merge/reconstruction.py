"""Reconstruction by PSFNet or MSFFNet: where what is believed is too dark to tell, or over the whole picture.

The networks see exposures in the calibrated tones, and the fused radiance, which they correct.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from libhdrnet.bands import bands
from libhdrnet.engine import Report, Reporter, Settings
from libhdrnet.merge.blacks import darkness
from libhdrnet.merge.candidates import Bracket, Candidate
from libhdrnet.merge.fusion import Weights
from libhdrnet.radiometry import FloatImage, encode_gamma, look_up

AROUND = 7
"""Pixels of the reduced size over which it is most of a place that has to be unknown. Seen on moving-pingpong, whose
twigs and windows before a white sky were specks of a guess."""


@dataclass(frozen=True)
class Unknown:
    """Where the result cannot come from what was captured; maps (h, w) in [0, 1] at the reduced size."""

    lost: FloatImage
    """The frames that are believed are saturated there, and a shorter one shows something else or nothing: the light is
    guessed from around (`highlights`), or is the shortest frame's, mirrored at its border."""
    dark: FloatImage
    """The frames that are believed are too dark to tell, and a longer one shows something else: the network's part."""


def find_unknown(bracket: Bracket, candidates: Sequence[Candidate], weights: Weights) -> Unknown:
    """Look for what no frame shows, by the shares that the candidates have.

    Specks are left as they are: where a saturated place ends, frames that lie half a pixel apart disagree.
    """
    import cv2

    lost, dark, shown = (np.zeros(bracket.size, np.float32) for _ in range(3))
    for candidate, share in zip(candidates, weights.shares, strict=True):
        black = darkness(bracket, candidate)
        dark += share * black
        shown = np.maximum(shown, (1 - black) * candidate.coverage)
        if candidate.frame != bracket.shortest:
            # On the way to saturation the calibrated codes still tell the light.
            lost += share * np.clip(10 * candidate.saturation - 9, 0, 1)
        elif candidate.flow is None:
            lost += share * (candidate.coverage == 0)
    # Half of it is still known: the network comes in from there on.
    lost, dark = (np.clip(2 * cv2.blur(part, (AROUND, AROUND)) - 1, 0, 1) for part in (lost, dark * shown))
    return Unknown(lost, dark)


def reconstruct(
    radiance: FloatImage,
    bracket: Bracket,
    share: FloatImage | None,
    network: str,
    used: Sequence[int],
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> tuple[Report | None, float]:
    """Blend the network's result into the fused `radiance` (H, W, 3), in place.

    Args:
        radiance: 1.0 = white of the reference.
        bracket: the frames.
        share: of the network's result, (h, w) at the reduced size; None: 1 everywhere.
        network: "psfnet" or "msffnet".
        used: the frames that it sees, in its order.
        settings: how to run it.
        reporter: told of each tile.

    Returns:
        How it was run, None if it was not needed, and its share of the picture.
    """
    needed = None
    if share is not None:
        needed = np.empty(bracket.shape, np.bool_)
        for rows in bands(len(needed)):
            needed[rows] = bracket.enlarged(share, rows) > 0
        if not needed.any():
            reporter(1.0, "nothing has to be rebuilt")
            return None, 0.0
    from libhdrnet.engine.run import run_tiled  # torch is needed from here on

    exposures = Exposures(bracket, used, radiance)
    white = exposures.white
    made = np.zeros_like(radiance)
    stage = "merging with the network" if share is None else "rebuilding what no exposure shows"
    report = run_tiled(network, exposures.fetch, made, needed=needed, settings=settings, reporter=reporter, stage=stage)
    for rows in bands(len(made)):
        part = np.float32(1) if share is None else bracket.enlarged(share, rows)[..., None]
        radiance[rows] += part * (made[rows] * white - radiance[rows])
    return report, 1.0 if share is None else float(share.mean())


class Exposures:
    """The input of a network: [L, H] of each exposure, H = L^2.2 / (t / t_min), in calibrated tones, and what is fused.

    `radiance` (H, W, 3) is fused, 1.0 = white of the reference; `used` are the frames, in the network's order.
    """

    def __init__(self, bracket: Bracket, used: Sequence[int], radiance: FloatImage) -> None:
        self.white = np.float32(1 / min(bracket.times[i] for i in used))
        """Radiance of saturation in the shortest of them, 1 = white of the reference."""
        self._radiance = radiance
        self._codes = [bracket.frames[i].codes for i in used]
        self._tables = [
            (encode_gamma(bracket.tables[i] * np.float32(bracket.times[i])), bracket.tables[i] / self.white)
            for i in used
        ]

    def fetch(self, rows: slice, columns: slice) -> tuple[FloatImage, FloatImage]:
        """Return the exposures (images, 6, h, w) and the fused radiance (3, h, w) of a rectangle."""
        height, width = self._radiance[rows, columns].shape[:2]
        exposures = np.empty((len(self._codes), 6, height, width), np.float32)
        for exposure, codes, (encoded, linear) in zip(exposures, self._codes, self._tables, strict=True):
            exposure[:3] = look_up(codes[rows, columns], encoded).transpose(2, 0, 1)
            exposure[3:] = np.clip(look_up(codes[rows, columns], linear), 0, 1).transpose(2, 0, 1)
        return exposures, np.clip(self._radiance[rows, columns] / self.white, 0, 1).transpose(2, 0, 1)
