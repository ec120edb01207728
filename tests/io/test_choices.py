"""Choices in a file: what is written is read again, and what an editor of pictures makes of it; all else is refused."""

import imagecodecs
import numpy as np
import pytest

from libhdrnet.errors import InputError
from libhdrnet.io.choices import read_choices, write_choices

CHOICES = np.int16([[0, 1, 2], [-1, 254, 0]])


def save(path, pixels):
    path.write_bytes(imagecodecs.png_encode(pixels))
    return path


def test_choices_come_back_as_they_were(tmp_path):
    write_choices(tmp_path / "c.png", CHOICES)
    assert np.array_equal(read_choices(tmp_path / "c.png"), CHOICES)


def test_grey_may_be_three_channels_and_what_is_transparent_decides_nothing(tmp_path):
    codes = np.uint8([[7, 7], [255, 3]])
    assert read_choices(save(tmp_path / "rgb.png", np.dstack([codes] * 3))).tolist() == [[7, 7], [-1, 3]]
    erased = np.dstack([codes, codes, codes, np.uint8([[255, 0], [0, 255]])])
    assert read_choices(save(tmp_path / "rgba.png", erased)).tolist() == [[7, 0], [0, 3]]


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((4, 4), np.uint16), "has 16 bits a channel; choices are a grey PNG of 8 bits"),
        (np.eye(4, dtype=np.uint8)[..., None] * np.uint8([1, 2, 3]), "holds colours; choices are a grey PNG"),
    ],
)
def test_other_pictures_are_refused(tmp_path, pixels, message):
    with pytest.raises(InputError, match=message):
        read_choices(save(tmp_path / "c.png", pixels))


def test_what_is_no_png_is_refused(tmp_path):
    (tmp_path / "c.png").write_bytes(imagecodecs.jpeg8_encode(np.zeros((8, 8), np.uint8)))
    with pytest.raises(InputError, match=r"c\.png is no PNG; choices are"):
        read_choices(tmp_path / "c.png")
    with pytest.raises(InputError, match="does not exist"):
        read_choices(tmp_path / "none.png")
