"""A whole evaluation: `hdrnet eval SET`, from the scenes of a set to results, tables and the report."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libhdrnet._version import __version__
from libhdrnet.cluster import run_jobs
from libhdrnet.engine import check_settings
from libhdrnet.errors import HdrnetError, InputError, explain
from libhdrnet.files import check_new
from libhdrnet.networks import TASKS
from libhdrnet.networks.ablations import ABLATIONS
from libhdrnet.research.evaluation.job import MORE_METRICS, Job, run_job
from libhdrnet.research.evaluation.methods import parse_methods
from libhdrnet.research.evaluation.optional import check_available
from libhdrnet.research.evaluation.report import write_report
from libhdrnet.research.evaluation.scenes import Scene
from libhdrnet.research.evaluation.sets import read_set
from libhdrnet.research.evaluation.store import Store
from libhdrnet.research.evaluation.synthetic import write_synthetic
from libhdrnet.research.evaluation.tables import Table, tables_of
from libhdrnet.research.options import EvaluationOptions, listed
from libhdrnet.research.sets import SYNTHETIC, EvaluationSet, find_set
from libhdrnet.weights import read_card, weights_folder


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation left behind."""

    outputs: tuple[Path, ...]
    tables: tuple[Table, ...]
    failed: tuple[str, ...]
    """"scene, method: why" of what could not be done."""
    measured: int
    """Jobs that were done now; the others were done before."""


def evaluate(
    options: EvaluationOptions,
    *,
    progress: Callable[[float, str], None] = lambda fraction, stage: None,
    note: Callable[[str], None] = lambda text: None,
) -> Evaluation:
    """Run it, or go on where it was stopped.

    Raises:
        InputError: an option, the set's folder, or a run of other settings in its folder.
        OutputError: the folder or the report cannot be written.
    """
    found = _check(options)
    store = Store(options.folder)
    methods = parse_methods(options.methods, found.kind)
    settings = _settings(options)
    root = options.root or write_synthetic(options.set, options.folder / "set")
    scenes = _chosen(read_set(SYNTHETIC.get(options.set, options.set), root), options)
    store.begin(settings, resume=options.resume)
    jobs = [Job(scene, method, options) for scene in scenes for method in (None, *methods)]
    done = {job.key: earlier for job in jobs if (earlier := store.find(job.key)) is not None}
    left = [(job.key, job) for job in jobs if job.key not in done]
    if done:
        note(f"{len(done)} of {len(jobs)} jobs were done before.")
    progress(len(done) / len(jobs), "evaluating")
    failed: list[str] = []
    by_key = {job.key: job for job in jobs}
    for key, result in run_jobs(run_job, left, workers=options.workers, scheduler=options.scheduler):
        if isinstance(result, Exception):
            why = str(result) if isinstance(result, HdrnetError) else explain(result)[0]
            result = {**by_key[key].names, "error": why}
            failed.append(f"{result['scene']}{', ' if result['method'] else ''}{result['method']}: {why}")
            note(f"not done: {failed[-1]}")
        done[key] = result
        store.keep(key, result)
        progress(len(done) / len(jobs), f"{by_key[key].scene.name}, {result['title'] or 'pictures'}")
    results = [done[job.key] for job in jobs]
    ablations = sorted({ABLATIONS[m.ablation].table for m in methods if m.ablation in ABLATIONS})
    tables = tables_of(results, options.set, found.kind, ablations)
    outputs = list(store.finish(results, tables, settings))
    if options.report is not None:
        write_report(options.report, found.title, found.kind, results, tables, settings)
        outputs.append(options.report)
    return Evaluation(tuple(outputs), tuple(tables), tuple(failed), len(left))


def _check(options: EvaluationOptions) -> EvaluationSet:
    """Return the set that is asked for; raise InputError for options that do not fit it, or each other."""
    check_settings(options)
    if options.report is not None:
        if options.report.suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--report {options.report}: is written as HTML; give a name that ends in .html.")
        check_new(options.report, overwrite=options.overwrite)
        if not options.report.resolve().parent.is_dir():
            raise InputError(f"--report {options.report}: its folder is not there; create it first.")
    for name in options.more_metrics:
        if name not in MORE_METRICS:
            raise InputError(f"the metric {name!r} is unknown; --metrics adds {' and '.join(MORE_METRICS)}.")
        check_available(name)
    found = find_set(options.set)
    if options.set in SYNTHETIC and options.root is not None:
        raise InputError(f"the set {options.set!r} is built in; leave --root out.")
    if options.set not in SYNTHETIC and options.root is None:
        raise InputError(f"--root is missing: the folder of {found.title}, with the layout {found.layout}.")
    if options.frames != "linear" and found.holds != "brackets with a truth":
        raise InputError(f"--as {options.frames} is for brackets with a truth; the set {options.set!r} has none.")
    return found


def _settings(options: EvaluationOptions) -> dict[str, Any]:
    """Return what has to be the same for a run to go on."""
    return {
        **{name: getattr(options, name) for name in ("set", "crop", "align", "frames", "precision")},
        "root": None if options.root is None else str(options.root.resolve()),
        "metrics": options.more_metrics,
        "version": __version__,
        "weights": {name: read_card(name, weights_folder()).sha256[:12] for name in TASKS},
    }


def _chosen(scenes: list[Scene], options: EvaluationOptions) -> list[Scene]:
    if options.scenes is not None:
        names = {scene.name for scene in scenes}
        chosen = {word: {word} & names or {*fnmatch.filter(names, word)} for word in listed(options.scenes)}
        if unknown := [word for word, found in chosen.items() if not found]:
            raise InputError(f"the scene {unknown[0]!r} is not in the set; it has {', '.join(sorted(names)[:12])}.")
        scenes = [scene for scene in scenes if any(scene.name in found for found in chosen.values())]
    return scenes[: options.limit]
