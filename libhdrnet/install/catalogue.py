"""Catalogues of translations, compiled for gettext: what msgfmt does, which few machines have."""

import re
import struct
from ast import literal_eval

_ENTRY = re.compile(r'^msgid (".*?")\nmsgstr (".*?")\n(?![\t ]*")', re.MULTILINE | re.DOTALL)
_MAGIC = 0x950412DE
_HEADER = 28
"""Bytes before the two tables, each of a length and a place for every text."""


def compiled(text: str) -> bytes:
    """Return the .mo of a .po's text, without contexts and plural forms; what is not translated is left out."""
    pairs = sorted((_joined(source), _joined(target)) for source, target in _ENTRY.findall(text + "\n"))
    pairs = [pair for pair in pairs if pair[1]]
    columns = [source for source, _ in pairs] + [target for _, target in pairs]
    table, texts = b"", b""
    for column in columns:
        table += struct.pack("<2I", len(column), _HEADER + 8 * len(columns) + len(texts))
        texts += column + b"\0"
    places = _HEADER, _HEADER + 8 * len(pairs), 0, _HEADER + len(table)
    return struct.pack("<7I", _MAGIC, 0, len(pairs), *places) + table + texts


def _joined(lines: str) -> bytes:
    """Return the text that is written in quotes, line by line: as in Python."""
    return str(literal_eval(f"({lines})")).encode()
