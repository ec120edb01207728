from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from libhdrnet.research.training.camera import Camera, sharpened
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.jpeg import jpeg
from libhdrnet.research.training.mosaic import demosaiced

CPU = torch.device("cpu")
COUNT = 16


def sensor(**parts):
    """Cameras with a sensor's parts, all off but those that are given."""
    drawn = linear(plain(Camera.with_sensor(dice(), mosaic=0.0)))
    one, zero = torch.ones(COUNT), torch.zeros(COUNT)
    drawn = replace(drawn, gains=torch.ones(COUNT, 3, 1, 1), denoising=zero)
    return replace(drawn, **{name: value * one for name, value in parts.items()})


def dice(seed=0):
    return Dice.of(COUNT, CPU, 1, seed)


def plain(camera):
    """The camera without noise, sharpening, colours that spill and JPEG, in 16 bits."""
    zero = torch.zeros(COUNT)
    return replace(camera, shot=zero, read=zero, crosstalk=zero, sharpening=zero, quality=zero, smearing=zero,
                   dimming=zero, levels=torch.full((COUNT,), 65535.0))  # fmt: skip


def linear(camera):
    """The camera with codes that are the light."""
    one, zero = torch.ones(COUNT, 3, 1, 1), torch.zeros(COUNT, 1, 1, 1)
    return replace(camera, gamma=one, contrast=zero, shoulder=zero, toe=zero)


def flat(level, size=64):
    return torch.full((COUNT, 3, size, size), level)


@pytest.mark.parametrize("seed", range(4))
def test_a_response_rises_from_black_to_white(seed):
    camera = Camera.random(dice(seed))
    codes = camera.respond(torch.linspace(0, 1, 400).view(1, 1, 1, -1).expand(COUNT, 3, 1, -1))
    assert (codes.diff(dim=-1) > -1e-6).all()
    assert codes[..., 0].max() < 0.02 and (codes[..., -1] - 1).abs().max() < 1e-5


@pytest.mark.parametrize("seed", range(4))
def test_the_inverse_of_a_response_brings_the_light_back_to_a_thousandth(seed):
    camera = replace(Camera.random(dice(seed)), dimming=torch.zeros(COUNT))
    light = torch.linspace(0, 1, 500).view(1, 1, 1, -1).expand(COUNT, 3, 1, -1)
    assert (camera.inverse(camera.respond(light)) - light).abs().max() < 1e-3


@pytest.mark.parametrize("level", [0.02, 0.2, 0.6])
def test_the_noise_of_flat_light_has_the_variance_that_is_told(level):
    camera = linear(Camera.random(dice()))
    shot, read = (torch.full((COUNT,), x) for x in (1e-4, 4e-6))
    camera = replace(plain(camera), shot=shot, read=read)
    codes = camera.photograph(flat(level), dice())
    assert codes.mean().item() == pytest.approx(level, abs=5e-4)
    assert codes.var((1, 2, 3)).mean().item() == pytest.approx(1e-4 * level + 4e-6, rel=0.05)


