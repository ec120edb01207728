import numpy as np
import pytest

from libhdrnet.ops.falsecolour import false_colours


@pytest.mark.parametrize(("height", "scale"), [(60, 24), (1000, 40)])
def test_the_map_lies_above_its_scale_whose_ends_are_its_colours(height, scale):
    radius = np.zeros((height, 400), np.float32)
    radius[:, 200:] = 30
    picture = false_colours(radius, 12)
    assert picture.shape == (height + scale, 400, 3) and picture.dtype == np.uint8
    assert np.array_equal(picture[height + 2, 0], picture[0, 0])
    assert np.array_equal(picture[height + 2, -1], picture[0, -1])
    numbers = picture[height + scale // 2 :]
    assert numbers.max() > 230 and (numbers[:, 80:120] == 0).all() and numbers[:, 360:].max() > 128
