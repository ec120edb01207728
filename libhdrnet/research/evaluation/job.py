"""One job of an evaluation: one method on one scene, from files to figures and small pictures.

A job depends on nothing but itself, so that it can be run anywhere and again; its result is JSON-able.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.engine import Settings
from libhdrnet.errors import InputError
from libhdrnet.io.read import read_photo
from libhdrnet.merge.frames import load_frames
from libhdrnet.networks.defocus_fast import IN_FOCUS
from libhdrnet.ops.defocus import display_encoded
from libhdrnet.ops.recovery import grey, reblurred_error
from libhdrnet.radiometry import FloatImage, decode_gamma, encode_srgb
from libhdrnet.research.evaluation import camera, metrics, moving, optional, pictures, pu21
from libhdrnet.research.evaluation.baselines import debevec, reference_alone
from libhdrnet.research.evaluation.methods import Deblurred, Method, deblur_scene, merge_scene
from libhdrnet.research.evaluation.scenes import BracketScene, DefocusScene, Scene, read_float, read_map

RADIANCE_METRICS = {
    "psnr_mu": metrics.psnr_mu,
    "psnr_l": metrics.psnr_l,
    "ssim_mu": metrics.ssim_mu,
    "ssim_l": metrics.ssim_l,
    "pu21_psnr": pu21.pu21_psnr,
    "pu21_ssim": pu21.pu21_ssim,
}
CROPS = 3
"""How many of the worst places of a merge without truth are shown."""
MORE_METRICS = {"jod": optional.jod, "lpips": optional.lpips}


@dataclass(frozen=True)
class Job:
    """One method on one scene; `method` None makes the scene's own pictures: its frames and its truth."""

    scene: Scene
    method: Method | None
    crop: int | None = None
    """Edge of the central square that is used; None: all of it."""
    align: bool = True
    frames: tuple[str, ...] = ("linear",)
    """How the frames of a bracket are given: "linear", as the set has them, and "camera"."""
    more: tuple[str, ...] = ()
    """Names in `MORE_METRICS`."""
    settings: Settings = Settings()
    keep: Path | None = None
    """Folder that gets the result as float32 .npy: radiance, 1.0 = saturation of the short exposure, or the picture."""

    @property
    def key(self) -> str:
        """What tells it from the others of its run."""
        return f"{self.scene.name}\t{self.method.name}\t{self.method.sha256}" if self.method else self.scene.name


def run_job(job: Job) -> dict[str, Any]:
    """Do it: {"scene", "method", "title", "figures", "seconds", "facts", "pictures"}.

    Raises:
        HdrnetError: a file, or the method with it.
    """
    scene = job.scene
    found = _run_bracket(job, scene) if isinstance(scene, BracketScene) else _run_defocus(job, scene)
    name, title = (job.method.name, job.method.title) if job.method else ("", "")
    return {"scene": job.scene.name, "method": name, "title": title, **found}


def _run_bracket(job: Job, scene: BracketScene) -> dict[str, Any]:
    images = [_cropped(read_photo(path).pixels, job.crop) for path in scene.images]
    if scene.stops is None or len(scene.stops) != len(images):
        raise InputError(f"{scene.name}: its exposures are not known.")
    exposures = [2.0 ** (stop - scene.stops[0]) for stop in scene.stops]
    truth = None if scene.truth is None else _cropped(read_float(scene.truth), job.crop)
    if truth is not None and truth.shape != images[0].shape:
        raise InputError(f"{scene.truth}: is {truth.shape}, and its frames are {images[0].shape}.")
    loaded = load_frames(images, exposures, response=scene.response)
    frames = [np.asarray(frame.codes / np.float32(65535), np.float32) for frame in loaded]
    place = _place(reference_alone(frames, exposures, scene.reference), truth, frames[scene.reference])
    bracket = _Bracket(scene, images, frames, scene.stops, truth, place)
    if job.method is None:
        return _own_pictures(bracket)
    made: dict[str, Any] = {"figures": {}, "seconds": 0.0, "facts": {}, "pictures": {"views": {}}}
    for kind in job.frames:
        _run_frames(job, job.method, bracket, kind, made)
    return made


