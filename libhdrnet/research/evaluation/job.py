"""One job of an evaluation: one method on one scene, from files to figures and small pictures.

A job depends on nothing but itself, so that it can be run anywhere and again; its result is JSON-able.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
from libhdrnet.research.evaluation.scenes import BracketScene, DefocusScene, Scene, read_float, read_plane
from libhdrnet.research.evaluation.tables import Result
from libhdrnet.research.options import EvaluationOptions

MASKED_METRICS = {"psnr_mu": metrics.psnr_mu, "psnr_l": metrics.psnr_l, "ssim_mu": metrics.ssim_mu}
RADIANCE_METRICS = MASKED_METRICS | {
    "ssim_l": metrics.ssim_l, "pu21_psnr": pu21.pu21_psnr, "pu21_ssim": pu21.pu21_ssim,
}  # fmt: skip
CROPS = 3
"""How many of the worst places of a merge without truth are shown."""
MORE_METRICS = {"jod": optional.jod, "lpips": optional.lpips}
FRAMES = {"linear": ("",), "camera": ("_camera",), "both": ("", "_camera")}
"""By --as: what is behind the names of what is made of frames as the set has them, or as a camera gives them."""


@dataclass(frozen=True)
class Job:
    """One method on one scene; `method` None makes the scene's own pictures: its frames and its truth."""

    scene: Scene
    method: Method | None
    options: EvaluationOptions

    @property
    def key(self) -> str:
        """What tells it from the others of its run."""
        return f"{self.scene.name}\t{self.method.name}\t{self.method.sha256}" if self.method else self.scene.name

    @property
    def names(self) -> Result:
        """What its result is of: {"scene", "method", "title"}."""
        method, title = (self.method.name, self.method.title) if self.method else ("", "")
        return {"scene": self.scene.name, "method": method, "title": title}


def run_job(job: Job) -> Result:
    """Do it: {"scene", "method", "title", "figures", "seconds", "facts", "pictures"}.

    Raises HdrnetError for a file, or the method with it.
    """
    made: Result = {**job.names, "figures": {}, "seconds": 0.0, "facts": {}, "pictures": {}}
    if isinstance(job.scene, BracketScene):
        _run_bracket(job, job.scene, made)
    else:
        _run_defocus(job, job.scene, made)
    return made


def _run_bracket(job: Job, scene: BracketScene, made: Result) -> None:
    images = [_cropped(read_photo(path).pixels, job) for path in scene.images]
    truth = None if scene.truth is None else _cropped(read_float(scene.truth), job)
    if truth is not None and truth.shape != images[0].shape:
        raise InputError(f"{scene.truth}: is {truth.shape}, and its frames are {images[0].shape}.")
    loaded = load_frames(images, scene.exposures, response=scene.response)
    frames = [np.asarray(frame.codes / np.float32(65535), np.float32) for frame in loaded]  # gamma 2.2
    white = np.float32(2.0 ** (scene.stops[0] - scene.stops[scene.reference]))  # saturation of the reference
    far = np.asarray((frames[scene.reference] > 0.98).any(-1), np.float32)  # without a truth: where it is saturated
    if truth is not None:
        far = pictures.radiance_error(reference_alone(frames, scene.exposures, scene.reference), truth)
    place, shown = pictures.worst_place(far), made["pictures"]
    views = shown["views"] = {}
    if job.method is None:
        for number, frame in enumerate(frames, 1):
            views[f"frame {number}"] = pictures.views({"tone-mapped": frame}, place)
        if truth is not None:
            views["truth"] = pictures.views(pictures.exposures_of(truth, white), place)
        made["facts"] = {"reference": scene.reference + 1}
        return
    for name in FRAMES[job.options.frames]:
        given, stops, response = images, scene.stops, scene.response
        if name:
            linear = [decode_gamma(frame) for frame in frames]
            (given, stops), response = camera.take(scene.name, linear, stops, scene.reference), "auto"
        outcome = merge_scene(job.method, given, stops, scene.reference, response, job.options)
        radiance = outcome.radiance
        made["seconds"] += outcome.seconds
        made["facts"] = made["facts"] or outcome.facts
        if name and truth is not None:
            radiance = camera.in_tones_of(truth, radiance)
        _keep(job, job.method, radiance, name)
        views[f"result{name}"] = pictures.views(pictures.exposures_of(radiance, white), place)
        if truth is not None:
            figures = _radiance_figures(job, scene, radiance, truth)
            made["figures"] |= {f"{metric}{name}": value for metric, value in figures.items()}
            shown[f"error{name}"] = pictures.error_map(pictures.radiance_error(radiance, truth))
        else:
            made["figures"] |= _judged(scene, frames, radiance, white, shown)
        if outcome.mask is not None:
            shown[f"mask{name}"] = pictures.grey_picture(outcome.mask)
        if outcome.flow is not None:
            shown[f"flow{name}"] = pictures.flow_picture(outcome.flow)


