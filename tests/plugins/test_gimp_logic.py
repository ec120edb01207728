"""The GIMP plug-in's parts that know no GIMP, and gimpfu_compat's declarations."""

import ast
import json
import subprocess
import sys
from array import array
from dataclasses import dataclass, fields
from pathlib import Path

import dialogs
import pytest

from libhdrnet.options import DeblurFiles, MergeFiles, check, option

GIMP = Path(__file__).parents[2] / "plugins/gimp"
sys.path[:0] = [str(GIMP), str(GIMP / "hdrnet"), str(GIMP.parents[1] / "libhdrnet/client")]

import frames  # noqa: E402
import gimpfu_compat  # noqa: E402
import hdrnet_client  # noqa: E402
import options  # noqa: E402
import resident  # noqa: E402
import rows  # noqa: E402
from gimpfu_compat import PF_INT, PF_RADIO, PF_SLIDER, Failure, areas, declaration  # noqa: E402
from mapping import white_of  # noqa: E402
from resident import time_left, translated  # noqa: E402


@pytest.fixture
def register(monkeypatch):
    """A function that registers a procedure of these parameters and results, and returns it."""
    monkeypatch.setattr(declaration, "PROCEDURES", {})

    def register(parameters=(), results=(), name="test"):
        gimpfu_compat.register(name, "", "", "", "", "", "Label", "", parameters, results, None)
        return declaration.PROCEDURES[name]

    return register


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2, 0, +2", [0.25, 1, 4]),
        ("-2;0;2", [0.25, 1, 4]),
        ("1/60, 1/15, 1/4", [1 / 60, 1 / 15, 1 / 4]),
        ("0.5 s, 2s, 8", [0.5, 2, 8]),
        ("  ", None),
    ],
)
def test_exposures_are_typed_as_stops_or_as_times(text, expected):
    assert frames.parse(text, 3) == expected


@pytest.mark.parametrize("text", ["a, b, c", "1/0, 1, 2", "1//2, 1, 1", "1e999, 0, 1"])
def test_what_is_no_list_of_exposures_is_refused(text):
    with pytest.raises(Failure, match="is no list of exposures; write stops like"):
        frames.parse(text, 3)


def test_another_number_of_exposures_is_refused():
    with pytest.raises(Failure, match="2 exposures are given for 3 pictures"):
        frames.parse("-2, 2", 3)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["-2 EV", "ev 0", "+1.5ev"], [0.25, 1, 2**1.5]),
        (["dark 1/60 s", "1/15", "long 2s"], [1 / 60, 1 / 15, 2]),
        (["IMG_1", "IMG_2", "IMG_3"], None),
        (["-2 EV", "1/60", "2s"], None),
        (["Layer 2", "Level 3", "Version 1"], None),
    ],
)
def test_exposures_are_read_off_names(names, expected):
    assert frames.from_names(names) == expected


def test_the_scale_of_a_map_is_in_its_name():
    assert white_of("IMG_1 defocus (white = 12 px)") == 12
    assert white_of("painted") == 20
    assert white_of("white = 0 px") == 20


def test_strips_cover_an_area_from_the_top():
    assert list(areas.strips((3, 4, 10, 600))) == [(3, 4, 10, 256), (3, 260, 10, 256), (3, 516, 10, 88)]


def test_a_border_ends_where_the_layer_ends():
    assert areas.grown((10, 200, 20, 30), 50, 100, 300) == (0, 150, 80, 130)
    assert areas.grown((90, 200, 20, 30), 50, 500, 300, 16) == (32, 144, 128, 136)


def test_layers_share_what_all_of_them_cover():
    assert areas.common([(0, 0, 10, 10), (4, -2, 10, 10)]) == (4, 0, 6, 8)
    assert areas.common([(0, 0, 10, 10), (10, 0, 10, 10)]) is None


def test_a_part_of_an_array_is_cut_out():
    values = array("f", range(4 * 5 * 3)).tobytes()
    cut = array("f", b"".join(rows.cut(values, (4, 5, 3), (1, 2, 2, 2))))
    assert list(cut) == [*range(33, 39), *range(48, 54)]
    assert b"".join(rows.cut(values, (4, 5, 3), (0, 1, 5, 3))) == values[60:]


def test_new_colours_keep_the_alpha_there_was():
    colours, originals = array("f", [1, 2, 3, 4, 5, 6]), array("f", [0, 0, 0, 0.5, 0, 0, 0, 0.25])
    (joined,) = rows.with_alpha([memoryview(colours)], [originals.tobytes()])
    assert list(array("f", joined)) == [1, 2, 3, 0.5, 4, 5, 6, 0.25]


def test_a_declaration_that_contradicts_itself_is_refused(register):
    with pytest.raises(ValueError, match="default of 'a' is none of"):
        register([(PF_RADIO, "a", "A", "c", (("B", "b"),))])
    for kind in (PF_SLIDER, PF_INT):
        with pytest.raises(ValueError, match="default of 'a' is not within"):
            register([(kind, "a", "A", 3, (0, 2, 1))])
    with pytest.raises(ValueError, match="the result 'a' is a bool"):
        register(results=[("bool", "a", "A")])
    register(name="twice")
    with pytest.raises(ValueError, match="registered twice"):
        register(name="twice")


