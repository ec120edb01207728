"""Only a virtual environment, in a folder of the user's choice: to try libhdrnet, or to work on it."""

import argparse
import tempfile
from pathlib import Path

from libhdrnet.errors import InputError
from libhdrnet.install.pip import Pip
from libhdrnet.install.places import this_machine
from libhdrnet.install.setup import run_demo, say
from libhdrnet.install.space import check_space
from libhdrnet.install.tree import ROOT, check_tree, constraints_file, copy_tree, ready_wheel
from libhdrnet.install.versions import make_environment


def install_into(options: argparse.Namespace) -> None:
    """Make the environment `options.env` or bring it up to date, and merge the demo with it.

    Raises:
        InputError: the folder is there and is no environment.
        OutputError: there is too little space.
        InstallError: it failed.
    """
    check_tree()
    folder: Path = options.env.absolute()
    fresh = not (folder / "pyvenv.cfg").exists()
    if fresh and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"'{folder}' is there and is no virtual environment; choose another folder with --env.")
    machine = this_machine()
    python = machine.program(folder, "python")
    if fresh or not python.exists():
        say(f"Making an environment in '{folder}'.")
        make_environment(folder, say)
    with tempfile.TemporaryDirectory() as scratch:
        pip = Pip(python, None, constraints_file(), options.wheels, say=say)
        if fresh:
            pip.renew()
        if options.develop:
            say("Installing, with the tools of the tests.")
            pip.add("setuptools>=77", torch=options.torch)
            pip.add("--no-build-isolation", "--editable", f"{ROOT}[test]", torch=options.torch)
        else:
            wheel = ready_wheel(options.wheels) or pip.build(copy_tree(Path(scratch, "tree")), Path(scratch))
            if fresh:
                check_space(folder, pip.plan([str(wheel)], options.torch), say, options.torch)
            say("Installing.")
            pip.add(str(wheel), torch=options.torch)
            pip.run("install", "--no-deps", "--force-reinstall", str(wheel))
    program = machine.program(folder, "hdrnet")
    say(f"libhdrnet is installed in '{folder}'.")
    if options.develop:
        return
    if options.demo:
        say(f"Merging the demo's bracket into '{options.output}'.")
        run_demo(program, options.output)
    say(f'To merge your own: "{program}" merge DARK MIDDLE BRIGHT -o merged.exr')
