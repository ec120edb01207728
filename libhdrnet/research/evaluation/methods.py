"""The methods that can be evaluated, by name, and what each makes of a scene."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from libhdrnet.engine import Reporter, Settings
from libhdrnet.engine.models import loaded
from libhdrnet.engine.run import run_tiled
from libhdrnet.errors import InputError
from libhdrnet.merge.candidates import Bracket, find_candidates
from libhdrnet.merge.frames import load_frames
from libhdrnet.merge.fusion import fuse, weigh
from libhdrnet.merge.pipeline import calibrated, merge
from libhdrnet.merge.reconstruction import Exposures
from libhdrnet.networks import NETWORKS, MSFFNet
from libhdrnet.ops.deblur import deblur_pixels
from libhdrnet.ops.defocus import defocus_map, display_encoded
from libhdrnet.options import DeblurOptions, MergeOptions, shared
from libhdrnet.radiometry import FloatImage
from libhdrnet.research.evaluation import baselines
from libhdrnet.research.evaluation.deconvolution import DECONVOLUTIONS
from libhdrnet.research.options import EvaluationOptions, listed
from libhdrnet.weights import THESIS, load_network, read_card, weights_folder

BASELINES = {"reference": baselines.reference_alone, "debevec": baselines.debevec, "mertens": baselines.mertens}
OURS = {"ours": "auto", "classical": "classical", "psfnet": "psfnet", "msffnet": "msffnet"}
"""Names of our methods and their model in `merge_exposures`."""
METHODS = {"bracket": (*OURS, *BASELINES), "defocus": ("ours", *DECONVOLUTIONS, "input")}
WITH_WEIGHTS = {"bracket": {"psfnet": "psfnet", "msffnet": "msffnet"}, "defocus": {"ours": "defocus"}}
"""Methods that can take weights of their own, and what task those are for."""
DEFAULT = {"bracket": ("ours", "debevec", "mertens", "reference"), "defocus": ("ours", "input")}
TITLES = {
    "ours": "ours",
    "classical": "ours, classical merge",
    "psfnet": "ours, PSFNet alone",
    "msffnet": "ours, MSFFNet alone",
    "debevec": "Debevec's mean",
    "mertens": "Mertens's fusion (one gain fitted)",
    "reference": "reference frame alone",
    "unsharp": "unsharp masking, our map",
    "richardson-lucy": "Richardson and Lucy, our map",
    "hyper-laplacian": "hyper-Laplacian deconvolution, our map",
    "input": "the picture as it is (all taken for sharp)",
}


@dataclass(frozen=True)
class Method:
    """A method, perhaps with weights of its own."""

    name: str
    """As on the command line: "ours", "psfnet@FOLDER" or "psfnet@thesis"."""
    kind: str
    weights: Path | None = None
    """Folder with the weights; None: those of the library."""
    network: str = ""
    """That they are of, ..."""
    ablation: str | None = None
    """... and its ablation, as their card says."""
    sha256: str = ""
    """Of the weights, if they are its own."""

    @property
    def title(self) -> str:
        """What tables call it."""
        if not self.weights:
            return TITLES[self.kind]
        title = NETWORKS[self.network].title
        return title if self.weights == THESIS else f"{title}: {self.ablation or self.weights.name}"


@dataclass
class Merged:
    """What a method made of a bracket."""

    seconds: float
    radiance: FloatImage
    """(H, W, 3), 1.0 = saturation of the shortest exposure."""
    mask: FloatImage | None = None
    """(H, W): 1 measured, 0.5 repaired, 0 guessed."""
    flow: FloatImage | None = None
    """(H, W, 2) in pixels."""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Deblurred:
    """What a method made of a defocused picture."""

    seconds: float
    restored: FloatImage
    """Deblurred picture (H, W, 3), encoded, in [0, 1]."""
    radius: FloatImage
    """Defocus map (H, W) in pixels."""


def parse_methods(text: str | None, kind: str) -> list[Method]:
    """Read "ours,psfnet@FOLDER" for a set of that kind; None gives the usual ones.

    Raises InputError for a method that is unknown, for other sets, named twice or without its weights.
    """
    names = list(DEFAULT[kind]) if text is None else listed(text)
    methods = [_parse(name, kind) for name in names]
    if not methods:
        raise InputError(f"--methods names none; choose of {', '.join(METHODS[kind])}.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"the method {twice[0]!r} is named twice; give each once.")
    return methods


def _parse(name: str, kind: str) -> Method:
    what, at, folder = name.partition("@")
    if what not in METHODS[kind]:
        raise InputError(f"the method {what!r} is unknown for this set; choose of {', '.join(METHODS[kind])}.")
    if not at:
        return Method(name, what)
    if what not in WITH_WEIGHTS[kind]:
        raise InputError(f"the method {name!r}: only {' and '.join(WITH_WEIGHTS[kind])} take weights.")
    weights = THESIS if folder == "thesis" else Path(folder)
    card = read_card(WITH_WEIGHTS[kind][what], weights)
    return Method(name, what, weights, card.network, card.facts.get("ablation"), card.sha256)


def merge_scene(
    method: Method, images: list[npt.NDArray[Any]], stops: tuple[float, ...], reference: int, response: str,
    options: EvaluationOptions,
) -> Merged:  # fmt: skip
    """Merge exposures (H, W, 3) from short to long, `stops` apart."""
    exposures = [2.0 ** (stop - stops[0]) for stop in stops]
    if method.kind in BASELINES:
        codes = [frame.codes for frame in load_frames(images, exposures, response=response)]
        begun = time.perf_counter()
        encoded = [np.asarray(frame, np.float32) / np.float32(65535) for frame in codes]
        if options.align and method.kind == "mertens":
            encoded = baselines.aligned_by_mtb(encoded, reference)
        radiance = BASELINES[method.kind](encoded, exposures, reference)
        return Merged(time.perf_counter() - begun, radiance)
    if method.kind == "msffnet":
        images, exposures = images[: reference + 1], exposures[: reference + 1]
    with _weights(method):
        begun = time.perf_counter()
        chosen = MergeOptions(model=OURS[method.kind], response=response, **shared(MergeOptions, options))
        result = merge(images, exposures, chosen, reference=reference, with_mask=method.kind == "ours")
        seconds = time.perf_counter() - begun
        flow = _feature_flow(images, exposures, response, options) if method.kind == "msffnet" else None
    scaled = result.radiance * np.float32(exposures[0] / exposures[reference])
    facts = {"repaired": round(result.repaired, 4)}
    return Merged(seconds, scaled, result.mask, flow, facts)


def _feature_flow(
    images: list[npt.NDArray[Any]], exposures: list[float], response: str, settings: Settings
) -> FloatImage | None:
    """Return MSFFNet's flow at the finest scale (Figure 3.4), (H, W, 2) in pixels (x, y).

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


