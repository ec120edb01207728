"""What a review merges is what `hdrnet merge --choices` and `merge_exposures(choices=...)` make of the same choices."""

import json

import cv2
import numpy as np
import pytest
from commands import TIMEOUT, start, write_bracket
from reviews import ENGINE, reviewing, until

from libhdrnet import merge_exposures
from libhdrnet.io import read_photo, read_record
from libhdrnet.io.choices import read_choices

LOOK = {"reference": 2, "deghost": 0.7}
SIZE = (96, 128)


def alike(one, other):
    """The same but for the last bits, which differ from process to process with the threads of its libraries."""
    return np.allclose(one, other, rtol=1e-5, atol=1e-6)


def labels_of(facts):
    """A map of labels in which every kind is."""
    labels = np.zeros((facts["height"], facts["width"]), np.uint8)
    height, width = labels.shape
    labels[: height // 3, : width // 2] = 1
    labels[height // 2 :, : width // 3] = 3
    labels[height // 2 :, width // 2 :] = 255
    return labels


def merge(review, labels, **look):
    status, _, text = review.ask("POST", "merge", labels.tobytes(), settings=json.dumps({**LOOK, **look}))
    assert status == 200, text


def test_a_merge_is_that_of_its_choices_and_never_replaces_anything(tmp_path):
    bracket = write_bracket(tmp_path, size=SIZE)
    with reviewing(*bracket) as review:
        facts, events = review.opened()
        labels = labels_of(facts)
        merge(review, labels)
        assert until(events, "merged")["message"] == f"Wrote {tmp_path / 'a-hdr.exr'}, {tmp_path / 'a-hdr-choices.png'}"
        assert review.read()["outputs"] == [str(tmp_path / "a-hdr.exr"), str(tmp_path / "a-hdr-choices.png")]
        before = (tmp_path / "a-hdr.exr").read_bytes()
        merge(review, labels * 0)
        assert until(events, "merged")["message"] == f"Wrote {tmp_path / 'a-hdr-2.exr'}"
        assert (tmp_path / "a-hdr.exr").read_bytes() == before

    merged = read_photo(tmp_path / "a-hdr.exr").pixels
    choices = np.where(labels == 255, -1, labels.astype(int))
    assert np.array_equal(read_choices(tmp_path / "a-hdr-choices.png"), choices)
    record = read_record(tmp_path / "a-hdr.exr")
    assert record["choices"] == "a-hdr-choices.png" and set(record["chosen"]) == {"1", "3", "network"}
    whole = cv2.resize(np.int16(choices), SIZE[::-1], interpolation=cv2.INTER_NEAREST)
    options = {"reference": 1, "deghost": 0.7, "device": "cpu", "precision": "fp32"}
    assert alike(merged, merge_exposures(bracket, choices=whole, **options))
    words = ("--choices", tmp_path / "a-hdr-choices.png", "--reference", 2, "--deghost", 0.7, *ENGINE)
    assert start("merge", *bracket, "-o", tmp_path / "by-command.exr", *words).wait(TIMEOUT) == 0
    assert alike(merged, read_photo(tmp_path / "by-command.exr").pixels)
    plain = read_photo(tmp_path / "a-hdr-2.exr").pixels
    assert alike(plain, merge_exposures(bracket, **options)) and not alike(plain, merged)


def test_a_review_goes_on_with_choices_from_a_file(tmp_path):
    bracket = write_bracket(tmp_path, size=SIZE)
    with reviewing(*bracket, "-o", tmp_path / "one.png") as review:
        facts, events = review.opened()
        labels = labels_of(facts)
        merge(review, labels, exposure=1.0, tone="fusion")
        assert not until(events, "merged")["failed"]
    assert read_record(tmp_path / "one.png")["tone_map"]["style"] == "fusion"
    with reviewing(*bracket, "--choices", tmp_path / "one-choices.png", "-o", tmp_path / "two.exr") as review:
        facts, events = review.opened()
        assert review.ask("GET", "labels")[2] == labels.tobytes()
        merge(review, labels)
        assert until(events, "merged")["message"] == f"Wrote {tmp_path / 'two.exr'}"
    assert read_record(tmp_path / "two.exr")["choices"] == "one-choices.png"


def test_a_merge_that_is_cancelled_or_fails_leaves_nothing_and_can_be_made_again(tmp_path):
    bracket = write_bracket(tmp_path, size=(384, 512))
    (tmp_path / "out").mkdir()
    with reviewing(*bracket, "-o", tmp_path / "out" / "o.exr") as review:
        facts, events = review.opened()
        labels = labels_of(facts)
        merge(review, labels)
        status, _, text = review.ask("POST", "merge", labels.tobytes(), settings=json.dumps(LOOK))
        assert status == 400 and b"a merge is being made" in text
        assert review.ask("POST", "cancel")[0] == 200
        told = until(events, "merged")
        assert told["failed"] and "cancelled" in told["message"]
        assert list((tmp_path / "out").iterdir()) == []
        merge(review, labels, reference=9)
        assert "reference 9" in until(events, "merged")["message"] and list((tmp_path / "out").iterdir()) == []
        merge(review, labels)
        assert not until(events, "merged")["failed"]


def test_a_frame_that_cannot_be_read_can_be_left_out(tmp_path):
    bracket = write_bracket(tmp_path, size=SIZE, times=("1/60", "1/30", "1/15", "1/4"))
    torn = tmp_path / "b.jpg"
    torn.rename(tmp_path / "b.dng")
    (tmp_path / "b.dng").write_bytes(b"II*\0 torn")
    bracket[1] = tmp_path / "b.dng"
    with reviewing(*bracket) as review:
        told, events = review.opened()
        assert told["event"] == "failed" and "b.dng" in told["message"] and told["readable"]
        assert b"there is no preview" in review.ask("POST", "merge", settings=json.dumps(LOOK))[2]
        assert review.ask("POST", "open", json.dumps({"skip_unreadable": True}))[0] == 200
        facts = until(events, "opened", "failed")
        assert [frame["name"] for frame in facts["frames"]] == ["a.jpg", "c.jpg", "d.jpg"]
        merge(review, labels_of(facts))
        assert not until(events, "merged")["failed"]
    assert read_record(tmp_path / "a-hdr.exr")["inputs"] == ["a.jpg", "c.jpg", "d.jpg"]


def test_frames_that_do_not_belong_together_are_told_and_end_the_command_as_bad_input(tmp_path):
    bracket = write_bracket(tmp_path, size=SIZE)
    write_bracket(tmp_path, size=(64, 64), times=("1/60",))
    with reviewing(*bracket) as review:
        told, _ = review.opened()
        assert told["event"] == "failed" and not told["readable"]
        review.ask("POST", "leave", json.dumps({"for_good": True}))
        said = json.loads(review.process.communicate(timeout=TIMEOUT)[0].splitlines()[-1])
        assert review.process.returncode == 2 and said["message"] == told["message"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.jpg"], "a.jpg is alone; a review takes two or more exposures"),
        (["a.jpg", "b.jpg", "-o", "a.jpg"], "is the input"),
        (["a.jpg", "b.jpg", "-o", "o.txt"], "o.txt"),
        (["a.jpg", "b.jpg", "--ev", "1"], "1 values for 2 images"),
        (["a.jpg", "b.jpg", "--tone", "none"], "tone 'none' is unknown"),
        (["a.jpg", "b.jpg", "--choices", "a.jpg"], "a.jpg is no PNG"),
        (["a.jpg", "nothing.jpg"], "does not exist"),
    ],
)
def test_what_no_page_is_needed_for_is_told_at_once(tmp_path, monkeypatch, hdrnet, words, message):
    monkeypatch.chdir(tmp_path)
    write_bracket(tmp_path)
    ended = hdrnet("review", *words, "--no-browser")
    assert ended.code == 2 and message in ended.err and "http://" not in ended.out
