"""OpenEXR: linear half, float or integer channels; the first flat part with a picture, its display window.

Alpha is associated in OpenEXR: colours are stored as they shine, already multiplied by it. Light where alpha is 0 is
legal (a flame, a glow: it adds to what lies behind), so it is never divided out here.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from libhdrnet.errors import InputError, readable, warn
from libhdrnet.io.chromaticities import rec709_matrix
from libhdrnet.io.colour import REC709
from libhdrnet.io.formats.decoded import Array, Decoded, Header
from libhdrnet.io.formats.exr_layout import Part, Window, read_layout

HALF_MAX = 65504.0
_MOST_LISTED = 8


def read_attributes(path: Path) -> dict[str, Any]:
    """Header of the part that `decode` reads; raises InputError as that does."""
    return dict(_picture(read_layout(path), path)[0].attributes)


def header(path: Path) -> Header:
    """Size of the display window; the larger of it and the data window where that has more pixels."""
    part, _ = _picture(read_layout(path), path)
    shown, stored = part.display, part.data
    window = shown if stored.height * stored.width < 4 * shown.height * shown.width else stored
    return Header(window.height, window.width, orientation=1)


def decode(path: Path) -> Decoded:
    """Decode to linear Rec.709 float32, converted by the file's chromaticities; alpha stays associated.

    `whiteLuminance` changes nothing: values are relative, 1.0 = R = G = B = 1 of the file. With `adoptedNeutral` that
    colour becomes neutral and not the chromaticities' white. What is left out is told by a HdrnetWarning: other parts
    with pixels, further channels, pixels outside of the display window, and that pixels are not square.
    """
    parts = read_layout(path)
    part, names = _picture(parts, path)
    matrix = _matrix(part.attributes, path) if len(names) > 2 else np.eye(3)
    channels = _pixels(path, part)
    _warn_of_rest(path, parts, part, names)
    grey = len(names) < 3
    colours = [channels[name] for name in (names[:1] * 3 if grey else names[:3])]
    pixels = np.stack(colours, axis=2, dtype=np.float32, casting="unsafe")
    alpha = channels[names[-1]].astype(np.float32) if len(names) in (2, 4) else None
    del channels, colours
    if not np.array_equal(matrix, np.eye(3)):
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is refused later
            pixels = np.asarray(pixels @ matrix.T.astype(np.float32), np.float32)
    pixels = _place(pixels, part.data, part.display)
    alpha = None if alpha is None else _place(alpha, part.data, part.display)
    return Decoded(pixels, alpha, grey, associated=alpha is not None, linear=True)


def write(
    path: Path, pixels: Array, attributes: Mapping[str, Any], *, alpha: Array | None = None, compression: str = "zip"
) -> None:
    """(H, W) as channel Y or (H, W, 3) as R, G, B, float16 or float32.

    `alpha`: (H, W); the pixels are already multiplied by it. `compression`: "zip", or "dwaa", which loses a little.
    """
    import OpenEXR

    channels = {"Y" if pixels.ndim == 2 else "RGB": np.ascontiguousarray(pixels)}
    if alpha is not None:
        channels["A"] = np.ascontiguousarray(alpha, pixels.dtype)
    head = {
        "compression": OpenEXR.DWAA_COMPRESSION if compression == "dwaa" else OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "chromaticities": REC709,
        **attributes,
    }
    with OpenEXR.File(head, channels) as file:
        file.write(str(path))


def _pixels(path: Path, part: Part) -> dict[str, Array]:
    import OpenEXR

    with OpenEXR.File(str(path), separate_channels=True) as file:
        # The library leaves out parts that it cannot unpack, and goes on.
        found = [candidate for candidate in file.parts if candidate.part_index == part.index]
        if not found or not found[0].channels:
            raise ValueError("its pixels cannot be unpacked")
        return {name: np.asarray(channel.pixels) for name, channel in found[0].channels.items()}


def _picture(parts: Sequence[Part], path: Path) -> tuple[Part, list[str]]:
    """Choose the first flat part with colours, and its channels R, G, B (A) or Y (A)."""
    for part in parts:
        names = _colours(part.channels) if part.is_flat else []
        for name in names:
            every = part.channels[name]
            if every > 1:
                raise InputError(
                    f"'{path}' stores its channel {readable(name, 40)} at a lower resolution (1 of {every} pixels), "
                    "which is not read: save it with all channels in full."
                )
        if names:
            return part, names
    if all(not part.is_flat for part in parts):
        raise InputError(
            f"'{path}' is a deep OpenEXR file ({readable(parts[0].kind, 40)}), many samples a pixel, which is not "
            "read: flatten it in the program it comes from."
        )
    names = [name for part in parts if part.is_flat for name in part.channels]
    if {"RY", "BY"} & {name.rpartition(".")[2].upper() for name in names}:
        raise InputError(f"'{path}' stores luminance and chroma, which are not read: save it as RGB.")
    listed = _listed(names) or "none"
    raise InputError(f"'{path}' has no channels R, G, B or Y (it has {listed}): save it as an RGB picture.")


def _colours(names: Collection[str]) -> list[str]:
    """Channel names of R, G, B (A) or Y (A), of the plain layer if there is one, else of the first; [] without."""
    layers: dict[str, dict[str, str]] = {}
    for name in names:
        layer, _, last = name.rpartition(".")
        layers.setdefault(layer, {})[last.upper()] = name
    for layer in sorted(layers, key=len):
        found = layers[layer]
        colours = ("R", "G", "B") if {"R", "G", "B"} <= found.keys() else ("Y",)
        if set(colours) <= found.keys() and not {"RY", "BY"} & found.keys():
            return [found[key] for key in (*colours, "A") if key in found]
    return []


def _warn_of_rest(path: Path, parts: Sequence[Part], part: Part, names: Collection[str]) -> None:
    """Tell what of the file is not read."""
    rest = [name for name in part.channels if name not in names]
    rest += [
        f"{name} (part '{readable(other.attributes['name'], 20)}')"
        for other in parts
        if other is not part
        for name in other.channels
    ]
    lost = [f"the channels {_listed(rest)}"] if rest else []
    data, shown = part.data, part.display
    if _overlap(data, shown) != (data.height, data.width):
        lost.append(f"pixels outside of the {shown.width} x {shown.height} of the picture (overscan)")
    aspect = float(part.attributes["pixelAspectRatio"])
    if abs(aspect - 1) > 0.01:
        warn(f"'{path}' has pixels {aspect:g} times as wide as high, which are read as square: scale it.")
    if lost:
        of = f" of its part '{readable(part.attributes['name'], 40)}'" if len(parts) > 1 else ""
        warn(f"'{path}': only the channels {_listed(names)}{of} are read; left out are {' and '.join(lost)}.")


def _listed(names: Collection[str]) -> str:
    shown = [readable(name, 40) for name in list(names)[:_MOST_LISTED]]
    more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
    return readable(", ".join([*shown, *more]))


def _matrix(attributes: Mapping[str, Any], path: Path) -> Array:
    try:
        return rec709_matrix(attributes.get("chromaticities", REC709), attributes.get("adoptedNeutral"))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"'{path}' has chromaticities that describe no colours ({error}): save it as Rec.709, or without them."
        ) from error


def _overlap(data: Window, shown: Window) -> tuple[int, int]:
    height = min(data.top + data.height, shown.top + shown.height) - max(data.top, shown.top)
    width = min(data.left + data.width, shown.left + shown.width) - max(data.left, shown.left)
    return max(0, height), max(0, width)


def _place(values: Array, data: Window, shown: Window) -> Array:
    """Crop or pad the data window to the display window, which is the picture; what is not stored is black."""
    if data == shown:
        return values
    result = np.zeros((shown.height, shown.width, *values.shape[2:]), values.dtype)
    height, width = _overlap(data, shown)
    top, left = max(data.top, shown.top), max(data.left, shown.left)
    stored = values[top - data.top :, left - data.left :][:height, :width]
    result[top - shown.top :, left - shown.left :][:height, :width] = stored
    return result
