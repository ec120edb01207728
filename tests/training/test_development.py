from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from libhdrnet.training.development import Development, jpeg
from libhdrnet.training.movement import Dice

CPU = torch.device("cpu")
COUNT = 16


def dice(seed=0):
    return Dice.of(COUNT, CPU, 1, seed)


def plain(camera):
    """The camera without noise, sharpening, colours that spill and JPEG, in 16 bits."""
    zero = torch.zeros(COUNT)
    return replace(camera, shot=zero, read=zero, crosstalk=zero, sharpening=zero, quality=zero,
                   levels=torch.full((COUNT,), 65535.0))  # fmt: skip


def linear(camera):
    """The camera with codes that are the light."""
    one, zero = torch.ones(COUNT, 3, 1, 1), torch.zeros(COUNT, 1, 1, 1)
    return replace(camera, gamma=one, contrast=zero, shoulder=zero, toe=zero)


def flat(level, size=64):
    return torch.full((COUNT, 3, size, size), level)


@pytest.mark.parametrize("seed", range(4))
def test_a_response_rises_from_black_to_white(seed):
    camera = Development.random(dice(seed))
    codes = camera.respond(torch.linspace(0, 1, 400).view(1, 1, 1, -1).expand(COUNT, 3, 1, -1))
    assert (codes.diff(dim=-1) > -1e-6).all()
    assert codes[..., 0].max() < 0.02 and (codes[..., -1] - 1).abs().max() < 1e-5


@pytest.mark.parametrize("seed", range(4))
def test_the_inverse_of_a_response_brings_the_light_back_to_a_thousandth(seed):
    camera = Development.random(dice(seed))
    light = torch.linspace(0, 1, 500).view(1, 1, 1, -1).expand(COUNT, 3, 1, -1)
    assert (camera.inverse(camera.respond(light)) - light).abs().max() < 1e-3


@pytest.mark.parametrize("level", [0.02, 0.2, 0.6])
def test_the_noise_of_flat_light_has_the_variance_that_is_told(level):
    camera = linear(Development.random(dice()))
    shot, read = (torch.full((COUNT,), x) for x in (1e-4, 4e-6))
    camera = replace(plain(camera), shot=shot, read=read)
    codes = camera.photograph(flat(level), dice())
    assert codes.mean().item() == pytest.approx(level, abs=5e-4)
    assert codes.var((1, 2, 3)).mean().item() == pytest.approx(1e-4 * level + 4e-6, rel=0.05)


def test_exposures_of_the_same_light_tell_the_same_where_they_are_not_saturated():
    camera = plain(Development.random(dice()))
    light = 0.02 + 0.22 * torch.rand(COUNT, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    seen = [camera.inverse(camera.photograph(light * time, dice())) / time for time in (1, 4)]
    assert (seen[0] - seen[1]).abs().max() < 2e-3 and (seen[1] - light).abs().max() < 1e-3


@pytest.mark.parametrize("quality", [75, 90, 98])
@pytest.mark.parametrize("halved", [False, True])
def test_the_jpeg_is_that_of_opencv_within_two_codes_in_the_mean(quality, halved):
    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.random((9, 9, 3), np.float32), (128, 128), interpolation=cv2.INTER_CUBIC)
    picture = np.uint8(255 * np.clip(coarse + 0.05 * rng.standard_normal((128, 128, 1)), 0, 1))
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if halved else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    theirs = cv2.imdecode(cv2.imencode(".jpg", picture[..., ::-1], options)[1], cv2.IMREAD_COLOR)[..., ::-1]
    codes = torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()).float() / 255
    ours = jpeg(codes, torch.tensor([float(quality)]), torch.tensor([float(halved)]))
    ours = 255 * ours[0].permute(1, 2, 0).numpy()
    assert np.abs(ours - theirs).mean() < 2
    losses = [np.abs(x.astype(float) - picture).mean() for x in (ours, theirs)]
    assert losses[0] == pytest.approx(losses[1], rel=0.25)
