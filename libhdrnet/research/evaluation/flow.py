"""MSFFNet's flow, to look at."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from libhdrnet.engine import Settings
from libhdrnet.engine.run import run_tiled
from libhdrnet.merge.candidates import Bracket, find_candidates
from libhdrnet.merge.frames import load_frames
from libhdrnet.merge.fusion import fuse, weigh
from libhdrnet.merge.pipeline import calibrated
from libhdrnet.merge.reconstruction import Exposures
from libhdrnet.networks import MSFFNet
from libhdrnet.radiometry import FloatImage
from libhdrnet.weights import load_network, weights_folder


def feature_flow(
    images: Sequence[npt.NDArray[Any]], exposures: Sequence[float], response: str, settings: Settings
) -> FloatImage | None:
    """Return the flow at the finest scale (Figure 3.4), (H, W, 2) in pixels (x, y).

    It points from a place in the reference, the last of aligned images, to its match in the last but one; None if the
    network has none (the ablations without scales or flow).
    """
    if not cast(MSFFNet, load_network("msffnet", weights_folder())[0]).flows:
        return None
    frames = load_frames(images, exposures, response=response)[-2:]
    bracket = Bracket(frames, calibrated(frames, 1, response))
    candidates = find_candidates(bracket, deghost=False)
    seen = Exposures(bracket, (0, 1), fuse(bracket, candidates, weigh(bracket, candidates)))
    flow = np.empty((*bracket.shape, 2), np.float32)
    run_tiled(
        "msffnet", seen.fetch, flow, forward=lambda network: cast(MSFFNet, network).flow_of, settings=settings,
        stage="looking at the flow",
    )  # fmt: skip
    return flow
