"""Damaged files of every kind: python tests/benchmarks/fuzz_files.py [--files 10000] [--seed 0] [--also FOLDER].

Small pictures of all kinds that the library reads are damaged (bytes, lengths, tags, blocks; see `fuzz_mutations.py`)
and each is treated as the program treats a file: size, metadata, pixels, and then written like itself, or loaded into
a bracket with its undamaged twin, or sorted into brackets. Each file has a process of its own with limits of memory and
time. What may come out is a picture or an error of the library in one sentence, and of warnings only the library's.
Everything else is a finding: it is printed with its number, and `--seed S --only NUMBER` repeats it. Ends with 1 if
there is one.
"""

import argparse
import collections
import faulthandler
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from fuzz_mutations import mutated
from fuzz_seeds import seeds

from libhdrnet.errors import HdrnetError, HdrnetWarning
from libhdrnet.io import group_brackets, image_size, linear_rec709, read_metadata, read_photo, read_record, write_like
from libhdrnet.io.passengers import note_passengers
from libhdrnet.merge.frames import load_frames

LONGEST = 400
WRITTEN_AS = {".webp": ".png", ".bmp": ".png", ".gif": ".png", ".jp2": ".tif", ".j2k": ".tif", ".heic": ".png"}
WRITABLE = (".jpg", ".png", ".tif", ".exr", ".hdr")


def treat(path, twin, way):
    """Yield the steps of the program and what came out of each: None for well, an error, or text for a finding."""
    yield "size", attempt(lambda: image_size(path))
    yield "metadata", attempt(lambda: (read_metadata(path), read_record(path)))
    found = []
    yield "photo", attempt(lambda: found.append(read_photo(path)))
    if found:
        yield "pixels", attempt(lambda: check(found[0]))
    if way == 0 and found:
        suffix = path.suffix if path.suffix in WRITABLE else WRITTEN_AS.get(path.suffix, ".tif")
        output = path.with_name(f"out{suffix}")
        yield "write", attempt(lambda: (write_like(found[0], output, found[0].pixels), note_passengers([path])))
        if output.exists():
            yield "read again", attempt(lambda: must_read(output))
    elif way == 1:
        for response in ("auto", "linear", "gamma2.2"):
            yield "bracket", attempt(partial(load_frames, [path, twin], (1.0, 4.0), response=response))
    elif way == 2:
        yield "groups", attempt(lambda: group_brackets([path, twin]))


def check(photo):
    """Raise for a picture that is not as `Photo` promises."""
    pixels = photo.pixels
    assert pixels.ndim == 3, pixels.shape
    assert pixels.shape[2] == 3, pixels.shape
    assert pixels.dtype in (np.uint8, np.uint16, np.float32), pixels.dtype
    assert photo.alpha is None or (photo.alpha.shape, photo.alpha.dtype) == (pixels.shape[:2], pixels.dtype)
    if pixels.size < 30_000_000:
        linear = linear_rec709(photo)
        assert np.isfinite(linear).all(), "light that is NaN or infinite"


def must_read(path):
    try:
        read_photo(path)
    except HdrnetError as error:
        raise AssertionError(f"what was written cannot be read: {error}") from error


def attempt(step):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        error, finding = None, None
        try:
            step()
        except HdrnetError as caught:
            error = caught
        except BaseException as caught:  # noqa: BLE001 (that is what is looked for)
            finding = f"{where(caught)}: {caught!r}"
    if finding:
        return finding
    for warning in told:
        if not issubclass(warning.category, HdrnetWarning):
            return f"{warning.category.__name__} at {Path(warning.filename).name}:{warning.lineno}: {warning.message}"
        if not is_sentence(str(warning.message)):
            text = str(warning.message)[:900]
            return f"no readable sentence at {Path(warning.filename).name}:{warning.lineno}: {text!r}"
    if error is not None and not is_sentence(str(error)):
        return f"no readable sentence, {where(error)}: {str(error)[:900]!r}"
    return error


def is_sentence(text):
    return text.isprintable() and len(text) <= LONGEST


