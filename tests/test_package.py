import atexit
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from commands import COMMAND, ENVIRONMENT, TIMEOUT

import libhdrnet

HEAVY = ("torch", "numpy", "cv2", "rich", "tifffile", "pyexiv2", "OpenEXR")


def loaded_after(code):
    """Names of heavy modules that a fresh interpreter has loaded after `code`."""
    script = f"import sys\n{code}\nprint('loaded', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=ENVIRONMENT, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after("import libhdrnet") == []


def test_looking_at_the_package_s_names_loads_nothing_heavy():
    assert loaded_after("import libhdrnet; dir(libhdrnet); libhdrnet.__version__; libhdrnet.InputError") == []


STILL = """
import numpy as np
import libhdrnet.server.previewing
from libhdrnet.preview import Preview, View
light = np.random.default_rng(0).random((96, 128, 3), np.float32) / 4
Preview([light, 2 * light], (1, 2)).render(View())
"""


def test_a_preview_without_a_network_does_not_wait_for_torch():
    assert set(loaded_after(STILL)) & {"torch", "cv2"} == {"cv2"}


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["merge", "--help"],
        ["train", "--help"],
        ["merge"],
        ["status"],
        ["install", "--help"],
        ["doctor", "--help"],
        ["uninstall", "gimp", "--dry-run"],
    ],
)
def test_help_version_and_usage_errors_load_nothing_heavy(words):
    run = f"import contextlib\nfrom libhdrnet.cli import main\nwith contextlib.suppress(SystemExit):\n    main({words})"
    assert loaded_after(run) == []


def test_the_process_of_the_command_alone_changes_how_python_ends(monkeypatch, capsys):
    """Whoever calls `main`, many times or once, keeps its own end of the process."""
    from libhdrnet import cli

    at_the_end = []
    monkeypatch.setattr(atexit, "register", at_the_end.append)
    assert [cli.main(["status", "--wrong"]) for _ in range(3)] == [2, 2, 2]
    assert at_the_end == []
    project = tomllib.loads((Path(libhdrnet.__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["scripts"]["hdrnet"] == "libhdrnet.cli:run"
    monkeypatch.setattr(sys, "argv", ["hdrnet", "status", "--wrong"])
    assert cli.run() == 2
    assert len(at_the_end) == 1


@pytest.mark.parametrize("name", libhdrnet.__all__)
def test_every_public_name_is_there(name):
    assert getattr(libhdrnet, name) is not None


def test_the_functions_are_those_of_their_modules():
    assert libhdrnet.merge_exposures is import_module("libhdrnet.merge.pipeline").merge_exposures
    assert libhdrnet.deblur is import_module("libhdrnet.ops.deblur").deblur


def test_dir_lists_the_public_names():
    assert sorted(dir(libhdrnet)) == sorted(libhdrnet.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'libhdrnet' has no attribute 'merge_exposure'"):
        _ = libhdrnet.merge_exposure


def test_the_version_is_written_in_one_place():
    """In _version.py, from which pyproject.toml takes it."""
    root = Path(libhdrnet.__file__).parent
    holders = [path.name for path in root.rglob("*.py") if f'"{libhdrnet.__version__}"' in path.read_text("utf-8")]
    assert holders == ["_version.py"]
    project = (root.parent / "pyproject.toml").read_text("utf-8")
    assert 'dynamic = ["version"]' in project
    assert f'version = "{libhdrnet.__version__}"' not in project


def test_the_command_tells_the_package_s_version():
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, env=ENVIRONMENT, timeout=TIMEOUT)
    assert (done.returncode, done.stdout.strip()) == (0, f"hdrnet {libhdrnet.__version__}")


@pytest.mark.parametrize(
    "command",
    [
        "merge",
        "defocus",
        "deblur",
        "demo",
        "pack",
        "train",
        "eval",
        "serve",
        "status",
        "stop",
        "install",
        "uninstall",
        "doctor",
    ],
)
def test_every_command_has_a_help(command, capsys):
    from libhdrnet.cli import main

    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: hdrnet {command}")
