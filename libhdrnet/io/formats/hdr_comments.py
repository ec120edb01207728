"""Metadata in the header of Radiance files: tags as comment lines, and the variable CAPDATE.

A tag is a comment "#KEY: VALUE" with Exiv2's key and the value as JSON; "#+" goes on where a line would be long. The
record of how a picture was made is JSON, too, in as many comments "#hdrnet " as it takes.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_LINE = 80
"""Characters: several readers stop at 128."""
_GOES_ON, _RECORD = "#+", "#hdrnet "
_TAG = re.compile(r"#((?:Exif|Xmp|Iptc)\.[^\s\".]+\.[^\s\"]+): (.*)", re.DOTALL)
_CAPDATE, _TAKEN = "CAPDATE=", "Exif.Photo.DateTimeOriginal"


def lines_of(tags: Mapping[str, Any], record: Mapping[str, Any] | None, software: str) -> bytes:
    """Write tags and record as lines for a header, ASCII, each ended by a line feed."""
    lines = [f"SOFTWARE= {software}"]
    if isinstance(taken := tags.get(_TAKEN), str) and re.fullmatch(r"[\d: ]{19}", taken):
        lines.append(f"{_CAPDATE} {taken}")
    for key, value in tags.items():
        text = f"#{key}: {json.dumps(value)}"
        if key.isascii() and _TAG.fullmatch(text):
            lines.append(text[:_LINE])
            lines += [_GOES_ON + text[start : start + _LINE] for start in range(_LINE, len(text), _LINE)]
    text = "" if record is None else json.dumps(record)
    lines += [_RECORD + text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def record_of(lines: Iterable[str]) -> str:
    """Read the record's JSON text; empty if there is none."""
    return "".join(line[len(_RECORD) :] for line in lines if line.startswith(_RECORD))


def tags_of(lines: Iterable[str]) -> dict[str, Any]:
    """Read the tags back; of others' files only when the picture was taken."""
    joined: list[str] = []
    for line in lines:
        if line.startswith(_GOES_ON) and joined:
            joined[-1] += line[len(_GOES_ON) :]
        else:
            joined.append(line)
    tags: dict[str, Any] = {}
    for line in joined:
        if match := _TAG.fullmatch(line):
            try:
                value = json.loads(match[2])
            except (ValueError, RecursionError):
                continue
            value = str(value) if type(value) in (int, float) else value
            if _is_value(value):
                tags[match[1]] = value
        elif line.startswith(_CAPDATE) and (taken := line[len(_CAPDATE) :].strip()):
            tags.setdefault(_TAKEN, taken)
    return tags


def _is_value(value: Any) -> bool:
    """Say whether Exiv2's tags have such values: a text, several, or one for each language."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    # JSON can name halves of surrogate pairs, which no file holds.
    return all(isinstance(part, str) and part.encode("utf-8", "ignore").decode() == part for part in parts)
