"""Only a virtual environment, in a folder of the user's choice: to try libhdrnet, or to work on it."""

import argparse
import tempfile
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.install.environment import make_environment, try_out
from libhdrnet.install.pip import Pip
from libhdrnet.install.places import this_machine
from libhdrnet.install.space import check_space
from libhdrnet.install.telling import say
from libhdrnet.install.tree import ROOT


def install_into(options: argparse.Namespace) -> None:
    """Make the environment `options.env` or bring it up to date, and merge the demo with it.

    Raises:
        InputError: the folder is there and is no environment.
        OutputError: there is too little space.
        InstallError: it failed.
    """
    folder: Path = options.env.absolute()
    python, program = (this_machine().program(folder, name) for name in ("python", "hdrnet"))
    fresh = not (folder / "pyvenv.cfg").exists()
    if fresh and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"'{folder}' is there and is no virtual environment; choose another folder with --env.")
    if fresh or not python.exists():
        say(f"Making an environment in '{folder}'.")
        make_environment(folder, say)
    pip = Pip(python, wheels=options.wheels, torch=options.torch, say=say)
    pip.renew()
    if options.develop:
        say("Installing, with the tools of the tests.")
        pip.add("setuptools>=77")
        pip.add("--no-build-isolation", "--editable", f"{ROOT}[test]")
    else:
        with tempfile.TemporaryDirectory() as scratch:
            wheel = pip.wheel(Path(scratch))
            if fresh:
                check_space(folder, pip.plan(wheel), say, pip.torch)
            say("Installing.")
            pip.add(wheel)
            pip.run("install", "--no-deps", "--force-reinstall", wheel)
    say(f"libhdrnet is installed in '{folder}'.")
    if options.develop:
        return
    if options.demo:
        say(f"Merging the demo's bracket into '{options.output}'.")
        try_out(program, "demo", "--quiet", "-o", options.output, doing="merging")
    say(f'To merge your own: "{program}" merge DARK MIDDLE BRIGHT -o merged.exr')
