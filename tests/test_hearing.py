"""The library's warnings reach whoever asked for the work, and nobody else."""

import threading
import warnings

import pytest

from libhdrnet.errors import HdrnetNote, HdrnetWarning, warn
from libhdrnet.hearing import alike, heard, shown_by, told


def test_each_thread_hears_its_own_warnings_and_the_rest_is_shown_as_before():
    heard = {}
    both_listen, both_warned = threading.Barrier(3), threading.Barrier(3)

    def work(name):
        with told() as heard[name]:
            both_listen.wait(10)
            for _ in range(2):
                warn(f"of {name}")
            warnings.warn("of another library", UserWarning, stacklevel=1)
            both_warned.wait(10)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "other")]
    with pytest.warns() as shown:
        for thread in threads:
            thread.start()
        both_listen.wait(10)
        warn("of nobody's work")
        both_warned.wait(10)
        for thread in threads:
            thread.join(10)
    assert heard == {"one": ["of one"], "other": ["of other"]}
    assert {str(warning.message) for warning in shown} == {"of another library", "of nobody's work"}
    with pytest.warns(HdrnetWarning, match="afterwards"):
        warn("afterwards")


def test_who_asks_within_hears_before_who_shows_and_who_lets_pass_hears_too():
    shown, passed, warned, noted = [], [], [], []
    with shown_by(lambda text, is_note: shown.append((text, is_note)) is None):
        with shown_by(lambda text, is_note: passed.append(text) is not None):
            warn("{what} is lost", HdrnetNote, what="alpha")
        with heard(warned.append, noted.append):
            warn("dark")
            warn("small", HdrnetNote)
            warn(HdrnetNote("made before"))
        warn("late")
    assert passed == ["alpha is lost"]
    assert shown == [("alpha is lost", True), ("late", False)]
    assert (warned, noted) == (["dark"], ["small", "made before"])


def test_warnings_that_differ_in_a_file_or_a_frame_alone_are_one():
    texts = ["'/a.jpg' has no profile: sRGB.", "Frame 1 claims 2.0.", "'/b.jpg' has no profile: sRGB.", "Dark.",
             "Dark.", "Frame 3 claims 2.0."]  # fmt: skip
    assert alike(texts) == [
        "'/a.jpg' has no profile: sRGB. (and 1 more like this)", "Frame 1 claims 2.0. (and 1 more like this)", "Dark."
    ]  # fmt: skip
    texts = [f"'/Ann's {name}.jpg' has no profile: sRGB." for name in "ab"]
    assert alike(texts) == ["'/Ann's a.jpg' has no profile: sRGB. (and 1 more like this)"]
