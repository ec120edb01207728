"""The network's part of a merge: over the whole picture, or only where the frames disagree."""

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from libhdrnet.bands import bands
from libhdrnet.engine import Report, Reporter, Settings, run_tiled
from libhdrnet.networks import MSFFNet
from libhdrnet.ops.agreement import Agreement, find_agreement
from libhdrnet.ops.classical import merge_classical
from libhdrnet.ops.frames import Frame
from libhdrnet.ops.join import join
from libhdrnet.ops.tones import decode_tables, nominal_table
from libhdrnet.radiometry import GAMMA, FloatImage, encode_gamma, look_up

Table = tuple[FloatImage, FloatImage]
"""Encoded and linear value of each code and channel, (65536, 3) each."""
KNOWN = (0.85, 0.95)
"""Encoded values of the reference's brightest channel between which it ceases to tell the light."""
RIM = 16
"""Pixels around what moved that the network computes, too: there its tones are matched to the classical merge's."""


def repair(
    radiance: FloatImage,
    frames: Sequence[Frame],
    reference: int,
    agreement: Agreement,
    decode: Sequence[FloatImage],
    network: str,
    used: tuple[int, ...],
    settings: Settings,
    reporter: Reporter,
) -> tuple[Report | None, float]:
    """Put the network's result where the frames disagree, in place; return how it was run and its share.

    `decode` are the frames' tables (`ops.tones.decode_tables`).
    """
    moved = _moved(agreement)
    share = float(moved.mean())
    if share == 0:
        reporter(1.0, "what moved was followed")
        return None, 0.0
    import cv2

    size = 2 * RIM + 1
    needed = cv2.dilate(moved.view(np.uint8), np.ones((size, size), np.uint8)).view(np.bool_)
    own = frames[reference].exposure
    white = own / min(frame.exposure for frame in frames)
    tables = [_both(table) for table in decode]
    repaired = np.zeros_like(radiance)

    def fetch(rows: slice, columns: slice) -> tuple[FloatImage, FloatImage]:
        three = used if len(frames) <= 3 else _best_three(frames, agreement, reference, rows, columns)
        chosen = [frames[i] for i in three]
        exposures = _exposures_of(chosen, [tables[i] for i in three], rows, columns)
        scale = np.float32(own / min(frame.exposure for frame in chosen))
        shared = [agreement.of(i, rows)[:, columns] for i in three]
        tell(exposures, [frame.exposure for frame in chosen], three.index(reference), shared)
        return exposures, np.full((1, *exposures.shape[-2:]), scale, np.float32)

    report = run_tiled(
        network, fetch, repaired, needed=needed, forward=lambda net: lambda exposures, white: net(exposures) * white,
        settings=settings, reporter=reporter.part(0, 0.95), stage="rebuilding what moved",
    )  # fmt: skip
    reporter(0.95, "joining")
    join(radiance, repaired, needed, agreement.of_all, white)
    return report, share


def _moved(agreement: Agreement) -> npt.NDArray[np.bool_]:
    moved = np.empty(agreement.shape, np.bool_)
    for rows in bands(agreement.shape[0]):
        moved[rows] = agreement.of_all(rows) < 1
    return moved


def _best_three(
    frames: Sequence[Frame], agreement: Agreement, reference: int, rows: slice, columns: slice
) -> tuple[int, int, int]:
    """Pick the short, the reference and the long frame that show most of a region as the reference does."""
    own = frames[reference].exposure

    def merit(index: int) -> float:
        agrees = float((agreement.of(index, rows)[..., None] * frames[index].covered(rows))[:, columns].mean())
        saturated = float((frames[index].codes[rows, columns] >= 65000).any(-1).mean())
        return agrees - saturated - 0.05 * abs(abs(float(np.log2(frames[index].exposure / own))) - 2)

    shorter = [i for i, frame in enumerate(frames) if frame.exposure < own]
    longer = [i for i, frame in enumerate(frames) if frame.exposure > own]
    return max(shorter, key=merit, default=reference), reference, max(longer, key=merit, default=reference)


