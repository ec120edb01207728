"""Brackets that the server keeps open for previews."""

from pathlib import Path

import numpy as np
import pytest
from commands import write_bracket

from libhdrnet.client import hdrnet_client
from libhdrnet.client.hdrnet_client import InputError, PreviewGoneError
from libhdrnet.server import previews as keeping
from libhdrnet.server.previews import Previews

CPU = {"device": "cpu", "precision": "fp32"}


@pytest.fixture
def server(living):
    with hdrnet_client.connect() as server:
        yield server


def pixels(server, array):
    return np.frombuffer(server.fetch(array), array["dtype"]).reshape(array["shape"])


def test_a_bracket_stays_open_while_options_change(server, tmp_path):
    paths = [str(path) for path in write_bracket(tmp_path)]
    preview = server.preview({"inputs": paths, **CPU})
    first = preview.show({})
    height, width = first["size"]
    assert first["picture"]["shape"] == [height, width, 3] and first["picture"]["dtype"] == "uint8"
    assert [frame["name"] for frame in first["frames"]] == paths and len(first["thumbnails"]) == len(paths)
    assert first["frames"][first["reference"] - 1]["stops"] == 0 and first["full_size"] == [height, width]
    for path in paths:
        Path(path).unlink()  # nothing is read again
    plain = pixels(server, first["picture"])
    brighter = preview.show({"exposure": 1.0})
    assert "thumbnails" not in brighter
    assert pixels(server, brighter["picture"]).mean() > plain.mean() + 10
    assert np.array_equal(pixels(server, preview.show({})["picture"]), plain)
    other = preview.show({"reference": 1, "ev": "-2,0,2"[: 2 * len(paths) + 1]})
    assert other["reference"] == 1


def test_a_preview_does_not_wait_for_a_merge(server, wire, ask_slowly, tmp_path):
    ask_slowly(wire, wire.folder)
    paths = [str(path) for path in write_bracket(tmp_path)]
    assert len(server.preview({"inputs": paths, "threads": 1, **CPU}).show({})["frames"]) == len(paths)
    assert [(job["method"], job["state"]) for job in server.call("status", {})["jobs"]] == [("merge", "running")]
    wire.send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": "slow"}})
    assert wire.receive()["error"]["data"]["kind"] == "CancelledError"


def test_layers_are_named_and_places_chosen_by_hand(server, bracket):
    images, times = bracket()
    arrays = [server.share(image, image.shape) for image in images]
    preview = server.preview({"arrays": arrays, "names": ["a", "b", "c"], **CPU})
    plain = preview.show({"exposure_times": times})
    server.release(*arrays)
    assert [frame["name"] for frame in plain["frames"]] == ["a", "b", "c"] and plain["warnings"] == []
    labels = np.zeros(images[0].shape[:2], np.uint8)
    labels[:20, :20], labels[60:90, 60:90] = 1, 255
    shared = server.share(labels, labels.shape, "uint8")
    chosen = preview.show({"exposure_times": times, "choices": shared, "quick": True})
    differs = (pixels(server, chosen["picture"]) != pixels(server, plain["picture"])).any(-1)
    assert not differs[30:50].any() and chosen["unknown"] > 0.02
    labels[0, 0] = 9
    shared = server.share(labels, labels.shape, "uint8")
    with pytest.raises(InputError, match="choices hold 9"):
        preview.show({"choices": shared})


def test_a_preview_that_is_closed_or_of_another_connection_is_gone_and_opened_again(server, tmp_path):
    paths = [str(path) for path in write_bracket(tmp_path)]
    preview = server.preview({"inputs": paths, **CPU})
    handle = preview.show({})["handle"]
    with hdrnet_client.connect() as other, pytest.raises(PreviewGoneError, match="open the bracket again"):
        other.call("preview", {"handle": handle})
    assert server.call("preview", {"handle": handle, "close": True}) == {"closed": 1}
    with pytest.raises(PreviewGoneError):
        server.call("preview", {"handle": handle})
    assert preview.show({})["handle"] != handle


def test_when_the_server_was_killed_the_bracket_is_opened_again(home, bracket):
    images, times = bracket()
    home.serve()
    with hdrnet_client.connect() as server:
        arrays = [server.share(image, image.shape) for image in images]
        preview = server.preview({"arrays": arrays, **CPU})
        before = pixels(server, preview.show({"exposure_times": times})["picture"])
        home.processes[0].kill()
        home.processes[0].wait()
        again = preview.show({"exposure_times": times})
        assert np.array_equal(pixels(server, again["picture"]), before)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a.png"], r"1 image\(s\) given; give two or more exposures"),
        (["a.png", "missing.png"], "missing.png' does not exist"),
        (["a.png", "note.txt"], "note.txt' is no picture"),
    ],
)
def test_what_is_no_bracket_is_refused_in_one_sentence(server, tmp_path, names, text):
    first = write_bracket(tmp_path)[0]
    Path(first).rename(tmp_path / "a.png")
    (tmp_path / "note.txt").write_text("no picture")
    with pytest.raises(InputError, match=text) as refused:
        server.preview({"inputs": [str(tmp_path / name) for name in names], **CPU}).show({})
    assert str(refused.value).count("\n") == 0


class Held:
    nbytes = 10


def test_few_previews_are_open_and_what_is_unused_goes(monkeypatch):
    kept, owner = Previews(most=2, most_bytes=25), Path("/a")
    first, second = (kept.keep(owner, Held()) for _ in range(2))
    kept.get(owner, first)
    third = kept.keep(owner, Held())
    assert kept.get(owner, first) and kept.get(owner, third)
    with pytest.raises(keeping.PreviewGoneError):
        kept.get(owner, second)
    kept.get(owner, third).nbytes = 20
    kept.get(owner, third)
    with pytest.raises(keeping.PreviewGoneError):
        kept.get(owner, first)
    assert kept.close_idle() == 0
    monkeypatch.setattr(keeping, "IDLE_SECONDS", -1)
    assert kept.close_idle() == 1
    kept.keep(owner, Held())
    assert kept.close(Path("/b")) == 0 and kept.close(owner) == 1
