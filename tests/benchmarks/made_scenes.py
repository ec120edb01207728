"""Merge made scenes whose highlights move or change, as JPEGs of three exposures, and compare with the truth.

    python tests/benchmarks/made_scenes.py [flames water...] [--pictures FOLDER]

Prints for each scene, as means of two, the share of pixels whose light, all channels' or any one's, is off by more than
half a stop and by more than one, once a tone curve is forgiven, and of those where the error, smoothed, changes by more
than .15 stops a pixel: seams. FOLDER gets truth, merge and the two frames that matter, side by side.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from libhdrnet import merge_exposures
from libhdrnet.ramps import smoothstep
from libhdrnet.research.evaluation import moments
from libhdrnet.research.evaluation.camera import in_tones_of, take
from libhdrnet.research.evaluation.moments import noise

STOPS, SIZE = (-2.0, 0.0, 2.0), (520, 780)
SHOT, READ = 4e-4, 4e-7
"""Variance of the noise: SHOT times the light, and READ."""
SEAM = 0.15


def of(light, colour):
    return np.asarray(np.asarray(light)[..., None] * np.array(colour), np.float32)


def car(canvas, seconds, rng):
    """A white car before a wall in the sun."""
    x, y = canvas.x, canvas.y
    wall = 0.35 * (0.6 + 0.5 * noise(x * 20, y * 30)) * (0.7 + 0.3 * noise(x * 90, y * 90))
    canvas.picture[:] = of(wall, (1, 0.85, 0.7))
    canvas.over(smoothstep(y, (0.78, 0.79)), of(0.18 + 0.1 * noise(x * 60, y * 200), (1, 1, 1)))
    at = x - 0.5 - 0.35 * seconds
    white = of(1.3 + 0.5 * noise(at * 3, y * 6), (1, 1, 1.03))
    canvas.over(box(at, y - 0.7, 0.3, 0.09), white)
    canvas.over(box(at + 0.03, y - 0.57, 0.16, 0.07), white * np.float32(0.9))
    canvas.over(box(at + 0.03, y - 0.58, 0.13, 0.045), of(0.04 + 0.1 * noise(at * 9, y * 9), (0.8, 0.9, 1)))


def petals(canvas, seconds, rng):
    """Red and yellow tulips that sway; some are clipped in one channel or two."""
    canvas.picture[:] = of(0.06 + 0.1 * noise(canvas.x * 40, canvas.y * 25) ** 2, (0.5, 1, 0.25))
    for _ in range(70):
        x, y, size = rng.uniform(0, 1.5), rng.uniform(0.1, 1), rng.uniform(0.025, 0.06)
        root, x = x, x + 0.012 * np.sin(seconds * 4 + rng.uniform(0, 6.3))
        light = rng.uniform(0.6, 2.6) * np.array((1, 0.04, 0.05) if rng.random() < 0.6 else (1, 0.62, 0.03))
        canvas.stroke((root, y + 0.25), (x, y), 0.005, (0.05, 0.16, 0.03))
        for side in (-1, 1):
            leaf = (x + 0.5 * side * size, y - 0.1 * size), (x + 0.3 * side * size, y - 1.3 * size)
            canvas.stroke(*leaf, 0.5 * size, light * (0.7 + 0.15 * side))
        canvas.stroke((x, y), (x, y - 0.9 * size), 0.42 * size, light * 1.1)


def stage(canvas, seconds, rng):
    """People in light whose colour changes from frame to frame."""
    moments.KINDS["people"](canvas, seconds / 2, rng)
    phase = seconds * 1.1 + np.array((0, 0.33, 0.67)) + 0.4 * canvas.x[..., None] - 0.2 * canvas.y[..., None]
    colour = 0.08 + 0.92 * (0.5 + 0.5 * np.cos(2 * np.pi * phase)) ** 2
    beam = np.exp(-(((canvas.x - 0.75 - 0.2 * np.sin(3 * seconds)) / (0.25 + 0.3 * canvas.y)) ** 2))
    canvas.picture *= (0.3 + 9 * beam[..., None] * colour).astype(np.float32)


def flames(canvas, seconds, rng):
    x, y = canvas.x, canvas.y
    canvas.picture[:] = of(0.03 + 0.06 * noise(x * 15, y * 40), (1, 0.75, 0.5))
    shape = 0.6 * noise(x * 7, y * 5 + 4 * seconds) + 0.4 * noise(x * 18 + seconds, y * 12 + 9 * seconds)
    fire = np.clip(1.6 * shape - 1.2 * np.abs(x - 0.75) + y - 1, 0, 1) * smoothstep(y, (0.97, 0.9))
    canvas.picture += of(12 * fire**1.5, (1, 0.33, 0.06))
    canvas.picture += of(0.25 * np.exp(-np.hypot(x - 0.75, y - 0.8) / 0.25), (1, 0.5, 0.2))


def screen(canvas, seconds, rng):
    """A screen that shows another picture in each frame, beside a shop window."""
    moments.KINDS["people"](canvas, seconds, rng)
    x, y, shown = canvas.x, canvas.y, int(np.floor(seconds / 0.35))
    colours = np.dstack([noise(x * 6 + 37 * shown + 11 * i, y * 6 + 3 * shown) for i in range(3)])
    canvas.over(box(x - 0.45, y - 0.5, 0.28, 0.17), (4 * colours**2.5).astype(np.float32))


def flag(canvas, seconds, rng):
    """A flag in the wind, whose white is clipped, before a low sun."""
    x, y = canvas.x, canvas.y
    far = np.hypot(x - 0.9, y * 0.5 + 0.13)
    canvas.picture[:] = of(0.6 + 0 * x, (0.55, 0.75, 1)) + of(5 * np.exp(-far / 0.13), (1, 0.5, 0.16))
    v = y - 0.03 * np.sin(14 * x - 7 * seconds) - 0.015 * np.sin(31 * x - 13 * seconds)
    third = np.clip(np.floor((v - 0.23) / 0.44 * 3), 0, 2).astype(int)
    colours = np.array([(0.9, 0.05, 0.07), (1.5, 1.5, 1.5), (0.06, 0.1, 0.6)], np.float32)[third]
    canvas.over(box(x - 0.75, v - 0.45, 0.4, 0.22), colours * of(1 + 0.35 * np.cos(14 * x - 7 * seconds), (1, 1, 1)))


def box(x, y, width, height):
    return smoothstep(np.maximum(np.abs(x) - width, np.abs(y) - height), (0.004, -0.004))


moments.KINDS |= {scene.__name__: scene for scene in (car, petals, stage, flames, screen, flag)}


def shot(scene, seed):
    """Return the pictures, what is told of their exposures in stops, and the reference's true light."""
    light = moments.take(scene, SIZE, STOPS, 1, seed)
    rng, frames = np.random.default_rng(seed), []
    for frame, stop in zip(light, STOPS, strict=True):
        exposed = frame * 2.0**stop
        deviation = np.sqrt(SHOT * np.clip(exposed, 0, 1.5) + READ)
        frames.append(np.clip(exposed + rng.normal(0, 1, exposed.shape) * deviation, 0, 1).astype(np.float32))
    pictures, told = take(f"{scene}{seed}", frames, STOPS, 1)
    return pictures, told, light[1]


