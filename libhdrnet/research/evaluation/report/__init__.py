"""The report: one HTML page that needs nothing else, with tables, plots and pictures to compare.

page.html is its template (Jinja2); style.css and script.js go inside.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from libhdrnet.files import write_whole
from libhdrnet.research.evaluation.pictures import LARGEST_ERROR
from libhdrnet.research.evaluation.tables import HEADINGS, LOWER_IS_BETTER, Result, Table, formatted, measured

_PLOTTED = ("psnr_mu", "psnr_mu_camera", "ssim_mu", "pu21_psnr", "psnr", "ssim", "map_mae", "resid", "blocks", "edges")
_VIEWS = {"truth": "truth", "input": "the picture as it is"}
_MAPS = {
    "error": "error",
    "error_camera": "error from camera pictures",
    "residual": "residual: how far it is from the reference frame, a tone curve apart",
    "mask": "what was measured (white), repaired (grey), guessed (black)",
    "mask_camera": "the same from camera pictures",
    "flow": "flow from the reference to the short frame: hue is direction, brightness length",
    "defocus": "defocus map: dark in focus, yellow far out",
}
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a8a")
"""Told apart also by the colour-blind (Okabe and Ito)."""
_SHAPES = (
    '<circle r="6"/>', '<rect x="-5" y="-5" width="10" height="10"/>', '<path d="M0-7 7 0 0 7-7 0z"/>',
    '<path d="M0-7 7 5-7 5z"/>',
)  # fmt: skip
_ROW, _TOP, _LEFT, _RIGHT = 36, 8, 3.0, 97.0


def write_report(
    path: Path, title: str, kind: str, results: Sequence[Result], tables: Sequence[Table], settings: dict[str, Any]
) -> None:
    """Write the page of the jobs' results, with their pictures; raise OutputError where it cannot be written."""
    environment = Environment(autoescape=True, loader=FileSystemLoader(Path(__file__).parent))
    environment.filters["heading"] = HEADINGS.__getitem__
    scenes: dict[str, list[Result]] = {}
    for result in results:
        scenes.setdefault(result["scene"], []).append(result)
    views = [_views_of(scene) for scene in scenes.values()]
    page = environment.get_template("page.html").render(
        title=title, kind=kind, tables=tables, settings=settings, scenes=scenes, views=views,
        data=json.dumps(views).replace("</", "<\\/"),
        methods={result["title"] for result in results if result["method"]}, measured=measured(results),
        used=[f"{name} {settings[name]}" for name in ("set", "crop", "precision") if settings[name] is not None],
        plots=[(metric, _plot(metric, results)) for metric in _PLOTTED if metric in measured(results)],
        colours=_COLOURS, shapes=_SHAPES, largest_error=LARGEST_ERROR, figure=formatted, best_of=_best,
        measured_of=measured, maps_of=_maps, first_pair=_first_pair,
        count=lambda number: f"{number} scene{'s' * (number != 1)}",
    )  # fmt: skip
    write_whole(path, page.encode("utf-8"))


def _views_of(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Return the views of a scene by what the page calls them: {"whole": {rendering: data URI}, "detail": ...}."""
    views: dict[str, dict[str, Any]] = {}
    for result in results:
        for name, view in result.get("pictures", {}).get("views", {}).items():
            title = _VIEWS.get(name, name)
            if result["method"]:
                title = result["title"] if name == "result" else f"{result['title']}, camera pictures"
            views.setdefault(title, view)
    return views


def _first_pair(views: Sequence[str], results: Sequence[Result]) -> tuple[str, str]:
    """Return what is shown first: the reference frame, or the input, beside the first method."""
    names = list(views)
    made = [result["title"] for result in results if result["method"] and result["title"] in views]
    facts: dict[str, Any] = next((result.get("facts", {}) for result in results if not result["method"]), {})
    start = f"frame {facts['reference']}" if "reference" in facts else _VIEWS["input"]
    return (start if start in views else names[0]), (made[0] if made else names[-1])


def _maps(results: Sequence[Result]) -> list[tuple[str, str, str]]:
    """Return what each map of a scene shows, its kind and its picture."""
    return [
        (f"{result['title'] or 'truth'}: {what}", kind, result["pictures"][kind])
        for result in results for kind, what in _MAPS.items() if kind in result.get("pictures", {})
    ]  # fmt: skip


def _best(table: Table) -> dict[str, float | None]:
    """Best measured figure of each metric, where there is more than one to choose from."""
    best: dict[str, float | None] = {}
    for metric in table.columns:
        values = [row.figures[metric] for row in table.rows if row.origin == "measured" and metric in row.figures]
        best[metric] = (min if metric in LOWER_IS_BETTER else max)(values) if len(values) > 1 else None
    return best


def _plot(metric: str, results: Sequence[Result]) -> dict[str, Any]:
    """Lay out `metric` of the results that have it: methods, ticks, and of each scene its line and marks.

    Places across are in percent and text is in pixels, so that it is as readable on a phone as on a desktop.
    """
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
