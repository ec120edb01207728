"""The plug-ins' words: every language says all of them in its own."""

import gettext
import io
import re
import runpy
import sys
from collections import Counter
from string import ascii_lowercase
from xml.etree import ElementTree

import dialogs
import pytest
from catalogues import LANGUAGES, LOCALE, ROOT, read, words

from libhdrnet.install.catalogue import compiled

GIMP = ROOT / "plugins/gimp"
sys.path[:0] = [str(GIMP), str(GIMP / "hdrnet"), str(ROOT / "libhdrnet/client")]

import gimpfu_compat  # noqa: E402
from gimpfu_compat import declaration  # noqa: E402
from mapping import white_of  # noqa: E402

EACH = pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
HELPED = pytest.mark.parametrize("language", sorted(path.parent.name for path in GIMP.glob("hdrnet/help/*/*.xml")))
ANEW = "python tests/catalogues.py makes it anew"
WORDS = {text for text, _ in words()}


def texts(path):
    """What a catalogue says for each text."""
    return {message.id: message.string for message in read(path) if message.id}


def test_words_of_each_kind_are_found():
    assert {
        "_Merge Exposures...",
        "select one layer first.",
        "keep lens and crop",
        "the merged picture gets lens correction, rotation and crop of the first frame that has any; they can still be "
        "changed",
        "share of the correction that is applied",
        "merging the exposures",
        "rebuilding what no exposure shows",
        "running the network",
        "starting",
        "the server does not answer.",
    } <= WORDS


@EACH
def test_a_language_translates_every_text(path):
    said = texts(path)
    assert (WORDS - set(said), set(said) - WORDS) == (set(), set()), ANEW
    assert [text for text, translation in said.items() if not translation] == []
    assert [message.id for message in read(path) if message.fuzzy] == []


@EACH
def test_a_translation_has_the_values_of_its_text(path):
    # those of Lua have no names: their order counts
    for text, translation in texts(path).items():
        assert re.findall(r"%[.\d]*[a-z]", text) == re.findall(r"%[.\d]*[a-z]", translation), text
        assert Counter(re.findall(r"\{\w+\}", text)) == Counter(re.findall(r"\{\w+\}", translation)), text


@EACH
def test_a_language_is_compiled_as_gettext_reads_it(path):
    catalogue = gettext.GNUTranslations(io.BytesIO(compiled(path.read_text("utf-8"))))
    for text, translation in texts(path).items():
        assert catalogue.gettext(text) == translation


@EACH
def test_a_defocus_map_is_known_by_its_name_in_every_language(path):
    name = texts(path)["{name} defocus (white = {white} px)"].format(name="IMG_1", white=12)
    assert white_of(name) == 12


def test_what_is_not_translated_is_left_out_when_compiled():
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    text = header + 'msgid "a"\nmsgstr ""\n\nmsgid "b"\nmsgstr ""\n"ß"\n'
    catalogue = gettext.GNUTranslations(io.BytesIO(compiled(text)))
    assert (catalogue.gettext("a"), catalogue.gettext("b")) == ("a", "ß")


@pytest.fixture
def procedures(monkeypatch):
    """What the plug-in registers in GIMP."""
    monkeypatch.setattr(declaration, "PROCEDURES", {})
    monkeypatch.setattr(gimpfu_compat, "main", lambda: None)
    runpy.run_path(str(GIMP / "hdrnet/hdrnet.py"))
    return declaration.PROCEDURES.values()


@pytest.mark.parametrize("path", [None, *LANGUAGES], ids=lambda path: path.stem if path else "en")
def test_every_label_of_a_dialog_has_a_key_of_its_own(path, procedures):
    said = texts(path) if path else {}
    for procedure in procedures:
        labels = [option.label for option in procedure.options]
        labels += [procedure.preview.tick] if procedure.preview else []
        labels += [procedure.action] if procedure.action else []
        labels = [said.get(label, label).lower() for label in labels]
        assert [label for label in labels if len(re.findall("_.", label)) != 1] == []
        keys = Counter(re.findall("_(.)", " ".join(labels)))
        clashing = [label for label in labels if keys[label[label.index("_") + 1]] > 1]
        assert clashing == [], f"{procedure.name} has left {set(ascii_lowercase) - set(keys)}"


def test_the_readme_of_darktable_has_a_row_for_each_option():
    said = (ROOT / "plugins/darktable/README.md").read_text("utf-8")
    labels = [row["label"] for rows in dialogs.offered("darktable").values() for row in rows]
    assert [one for one in labels if f"\n| {one.removeprefix(dialogs.PREFERENCE)} |" not in said] == []


@EACH
def test_the_menu_stays_in_its_place(path, procedures):
    for menu in {procedure.menu for procedure in procedures}:
        assert texts(path)[menu].rpartition("/")[0] == menu.rpartition("/")[0]


@HELPED
def test_every_procedure_has_its_place_in_the_help(language, procedures):
    folder = GIMP / "hdrnet/help" / language
    items = {item.get("id"): item.get("ref") for item in ElementTree.parse(folder / "gimp-help.xml").getroot()}
    assert set(items) == {procedure.name for procedure in procedures}
    for name, _, anchor in (place.partition("#") for place in items.values()):
        assert f'id="{anchor}"' in (folder / name).read_text("utf-8")


@HELPED
def test_the_help_names_what_is_in_the_dialogs(language, procedures):
    said = {} if language == "en" else texts(LOCALE / f"{language}.po")
    page = " ".join((GIMP / "hdrnet/help" / language / "index.html").read_text("utf-8").split())
    for procedure in procedures:
        labels = [procedure.label, *(option.label for option in procedure.options)]
        labels += [procedure.preview.tick] if procedure.preview else []
        for label in labels:
            assert said.get(label, label).replace("_", "").rstrip(".") in page, label
