"""Which device and which number format the networks run in."""

import torch

from libhdrnet.errors import InputError
from libhdrnet.options import DEVICES, Settings, check

_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(name: str = "auto") -> torch.device:
    """Return the device `name` ("cuda:1" works too); "auto" takes CUDA, then MPS, then the CPU.

    Raises:
        InputError: the name is unknown or the device is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    if name.split(":")[0] not in DEVICES:
        raise InputError(f"device {name!r} is unknown; choose one of {', '.join(DEVICES)}.")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"device {name!r} is not a device; choose one of {', '.join(DEVICES)}.") from error
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}[device.type]
    if there and device.type == "cuda" and device.index is not None:
        there = device.index < torch.cuda.device_count()
    if not there:
        raise InputError(f"device {name!r} is not available on this machine; use 'auto' or 'cpu'.")
    return device


def choose_precision(device: torch.device, name: str = "auto") -> torch.dtype:
    """Return the number format; "auto" takes 16 bits only where the hardware computes in them.

    Raises:
        InputError: the name is unknown.
    """
    check(Settings, precision=name)
    if name != "auto":
        return _TYPES[name]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "mps":
        return torch.float16
    return torch.bfloat16 if cpu_has_bf16() else torch.float32


def cpu_has_bf16() -> bool:
    """Tell whether the CPU multiplies bf16 in hardware (AVX512-BF16 or AMX); emulation is ten times slower.

    Measured with AVX512-BF16 on tiles of 384 pixels, processor time against float32: PSFNet 0.56, MSFFNet 0.57, the
    defocus network 0.58 (tests/benchmarks/precision_speed.py). torch has to use AVX512, too: ATEN_CPU_CAPABILITY may
    forbid it.
    """
    capabilities = torch.cpu.get_capabilities()
    has = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("amx_tile")
    return bool(has) and torch.backends.cpu.get_cpu_capability() == "AVX512"


def default_tile(device: torch.device) -> int:
    """Edge of a tile in pixels: what the caches of a CPU like, or what a GPU's free memory allows."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # Features of a PSFNet tile take about 3.5 kB a pixel in 16 bits; half of the free memory is ours.
        edge = int((free / 2 / 3500) ** 0.5)
        return max(128, min(2048, edge // 128 * 128))
    return 512 if device.type == "mps" else 384


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
