"""Lists of brackets: what is written is read again, and what makes no sense is said."""

import pytest

from libhdrnet.errors import InputError
from libhdrnet.tasks.lists import as_list, read_list


@pytest.fixture
def folder(tmp_path):
    for name in ("a 1.jpg", "b.jpg", "c.jpg", "d.jpg"):
        (tmp_path / name).write_bytes(b"picture")
    return tmp_path


def test_a_list_is_read_as_it_was_written(folder):
    brackets = [(folder / "a 1.jpg", folder / "b.jpg"), (folder / "c.jpg",)]
    text = as_list(brackets, {folder / "d.jpg": "made by libhdrnet"})
    (folder / "list.txt").write_text(text)
    assert read_list(folder / "list.txt", folder) == brackets[:1]
    assert "# alone: c.jpg" in text and "# left out: d.jpg (made by libhdrnet)" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("b.jpg | x.jpg", "'x.jpg', which is not in"),
        ("b.jpg | c.jpg\nc.jpg | d.jpg", "'c.jpg' twice"),
        ("b.jpg", "'b.jpg' alone"),
    ],
)
def test_what_a_list_cannot_mean_is_told(folder, text, message):
    (folder / "list.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_list(folder / "list.txt", folder)


def test_a_list_that_is_not_there_is_told(folder):
    with pytest.raises(InputError, match=r"none.txt.*--list"):
        read_list(folder / "none.txt", folder)
