"""The demo's bracket."""

import cv2
import numpy as np
import pytest
from rendering import render_bracket

from libhdrnet.demo import NAMES, write_bracket
from libhdrnet.errors import OutputError
from libhdrnet.radiometry import encode_srgb


def test_its_pictures_are_those_that_are_rendered(tmp_path):
    paths = write_bracket(tmp_path / "folder é with spaces")
    assert [path.name for path in paths] == list(NAMES)
    for path, frame in zip(paths, render_bracket(200, 300).frames, strict=True):
        small = cv2.resize(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), (300, 200), interpolation=cv2.INTER_AREA)
        assert np.abs(small / 255 - encode_srgb(frame)).mean() < 0.02


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="taken"):
        write_bracket(tmp_path / "taken")
