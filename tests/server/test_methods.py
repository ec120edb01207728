"""What the server does when it is asked for pixels."""

from dataclasses import replace

import numpy as np
import pytest
from commands import write_bracket

from libhdrnet import tasks
from libhdrnet.merge import pipeline as merging
from libhdrnet.server import methods


@pytest.mark.parametrize("alpha", [None, np.ones((24, 32), np.float32)])
def test_transparency_that_pixels_do_not_carry_is_told_of_in_one_note(tmp_path, monkeypatch, alpha):
    real = merging.merge
    monkeypatch.setattr(merging, "merge", lambda *args, **options: replace(real(*args, **options), alpha=alpha))
    notes = []
    paths = [str(path) for path in write_bracket(tmp_path)]
    methods.prepare("merge", {"inputs": paths, "model": "classical", "device": "cpu"}, tmp_path)(
        tasks.Talk(note=notes.append)
    )
    assert len([note for note in notes if "transparency" in note]) == (alpha is not None)
