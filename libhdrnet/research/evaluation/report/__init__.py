"""The report: one HTML page that needs nothing else, with tables, plots and pictures to compare.

page.html is its template (Jinja2); style.css and script.js go inside. `plot` lays out a metric over all scenes.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from libhdrnet.files import write_whole
from libhdrnet.research.evaluation.pictures import LARGEST_ERROR
from libhdrnet.research.evaluation.report.plot import COLOURS, SHAPES, plot
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


def write_report(
    path: Path, title: str, kind: str, results: Sequence[Result], tables: Sequence[Table], settings: dict[str, Any]
) -> None:
    """Write the page; `results` are those of the jobs, with their pictures.

    Raises:
        OutputError: it cannot be written.
    """
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
        plots=[(metric, plot(metric, results)) for metric in _PLOTTED if metric in measured(results)],
        colours=COLOURS, shapes=SHAPES, largest_error=LARGEST_ERROR, figure=formatted, best_of=_best,
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