def merge_network(
    name: str,
    frames: Sequence[Frame],
    reference: int,
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> tuple[FloatImage, Report]:
    """Run network `name` over aligned frames, in the order it takes them; 1.0 = white of frame `reference`."""
    agreement = find_agreement(frames, reference, reporter=reporter.part(0, 0.05))
    radiance = merge_classical(frames, reference, agreement, reporter=reporter.part(0.05, 0.1))
    white = frames[reference].exposure / min(frame.exposure for frame in frames)
    tables = [_both(table) for table in decode_tables(radiance, frames, reference, agreement)]

    def fetch(rows: slice, columns: slice) -> tuple[FloatImage]:
        return (_exposures_of(frames, tables, rows, columns),)

    report = run_tiled(
        name, fetch, radiance, settings=settings, reporter=reporter.part(0.1, 1), stage="merging with the network"
    )
    radiance *= np.float32(white)
    return radiance, report


def _both(table: FloatImage) -> Table:
    """Return the encoded values beside the linear ones of (65536, 3), from 0: once, not for every tile."""
    return encode_gamma(table), np.maximum(table, 0)


def _exposures_of(frames: Sequence[Frame], tables: Sequence[Table], rows: slice, columns: slice) -> FloatImage:
    """Return the network's input for a rectangle: (images, 6, h, w), each [L, H] with H = L^2.2 / (t / t_min).

    `tables` give the encoded and the linear value of each code and channel (`ops.tones`).
    """
    shortest = min(frame.exposure for frame in frames)
    height, width = frames[0].codes[rows, columns].shape[:2]
    exposures = np.empty((len(frames), 6, height, width), np.float32)
    for exposure, frame, (encoded, linear) in zip(exposures, frames, tables, strict=True):
        codes = frame.codes[rows, columns]
        exposure[:3] = look_up(codes, encoded).transpose(2, 0, 1)
        exposure[3:] = look_up(codes, linear).transpose(2, 0, 1) * np.float32(shortest / frame.exposure)
    return exposures


def tell(exposures: FloatImage, times: Sequence[float], reference: int, agreement: Sequence[FloatImage]) -> None:
    """Let the network's input (images, 6, h, w), where an exposure disagrees, hold what the reference tells of it.

    What is known to be wrong the network must not weigh. Only ratios of `times` matter. Where the reference is
    saturated it tells a least light: what is above stays, as all that a guess has.
    """
    saturated = np.clip((exposures[reference, :3].max(0) - KNOWN[0]) / np.float32(KNOWN[1] - KNOWN[0]), 0, 1)
    told = exposures[reference, 3:].copy()
    for index, (exposure, agrees) in enumerate(zip(exposures, agreement, strict=True)):
        wrong = 1 - agrees
        if index == reference or not wrong.any():
            continue
        radiance = told + saturated * (np.maximum(exposure[3:], told) - told)
        exposure[3:] += wrong * (radiance - exposure[3:])
        code = np.clip(radiance * np.float32(times[index] / min(times)), 0, 1) ** np.float32(1 / GAMMA)
        exposure[:3] += wrong * (code - exposure[:3])


def feature_flow(
    short: Frame,
    reference: Frame,
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    reporter: Reporter = Reporter(),  # noqa: B008 (frozen)
) -> FloatImage | None:
    """Return MSFFNet's flow at the finest scale (Figure 3.4), (H, W, 2) in pixels (x, y), to look at.

    It points from a place in the reference to its match in the shorter frame; None if the network has none (the
    ablations without scales or flow).
    """
    there = True
    tables = [_both(nominal_table(frame)) for frame in (short, reference)]

    def flow_of(network: nn.Module) -> Callable[..., Tensor]:
        nonlocal there
        net = cast(MSFFNet, network)
        there = net.flows
        if not there:
            return lambda exposures: exposures.new_zeros(1, 2, *exposures.shape[-2:])
        return net.flow_of

    def fetch(rows: slice, columns: slice) -> tuple[FloatImage]:
        return (_exposures_of([short, reference], tables, rows, columns),)

    flow = np.empty((*reference.codes.shape[:2], 2), np.float32)
    run_tiled(
        "msffnet", fetch, flow, forward=flow_of, settings=settings, reporter=reporter, stage="looking at the flow"
    )
    return flow if there else None
