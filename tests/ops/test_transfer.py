"""Brightness transfer: what one frame tells of another is found in spite of motion and an unknown response."""

import numpy as np
import pytest

from libhdrnet.ops.transfer import fit_transfer, predict, spread_of


def codes(linear):
    return np.rint(np.clip(linear, 0, 1) ** (1 / 2.2) * 65535).astype(np.uint16)


def errors(transfer, truth, low=0.1, high=0.8):
    x = (np.arange(256) + 0.5) / 256
    inside = (x > low) & (x < high)
    return np.abs(transfer - truth(x))[:, inside].max()


def test_exposures_that_fit_give_the_nominal_line(scene):
    light = scene(200, 200) ** 2
    transfer = fit_transfer(codes(light), codes(light / 4), 4.0, 0.9)
    assert errors(transfer, lambda x: x * 4 ** (-1 / 2.2)) < 0.004


def test_a_wrong_exposure_and_a_bent_response_are_followed(scene):
    light = scene(200, 200) ** 2
    x = codes(light) / 65535
    bent = 0.7 * x - 0.15 * x**2
    transfer = fit_transfer(codes(light), np.rint(bent * 65535).astype(np.uint16), 4.0, 0.9)
    assert errors(transfer, lambda v: 0.7 * v - 0.15 * v**2) < 0.01


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_what_moves_does_not_bend_the_transfer_nor_widen_its_spread(scene, share):
    light = scene(200, 200) ** 2
    dark = light / 4
    dark[: int(200 * share)] = scene(200, 200, seed=5)[: int(200 * share)]
    transfer = fit_transfer(codes(light), codes(dark), 4.0, 0.9)
    assert errors(transfer, lambda x: x * 4 ** (-1 / 2.2)) < 0.02
    assert spread(light, codes(dark))[60:180].max() < 0.02


def spread(light, dark):
    gap = dark[..., 1] / 65535 - predict(codes(light), dark, 4.0, 0.9)[0][..., 1]
    return spread_of(codes(light)[..., 1], np.abs(gap).astype(np.float32), 0.9)


def test_noise_is_the_spread(scene):
    light = scene(300, 300) ** 2
    dark = codes(light / 4) / 65535 + np.random.default_rng(0).normal(0, 0.02, light.shape)
    found = spread(light, np.rint(dark.clip(0, 1) * 65535).astype(np.uint16))
    assert np.median(found[60:180]) == pytest.approx(0.02, rel=0.2)


def test_the_darker_frame_is_predicted_from_the_brighter_one(scene):
    light = scene(200, 200) ** 2
    predicted, floor = predict(codes(light), codes(light / 4), 4.0, 0.9)
    below = codes(light) < 0.9 * 65535
    assert np.abs(predicted - codes(light / 4) / 65535)[below].max() < 0.006
    assert floor == pytest.approx(np.full(3, 0.9 * 4 ** (-1 / 2.2)), abs=0.006)


def test_a_single_pixel_gives_the_nominal_line():
    one = np.full((1, 1, 3), 30000, np.uint16)
    assert errors(fit_transfer(one, one, 4.0, 0.9), lambda x: x * 4 ** (-1 / 2.2)) < 1e-6
