"""What the network is given where a frame is known to be wrong."""

import numpy as np
import pytest

from libhdrnet.ops.network import tell

TIMES = (0.25, 1.0, 4.0)


@pytest.fixture
def exposures():
    """A function that gives the network's input of one place with these radiances in the three frames."""

    def make(*radiances):
        out = np.empty((3, 6, 1, 1), np.float32)
        for exposure, time, radiance in zip(out, TIMES, radiances, strict=True):
            linear = min(radiance * time, 1.0)
            exposure[:3], exposure[3:] = linear ** (1 / 2.2), linear / (time / min(TIMES))
        return out

    return make


def told(given, *agreement):
    planes = [np.full((1, 1), value, np.float32) for value in agreement]
    tell(given, TIMES, 1, planes)
    return given


def test_a_frame_that_disagrees_tells_what_the_reference_does(exposures):
    given = told(exposures(0.9, 0.1, 0.02), 0, 1, 0)
    np.testing.assert_allclose(given, exposures(0.1, 0.1, 0.1), rtol=1e-5)


def test_a_frame_that_agrees_stays(exposures):
    given = told(exposures(0.9, 0.1, 0.02), 1, 1, 1)
    np.testing.assert_array_equal(given, exposures(0.9, 0.1, 0.02))


def test_a_long_exposure_of_it_saturates(exposures):
    given = told(exposures(0.5, 0.5, 0.01), 1, 1, 0)
    np.testing.assert_allclose(given[2, :3], 1)


@pytest.mark.parametrize(("short", "expected"), [(3.0, 3.0), (0.1, 1.0)])
def test_a_saturated_reference_tells_a_least_light(exposures, short, expected):
    given = told(exposures(short, 2.0, 2.0), 0, 1, 1)
    np.testing.assert_allclose(given[0, 3:], expected * min(TIMES), rtol=1e-5)
    np.testing.assert_allclose(given[0, :3], (expected * min(TIMES)) ** (1 / 2.2), rtol=1e-5)