@dataclass(frozen=True)
class _Bracket:
    """A scene's pixels, read."""

    scene: BracketScene
    images: list[npt.NDArray[Any]]
    """As they are in the files."""
    frames: list[FloatImage]
    """Encoded with gamma 2.2."""
    stops: tuple[float, ...]
    truth: FloatImage | None
    place: pictures.Place

    @property
    def white(self) -> np.float32:
        """Saturation of the reference."""
        return np.float32(2.0 ** (self.stops[0] - self.stops[self.scene.reference]))


def _own_pictures(bracket: _Bracket) -> dict[str, Any]:
    shown = {f"frame {n + 1}": {"tone-mapped": frame} for n, frame in enumerate(bracket.frames)}
    views = {name: pictures.views(renderings, bracket.place) for name, renderings in shown.items()}
    if bracket.truth is not None:
        views["truth"] = pictures.views(pictures.exposures_of(bracket.truth, bracket.white), bracket.place)
    facts = {"reference": bracket.scene.reference + 1}
    return {"figures": {}, "seconds": 0.0, "facts": facts, "pictures": {"views": views}}


def _run_frames(job: Job, method: Method, bracket: _Bracket, kind: str, made: dict[str, Any]) -> None:
    """Merge the frames as the set has them, or as a camera gives them (names then end in _camera); add to `made`."""
    scene, truth, name = bracket.scene, bracket.truth, "" if kind == "linear" else f"_{kind}"
    images, stops, response = list(bracket.images), bracket.stops, scene.response
    if kind == "camera":
        linear = [decode_gamma(frame) for frame in bracket.frames]
        images, stops = camera.take(scene.name, linear, stops, scene.reference)
        response = "auto"
    outcome = merge_scene(method, images, stops, scene.reference, response, align=job.align, settings=job.settings)
    radiance = outcome.radiance
    made["seconds"] += outcome.seconds
    made["facts"] = made["facts"] or outcome.facts
    if kind == "camera" and truth is not None:
        radiance = camera.in_tones_of(truth, radiance)
    _keep(job, radiance, name)
    shown = made["pictures"]
    shown["views"][f"result{name}"] = pictures.views(pictures.exposures_of(radiance, bracket.white), bracket.place)
    if truth is not None:
        made["figures"] |= {
            f"{metric}{name}": v for metric, v in _radiance_figures(job, scene, radiance, truth).items()
        }
        shown[f"error{name}"] = pictures.error_map(pictures.radiance_error(radiance, truth))
    else:
        made["figures"] |= _judged(bracket, radiance, shown)
    if outcome.mask is not None:
        shown[f"mask{name}"] = pictures.grey_picture(outcome.mask)
    if outcome.flow is not None:
        shown[f"flow{name}"] = pictures.flow_picture(outcome.flow)


def _judged(bracket: _Bracket, radiance: FloatImage, found: dict[str, Any]) -> dict[str, float]:
    """Figures without a truth; the residual and the worst places join the pictures `found`."""
    reference = bracket.scene.reference
    frames = [encode_srgb(decode_gamma(frame)) for frame in bracket.frames]
    judged = moving.judge(radiance / bracket.white, frames, bracket.stops, reference)
    found["residual"] = pictures.error_map(judged.residual)
    mean = debevec(bracket.frames, [2.0 ** (stop - bracket.stops[0]) for stop in bracket.stops], reference)
    made = [encode_srgb(np.clip(picture / bracket.white, 0, 1)) for picture in (radiance, mean)]
    if places := moving.worst_blocks(judged.blocks, CROPS, pictures.CLOSE):
        found["crops"] = pictures.crops([frames[reference], *made], places)
    return judged.figures


