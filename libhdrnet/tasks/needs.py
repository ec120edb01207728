"""Which options of a merge mean something to what is written, for a bracket and for a folder of them."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from libhdrnet.errors import InputError
from libhdrnet.formats import check_depth


def check_needs(options: Any, output: str, preview: str | None) -> None:
    """Raise InputError for an option that is given and means nothing to these outputs, or more than they can hold.

    Args:
        options: a dataclass of options; what it has as it is by default is passed over.
        output: a name, of which the suffix counts.
        preview: the same; None: there is no preview.
    """
    for one in fields(options):
        need = one.metadata.get("needs")
        if need and getattr(options, one.name) != one.default:
            fits = _has(output, need.output) or (preview is not None and _has(preview, need.preview))
            told = f"name an output {' or '.join(need.output)}{', or such a preview' if need.preview else ''}"
            if not fits:
                raise InputError(f"--{one.name.replace('_', '-')} means nothing here: {need.why}; {told}.")
    check_depth(output, options.hdr_bits)


def _has(name: str, suffixes: tuple[str, ...]) -> bool:
    return Path(name).suffix.lower() in suffixes
