"""Means over scenes, and measured figures beside published ones, each marked as what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libhdrnet.research.evaluation.published import ALWAYS, TABLES

HEADINGS = {
    "psnr_mu": "PSNR-µ", "psnr_l": "PSNR-L", "ssim_mu": "SSIM-µ", "ssim_l": "SSIM-L",
    "pu21_psnr": "PU21-PSNR", "pu21_ssim": "PU21-SSIM", "jod": "JOD", "lpips": "LPIPS", "hdr_vdp_2": "HDR-VDP-2",
    "psnr_mu_mask1": "PSNR-µ, mask 1", "psnr_l_mask1": "PSNR-L, mask 1", "ssim_mu_mask1": "SSIM-µ, mask 1",
    "psnr_mu_mask2": "PSNR-µ, mask 2", "psnr_l_mask2": "PSNR-L, mask 2", "ssim_mu_mask2": "SSIM-µ, mask 2",
    "psnr_mu_camera": "PSNR-µ, camera", "psnr_l_camera": "PSNR-L, camera", "ssim_mu_camera": "SSIM-µ, camera",
    "resid": "residual, dB", "blocks": "blocks, %", "edges": "edges, %", "noise": "noise, dB", "lights": "lights, %",
    "shadows": "shadows, %", "false": "false edges, %", "unseen": "unseen edges, %",
    "psnr": "PSNR", "ssim": "SSIM",
    "map_mae": "MAE of the map", "map_mse": "MSE of the map", "reblurred": "blurred again, dB",
}  # fmt: skip
"""What tables call the metrics, in their order."""
LOWER_IS_BETTER = ("lpips", "map_mae", "map_mse", "blocks", "edges", "noise", "lights", "shadows", "false", "unseen")
Result = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A row of a table."""

    origin: str
    """"measured" or "published"."""
    method: str
    figures: dict[str, float]
    """By metric; what is missing was not measured."""
    scenes: int | None = None
    """Over how many scenes it is the mean."""


@dataclass(frozen=True)
class Table:
    """A table to show."""

    caption: str
    columns: tuple[str, ...]
    """Metrics."""
    rows: tuple[Row, ...]
    note: str = ""


def measured(results: Sequence[Result]) -> list[str]:
    """Return the metrics that any of the results has."""
    return [metric for metric in HEADINGS if any(metric in result.get("figures", {}) for result in results)]


def mean_rows(results: Sequence[Result]) -> list[Row]:
    """Return the mean of each method over the scenes for which each metric is there, in the order of the results."""
    rows = []
    for name in dict.fromkeys(result["method"] for result in results if result["method"]):
        own = [result for result in results if result["method"] == name and "error" not in result]
        if not own:
            continue
        figures = {}
        for metric in measured(own):
            values = [result["figures"][metric] for result in own if metric in result["figures"]]
            figures[metric] = sum(values) / len(values)
        rows.append(Row("measured", own[0]["title"], figures, len(own)))
    return rows


def tables_of(results: Sequence[Result], set_name: str, kind: str, ablations: Sequence[str] = ()) -> list[Table]:
    """Make all that was measured into a table, then each published one that belongs beside it.

    `ablations` are the numbers of tables to which methods that were measured belong.
    """
    rows = mean_rows(results)
    columns = measured(results)
    tables = [Table("All that was measured: means over the scenes", tuple(columns), tuple(rows))] if columns else []
    numbers = [] if "resid" in columns else list(ALWAYS[kind])
    if "psnr_mu_mask1" in columns or "psnr_mu_mask2" in columns:
        numbers.append("3.2")
    for number in [*numbers, *(n for n in ablations if n not in numbers)]:
        tables.append(_beside(number, rows, set_name))
    return tables


def _beside(number: str, means: Sequence[Row], set_name: str) -> Table:
    table = TABLES[number]
    rows = [row for row in means if any(metric in row.figures for metric in table.columns)]
    published = [Row("published", name, dict(zip(table.columns, figures, strict=True))) for name, figures in table.rows]
    note = ""
    if set_name != table.measured_on:
        note = f"Published figures are for the set {table.measured_on}, measured ones for {set_name}: do not compare."
    return Table(f"Table {number} of the thesis: {table.caption}", table.columns, (*rows, *published), note)


def formatted(value: float | None) -> str:
    """Write a figure as the thesis does: four digits after the point."""
    return "–" if value is None else f"{value:.4f}"


def as_text(table: Table) -> str:
    """Write a table for a terminal."""
    head = ["", "", *(HEADINGS[metric] for metric in table.columns)]
    lines = [[row.origin, row.method, *(formatted(row.figures.get(m)) for m in table.columns)] for row in table.rows]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]

    def text(line: list[str]) -> str:
        cells = [c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))]
        return "  ".join(cells).rstrip()

    return "\n".join([table.caption, text(head), *map(text, lines), *([table.note] if table.note else [])])
