"""Who hears the library's warnings: whoever asked for the work, also where several threads work at once."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from libhdrnet.errors import LISTENERS, sentence

Tell = Callable[[str], None]
_NAMED = re.compile(r"'.*'|(?<=[Ff]rame )\d+", re.DOTALL)
"""What warnings of one kind differ in: to the last quotation mark, for a folder's name may have one, too."""
_EAR: ContextVar[tuple[Tell, Tell] | None] = ContextVar("ear", default=None)


@contextmanager
def shown_by(show: Callable[[str, bool], bool]) -> Iterator[None]:
    """Have the library's warnings shown by `show(text, is_note)`, in all threads; where it returns False, as before."""
    LISTENERS.append(show)
    try:
        yield
    finally:
        LISTENERS.remove(show)


def _tell_ear(text: str, is_note: bool) -> bool:
    ear = _EAR.get()
    if ear is not None:
        ear[is_note](text)
    return ear is not None


@contextmanager
def heard(warn: Tell, note: Tell = lambda _text: None) -> Iterator[None]:
    """Tell the library's warnings and notes inside, in this context, and not what other threads do meanwhile."""
    token = _EAR.set((warn, note))
    try:
        with shown_by(_tell_ear):
            yield
    finally:
        _EAR.reset(token)


@contextmanager
def told() -> Iterator[list[str]]:
    """Collect the library's warnings, each once, without its notes."""
    texts: list[str] = []
    with heard(lambda text: None if text in texts else texts.append(text)):
        yield texts


def alike(texts: Iterable[str]) -> list[str]:
    """Return each text once; of those that differ in a file or a frame alone the first, and how many there are."""
    groups: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        groups.setdefault(_NAMED.sub("", text), []).append(text)
    return [
        sentence("{text} (and {count} more like this)", text=first, count=len(others)) if others else first
        for first, *others in groups.values()
    ]
