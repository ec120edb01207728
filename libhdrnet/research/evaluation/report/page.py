"""The page as a whole."""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from libhdrnet.files import write_whole
from libhdrnet.research.evaluation.report.plot import plot
from libhdrnet.research.evaluation.report.scene import scene_section, views_of
from libhdrnet.research.evaluation.tables import HEADINGS, LOWER_IS_BETTER, Result, Table, formatted

_PLOTTED = ("psnr_mu", "psnr_mu_camera", "ssim_mu", "pu21_psnr", "psnr", "ssim", "map_mae", "resid", "blocks", "edges")
_NO_TRUTH = "<p>There is no truth to measure by.</p>"
_ONLY_INLINE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write_report(
    path: Path, title: str, kind: str, results: Sequence[Result], tables: Sequence[Table], settings: dict[str, Any]
) -> None:
    """Write the page; `results` are those of the jobs, with their pictures.

    Raises:
        OutputError: it cannot be written.
    """
    write_whole(path, page(title, kind, results, tables, settings).encode("utf-8"))


def page(
    title: str, kind: str, results: Sequence[Result], tables: Sequence[Table], settings: dict[str, Any]
) -> str:  # fmt: skip
    """Return the page as text."""
    assets = files(__package__)
    style, script = (assets.joinpath(name).read_text("utf-8") for name in ("style.css", "script.js"))
    names = list(dict.fromkeys(result["scene"] for result in results))
    scenes = [[result for result in results if result["scene"] == name] for name in names]
    methods = dict.fromkeys(result["title"] for result in results if result["method"])
    data = json.dumps([views_of(scene) for scene in scenes]).replace("</", "<\\/")
    what = "merged" if kind == "bracket" else "estimated and deblurred"
    used = ", ".join(f"{name} {settings[name]}" for name in ("set", "crop", "precision") if settings[name] is not None)
    plots = [plot(metric, results) for metric in _PLOTTED if any(metric in r.get("figures", {}) for r in results)]
    parts = [
        f"<header><h1>How good is it? {escape(title)}</h1>",
        f"<p>{_scenes(len(scenes))}, {what} by {len(methods)} methods with libhdrnet "
        f"{escape(str(settings['version']))}. <small>{escape(used)}</small></p>",
        '<nav aria-label="Parts of this page"><a href="#tables">Tables</a> <a href="#plots">Plots</a> '
        '<a href="#scenes">Scenes</a></nav></header>',
        "<noscript><p>The pictures need JavaScript; it runs here and asks nobody else for anything.</p></noscript>",
        '<main><section id="tables"><h2>Tables</h2>', _explained(kind, results), *map(_table, tables), "</section>",
        '<section id="plots"><h2>Scene by scene</h2>', *(plots or [_NO_TRUTH]), "</section>",
        '<section id="scenes"><h2>Scenes</h2>', _help(kind),
        *(scene_section(index, scene) for index, scene in enumerate(scenes)), "</section></main>",
    ]  # fmt: skip
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_ONLY_INLINE}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}: evaluation</title>\n'
        f"<style>\n{style}</style>\n</head>\n"
        f"<body>\n{chr(10).join(parts)}\n"
        f'<script type="application/json" id="views">{data}</script>\n<script>\n{script}</script>\n</body>\n</html>\n'
    )


def _explained(kind: str, results: Sequence[Result]) -> str:
    if any("resid" in result.get("figures", {}) for result in results):
        return (
            "<p>There is no truth: what the reference exposes well has to come back. Residual: PSNR of the difference "
            "from the reference, a tone curve apart; blocks: 8x8 pixels in which it is seen; edges: pixels where it is "
            "steep (seams, outlines); noise: the finest detail of flat places against the reference's; lights: burnt "
            "out blocks that are not as in the next shorter frame; false edges: by saturated pixels, where no frame "
            "has one. Larger is better for the residual, smaller for all others.</p>"
        )
    if kind == "defocus":
        return (
            "<p>PSNR (dB) and SSIM compare the deblurred picture with the sharp one, MAE and MSE the defocus map with "
            "the true one, both divided by the set's largest radius. Larger is better but for MAE and MSE.</p>"
        )
    return (
        "<p>µ: after the µ-law (µ = 5000); L: linear; PU21: as seen on a display of 4000 cd/m². PSNR in dB. "
        "Camera: from frames in a camera's tones, as JPEG, with exposures up to 0.3 EV off, after one tone curve. "
        "Larger is better. HDR-VDP-2 is published only. Where a fusion has no radiometric scale, "
        "one gain was fitted to the reference frame.</p>"
    )


def _help(kind: str) -> str:
    exposure = " The exposure slider shows the radiance lighter or darker." if kind == "bracket" else ""
    return (
        "<p>Drag the line, or use the arrow keys, to compare two pictures of the same place."
        f"{exposure} The detail is where the reference frame (or the input) is farthest from the truth.</p>"
    )


def _table(table: Table) -> str:
    best = {metric: _best(metric, table) for metric in table.columns}
    head = "".join(f'<th scope="col">{escape(HEADINGS[metric])}</th>' for metric in table.columns)
    rows = []
    for row in table.rows:
        cells = []
        for metric in table.columns:
            value = row.figures.get(metric)
            text = formatted(metric, value)
            cells.append(f"<td>{f'<b>{text}</b>' if value is not None and value == best[metric] else text}</td>")
        method = escape(row.method) + (f" <small>({_scenes(row.scenes)})</small>" if row.scenes else "")
        badge = f'<span class="badge {row.origin}">{row.origin}</span>'
        rows.append(f'<tr class="{row.origin}"><th scope="row">{badge} {method}</th>{"".join(cells)}</tr>')
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    caption = escape(table.caption)
    return (
        f'<p class="caption">{caption}</p><div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table>'
        f'<thead><tr><th scope="col">Method</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>{note}'
    )


def _scenes(count: int) -> str:
    return f"{count} scene{'s' * (count != 1)}"


def _best(metric: str, table: Table) -> float | None:
    """Best measured figure, where there is more than one to choose from."""
    values = [row.figures[metric] for row in table.rows if row.origin == "measured" and metric in row.figures]
    if len(values) < 2:
        return None
    return min(values) if metric in LOWER_IS_BETTER else max(values)