def deblur_scene(method: Method, image: npt.NDArray[Any], options: EvaluationOptions) -> Deblurred:
    """Estimate the defocus map of an encoded picture (H, W, 3) and deblur it."""
    encoded = display_encoded(image, False)
    if method.kind == "input":
        return Deblurred(0.0, encoded, np.zeros(image.shape[:2], np.float32))
    with _weights(method):
        begun = time.perf_counter()
        radius, _ = defocus_map(image, False, options, Reporter())
        if method.kind in DECONVOLUTIONS:
            restored = DECONVOLUTIONS[method.kind](encoded, radius)
        else:
            chosen = DeblurOptions(**shared(DeblurOptions, options))
            restored = np.clip(deblur_pixels(encoded, False, radius, chosen).pixels, 0, 1)
        return Deblurred(time.perf_counter() - begun, restored, radius)


@contextmanager
def _weights(method: Method) -> Iterator[None]:
    """Have the method's network loaded from its folder while inside, the others as before."""
    if method.weights is None:
        yield
        return
    before = os.environ.get("HDRNET_WEIGHTS", "")
    with TemporaryDirectory() as folder:
        for source in (weights_folder(), method.weights):  # a training run has the weights of one network only
            for path in (*source.glob("*.json"), *source.glob("*.safetensors")):
                shutil.copy(path, folder)
        os.environ["HDRNET_WEIGHTS"] = folder
        try:
            yield
        finally:
            os.environ["HDRNET_WEIGHTS"] = before  # "" is none, too
            loaded.cache_clear()
