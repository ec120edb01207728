"""The time left: from the work so far, from what such jobs took before, and in words."""

import pytest

from libhdrnet.remaining import Clock, in_words
from libhdrnet.tasks import durations


class Time:
    """A clock's hand that the test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def run(clock, time, moments):
    """Report tenths at given seconds; returns the times left."""
    told = []
    for step, moment in enumerate(moments):
        time.now = moment
        told.append(clock.left(step / 10))
    return told


def test_without_history_the_work_so_far_tells_and_its_beginning_does_not():
    time = Time()
    told = run(Clock(now=time), time, range(0, 101, 10))
    assert told[0] is None
    assert told[1:] == pytest.approx([90, 80, 70, 60, 50, 40, 30, 20, 10, 0])


def test_with_history_the_first_word_is_right_although_stages_differ_in_pace():
    time = Time()
    uneven = [0, 1, 2, 3, 4, 5, 6, 7, 8, 50, 100]
    first = Clock(now=time)
    run(first, time, uneven)
    second_time = Time()
    second = Clock(first.seconds(), first.course(), now=second_time)
    told = run(second, second_time, uneven)
    assert told == pytest.approx([100 - moment for moment in uneven], abs=0.5)


def test_a_machine_that_is_busier_than_before_is_noticed_without_a_jump():
    time = Time()
    told = run(Clock(50, now=time), time, range(0, 101, 10))
    assert max(after - before for before, after in zip(told, told[1:], strict=False)) < 10
    assert told[0] == 50 and told[8] > 5


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (4, ""), (12, "about 10 s left"), (58, "about 1 min left"), (200, "about 3 min left"),
     (7000, "about 2 h left")],
)  # fmt: skip
def test_the_words_are_round_and_said_only_where_they_are_worth_it(seconds, words):
    assert in_words(seconds) == words


def test_what_a_job_took_is_remembered_for_the_next_of_its_kind(tmp_path, monkeypatch):
    monkeypatch.setattr(durations, "_path", lambda: tmp_path / "folder/durations.json")
    time = Time()
    clock = Clock(now=time)
    run(clock, time, range(0, 101, 10))
    kind = durations.kind_of("merge", {"model": None, "device": "cpu"})
    durations.remember(kind, 2_000_000, clock)
    assert durations.clock_of(kind, 4_000_000).left(0) == pytest.approx(200, abs=1)
    assert durations.clock_of("another", 4_000_000).left(0) is None
    (tmp_path / "folder/durations.json").write_text('{"merge auto cpu": {"seconds": "soon"}}')
    assert durations.clock_of(kind, 1).left(0) is None