def _judged(
    scene: BracketScene, frames: list[FloatImage], radiance: FloatImage, white: np.float32, found: dict[str, Any]
) -> dict[str, float]:
    """Figures without a truth; the residual and the worst places join the pictures `found`."""
    own = [encode_srgb(decode_gamma(frame)) for frame in frames]
    judged = moving.judge(radiance / white, own, scene.stops, scene.reference)
    found["residual"] = pictures.error_map(judged.residual)
    mean = debevec(frames, scene.exposures, scene.reference)
    made = [encode_srgb(np.clip(picture / white, 0, 1)) for picture in (radiance, mean)]
    if places := moving.worst_blocks(judged.blocks, CROPS, pictures.CLOSE):
        found["crops"] = pictures.crops([own[scene.reference], *made], places)
    return judged.figures


def _radiance_figures(job: Job, scene: BracketScene, radiance: FloatImage, truth: FloatImage) -> dict[str, float]:
    asked = {**RADIANCE_METRICS, **{name: MORE_METRICS[name] for name in job.options.more_metrics}}
    figures = {name: metric(radiance, truth) for name, metric in asked.items()}
    for region, path in scene.masks.items():
        mask = _cropped(read_plane(path), job) > 0.5
        if mask.any():
            for name, masked in MASKED_METRICS.items():
                figures[f"{name}_{region}"] = masked(radiance, truth, mask=mask)
    return figures


def _run_defocus(job: Job, scene: DefocusScene, made: Result) -> None:
    image = _cropped(read_photo(scene.image).pixels, job)
    shown, sharp, radius = display_encoded(image, False), None, None
    if scene.sharp is not None:
        sharp = display_encoded(_cropped(read_photo(scene.sharp).pixels, job), False)
    if scene.radius is not None:
        radius = _cropped(read_plane(scene.radius) * np.float32(scene.unit), job)
    for what, found in ((scene.sharp, sharp), (scene.radius, radius)):
        if found is not None and found.shape[:2] != image.shape[:2]:
            raise InputError(f"{what}: is {found.shape[:2]}, and its picture is {image.shape[:2]}.")
    difference = np.abs(shown - sharp).mean(-1) if sharp is not None else radius
    place = pictures.worst_place(np.zeros(image.shape[:2]) if difference is None else difference)
    if job.method is None:
        own = {"input": shown} if sharp is None else {"input": shown, "truth": sharp}
    else:
        result = deblur_scene(job.method, image, job.options)
        _keep(job, job.method, result.restored)
        made["seconds"], made["figures"] = result.seconds, _defocus_figures(scene, result, shown, sharp, radius)
        if sharp is not None:
            made["pictures"]["error"] = pictures.error_map(np.abs(result.restored - sharp).mean(-1))
        own, radius = {"result": result.restored}, result.radius
    made["pictures"]["views"] = {name: pictures.views({"as it is": picture}, place) for name, picture in own.items()}
    if radius is not None:
        made["pictures"]["defocus"] = pictures.defocus_picture(radius, scene.largest)


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


def _cropped(array: npt.NDArray[Any], job: Job) -> npt.NDArray[Any]:
    """Return the central square that is asked for, or all of it."""
    edge = job.options.crop
    if edge is None:
        return array
    top, left = (max(0, (size - edge) // 2) for size in array.shape[:2])
    return np.ascontiguousarray(array[top : top + edge, left : left + edge])


def _keep(job: Job, method: Method, result: FloatImage, name: str = "") -> None:
    """Write a result as float32 .npy, if that is asked for: radiance as `Merged` has it, or the picture."""
    if job.options.predictions is not None:
        folder = job.options.predictions / method.name.replace("/", "_")
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{job.scene.name}{name}.npy", np.asarray(result, np.float32))
