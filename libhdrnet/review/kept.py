"""What remains of a merge's options when frames that cannot be read are left out."""

from collections.abc import Sequence
from dataclasses import replace

from libhdrnet.errors import InputError, warn
from libhdrnet.io.read import read_photo
from libhdrnet.merge.mask import Choices, renumbered
from libhdrnet.options import MergeFiles


def unreadable(inputs: Sequence[str]) -> list[str]:
    """Return the frames that cannot be read."""
    found = []
    for path in inputs:
        try:
            read_photo(path)
        except InputError:
            found.append(path)
    return found


def kept_of(options: MergeFiles, choices: Choices | None, bad: Sequence[str]) -> tuple[MergeFiles, Choices | None]:
    """Leave out, with a warning each, the `bad` files, their exposures and what was chosen from them.

    Raises:
        InputError: fewer than two remain, or the reference is one of them.
    """
    count = len(options.inputs)
    exposures = options.exposures(count)
    left_out = [index for index, path in enumerate(options.inputs) if path in bad]
    kept = [index for index in range(count) if index not in left_out]
    for index in left_out:
        if options.reference == index + 1:
            raise InputError(
                f"'{options.inputs[index]}' cannot be read; it is the reference, which cannot be left out."
            )
        warn(f"left out: '{options.inputs[index]}' cannot be read.")
    if len(kept) < 2:
        raise InputError(f"only {len(kept)} of {count} images can be read; a merge takes two or more.")
    remaining = replace(
        options,
        inputs=[options.inputs[index] for index in kept],
        exposure_times=None if exposures is None else [exposures[index] for index in kept],
        times=None, ev=None, choices=None,
        reference=None if options.reference is None else kept.index(options.reference - 1) + 1,
    )  # fmt: skip
    return remaining, None if choices is None else renumbered(choices, left_out, count)
