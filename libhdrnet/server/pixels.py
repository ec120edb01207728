"""Arrays in files: mapped when they come in, written whole when they go out."""

import math
import mmap
import os
import stat
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from libhdrnet.errors import InputError
from libhdrnet.files import output_error
from libhdrnet.server.exchange import file_of

DTYPES = {"float32": "<f4", "uint16": "<u2", "uint8": "|u1"}


def map_array(description: Mapping[str, Any], folder: Path, dimensions: int) -> npt.NDArray[Any]:
    """Map the array that `description` names in `folder`: (H, W, 3), or (H, W) for two dimensions.

    The mapping is private: what is written into it stays with us.

    Raises:
        InputError: the description is wrong, the file is elsewhere, not ours, or not of the size of the shape.
    """
    name, shape, dtype = (description.get(key) for key in ("file", "shape", "dtype"))
    known = set(description) <= {"file", "shape", "dtype"}
    if not known or not isinstance(name, str) or not isinstance(dtype, str) or dtype not in DTYPES:
        raise InputError(f'an array is described by {{"file", "shape", "dtype"}}, dtype one of {", ".join(DTYPES)}.')
    edges = shape if isinstance(shape, list) else []
    whole = all(type(edge) is int and 1 <= edge < 1 << 31 for edge in edges)
    if not whole or len(edges) != dimensions or edges[2:] not in ([], [3]):
        wanted = "[height, width]" if dimensions == 2 else "[height, width, 3]"
        raise InputError(f"the shape of {name[:80]!r} is not {wanted}; give whole numbers from 1.")
    expected = math.prod(edges) * np.dtype(DTYPES[dtype]).itemsize
    path = file_of(name, folder)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({(error.strerror or '').lower()}); share it first.") from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or (hasattr(os, "getuid") and facts.st_uid != os.getuid()):
            raise InputError(f"'{path}' is no file of this user; share it first.")
        if facts.st_size != expected:
            raise InputError(f"'{path}' has {facts.st_size} bytes, but {shape} of {dtype} takes {expected}.")
        mapped = mmap.mmap(handle, expected, access=mmap.ACCESS_COPY)
    finally:
        os.close(handle)
    return np.frombuffer(mapped, DTYPES[dtype]).reshape(edges)


def write_array(array: npt.NDArray[Any], folder: Path, what: str) -> dict[str, Any]:
    """Write an array into `folder` and return its description.

    Raises:
        OutputError: there is no room, or the folder is gone.
    """
    path = folder / f"{what}-{uuid.uuid4().hex}.raw"
    dtype = array.dtype.name
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(np.ascontiguousarray(array, DTYPES[dtype]).data)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise output_error(path, error) from error
    return {"file": str(path), "shape": list(array.shape), "dtype": dtype}


def radii(codes: npt.NDArray[Any], white: float | None) -> npt.NDArray[np.float32]:
    """Return the radii in pixels of a map to look at, integers of which the largest stands for `white`.

    Raises:
        InputError: `white` is no radius.
    """
    if white is None or not (math.isfinite(white) and white > 0):
        raise InputError(f"the map holds integers and map_white is {white}; give the radius in pixels of white.")
    return np.asarray(codes * np.float32(white / np.iinfo(codes.dtype).max), np.float32)
