"""The files of the plug-ins, as they lie in a checkout or in an installed libhdrnet."""

from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.install.catalogue import compiled

PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE / "plugins", PACKAGE.parent / "plugins")
"""In a wheel, in a checkout."""
NAME = "hdrnet"
"""Of the folder that a plug-in is."""
PROGRAM = f"{NAME}/hdrnet.py"
"""The file that GIMP starts, which has to be executable."""


def plugin_files(host: str) -> dict[str, bytes]:
    """Return what is in the files of a host's plug-in, by their paths, as "hdrnet/hdrnet.py".

    Raises InputError where this libhdrnet was built without it.
    """
    base = next((folder / host for folder in FOLDERS if (folder / host).is_dir()), None)
    if base is None:
        raise InputError(f"this libhdrnet carries no plug-in for {host}; install a whole release of libhdrnet.")
    files = _tree(base / NAME, NAME)
    for path in sorted(base.parent.glob("locale/*.po")):
        files[f"{NAME}/locale/{path.stem}/LC_MESSAGES/{NAME}.mo"] = compiled(path.read_text("utf-8"))
    if host == "darktable":
        return {"hdrnet.lua": (base / "hdrnet.lua").read_bytes(), **files}
    client = (PACKAGE / "client/hdrnet_client.py").read_bytes()
    return {**files, **_tree(base / "gimpfu_compat", f"{NAME}/gimpfu_compat"), f"{NAME}/hdrnet_client.py": client}


def _tree(folder: Path, name: str) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}
