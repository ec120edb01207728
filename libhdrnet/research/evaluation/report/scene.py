"""One scene: its figures, two of its pictures side by side under a line that moves, and its maps."""

from collections.abc import Sequence
from html import escape
from typing import Any

from libhdrnet.research.evaluation.pictures import LARGEST_ERROR
from libhdrnet.research.evaluation.tables import HEADINGS, Result, formatted

_VIEWS = {"truth": "truth", "input": "the picture as it is"}


def views_of(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Return the views of a scene by what the page calls them: {"whole": {rendering: data URI}, "detail": ...}."""
    views: dict[str, dict[str, Any]] = {}
    for result in results:
        for name, view in result.get("pictures", {}).get("views", {}).items():
            title = _VIEWS.get(name, name)
            if result["method"]:
                title = result["title"] if name == "result" else f"{result['title']}, camera pictures"
            if title not in views:
                views[title] = view
    return views


def scene_section(index: int, results: Sequence[Result]) -> str:
    """Return the section of one scene; `results` are all of its jobs'."""
    name = results[0]["scene"]
    views = list(views_of(results))
    failed = [f"{r['title'] or 'its pictures'}: {r['error']}" for r in results if "error" in r]
    told = "".join(f'<p class="failed">Not done: {escape(text)}</p>' for text in failed)
    shown = _viewer(index, name, views, results) if views else ""
    inside = f"<h3>{escape(name)}</h3>{told}{_figures(name, results)}{shown}{_crops(results)}{_maps(results)}"
    return f'<article class="scene">{inside}</article>'


def _figures(name: str, results: Sequence[Result]) -> str:
    measured = [result for result in results if result["method"] and "error" not in result]
    metrics = [metric for metric in HEADINGS if any(metric in result["figures"] for result in measured)]
    if not measured:
        return ""
    head = "".join(f'<th scope="col">{escape(HEADINGS[metric])}</th>' for metric in metrics)
    rows = "".join(
        f'<tr><th scope="row">{escape(r["title"])}</th>'
        + "".join(f"<td>{formatted(m, r['figures'].get(m))}</td>" for m in metrics)
        + f"<td>{r['seconds']:.1f}</td></tr>"
        for r in measured
    )
    label = f"Figures of {escape(name)}"
    return (
        f'<details><summary>Figures</summary><div class="scroll" role="region" aria-label="{label}" tabindex="0">'
        f'<table><thead><tr><th scope="col">Method</th>{head}<th scope="col">Seconds</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _viewer(index: int, name: str, views: Sequence[str], results: Sequence[Result]) -> str:
    left, right = _first_pair(views, results)
    told = escape(name)

    def options(chosen: str) -> str:
        return "".join(f"<option{' selected' * (view == chosen)}>{escape(view)}</option>" for view in views)

    return (
        f'<div class="viewer" data-scene="{index}"><div class="controls">'
        f'<label>Left <select class="left">{options(left)}</select></label>'
        f'<label>Right <select class="right">{options(right)}</select></label>'
        f'<label class="exposures">Exposure <input type="range" class="exposure" min="0" max="0" value="0" step="1" '
        f'aria-label="Exposure of {told}"><output></output></label>'
        f'<label class="check"><input type="checkbox" class="detail"> Detail</label></div>'
        f'<div class="stage"><img class="under" alt=""><img class="over" alt="">'
        f'<div class="line" aria-hidden="true"></div>'
        f'<input type="range" class="divider" min="0" max="100" value="50" step="1" '
        f'aria-label="Line between left and right in {told}"></div>'
        f'<p class="sides" aria-hidden="true"><span class="left-name"></span><span class="right-name"></span></p></div>'
    )


def _first_pair(views: Sequence[str], results: Sequence[Result]) -> tuple[str, str]:
    """Return what is shown first: the reference frame, or the input, beside the first method."""
    made = [result["title"] for result in results if result["method"] and result["title"] in views]
    facts: dict[str, Any] = next((result.get("facts", {}) for result in results if not result["method"]), {})
    start = f"frame {facts['reference']}" if "reference" in facts else _VIEWS["input"]
    return (start if start in views else views[0]), (made[0] if made else views[-1])


def _crops(results: Sequence[Result]) -> str:
    parts = []
    for result in results:
        if crops := result.get("pictures", {}).get("crops"):
            text = f"Worst places at 100 %: reference, {result['title']}, Debevec's mean"
            parts.append(
                f'<p class="caption">{escape(text)}</p><div class="scroll" role="region" aria-label="{escape(text)}" '
                f'tabindex="0"><img loading="lazy" src="{crops}" alt="{escape(text)}"></div>'
            )
    return "".join(parts)


def _maps(results: Sequence[Result]) -> str:
    figures = []
    for result in results:
        who = result["title"] or "truth"
        made = result.get("pictures", {})
        for kind, what in (
            ("error", "error"),
            ("error_camera", "error from camera pictures"),
            ("residual", "residual: how far it is from the reference frame, a tone curve apart"),
            ("mask", "what was measured (white), repaired (grey), guessed (black)"),
            ("mask_camera", "the same from camera pictures"),
            ("flow", "flow from the reference to the short frame: hue is direction, brightness length"),
            ("defocus", "defocus map: dark in focus, yellow far out"),
        ):
            if kind in made:
                text = f"{who}: {what}"
                figures.append(
                    f'<figure><img loading="lazy" src="{made[kind]}" alt="{escape(text)}">'
                    f"<figcaption>{escape(text)}</figcaption></figure>"
                )
    if not figures:
        return ""
    scale = ""
    if any(kind in result.get("pictures", {}) for result in results for kind in ("error", "error_camera", "residual")):
        bar = '<i aria-hidden="true"></i>'
        scale = f'<p class="scale">Error <span>0</span>{bar}<span>{LARGEST_ERROR:g} and more</span></p>'
    return f'<div class="maps">{"".join(figures)}</div>{scale}'