def where(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "libhdrnet" in frame.filename]
    frame = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def one_file(path, twin, way, options):
    """Do the work in this process, and leave what came out in a file beside `path`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (options.memory << 30, options.memory << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (options.cpu, options.cpu))
    signal.alarm(options.wall)
    report = os.open(path.with_name("report"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    printed = os.open(path.with_name("printed"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    faulthandler.enable(printed)
    outcome = "nothing"
    for step, found in treat(path, twin, way):
        if isinstance(found, str):
            os.write(report, json.dumps({"finding": f"{step}: {found}"}).encode())
            return
        if isinstance(found, HdrnetError):
            outcome = found.kind
        elif step == "photo":
            outcome = "picture"
        os.truncate(report, 0)
        os.pwrite(report, json.dumps({"outcome": outcome, "step": step}).encode(), 0)


def watched(path, twin, way, options):
    """Run `one_file` in a process of its own; returns the outcome and the finding, and what it used."""
    begun = time.perf_counter()
    for old in ("report", "printed", "out.jpg", "out.png", "out.tif", "out.exr", "out.hdr"):
        path.with_name(old).unlink(missing_ok=True)
    child = os.fork()
    if not child:
        try:
            one_file(path, twin, way, options)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            os._exit(9)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - begun
    report = path.with_name("report")
    told = json.loads(report.read_bytes() or b"{}") if report.exists() else {}
    printed = path.with_name("printed").read_text("utf-8", "replace")
    finding = told.get("finding")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        hang = number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
        name = "more time than the limit" if hang else f"a crash by {signal.Signals(number).name}"
        inside = [line.strip() for line in printed.splitlines() if "libhdrnet" in line][:1]
        finding = f"after {told.get('step', 'nothing')}: {name} {inside}"
    elif os.WEXITSTATUS(status):
        finding = f"after {told.get('step', 'nothing')}: ended with {os.WEXITSTATUS(status)}: {printed[-300:]}"
    return {
        "outcome": "FINDING" if finding else told.get("outcome", "nothing"), "finding": finding,
        "printed": bool(printed.strip()), "seconds": seconds, "megabytes": used.ru_maxrss >> 10,
    }  # fmt: skip


def worker(number, indices, files, options, folder, results):
    """Treat every so many-th file and write one line of JSON for each."""
    os.nice(10)
    names, contents = list(files), [data for _, data in files.values()]
    for index in indices[number :: options.workers]:
        rng = np.random.default_rng([options.seed, index])
        name = names[index % len(names)]
        suffix, data = files[name]
        path, twin = folder / f"damaged{suffix}", folder / f"twin{suffix}"
        path.write_bytes(mutated(data, suffix, rng, contents))
        twin.write_bytes(data)
        result = watched(path, twin, index // len(names) % 3, options)
        if options.keep and (result["finding"] or options.only is not None):
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{index}{suffix}").write_bytes(path.read_bytes())
        for written in (path, twin):
            written.unlink()
        results.write(json.dumps({"index": index, "name": name, **result}) + "\n")
        results.flush()


def run(files, options, folder):
    """Divide the files among workers; yields their results as they come."""
    indices = range(options.start, options.start + options.files) if options.only is None else [options.only]
    reader, writer = os.pipe()
    children = []
    for number in range(min(options.workers, len(indices))):
        child = os.fork()
        if not child:
            try:
                own = folder / str(number)
                own.mkdir()
                with os.fdopen(writer, "w") as results:
                    worker(number, indices, files, options, own, results)
                os._exit(0)
            except BaseException:  # noqa: BLE001 (what this process has of the other's must not be cleaned up here)
                traceback.print_exc()
            finally:
                os._exit(1)
        children.append(child)
    os.close(writer)
    with os.fdopen(reader) as lines:
        yield from map(json.loads, lines)
    for child in children:
        if os.waitpid(child, 0)[1]:
            print("a worker failed: not all files were tried.", file=sys.stderr)


def collected(options, folder):
    """Make the seeds in a process of its own, so that this one has no threads of theirs; add the files of --also."""
    store = folder / "seeds"
    store.mkdir()
    child = os.fork()
    if not child:
        try:
            for number, (name, (suffix, data)) in enumerate(seeds(folder).items()):
                (store / f"{number:03d}{suffix}").write_bytes(data)
                (store / f"{number:03d}.name").write_text(name)
            os._exit(0)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        sys.exit("the seeds could not be made.")
    paths = sorted(path for path in store.iterdir() if path.suffix != ".name")
    files = {path.with_suffix(".name").read_text(): (path.suffix, path.read_bytes()) for path in paths}
    if options.kinds:
        files = {name: file for name, file in files.items() if file[0][1:] in options.kinds}
    if options.also:
        more = {p.name: (p.suffix.lower(), p.read_bytes()) for p in sorted(options.also.iterdir()) if p.is_file()}
        files = more if options.only_also else files | more
    return files


def show(counts, findings, spent, options):
    kinds = sorted({kind for of in counts.values() for kind in of})
    print(f"{'seed file':32}" + "".join(f"{kind:>14}" for kind in kinds))
    for name, of in counts.items():
        print(f"{name[:31]:32}" + "".join(f"{of[kind] or '':>14}" for kind in kinds))
    total = sum(counts.values(), collections.Counter())
    print(f"{'all':32}" + "".join(f"{total[kind]:>14}" for kind in kinds))
    print(", ".join(f"{name} {value:.0f}" for name, value in spent.items()))
    for found in sorted(findings.values(), key=len, reverse=True):
        which = ", ".join(str(index) for index, _ in found[:6])
        print(f"\nFINDING ({len(found)} files; --seed {options.seed} --only {which}):\n  {found[0][1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--start", type=int, default=0, help="number of the first file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", help="only seed files of these kinds, by their suffixes without the dot")
    parser.add_argument("--only", type=int, help="repeat this file alone")
    parser.add_argument("--also", type=Path, help="a folder of real files to damage, too")
    parser.add_argument("--only-also", action="store_true", help="damage those alone")
    parser.add_argument("--keep", type=Path, help="a folder for the files that were a finding")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", type=int, default=4, help="address space of a process, GiB")
    parser.add_argument("--cpu", type=int, default=30, help="seconds of processor for a file")
    parser.add_argument("--wall", type=int, default=120, help="seconds for a file")
    options = parser.parse_args()
    begun = time.perf_counter()
    counts = collections.defaultdict(collections.Counter)
    findings = collections.defaultdict(list)
    spent = {"files that made a library print": 0, "largest megabytes": 0}
    slowest = []
    with tempfile.TemporaryDirectory() as name:
        files = collected(options, Path(name))
        for result in run(files, options, Path(name)):
            counts[result["name"]][result["outcome"]] += 1
            spent["files that made a library print"] += result["printed"]
            slowest = sorted([*slowest, (round(result["seconds"], 1), result["index"])], reverse=True)[:3]
            spent["largest megabytes"] = max(spent["largest megabytes"], result["megabytes"])
            if result["finding"]:
                place = ":".join(result["finding"].split(":")[:3])
                findings[place].append((result["index"], result["finding"].replace(name, "")))
    spent["seconds"] = time.perf_counter() - begun
    show(counts, findings, spent, options)
    print("\nslowest: " + ", ".join(f"{index} ({seconds} s)" for seconds, index in slowest))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
