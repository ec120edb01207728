"""What the tests of the command line share: brackets on disk, and the command as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import pyexiv2
import tifffile

import libhdrnet
from libhdrnet.io import Metadata, write_radiance
from libhdrnet.radiometry import encode_srgb

TIMES = ("1/60", "1/15", "1/4")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(libhdrnet.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
MEASURED = {"COVERAGE_PROCESS_CONFIG": os.environ["TESTS_MEASURED"]} if "TESTS_MEASURED" in os.environ else {}
"""Variables of a process in which coverage is measured as it is here."""
COMMAND = [sys.executable, "-m", "libhdrnet.cli"]
TIMEOUT = 300


@dataclass(frozen=True)
class Ended:
    """What a command left behind: its exit code and what it said."""

    code: int
    out: str
    err: str


def radiance(height, width, seed=0):
    """A still scene with detail, (h, w, 3) linear, mostly dark, up to three times the middle exposure's white."""
    noise = np.random.default_rng(seed).random((8, 8, 1), np.float32)
    shades = np.clip(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), 0.3, 1) ** 4 * 3
    return shades[..., None] * np.float32([1.0, 0.85, 0.7])


def exposures(times=TIMES, size=(24, 32)):
    """Linear exposures in [0, 1] of `radiance`."""
    seconds = [float(Fraction(time)) for time in times]
    middle = seconds[len(seconds) // 2]
    return [np.clip(radiance(*size) * (time / middle), 0, 1).astype(np.float32) for time in seconds]


def write_frame(path, linear, time=None):
    """Write a linear exposure in the format of its suffix, with an exposure time if one is given."""
    exif = {"Exif.Photo.ExposureTime": time, "Exif.Image.Make": "Maker", "Exif.Image.Model": "One"} if time else {}
    if path.suffix in (".exr", ".hdr"):
        write_radiance(path, linear, metadata=Metadata(exif=exif), exr_bits=32)
        return path
    depth = np.uint16 if path.suffix == ".tif" else np.uint8
    codes = np.round(encode_srgb(linear) * np.iinfo(depth).max).astype(depth)
    if path.suffix == ".tif":
        tifffile.imwrite(path, codes, photometric="rgb")
    elif path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(codes))
    else:
        path.write_bytes(imagecodecs.jpeg8_encode(codes, level=97))
    if exif:
        with pyexiv2.Image(str(path)) as image:
            image.modify_exif(exif)
    return path


def write_bracket(folder, suffix=".jpg", *, times=TIMES, size=(24, 32), exif=True):
    """Write a bracket a.jpg, b.jpg, …, the darkest first, and return the paths."""
    return [
        write_frame(folder / f"{chr(ord('a') + index)}{suffix}", shot, time if exif else None)
        for index, (shot, time) in enumerate(zip(exposures(times, size), times, strict=True))
    ]


def start(*words, env=None, **options):
    """Start the command as a process."""
    environment = {**ENVIRONMENT, **(env or {})}
    if os.name == "posix":  # a test run in a shell's background would hand down an ignored Ctrl+C
        options["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen([*COMMAND, *map(str, words)], env=environment, text=True, **options)


def read_until(process, stage):
    """Read what a command with --json tells until it is at that stage of its progress."""
    for line in process.stdout:
        if json.loads(line).get("stage") == stage:
            return


def whole(folder, pattern):
    """List such files in `folder` that are whole: what is being written has a hidden name, and `glob` finds it, too."""
    return [path for path in folder.glob(pattern) if not path.name.startswith(".")]


def wait_for(folder, pattern, process):
    """Wait until `process` has left the first such file in `folder`, or ended."""
    until = time.monotonic() + TIMEOUT
    while not whole(folder, pattern) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.03)


def run_while_a_worker_is_killed(words, cluster, folder, pattern):
    """Run hdrnet with `words` on a cluster; one of its two workers is killed once `folder` holds such a file.

    Gives how it ended (returncode, stdout, stderr) and how many of them there were at that moment.
    """
    from distributed import Client

    address, workers = cluster
    with Client(address, timeout="60s") as client:
        client.wait_for_workers(2, timeout=60)
    command = [*COMMAND, *map(str, words), "--scheduler", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as main:
        wait_for(folder, pattern, main)
        os.kill(workers[0].pid, signal.SIGKILL)
        done = len(whole(folder, pattern))
        told = main.communicate(timeout=TIMEOUT)
    return subprocess.CompletedProcess(command, main.returncode, *told), done


def write_odd_bracket(folder):
    """Write a bracket a.tif, b.tif, c.tif of whose frames each is warned: they have two channels beside the colours."""
    paths = write_bracket(folder, ".tif")
    for path, linear, seconds in zip(paths, exposures(), TIMES, strict=True):
        codes = np.round(encode_srgb(linear) * 65535).astype(np.uint16)
        opaque = np.full((*codes.shape[:2], 2), 65535, np.uint16)
        tifffile.imwrite(
            path, np.dstack([codes, opaque]), photometric="rgb", extrasamples=["unassalpha", "unspecified"]
        )
        with pyexiv2.Image(str(path)) as image:
            image.modify_exif({"Exif.Photo.ExposureTime": seconds})
    return paths
