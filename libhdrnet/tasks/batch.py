"""A folder of pictures: find its brackets and merge each, skip what is done, and sum up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from libhdrnet.cluster import run_jobs
from libhdrnet.errors import HdrnetError, InputError, explain
from libhdrnet.files import sweep, writing
from libhdrnet.formats import READ_SUFFIXES, READABLE, WRITE_SUFFIXES
from libhdrnet.options import BatchOptions, MergeFiles, shared
from libhdrnet.tasks.files import Talk, prepare
from libhdrnet.tasks.lists import as_list, read_list
from libhdrnet.tasks.params import check_needs, read_options
from libhdrnet.tasks.scale import common_exposure


@dataclass(frozen=True)
class Batch:
    """What became of the brackets of a folder."""

    outputs: tuple[str, ...]
    """Written now."""
    skipped: tuple[str, ...]
    """Outputs that were there."""
    alone: tuple[str, ...]
    """Pictures that belong to no bracket."""
    failed: tuple[str, ...]
    """"first picture of the bracket: why"."""
    others: tuple[str, ...] = ()
    """"picture: why" it is none that a camera took: own results, edited copies."""
    listed: str = ""
    """The brackets as text, where only that was asked for."""

    @property
    def message(self) -> str:
        """The summary in one sentence, or the list."""
        if self.listed:
            return self.listed
        others = {
            "were done before": self.skipped, "pictures belong to none": self.alone,
            "are results or copies": self.others, "failed": self.failed,
        }  # fmt: skip
        told = [f"{len(found)} {what}" for what, found in others.items() if found]
        return ", ".join([f"merged {len(self.outputs)} brackets", *told])


def merge_folder(params: Mapping[str, Any], talk: Talk) -> Batch:
    """Merge every bracket in a folder (`BatchOptions`); one that fails does not stop the others.

    Raises:
        InputError: an option or the folder cannot be used, or there is no picture in it.
        OutputError: the folder for the results cannot be made.
    """
    options = read_options(BatchOptions, params)
    folder, out = Path(options.folder), Path(options.output or Path(options.folder) / "hdr")
    if options.format not in WRITE_SUFFIXES["merged"]:
        raise InputError(
            f"--format {options.format!r} is unknown; choose one of {', '.join(WRITE_SUFFIXES['merged'])}."
        )
    check_needs(options, f"a {options.format}", "a .jpg" if options.preview else None)

    brackets, others = _find(folder, options)
    alone = tuple(str(paths[0]) for paths in brackets if len(paths) == 1)
    left_out = tuple(f"{path}: {why}" for path, why in others.items())
    if options.list:
        return Batch((), (), alone, (), left_out, as_list(brackets, others))
    jobs = _named([paths for paths in brackets if len(paths) > 1], out, options)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    sweep(out)
    left = {job.output: job for job in jobs if options.overwrite or not Path(job.output).exists()}
    skipped = tuple(job.output for job in jobs if job.output not in left)
    if options.scale == "common":
        left = _on_the_scale_of(skipped, left)
    outputs: list[str] = []
    failed: list[str] = []
    tell = talk.progress or (lambda fraction, stage: None)

    def within(fraction: float, stage: str) -> None:
        done = len(outputs) + len(failed)
        tell((done + fraction) / len(left), f"bracket {done + 1} of {len(left)}: {stage}")

    here = options.workers is None and options.scheduler is None
    merge = partial(_merge, within if here else None)  # other processes have no way to tell their progress
    done = run_jobs(merge, list(left.items()), workers=options.workers, scheduler=options.scheduler)
    for count, (key, result) in enumerate(done, 1):
        name = Path(left[key].inputs[0]).name
        if isinstance(result, Exception):
            failed.append(f"{name}: {result if isinstance(result, HdrnetError) else explain(result)[0]}")
            talk.note(f"not done: {failed[-1]}")
        else:
            outputs.append(key)
            talk.note(f"wrote {key} from {', '.join(Path(path).name for path in left[key].inputs)}")
        tell(count / len(left), f"{count} of {len(left)} brackets")
    return Batch(tuple(outputs), skipped, alone, tuple(failed), left_out)


def _merge(progress: Callable[[float, str], None] | None, files: MergeFiles) -> list[str]:
    """Do the job of one bracket."""
    if Path(files.output).exists() and not files.overwrite:
        return [files.output]  # by a worker that died before it could tell
    if files.preview and _is_of(files.preview, files.inputs):
        files = replace(files, overwrite=True)  # one that was stopped before it wrote the result
    return prepare("merge", vars(files))(Talk(progress)).outputs


def _on_the_scale_of(done: Sequence[str], jobs: dict[str, MergeFiles]) -> dict[str, MergeFiles]:
    """Give jobs the common exposure of what is done: pictures that came later may have changed the first bracket.

    Raises:
        InputError: what is done has another scale.
    """
    for path in done:
        record = _record_of(path)
        if record.get("scale", "common") != "common":
            raise InputError(f"{path} was merged on another scale; merge all again with --overwrite.")
        exposure = record.get("common_exposure")
        if isinstance(exposure, float) and exposure > 0:
            return {key: replace(job, common_exposure=exposure) for key, job in jobs.items()}
    return jobs


def _is_of(preview: str, inputs: Sequence[str]) -> bool:
    """Say whether a preview is there that a merge of these files wrote."""
    merged = _record_of(preview).get("inputs")
    names = [Path(path).name for path in inputs]
    return isinstance(merged, list) and len(merged) > 0 and all(name in names for name in merged)


def _record_of(path: str) -> dict[str, Any]:
    """Return how a file was made; empty where there is none, or it does not tell."""
    from libhdrnet.io import read_record

    try:
        return read_record(path) or {}
    except (InputError, OSError):
        return {}


def _find(folder: Path, options: BatchOptions) -> tuple[Sequence[tuple[Path, ...]], Mapping[Path, str]]:
    """Return the brackets, pictures alone among them, and what is no picture of a camera, and why."""
    frames = options.frames
    if options.ev is not None or options.times is not None:
        said = (options.ev or options.times or "").count(",") + 1
        if frames not in (None, said):
            raise InputError(f"--frames {frames} and {said} exposures do not fit together; give one of them.")
        frames = said
    if frames is not None and frames < 2:
        raise InputError(f"--frames {frames} is out of range; a bracket has two or more.")
    if options.brackets is not None:
        return read_list(Path(options.brackets), folder), {}

    from libhdrnet.io import find_brackets

    found = find_brackets(_pictures(folder), frames=frames)
    return [bracket.paths for bracket in found.brackets], found.others


def _pictures(folder: Path) -> list[Path]:
    try:
        found = [
            path
            for path in sorted(folder.iterdir())
            if path.suffix.lower() in READ_SUFFIXES and not path.name.startswith(".") and path.is_file()
        ]
    except OSError as error:
        raise InputError(f"{folder} cannot be read as a folder ({error.strerror}); give one with pictures.") from error
    if not found:
        raise InputError(f"{folder} holds no pictures; give a folder with brackets ({READABLE}).")
    return found


def _named(brackets: Iterable[tuple[Path, ...]], out: Path, options: BatchOptions) -> list[MergeFiles]:
    """Give each bracket the name of its first picture; a RAW and a JPEG of one name are told apart.

    So are a.jpg and A.png, since many disks take A-hdr for a-hdr.
    """
    said = shared(MergeFiles, options)
    brackets, common = list(brackets), None
    if options.scale == "common" and brackets:
        common = common_exposure(brackets[0], options.exposures(len(brackets[0])))
    jobs: list[MergeFiles] = []
    taken: set[str] = set()
    for paths in brackets:
        parts = ["", f"-{paths[0].suffix[1:].lower()}", *(f"-{number}" for number in range(2, len(brackets) + 2))]
        names = (f"{paths[0].stem}{part}-hdr" for part in parts)
        name = next(name for name in names if name.lower() not in taken)
        taken.add(name.lower())
        own = {"inputs": [str(path) for path in paths], "output": str(out / f"{name}{options.format}")}
        preview = str(out / f"{name}-preview.jpg") if options.preview else None
        jobs.append(MergeFiles(**(said | own | {"preview": preview, "common_exposure": common})))
    return jobs
