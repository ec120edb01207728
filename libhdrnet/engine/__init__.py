"""The engine: device and precision, tiles, memory, progress and cancel. Arrays in, arrays out.

Where the processor multiplies bf16 (AVX512-BF16, AMX) the networks run in it by themselves. Radiometry and the first
and last convolution of each network are float32 everywhere; results in bf16 and fp16 differ from those in float32 by
less than -60 dB (mu-law), and a tile that overflows is computed again.

What is here is there without torch, whose import takes seconds; `device`, `models` and `run` need it.
"""

from libhdrnet.engine.progress import CancelCallback, ProgressCallback, Reporter
from libhdrnet.engine.settings import Report, check_settings
from libhdrnet.engine.threads import bounded
from libhdrnet.options import Settings

__all__ = ["CancelCallback", "ProgressCallback", "Report", "Reporter", "Settings", "bounded", "check_settings"]
