"""Where the parts of a plot of a metric over all scenes lie: a line for each scene, a mark for each method.

Places across are in percent and text is in pixels, so that it is as readable on a phone as on a desktop.
"""

import math
from collections.abc import Sequence
from typing import Any

from libhdrnet.research.evaluation.tables import Result, formatted

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a")
"""Told apart also by the colour-blind (Okabe and Ito)."""
SHAPES = (
    '<circle r="6"/>', '<rect x="-5" y="-5" width="10" height="10"/>', '<path d="M0-7 7 0 0 7-7 0z"/>',
    '<path d="M0-7 7 5-7 5z"/>',
)  # fmt: skip
_ROW, _TOP, _LEFT, _RIGHT = 36, 8, 3.0, 97.0


def plot(metric: str, results: Sequence[Result]) -> dict[str, Any]:
    """Lay out `metric` of the results that have it: methods, ticks, and of each scene its line and marks."""
    own = [result for result in results if metric in result.get("figures", {})]
    scenes, methods = (list(dict.fromkeys(result[name] for result in own)) for name in ("scene", "title"))
    values = [result["figures"][metric] for result in own]
    ticks = _ticks(min(values), max(values))
    low, high = min(ticks[0], *values), max(ticks[-1], *values)

    def across(value: float) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * ((value - low) / (high - low) if high > low else 0.5):.2f}%"

    def marks(scene: str) -> list[dict[str, Any]]:
        return [
            {"number": methods.index(r["title"]), "x": across(r["figures"][metric]),
             "told": f"{scene}, {r['title']}: {formatted(r['figures'][metric])}"}
            for r in own if r["scene"] == scene
        ]  # fmt: skip

    lines = [{"name": s, "y": _TOP + _ROW * i + 26, "marks": marks(s)} for i, s in enumerate(scenes)]
    return {"methods": methods, "ticks": [(f"{tick:g}", across(tick)) for tick in ticks], "scenes": lines,
            "top": _TOP, "bottom": _TOP + _ROW * len(scenes)}  # fmt: skip


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers that reach over low..high."""
    span = max(high - low, abs(high) * 1e-3, 1e-6)
    step = 10.0 ** math.floor(math.log10(span / 3))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (factor * step) <= 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 10) for number in range(first, last + 1)]
