"""libhdrnet: ghost-free HDR from hand-held brackets, defocus maps and defocus deblurring.

    >>> import libhdrnet
    >>> hdr = libhdrnet.merge_exposures(["a.jpg", "b.jpg", "c.jpg"])  # float32 (H, W, 3), linear
    >>> shown = libhdrnet.tone_map(hdr)  # float32 (H, W, 3), sRGB

`libhdrnet.io` reads and writes pictures, `libhdrnet.preview` shows a merge while its options change, and
`libhdrnet.client.hdrnet_client` asks the resident server; `tests/examples` has ten lines for most of it.

What goes wrong is a HdrnetError, whose message names the file, the value and the way out; what is worth knowing of a
result is a HdrnetWarning.

Torch and everything else that is heavy is imported when a function is first called.
"""

from typing import TYPE_CHECKING, Any

from libhdrnet._version import __version__
from libhdrnet.errors import (
    CancelledError,
    HdrnetError,
    HdrnetWarning,
    InputError,
    OutOfMemoryError,
    OutputError,
    WeightsError,
)

if TYPE_CHECKING:
    from libhdrnet.merge.pipeline import merge_exposures
    from libhdrnet.ops.deblur import deblur
    from libhdrnet.ops.defocus import estimate_defocus
    from libhdrnet.tonemap import tone_map

__all__ = [
    "CancelledError",
    "HdrnetError",
    "HdrnetWarning",
    "InputError",
    "OutOfMemoryError",
    "OutputError",
    "WeightsError",
    "__version__",
    "deblur",
    "estimate_defocus",
    "merge_exposures",
    "tone_map",
]

_HOMES = {
    "deblur": "libhdrnet.ops.deblur",
    "estimate_defocus": "libhdrnet.ops.defocus",
    "merge_exposures": "libhdrnet.merge.pipeline",
    "tone_map": "libhdrnet.tonemap",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'libhdrnet' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
