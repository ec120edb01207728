"""What the README shows runs."""

import re
import shlex
from pathlib import Path

import pytest
from commands import write_bracket

from libhdrnet.parser import parse

TEXT = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
PYTHON = next(code for code in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "merge_exposures" in code)
COMMANDS = [line.split("#")[0].split(">")[0] for line in re.findall(r"^ *(hdrnet [a-z]+ .*)$", TEXT, re.MULTILINE)]


@pytest.mark.usefixtures("random_weights")
def test_its_lines_of_python_run_and_write_what_they_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path, name in zip(write_bracket(tmp_path, size=(48, 64)), ("dark", "middle", "bright"), strict=True):
        path.rename(f"{name}.jpg")
    Path("portrait.jpg").write_bytes(Path("middle.jpg").read_bytes())
    exec(PYTHON, {})  # noqa: S102
    assert {f"out.{suffix}" for suffix in re.findall(r'"out\.(\w+)"', PYTHON)} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_its_commands_are_known_with_all_their_options():
    assert len(COMMANDS) > 20
    for line in COMMANDS:
        parse(shlex.split(re.sub(r"\[.*?\]", "", line))[1:])
