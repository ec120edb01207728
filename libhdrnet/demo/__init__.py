"""Three pictures to try the library on: a bracket of a dim room with a bright window and people and things that move.

Made by `PYTHONPATH=tests python -m rendering`.
"""

from importlib.resources import files
from pathlib import Path

from libhdrnet.errors import OutputError

NAMES = ("DEMO_01.jpg", "DEMO_02.jpg", "DEMO_03.jpg")
"""The darkest comes first."""


def write_bracket(folder: str | Path) -> list[Path]:
    """Write the pictures into `folder`, which is made if it is not there; return their paths, the darkest first.

    Raises:
        OutputError: the folder cannot be made or written to.
    """
    folder = Path(folder)
    paths = [folder / name for name in NAMES]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            path.write_bytes(files(__name__).joinpath(path.name).read_bytes())
    except OSError as error:
        raise OutputError(f"The demo's pictures cannot be written to {folder}: {error.strerror}.") from error
    return paths
