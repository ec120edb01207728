"""What the server says, with what it was made of: a host says it in its own language."""

import json

import numpy as np
import pytest
from commands import COMMAND, ENVIRONMENT, TIMEOUT, write_bracket
from PIL import Image

from libhdrnet.client import hdrnet_client
from libhdrnet.errors import parts_of, sentence


@pytest.fixture
def server(living):
    with hdrnet_client.connect() as server:
        yield server


def filled(said):
    """Put the values into the template, as a host does."""
    made = {name: filled(value) if isinstance(value, dict) else value for name, value in said["values"].items()}
    return said["template"].format(**made)


def about(text):
    return {"template": text.template, "values": text.values}


def test_values_may_be_sentences():
    what = sentence("{count} s", count=3)
    text = sentence("'{name}': {what}.", name="{a}", what=what)
    assert text == filled(parts_of(text)) == "'{a}': 3 s."
    assert parts_of(text)["values"]["what"] == {"template": "{count} s", "values": {"count": "3"}}
    assert parts_of("plain") == {}


def test_errors_say_what_they_were_made_of(server, tmp_path):
    paths = [str(path) for path in write_bracket(tmp_path)]
    Image.new("RGB", (30, 20)).save(tmp_path / "small.png")
    for inputs, template in (
        ([*paths, str(tmp_path / "missing.jpg")], "'{path}' does not exist: check the name."),
        ([paths[0], str(tmp_path / "small.png")], "{other} is {other_size} pixels and {name} is {size}; "),
    ):
        for ask in (server.preview({"inputs": inputs}).show, lambda _, inputs=inputs: merge(server, inputs)):
            with pytest.raises(hdrnet_client.InputError) as told:
                ask({})
            said = told.value.args[0]
            assert said.template.startswith(template) and filled(about(said)) == said


def merge(server, inputs):
    return server.call("merge", {"inputs": inputs})


def test_warnings_say_what_they_were_made_of(server, tmp_path):
    paths = write_bracket(tmp_path, size=(200, 300))
    noise = np.random.default_rng(5).integers(0, 255, (*Image.open(paths[0]).size[::-1], 3), np.uint8)
    blurred = Image.fromarray(noise).resize((7, 5)).resize(Image.open(paths[0]).size)
    blurred.save(tmp_path / "other.jpg", exif=Image.open(paths[0]).getexif())
    inputs = [*map(str, paths), str(tmp_path / "other.jpg")]
    told = []
    server.call("merge", {"inputs": inputs}, on_note=lambda kind, text: told.append((kind, text)))
    shown = server.preview({"inputs": inputs}).show({})
    beside = shown["frames"][-1]["warnings"]
    strange = [text for kind, text in told if kind == "warning" and "another scene" in text]
    assert strange and any("another scene" in text for text in beside)
    apart = [text for kind, text in told if kind == "warning" and "merged as it lies" in text]
    assert apart and all(filled(about(text)) == text and text.values["name"] in inputs for text in apart)
    for said in (*strange, *(text for text in beside if "another scene" in text)):
        assert said.template == "{name} shows another scene than the other frames; leave it out."
        assert filled(about(said)) == said


def test_the_command_line_tells_programs_what_a_sentence_was_made_of(living, tmp_path):
    """Relative paths are told as they were given, in the values, too."""
    import subprocess

    words = ["merge", "a.jpg", "b.jpg", "-o", "out.exr", "--resident", "--json"]
    environment = {**ENVIRONMENT, **living.environment}
    done = subprocess.run([*COMMAND, *words], cwd=tmp_path, env=environment, capture_output=True, timeout=TIMEOUT)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["event"] == "error" and told["values"] == {"path": "a.jpg"}
    assert filled(told) == told["message"] == "'a.jpg' does not exist: check the name."
