"""Frames shot of made light, and their fusion in the true tones: what is tested is no calibration."""

from dataclasses import replace

import numpy as np

from libhdrnet.merge.candidates import Bracket, find_candidates
from libhdrnet.merge.codes import decode_table, encode
from libhdrnet.merge.frames import Frame
from libhdrnet.merge.fusion import fuse, weigh
from libhdrnet.photometry import calibrate


def shoot(radiance, times, shot=0.0, read=0.0, gains=None, knee=0.0):
    rng, frames = np.random.default_rng(0), []
    for t, gain in zip(times, gains or [1.0] * len(times), strict=True):
        light = np.asarray(radiance * t, np.float64)
        light = light + rng.normal(0, 1, light.shape) * np.sqrt(shot * gain * light + read * gain**2)
        frames.append(Frame(str(t), encode(light.astype(np.float32), knee), t, decode=decode_table(knee)))
    return frames


def bracket_of(frames, reference, gains=None):
    calibration = calibrate(
        [frame.codes for frame in frames], [frame.exposure for frame in frames], reference, decode=frames[0].decode,
        coverage=[frame.coverage for frame in frames], gains=gains, response="known",
    )  # fmt: skip
    tables = [frame.decode / np.float32(frame.exposure / frames[reference].exposure) for frame in frames]
    true = tuple(np.repeat(table[:, None], 3, 1) for table in tables)
    return Bracket(frames, replace(calibration, tables=true))


def classical(frames, reference, gains=None):
    bracket = bracket_of(frames, reference, gains)
    candidates = find_candidates(bracket, deghost=False)
    return fuse(bracket, candidates, weigh(bracket, candidates))
