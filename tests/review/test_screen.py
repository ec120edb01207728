"""What the preview of a review shows of what was painted is what the merge makes of it."""

import threading

import numpy as np
import pytest
from commands import write_bracket

from libhdrnet import merge_exposures, tone_map
from libhdrnet.engine import Settings
from libhdrnet.errors import CancelledError
from libhdrnet.io.choices import as_choices
from libhdrnet.preview import Preview
from libhdrnet.review.screen import Look, Screen, rgba

LOOK = {"reference": 2, "deghost": 0.5}
SIZE = (96, 128)


@pytest.fixture
def bracket(tmp_path):
    return write_bracket(tmp_path, size=SIZE)


@pytest.fixture
def screen(bracket):
    preview = Preview(bracket, settings=Settings("cpu", "fp32"))
    return Screen(preview, None, threading.Event())


def test_the_preview_of_a_small_bracket_is_its_merge_tone_mapped(bracket, screen):
    labels = np.zeros(SIZE, np.uint8)
    labels[20:60, 10:60] = 1
    labels[50:90, 70:120] = 255
    shown = screen.render(Look(**LOOK, rebuild=True), (0, 0, 128, 96), labels.tobytes(), quick=False)
    merged = merge_exposures(bracket, reference=1, choices=as_choices(labels), device="cpu", precision="fp32")
    off = np.abs(shown.picture / 255 - tone_map(merged))
    assert off.max() < 0.02 and off.mean() < 0.003
    assert (screen.marks[60:80, 80:110] == 2).all()


def test_a_stroke_gives_the_box_that_it_changes(screen):
    whole = screen.render(Look(**LOOK), None, b"", quick=False)
    assert rgba(whole)[0] == (0, 0, 128, 96)
    quick = screen.render(Look(**LOOK), (60, 40, 8, 6), bytes([1]) * 48, quick=True)
    (left, top, width, height), pixels = rgba(quick)
    assert left <= 60 and top <= 40 and left + width >= 68 and top + height >= 46 and width * height < 96 * 128
    part = np.frombuffer(pixels, np.uint8).reshape(height, width, 4)
    assert np.array_equal(part[..., :3], quick.picture[top : top + height, left : left + width])
    same = screen.render(Look(**LOOK), (60, 40, 8, 6), bytes([1]) * 48, quick=True)
    assert rgba(same)[1] == b""


def test_who_asks_for_a_newer_picture_stops_the_one_that_is_made(screen):
    newer = threading.Thread(target=lambda: screen.render(Look(**LOOK), None, b"", quick=True))

    def progress(fraction, stage):
        if newer.ident is None:
            newer.start()
            while screen._waiting == 0:
                pass

    with pytest.raises(CancelledError):
        screen.render(Look(reference=1, deghost=0.5), None, b"", quick=False, progress=progress)
    newer.join(60)
    assert not newer.is_alive()