def _radiance_figures(job: Job, scene: BracketScene, radiance: FloatImage, truth: FloatImage) -> dict[str, float]:
    figures = {name: metric(radiance, truth) for name, metric in RADIANCE_METRICS.items()}
    for name in job.more:
        figures[name] = MORE_METRICS[name](radiance, truth)
    for name, path in scene.masks.items():
        values = read_float(path)
        mask = _cropped(values[..., 0] if values.ndim == 3 else values, job.crop) > 0.5
        if mask.any():
            figures[f"psnr_mu_{name}"] = metrics.psnr_mu(radiance, truth, mask=mask)
            figures[f"psnr_l_{name}"] = metrics.psnr_l(radiance, truth, mask=mask)
            figures[f"ssim_mu_{name}"] = metrics.ssim_mu(radiance, truth, mask=mask)
    return figures


def _run_defocus(job: Job, scene: DefocusScene) -> dict[str, Any]:
    image = _cropped(read_photo(scene.image).pixels, job.crop)
    shown, sharp = display_encoded(image, False), None
    if scene.sharp is not None:
        sharp = display_encoded(_cropped(read_photo(scene.sharp).pixels, job.crop), False)
    radius = None if scene.radius is None else _cropped(read_map(scene), job.crop)
    for what, found in ((scene.sharp, sharp), (scene.radius, radius)):
        if found is not None and found.shape[:2] != image.shape[:2]:
            raise InputError(f"{what}: is {found.shape[:2]}, and its picture is {image.shape[:2]}.")
    difference = np.abs(shown - sharp).mean(-1) if sharp is not None else radius
    place = pictures.worst_place(np.zeros(image.shape[:2]) if difference is None else difference)
    made: dict[str, Any] = {"figures": {}, "seconds": 0.0, "facts": {}, "pictures": {}}
    if job.method is None:
        own = {"input": shown} if sharp is None else {"input": shown, "truth": sharp}
    else:
        result = deblur_scene(job.method, image, settings=job.settings)
        _keep(job, result.restored)
        made["seconds"], made["figures"] = result.seconds, _defocus_figures(scene, result, shown, sharp, radius)
        if sharp is not None:
            made["pictures"]["error"] = pictures.error_map(np.abs(result.restored - sharp).mean(-1))
        own, radius = {"result": result.restored}, result.radius
    made["pictures"]["views"] = {name: pictures.views({"as it is": picture}, place) for name, picture in own.items()}
    if radius is not None:
        made["pictures"]["defocus"] = pictures.defocus_picture(radius, scene.largest)
    return made


def _defocus_figures(
    scene: DefocusScene, result: Deblurred, shown: FloatImage, sharp: FloatImage | None, radius: FloatImage | None
) -> dict[str, float]:
    figures: dict[str, float] = {}
    if sharp is not None:
        figures = {"psnr": metrics.psnr(result.restored, sharp), "ssim": metrics.ssim(result.restored, sharp)}
    error = reblurred_error(grey(shown, False), grey(result.restored, False), result.radius)
    blurred = np.isfinite(error) & (result.radius > IN_FOCUS[1])
    if blurred.any():
        figures["reblurred"] = metrics.psnr(error, np.zeros_like(error), mask=blurred)
    if radius is not None:
        own, true = (np.clip(values / scene.largest, 0, 1) for values in (result.radius, radius))
        figures |= {"map_mae": metrics.mae(own, true), "map_mse": metrics.mse(own, true)}
    return figures


def _place(alone: FloatImage, truth: FloatImage | None, reference: FloatImage) -> pictures.Place:
    """Where the reference alone is farthest from the truth, or, without one, most saturated."""
    if truth is not None:
        return pictures.worst_place(pictures.radiance_error(alone, truth))
    return pictures.worst_place(np.asarray((reference > 0.98).any(-1), np.float32))


def _cropped(array: npt.NDArray[Any], edge: int | None) -> npt.NDArray[Any]:
    if edge is None:
        return array
    top, left = (max(0, (size - edge) // 2) for size in array.shape[:2])
    return np.ascontiguousarray(array[top : top + edge, left : left + edge])


def _keep(job: Job, result: FloatImage, what: str = "") -> None:
    if job.keep is not None and job.method is not None:
        folder = job.keep / job.method.name.replace("/", "_")
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{job.scene.name}{what}.npy", np.asarray(result, np.float32))
