"""What README and the help of the commands show runs."""

import re
import shlex
from pathlib import Path

import pytest
from commands import write_bracket

from libhdrnet.formats import FORMATS
from libhdrnet.manual import EPILOGS
from libhdrnet.options import BatchOptions, MergeFiles
from libhdrnet.parser import parse

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")
PYTHON = next(code for code in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "merge_exposures" in code)
RESULTS = (ROOT / "tests/benchmarks/README.md").read_text("utf-8")
COMMANDS = {
    line.split("#")[0].split(">")[0]
    for text in (TEXT, RESULTS, *EPILOGS.values())
    for line in re.findall(r"^ +(hdrnet [a-z]+ .*)$", text, re.MULTILINE)
}


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


@pytest.mark.parametrize("written", [f for f in FORMATS if f.holds & {"radiance", "display"}], ids=lambda f: f.name)
def test_each_format_for_a_merge_is_named_where_one_is_chosen(written):
    assert re.search(rf"chooses the format:[^.]*\b{written.name}\b", TEXT)
    for option in (MergeFiles.__dataclass_fields__["output"], BatchOptions.__dataclass_fields__["format"]):
        assert written.suffixes[0] in option.metadata["help"]


def test_the_commands_are_known_with_all_their_options():
    assert len(COMMANDS) > 40
    for line in COMMANDS:
        parse(shlex.split(re.sub(r"\[.*?\]", "", line))[1:])


def test_it_is_short():
    lines = TEXT.splitlines()
    assert len(lines) <= 150
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "plugins/gimp/README.md"])
def test_the_files_that_are_named_are_there(name):
    text = (ROOT / name).read_text("utf-8")
    named = re.findall(r"\]\(([^)#:]+)\)", text)
    named += re.findall(r"`((?:libhdrnet|tests|plugins|installers)/[\w/.]+)`", text)
    assert named
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []
