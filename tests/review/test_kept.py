"""Frames that cannot be read, and are left out of a review."""

import pytest
from commands import TIMEOUT, write_bracket

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io.formats import jpeg
from libhdrnet.options import MergeFiles
from libhdrnet.review.desk import Desk


def opened(paths, folder):
    """Open a review that may leave frames out; return it and the last it told of the bracket."""
    inputs = [str(path) for path in paths]
    desk = Desk(MergeFiles(inputs=inputs, output=str(folder / "o.exr"), model="classical", device="cpu"), print)
    told = desk.events.welcome("page")
    desk.open(skip_unreadable=True)
    while (event := told.get(timeout=TIMEOUT))["event"] not in ("opened", "failed"):
        pass
    desk._opening.join()
    return desk, event


def test_frames_are_decoded_once_where_some_may_be_left_out(tmp_path, monkeypatch):
    decoded, decode = [], jpeg.decode
    monkeypatch.setattr(jpeg, "decode", lambda path, **given: decoded.append(path) or decode(path, **given))
    paths = write_bracket(tmp_path)
    desk, event = opened(paths, tmp_path)
    assert event["event"] == "opened" and desk.error is None and sorted(decoded) == paths


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_read_is_left_out_at_once_if_that_was_agreed(tmp_path):
    paths = write_bracket(tmp_path, times=("1/60", "1/30", "1/15", "1/4"))
    paths[1].write_bytes(b"")
    with pytest.warns(HdrnetWarning, match="left out"):
        _, event = opened(paths, tmp_path)
    assert [frame["name"] for frame in event["frames"]] == [paths[index].name for index in (0, 2, 3)]
    paths[2].write_bytes(b"")
    paths[3].write_bytes(b"")
    _, event = opened(paths, tmp_path)
    assert event["event"] == "failed" and "only 1 of 4 images can be read" in event["message"]