def test_the_first_two_parameters_may_be_the_image_and_its_layer(register):
    option = (PF_INT, "a", "A", 1, (0, 2, 1))
    on_image = register([("image", "image", "Image"), ("drawable", "drawable", "Layer"), option])
    alone = register([option], name="alone")
    assert on_image.on_image and not alone.on_image
    assert [parameter.name for parameter in on_image.options] == ["a"] == [p.name for p in alone.options]


def test_started_by_hand_it_says_what_it_is():
    done = subprocess.run(
        [sys.executable, GIMP / "hdrnet/hdrnet.py"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "this is a plug-in for GIMP; put its folder into GIMP's plug-ins folder." in done.stderr


@pytest.mark.parametrize("path", sorted(GIMP.rglob("*.py")), ids=lambda path: path.name)
def test_the_oldest_python_that_gimp_comes_with_can_read_it(path):
    assert ast.parse(path.read_text(), feature_version=(3, 9)).body


def test_a_time_left_is_said_in_round_words_and_not_at_all_near_the_end():
    said = [time_left(seconds) for seconds in (None, 4, 13, 200)]
    assert said == ["", "", "about 15 s left", "about 3 min left"]


def test_a_sentence_of_the_server_is_said_in_the_person_s_language(monkeypatch):
    german = {"'{path}' is {what}.": "„{path}“ ist {what}.", "empty": "leer", "waiting": "Warten"}
    monkeypatch.setattr(resident, "_", lambda text: german.get(text, text))
    about = {
        "template": "'{path}' is {what}.",
        "values": {"path": "/{a}.jpg", "what": {"template": "empty", "values": {}}},
    }
    said = hdrnet_client.InputError(hdrnet_client.Sentence("'/{a}.jpg' is empty.", about))
    assert translated(said.args[0]) == "„/{a}.jpg“ ist leer."
    assert [translated("waiting"), translated("'x' is {y}.")] == ["Warten", "'x' is {y}."]


@pytest.mark.parametrize("host", dialogs.KINDS)
def test_the_rows_of_the_dialogs_are_those_of_the_library_s_options(host):
    found = (GIMP.parent / host / "hdrnet/options.json").read_text("utf-8")
    assert found == dialogs.text(host), "python tests/dialogs.py makes it anew"


def test_every_option_with_a_label_is_offered():
    kinds = (MergeFiles, DeblurFiles)
    for host in dialogs.KINDS:
        shown = {row["name"]: row for rows in json.loads(dialogs.text(host)).values() for row in rows}
        assert set(shown) == {one.name for kind in kinds for one in fields(kind) if one.metadata.get(host)}
        assert {"deghost", "reference", "align", "model", "tone", "strength"} <= set(shown)
        for row in shown.values():
            assert row.get("only", [row["name"]])[0] in shown
            assert row["kind"] != "tick" or not row.get("preference")  # darktable keeps those in another way
        for kind in kinds:  # what a dialog begins with can be used
            values = {one.name: shown[one.name]["default"] for one in fields(kind) if one.name in shown}
            check(
                kind, **{name: value for name, value in values.items() if shown[name]["kind"] not in ("int", "number")}
            )


def test_of_an_option_a_dialog_asks_for_what_it_takes():
    @dataclass
    class Made:
        rounds: int = option(2, "rounds", limits=(0, 5), gimp="_Rounds", darktable="rounds")
        seed: int | None = option(None, "seed", usual="chosen", gimp="_Seed", darktable="seed")
        place: str = option("", "place", gimp="_Place", darktable="place")

    rounds, seed, place = fields(Made)
    assert dialogs.row(rounds, "gimp").items() >= {"kind": "int", "default": 2, "range": [0, 5, 1]}.items()
    assert dialogs.row(rounds, "darktable").items() >= {"kind": "slider", "default": 2, "range": [0, 5, 1]}.items()
    assert dialogs.row(seed, "gimp")["help"] == "seed; 0: chosen"
    assert dialogs.row(seed, "darktable")["values"][:2] == ["automatic", "1"]
    with pytest.raises(TypeError, match="place is no flag"):
        dialogs.row(place, "gimp")


def test_the_server_is_told_what_was_chosen_but_for_what_means_nothing():
    values = {row["name"]: row["default"] for rows in options.OPTIONS.values() for row in rows}
    assert options.given(values, "merge") == {"model": "auto", "response": "auto", "deghost": 0.5, "align": True}
    values |= {"model": "classical", "reference": 2, "align": False}
    told = {"reference": 2, "model": "classical", "response": "auto", "align": False, "device": "auto"}
    assert options.given(values, "merge", "settings") == told
    MergeFiles(inputs=["a", "b"], output="o", **told)
