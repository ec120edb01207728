"""The command line `hdrnet`. Thin: it parses, has the work done here or by the resident server, and tells.

Exit codes: 0 done, 2 bad input or usage, 3 out of memory, 4 cancelled, 1 anything else.
"""

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Sequence
from typing import Any

from libhdrnet.console import Console
from libhdrnet.errors import HdrnetError, explain
from libhdrnet.parser import parse

OURS = ("command", "json", "quiet", "resident", "browser")
"""Options that are the command line's own; all others are the task's parameters."""


def run() -> int:
    """Be the whole process `hdrnet`: run its command line and return the exit code."""
    atexit.register(gc.freeze)  # at exit Python searches all that torch loaded for cycles, 0.5 s, which frees nothing
    return main()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    words = sys.argv[1:] if argv is None else argv
    console = Console(as_json="--json" in words)
    try:
        options = parse(words)
        console.quiet = options.quiet
        with console.work():
            COMMANDS[options.command](options, console)
    except (Exception, KeyboardInterrupt) as error:
        expected = isinstance(error, HdrnetError | KeyboardInterrupt | MemoryError)
        if not expected and os.environ.get("HDRNET_DEBUG"):
            raise
        text, kind, code = explain(error)
        console.error(text if expected else f"{text} HDRNET_DEBUG=1 shows where.", kind, code)
        return code
    return 0


def _params(options: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(options).items() if name not in OURS}


def _task(options: argparse.Namespace, console: Console) -> None:
    params = _params(options)
    console.progress(0.0, "starting")
    if options.resident:
        from libhdrnet.resident import run_resident

        run_resident(options.command, params, console)
    else:
        _run_here(options.command, params, console)


def _run_here(method: str, params: dict[str, Any], console: Console) -> None:
    from libhdrnet import tasks
    from libhdrnet.engine.memory import keep_freed_memory
    from libhdrnet.tasks.durations import clock_of, kind_of, pixels_of, remember

    keep_freed_memory()
    work = tasks.prepare(method, params)
    kind, pixels = kind_of(method, params), pixels_of(method, params)
    clock = clock_of(kind, pixels)

    def progress(fraction: float, stage: str) -> None:
        console.progress(fraction, stage, clock.left(fraction))

    done = work(tasks.Talk(progress, note=console.note))
    remember(kind, pixels, clock)
    console.result(done.message, **done.as_facts())


def _demo(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.demo import write_bracket
    from libhdrnet.options import Settings, shared

    console.progress(0.0, "writing the bracket")
    inputs = write_bracket(options.output)
    merged, preview = (os.path.join(options.output, name) for name in ("merged.exr", "merged.jpg"))
    params = {"inputs": [str(path) for path in inputs], "output": merged, "preview": preview, "overwrite": True}
    _run_here("merge", {**params, **shared(Settings, options)}, console)


def _pack(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.files import check_new
    from libhdrnet.research.training.bank import make_pack

    out = options.output
    check_new(out, overwrite=options.overwrite)
    console.progress(0.0, "packing the pictures")
    tiles = make_pack(options.data, out)
    console.result(f"wrote {out}, {tiles} pictures, {out.stat().st_size / 1e6:.0f} MB", outputs=[str(out)])


def _train(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.engine.memory import keep_freed_memory
    from libhdrnet.research.training.everything import train_all
    from libhdrnet.research.training.loop import train
    from libhdrnet.research.training.options import Run

    keep_freed_memory()
    run = Run(**_params(options))
    if options.network == "all":
        made = train_all(
            run, lambda name, step, loss, done: console.progress(done, f"{name}, step {step}, loss {loss:.4f}")
        )
    else:
        made = [train(run, lambda step, loss, done: console.progress(done, f"step {step}, loss {loss:.4f}"))]
    console.result(f"wrote {', '.join(map(str, made))}", outputs=[str(path) for path in made])


def _eval(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.research.evaluation.run import evaluate
    from libhdrnet.research.evaluation.tables import as_text
    from libhdrnet.research.options import EvaluationOptions

    done = evaluate(EvaluationOptions(**_params(options)), progress=console.progress, note=console.note)
    paths = [str(path) for path in done.outputs]
    text = "\n\n".join([*map(as_text, done.tables), f"wrote {', '.join(paths)}"])
    console.result(text, outputs=paths, measured=done.measured, failed=list(done.failed))
    if done.failed:
        raise HdrnetError(f"{len(done.failed)} of the jobs failed, the first: {done.failed[0]}")


def _review(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.engine.memory import keep_freed_memory
    from libhdrnet.review.run import review

    keep_freed_memory()
    review(_params(options), console.result, browser=options.browser)


def _batch(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.engine.memory import keep_freed_memory
    from libhdrnet.tasks import Talk
    from libhdrnet.tasks.batch import merge_folder

    keep_freed_memory()
    done = merge_folder(_params(options), Talk(console.progress, note=console.note))
    facts = {name: list(getattr(done, name)) for name in ("outputs", "skipped", "alone", "failed", "others")}
    console.result(done.message, **facts)
    if done.failed:
        raise HdrnetError(f"{len(done.failed)} of the brackets failed, the first: {done.failed[0]}")


def _serve(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.server import serve

    serve(tcp=options.tcp, idle_minutes=options.idle, ready=console.result)


def _status(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.resident import show_status

    show_status(console)


def _stop(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.resident import stop

    stop(console, finish=options.finish)


def _install(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.install.commands import change

    change(options.command, options.target, console.note, into=options.into, dry_run=options.dry_run)
    console.result("nothing was changed." if options.dry_run else "done.")


def _doctor(options: argparse.Namespace, console: Console) -> None:
    from libhdrnet.install.doctor import examine

    examine(console.result, report=options.report)


COMMANDS = {
    "merge": _task,
    "review": _review,
    "batch": _batch,
    "defocus": _task,
    "deblur": _task,
    "demo": _demo,
    "pack": _pack,
    "train": _train,
    "eval": _eval,
    "serve": _serve,
    "status": _status,
    "stop": _stop,
    "install": _install,
    "uninstall": _install,
    "doctor": _doctor,
}


if __name__ == "__main__":
    sys.exit(run())
