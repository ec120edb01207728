"""A metric over all scenes, as inline SVG: a line for each scene, a mark for each method.

Places across are in percent and text is in pixels, so that it is as readable on a phone as on a desktop.
"""

import math
from collections.abc import Sequence
from html import escape

from libhdrnet.research.evaluation.tables import HEADINGS, Result, formatted

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a")
"""Told apart also by the colour-blind (Okabe and Ito)."""
_ROW, _TOP, _LEFT, _RIGHT = 36, 8, 3.0, 97.0
_SHAPES = ("circle", "square", "diamond", "up")


def plot(metric: str, results: Sequence[Result]) -> str:
    """Draw `metric` of the results that have it."""
    own = [result for result in results if metric in result.get("figures", {})]
    scenes = list(dict.fromkeys(result["scene"] for result in own))
    methods = list(dict.fromkeys(result["title"] for result in own))
    values = [result["figures"][metric] for result in own]
    ticks = _ticks(min(values), max(values))
    low, high = min(ticks[0], *values), max(ticks[-1], *values)
    bottom = _TOP + _ROW * len(scenes)
    heading = HEADINGS[metric]
    described = "; ".join(f"{r['scene']}, {r['title']}: {formatted(metric, r['figures'][metric])}" for r in own)
    parts = [
        f'<figure class="plot"><figcaption>{escape(heading)} of each scene</figcaption>{_legend(methods)}',
        f'<svg role="img" width="100%" height="{bottom + 26}" aria-label="{escape(heading)} of each scene">',
        f"<desc>{escape(described)}</desc>",
    ]

    def across(value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * ((value - low) / (high - low) if high > low else 0.5)

    for tick in ticks:
        x = across(tick)
        parts.append(f'<line class="tick" x1="{x:.2f}%" x2="{x:.2f}%" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="axis" x="{x:.2f}%" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for index, scene in enumerate(scenes):
        y = _TOP + _ROW * index + 26
        parts.append(f'<text class="name" x="0" y="{y - 13}">{escape(scene)}</text>')
        parts.append(f'<line class="rail" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        for result in own:
            if result["scene"] == scene:
                number = methods.index(result["title"])
                told = f"{scene}, {result['title']}: {formatted(metric, result['figures'][metric])}"
                parts.append(_mark(number, f"{across(result['figures'][metric]):.2f}%", y, told))
    return "".join([*parts, "</svg></figure>"])


def _mark(number: int, x: str, y: float, told: str) -> str:
    """Draw a mark whose middle is at `x`, which may be in percent: a nested svg moves a shape in pixels."""
    colour, shape = COLOURS[number % len(COLOURS)], _SHAPES[number % len(_SHAPES)]
    drawn = {
        "circle": '<circle r="6"/>',
        "square": '<rect x="-5" y="-5" width="10" height="10"/>',
        "diamond": '<path d="M0-7 7 0 0 7-7 0z"/>',
        "up": '<path d="M0-7 7 5-7 5z"/>',
    }[shape]
    title = f"<title>{escape(told)}</title>" if told else ""
    return f'<svg class="mark" x="{x}" y="{y}" overflow="visible" fill="{colour}">{title}{drawn}</svg>'


def _legend(methods: Sequence[str]) -> str:
    items = (
        f'<li><svg width="16" height="16" aria-hidden="true">{_mark(number, "8", 8, "")}</svg> {escape(method)}</li>'
        for number, method in enumerate(methods)
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers that reach over low..high."""
    span = max(high - low, abs(high) * 1e-3, 1e-6)
    step = 10.0 ** math.floor(math.log10(span / 3))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (factor * step) <= 4)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 10) for number in range(first, last + 1)]
