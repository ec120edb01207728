"""Make other kinds of brackets from real ones, to be merged and scored: what holds for a set should hold for its kinds.

    python tests/benchmarks/bracket_kinds.py BRACKETS OUT [KIND...]
    hdrnet eval moving --root OUT/KIND --methods ours --report kind.html

BRACKETS holds folders with exposures.csv (file, seconds) and 8-bit pictures, as `hdrnet eval moving` reads them; OUT
gets the same for each kind. What is random depends on a folder's name alone.
"""

import argparse
import csv
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

GAMMA = 2.2


@dataclass
class Frame:
    """One exposure: codes (H, W, 3) uint8 as OpenCV reads them, and its place in the bracket."""

    name: str
    seconds: float
    codes: np.ndarray
    reference: bool = False
    shortest: bool = False
    longest: bool = False


def linear(codes):
    return (codes / np.float32(255)) ** np.float32(GAMMA)


def encoded(light):
    return np.round(255 * np.clip(light, 0, 1) ** np.float32(1 / GAMMA)).astype(np.uint8)


def hand(frame, rng):
    """Held in the hand: frames but the reference turned by up to 1.5 degrees, shifted by 2 %, scaled by 1 %."""
    height, width = frame.codes.shape[:2]
    if frame.reference:
        return frame.codes
    warp = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1.5, 1.5), rng.uniform(0.99, 1.01))
    warp[:, 2] += rng.uniform(-0.02, 0.02, 2) * width
    return cv2.warpAffine(frame.codes, warp, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def noisy(frame, rng):
    """A high sensitivity: noise of seven codes, a little smoothed."""
    noise = rng.normal(0, 7, frame.codes.shape)
    return cv2.GaussianBlur(np.clip(frame.codes + noise, 0, 255).round().astype(np.uint8), (0, 0), 0.5)


def balance(frame, rng):
    """White balance set anew for each frame but the reference: channels off by up to 12 %."""
    gains = 1 + rng.uniform(-0.12, 0.12, 3)
    return frame.codes if frame.reference else encoded(linear(frame.codes) * gains)


def longest_soft(frame, kernel):
    """Blur what the longest frame shows, and keep its noise, which no lens makes soft, of other signs."""
    if not frame.longest:
        return frame.codes
    noise = (frame.codes - np.float32(1) * cv2.medianBlur(frame.codes, 3)) * np.float32(0.7)
    signs = np.random.default_rng(0).choice(np.float32([-1, 1]), frame.codes.shape[:2])[..., None]
    blurred = cv2.filter2D(frame.codes, cv2.CV_32F, kernel / kernel.sum())
    return np.clip(blurred + noise * signs, 0, 255).round().astype(np.uint8)


def shaken(frame, rng):
    """The longest frame blurred by the camera's motion over eleven pixels."""
    return longest_soft(frame, cv2.line(np.zeros((11, 11), np.float32), (0, 8), (10, 2), 1.0))


def unfocused(frame, rng):
    """The longest frame out of focus by a disc of five pixels."""
    return longest_soft(frame, 1.0 * (np.hypot(*np.mgrid[-2:3, -2:3]) <= 2.2))


def defocused(frame, rng):
    """The shortest frame out of focus."""
    return cv2.GaussianBlur(frame.codes, (0, 0), 2.5) if frame.shortest else frame.codes


def equalised(frame, rng):
    """Local contrast raised in each frame by itself (CLAHE)."""
    lab = cv2.cvtColor(frame.codes, cv2.COLOR_BGR2LAB)
    lab[..., 0] = cv2.createCLAHE(1.5, (4, 4)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)


def compressed(frame, rng, raised_only=False):
    """Light compressed locally in each frame, white included: a power of .4 of wide surroundings is taken from it."""
    light = linear(frame.codes)
    around = np.log(light.mean(-1) + np.float32(0.01))
    around = cv2.GaussianBlur(around, (0, 0), frame.codes.shape[1] / 20)
    gain = 0.4 * (np.median(around) - around)
    return encoded(light * np.exp(np.maximum(gain, 0) if raised_only else gain)[..., None])


def lifted(frame, rng):
    """Shadows lifted locally in each frame by itself."""
    return compressed(frame, rng, raised_only=True)


KINDS = {f.__name__: f for f in (hand, noisy, balance, shaken, unfocused, defocused, equalised, compressed, lifted)}


def two(frames, rng):
    """Return the two darkest frames."""
    return frames[:2]


def ends(frames, rng):
    """Return the darkest and the brightest frame."""
    return [frames[0], frames[-1]]


def five(frames, rng):
    """Return the frames and two more: a quarter of the shortest one's exposure, and four times the longest one's."""
    made = []
    for frame, factor in ((frames[0], 0.25), (frames[-1], 4.0)):
        light = linear(frame.codes) * np.float32(factor)
        if factor < 1:
            light += rng.normal(0, 0.0012, light.shape)
        made.append(Frame(f"{Path(frame.name).stem}-more.png", factor * frame.seconds, encoded(light)))
    return [made[0], *frames, made[1]]


OTHER_FRAMES = {f.__name__: f for f in (two, ends, five)}


def read(folder):
    rows = sorted(csv.reader((folder / "exposures.csv").read_text().splitlines()[1:]), key=lambda row: float(row[1]))
    return [
        Frame(name, float(seconds), cv2.imread(str(folder / name)), k == len(rows) // 2, k == 0, k == len(rows) - 1)
        for k, (name, seconds, *_) in enumerate(rows)
    ]


def write(folder, frames):
    folder.mkdir(parents=True)
    lines = [f"{frame.name},{frame.seconds}" for frame in frames]
    (folder / "exposures.csv").write_text("\n".join(["file,seconds", *lines, ""]))
    for frame in frames:
        cv2.imwrite(str(folder / frame.name), frame.codes)  # JPEG: quality 95


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("brackets", type=Path)
    parser.add_argument("out", type=Path)
    kinds = (*KINDS, *OTHER_FRAMES)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(kinds)}; all if none is named")
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(kinds):
        parser.error(f"unknown kinds: {', '.join(sorted(unknown))}")
    for source in sorted(path.parent for path in given.brackets.glob("*/exposures.csv")):
        for kind in given.kinds or kinds:
            rng, frames = np.random.default_rng(zlib.crc32(source.name.encode())), read(source)
            if kind in OTHER_FRAMES:
                frames = OTHER_FRAMES[kind](frames, rng)
            else:
                for frame in frames:
                    frame.codes = KINDS[kind](frame, rng)
            write(given.out / kind / source.name, frames)


if __name__ == "__main__":
    main()
