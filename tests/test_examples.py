"""The examples run as they stand, and write the pictures that they name."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from residents import Home

from libhdrnet.io import read_photo
from libhdrnet.weights import FOLDER

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.py"))
EACH = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)


@pytest.fixture
def home(monkeypatch):
    """A place for the resident server, if one is asked."""
    home = Home(FOLDER)
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    yield home
    home.end()


@EACH
@pytest.mark.usefixtures("home")
@pytest.mark.filterwarnings("ignore::libhdrnet.errors.HdrnetWarning")
def test_an_example_runs(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path))
    written = re.findall(r'write_\w+\(f?"(\w+[.{][\w.}]+)"', path.read_text("utf-8"))
    assert written or capsys.readouterr().out
    for name in written:
        found = [*tmp_path.glob(name.replace("{suffix}", ".*"))]
        assert found
        for picture in found:
            pixels = read_photo(picture).pixels
            assert pixels.shape == (800, 1200, 3)
            assert np.isfinite(pixels).all() and np.ptp(pixels) > 0


@EACH
def test_an_example_is_short(path):
    code = path.read_text("utf-8").split('"""')[-1].strip().splitlines()
    assert sum(bool(line) for line in code) <= 10
