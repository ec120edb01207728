"""What an option of a merge needs to mean anything: one table, for a bracket and for a folder of them."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from libhdrnet.errors import InputError
from libhdrnet.formats import HDR_BITS, JPEG, WRITE_SUFFIXES, check_depth, suffixes

RADIANCE_SUFFIXES = WRITE_SUFFIXES["radiance"]
_TONED = tuple(suffix for suffix in WRITE_SUFFIXES["display"] if suffix not in RADIANCE_SUFFIXES)


@dataclass(frozen=True)
class _Need:
    options: tuple[str, ...]
    why: str
    output: tuple[str, ...] = ()
    """Suffixes of which the output has one."""
    preview: tuple[str, ...] = ()
    """Or the preview one of these."""
    other: str = ""
    """The option that has to have `value`; instead of suffixes."""
    value: str | None = None


_NEEDS = (
    _Need(("tone", "exposure", "local", "saturation"), "radiance is not tone-mapped",
          _TONED, WRITE_SUFFIXES["display"]),
    _Need(("exr_bits",), "OpenEXR and DNG have that choice", (".exr", ".dng")),
    _Need(("exr_compression",), "OpenEXR has that choice", (".exr",)),
    _Need(("hdr_bits",), "AVIF and JPEG XL have that choice", tuple(HDR_BITS)),
    _Need(("gain_map", "base"), "a gain map goes into a JPEG", JPEG, JPEG),
    _Need(("scale",), "only radiance has a scale", suffixes(holds="linear")),
    _Need(("meter_constant",), "cd/m² are not asked for", other="scale", value="absolute"),
    _Need(("frames",), "the list tells how many pictures a bracket has", other="brackets"),
)  # fmt: skip


def check_needs(options: Any, output: str, preview: str | None) -> None:
    """Raise InputError for an option that is given and means nothing to these outputs, or more than they can hold.

    Args:
        options: a dataclass of options; what it does not have, or has as it is by default, is passed over.
        output: a name, of which the suffix counts.
        preview: the same; None: there is no preview.
    """
    given = [field.name for field in fields(options) if getattr(options, field.name) != field.default]
    for need in _NEEDS:
        for name in need.options:
            if name in given:
                _check(need, name, options, output, preview)
    check_depth(output, options.hdr_bits)


def _check(need: _Need, name: str, options: Any, output: str, preview: str | None) -> None:
    if need.other:
        fits = getattr(options, need.other) == need.value
        way = f"with {_word(need.other)} {need.value}" if need.value else f"without {_word(need.other)}"
        told = f"give it {way}"
    else:
        fits = _has(output, need.output) or (preview is not None and _has(preview, need.preview))
        told = f"name an output {' or '.join(need.output)}{', or such a preview' if need.preview else ''}"
    if not fits:
        raise InputError(f"{_word(name)} means nothing here: {need.why}; {told}.")


def _has(name: str, suffixes: tuple[str, ...]) -> bool:
    return Path(name).suffix.lower() in suffixes


def _word(name: str) -> str:
    return f"--{name.replace('_', '-')}"