def test_exposures_of_the_same_light_tell_the_same_where_they_are_not_saturated():
    camera = plain(Camera.random(dice()))
    light = 0.02 + 0.22 * torch.rand(COUNT, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    seen = [camera.inverse(camera.photograph(light * time, dice())) / time for time in (1, 4)]
    assert (seen[0] - seen[1]).abs().max() < 2e-3 and (seen[1] - light).abs().max() < 1e-3


def test_noise_follows_the_light_that_each_channel_has_before_the_white_balance():
    gains = torch.tensor([2.0, 1.0, 1.5]).view(1, 3, 1, 1).expand(COUNT, -1, -1, -1)
    camera = replace(sensor(shot=1e-4, blotch=0.0, coarse=0.0, common=0.0), gains=gains)
    variance = camera.photograph(flat(0.3), dice()).var((0, 2, 3))
    assert variance.tolist() == pytest.approx([1e-4 * 0.3 * gain for gain in (2.0, 1.0, 1.5)], rel=0.05)


@pytest.mark.parametrize("colour", [(0.4, 0.4, 0.4), (0.8, 0.3, 0.1), (0.1, 0.6, 0.9)])
def test_a_plain_colour_comes_through_the_mosaic_as_it_was(colour):
    plain_colour = torch.tensor(colour).view(1, 3, 1, 1).expand(2, -1, 16, 14)
    assert (demosaiced(plain_colour) - plain_colour).abs().max() < 1e-6


def test_the_mosaic_keeps_the_colours_it_has_and_interpolates_a_grey_ramp():
    noise = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    seen = demosaiced(noise)
    for channel, row, column in ((0, 0, 0), (1, 0, 1), (1, 1, 0), (2, 1, 1)):
        assert torch.equal(seen[:, channel, row::2, column::2], noise[:, channel, row::2, column::2])
    ramp = torch.linspace(0, 1, 32).expand(1, 3, 32, 32)
    assert (demosaiced(ramp) - ramp)[..., 3:-3].abs().max() < 1e-6


def test_a_mosaic_loses_detail_of_colour_and_keeps_that_of_grey():
    grey = torch.rand(COUNT, 1, 32, 32, generator=torch.Generator().manual_seed(0)).expand(-1, 3, -1, -1)
    colour = torch.rand(COUNT, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    lost = [(sensor(mosaic=1.0).developed(x) - x).square().mean().item() for x in (grey, colour)]
    assert sensor(mosaic=0.0).developed(colour).sub(colour).abs().max() < 1e-5
    assert 0.001 < lost[0] < 0.5 * lost[1]


def test_denoising_smooths_colour_and_not_brightness():
    light = 0.5 + 0.1 * torch.randn(COUNT, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    seen = sensor(denoising=1.0).developed(light)
    assert (seen.mean(1) - light.mean(1)).abs().max() < 1e-5
    colour = [(x - x.mean(1, keepdim=True)).std().item() for x in (seen, light)]
    assert colour[0] < 0.4 * colour[1]


def test_smearing_takes_what_is_no_larger_than_the_noise_and_leaves_edges():
    light = flat(0.2)
    light[..., 32:] = 0.6
    noisy, smeared = (sensor(read=4e-4, smearing=share).photograph(light, dice()) for share in (0.0, 1.0))
    assert smeared[..., :24].std() < 0.5 * noisy[..., :24].std()
    steps = [float((picture[..., 34] - picture[..., 29]).mean()) for picture in (noisy, smeared)]
    assert steps[1] == pytest.approx(steps[0], rel=0.15)
    sharp = sensor(read=1e-8, smearing=1.0).photograph(light, dice())
    assert (sharp - light).abs().mean() < 0.003


def test_local_tone_mapping_dims_what_is_clipped_and_the_light_of_even_places_is_known():
    camera = sensor(dimming=0.1)
    assert (camera.developed(flat(2.0)) - 0.9).abs().max() < 1e-5
    assert (camera.inverse(camera.developed(flat(0.5))) - 0.5).abs().max() < 1e-3
    lamp = flat(0.2)
    lamp[..., 24:40, 24:40] = 2.0
    seen = camera.developed(lamp)
    assert (seen[..., 32, 32] > 0.905).all()
    assert (seen[..., 20, 32] < seen[..., 2, 2] - 0.001).all()


def test_sharpening_adds_its_amount_of_the_finest_pattern_and_leaves_what_is_even():
    board = 0.5 + 0.1 * (torch.arange(16) % 2 * 2 - 1).expand(1, 3, 16, 16)
    seen = sharpened(board, torch.tensor([0.5]))
    assert (seen[..., 4:-4] - (0.5 + 1.5 * (board - 0.5))[..., 4:-4]).abs().max() < 1e-6
    assert torch.equal(sharpened(board, torch.zeros(1)), board)
    assert (sharpened(torch.full((1, 3, 8, 8), 0.3), torch.ones(1)) - 0.3).abs().max() < 1e-6


def test_light_above_the_knee_spills_into_the_other_channels_and_no_other_does():
    light = torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1).expand(COUNT, -1, 8, 8)
    seen = [sensor(crosstalk=0.5, knee=knee).developed(light) - light for knee in (0.95, 0.7)]
    assert seen[0].abs().max() < 1e-5
    assert (seen[1][:, 1:] - 0.1).abs().max() < 1e-5


def test_a_file_holds_so_many_levels_and_is_a_jpeg_only_where_it_has_a_quality():
    codes = torch.rand(COUNT, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    quality = torch.where(torch.arange(COUNT) % 2 == 0, 80.0, 0.0)
    seen = replace(sensor(levels=255.0), quality=quality).saved(codes)
    wrong = (seen - codes).abs().amax((1, 2, 3))
    assert ((255 * seen).round() - 255 * seen).abs().max() < 1e-3
    assert (wrong[1::2] < 0.51 / 255).all() and (wrong[::2] > 2 / 255).all()


def test_the_ideal_picture_has_the_look_and_neither_noise_nor_loss():
    camera = Camera.with_sensor(dice(), mosaic=0.5)
    light = torch.rand(COUNT, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    quiet = replace(camera, shot=torch.zeros(COUNT), read=torch.zeros(COUNT))
    assert torch.equal(camera.developed(light), quiet.developed(light, dice()))
    deep = replace(quiet, levels=torch.full((COUNT,), 65535.0), quality=torch.zeros(COUNT))
    assert (deep.photograph(light, dice()) - camera.developed(light)).abs().max() < 1e-5


def test_the_same_dice_make_the_same_photograph():
    light = torch.rand(COUNT, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    first, second = (Camera.with_sensor(d, mosaic=0.5).photograph(light, d) for d in (dice(3), dice(3)))
    assert torch.equal(first, second)
    assert first.min() >= 0 and first.max() <= 1


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


def test_a_jpeg_may_have_any_size():
    codes = torch.rand(1, 3, 23, 34, generator=torch.Generator().manual_seed(0))
    seen = jpeg(codes, torch.tensor([98.0]), torch.zeros(1))
    assert seen.shape == codes.shape and (seen - codes).abs().mean() < 0.02
