"""Choices in a file, for a merge of files: they count as the array does, and are told in the record."""

import cv2
import numpy as np
import pytest
from commands import write_bracket

from libhdrnet import merge_exposures, tasks
from libhdrnet.errors import HdrnetWarning, InputError, OutputError
from libhdrnet.io import read_photo, read_record
from libhdrnet.io.choices import write_choices

pytestmark = [
    pytest.mark.filterwarnings("ignore:Too little is well exposed"),
    pytest.mark.usefixtures("random_weights"),
]
ENGINE = {"device": "cpu", "precision": "fp32"}
SMALL = np.int16([[0, 0, 3, 3], [0, 2, 0, -1], [0, 2, 0, -1]])


@pytest.fixture
def bracket(tmp_path):
    return write_bracket(tmp_path, size=(48, 64))


@pytest.fixture
def choices(tmp_path):
    write_choices(tmp_path / "choices.png", SMALL)
    return tmp_path / "choices.png"


def merge(paths, output, choices, **options):
    given = {"inputs": [str(path) for path in paths], "output": str(output), "choices": str(choices)}
    return tasks.prepare("merge", {**given, **ENGINE, **options})(tasks.Talk())


def test_a_file_does_what_the_array_does(tmp_path, bracket, choices):
    done = merge(bracket, tmp_path / "o.exr", choices, align=False)
    merged = read_photo(tmp_path / "o.exr").pixels
    whole = cv2.resize(SMALL, (64, 48), interpolation=cv2.INTER_NEAREST)
    for given in (whole, str(choices)):
        assert np.array_equal(merged, merge_exposures(bracket, align=False, **ENGINE, choices=given))
    assert not np.array_equal(merged, merge_exposures(bracket, align=False, **ENGINE))
    record = read_record(tmp_path / "o.exr")
    assert record["choices"] == "choices.png" and record == done.record
    assert record["chosen"] == {"network": 0.16667, "2": 0.16667, "3": 0.16667}


def test_a_frame_left_out_is_chosen_nowhere_and_the_others_keep_their_numbers(tmp_path, bracket, choices):
    torn = bracket[1]
    torn.write_bytes(b"torn")
    with pytest.warns(HdrnetWarning, match="left out"):
        merge(bracket, tmp_path / "o.exr", choices, align=False, skip_unreadable=True)
    assert read_record(tmp_path / "o.exr")["chosen"] == {"network": 0.16667, "2": 0.16667}  # frame 3 of three
    write_choices(choices, np.full((3, 4), 4))
    with pytest.warns(HdrnetWarning), pytest.raises(InputError, match="choices hold 4"):
        merge(bracket, tmp_path / "p.exr", choices, align=False, skip_unreadable=True)


def test_choices_that_do_not_fit_and_outputs_that_would_replace_them_are_refused(tmp_path, bracket, choices):
    with pytest.raises(OutputError, match="is the input"):
        merge(bracket, tmp_path / "o.exr", choices, mask=str(choices), overwrite=True)
    write_choices(choices, np.zeros((4, 4), int))
    with pytest.raises(InputError, match="aspect ratio"):
        merge(bracket, tmp_path / "o.exr", choices)
    assert not (tmp_path / "o.exr").exists()