def scored(found, truth):
    top = 2.0 ** -STOPS[0]
    light = np.clip(truth, 0, top)
    toned = in_tones_of(light, np.clip(found, 0, 1.5 * top))
    whole = np.abs(np.log2((toned.mean(-1) + 0.02) / (light.mean(-1) + 0.02)))
    worst = np.abs(np.log2((toned + 0.03) / (light + 0.03))).max(-1)
    error = cv2.GaussianBlur(np.log2((found + 0.02) / (truth + 0.02)).astype(np.float32), (0, 0), 1)
    change = np.hypot(*np.gradient(error, axis=(0, 1))).max(-1)
    return [100 * np.mean(part) for part in (whole > 0.5, whole > 1, worst > 1, change > SEAM)]


def shown(light):
    return (255 * np.clip(0.8 * light / (1 + 0.15 * light), 0, 1) ** (1 / 2.2)).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser(description="Merge made scenes and compare with their truth.")
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=", ".join(moments.KINDS))
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    for scene in options.scenes or moments.KINDS:
        rows = []
        for seed in (0, 1):
            pictures, told, truth = shot(scene, seed)
            found = merge_exposures(pictures, exposure_times=[2.0**stop for stop in told], reference=1)
            rows.append(scored(found, truth))
            if options.pictures:
                options.pictures.mkdir(parents=True, exist_ok=True)
                beside = np.hstack([shown(truth), shown(found), pictures[1], pictures[0]])
                cv2.imwrite(str(options.pictures / f"{scene}-{seed}.png"), beside[..., ::-1])
        half, whole, channel, seams = np.mean(rows, 0)
        print(f"{scene:8s} off by half a stop {half:5.2f} %, by one {whole:5.2f} %, a channel by one {channel:5.2f} %, "
              f"seams {seams:5.2f} %", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
