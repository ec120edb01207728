"""The words of the plug-ins that people see, in the sources and in the catalogues.

python tests/catalogues.py [LANGUAGE]   gives every language its new words to translate, and begins a new one; before
                                        that, the rows of the dialogs that are made of the library's options
"""

import ast
import re
import sys
from pathlib import Path

import dialogs
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "plugins/locale"
LANGUAGES = sorted(LOCALE.glob("*.po"))
AT_WORK = ("engine", "merge", "ops", "preview", "server")
"""Parts of the library that name the stages of a job."""
OPTIONS = ROOT / "libhdrnet/options.py"
CLIENT = ROOT / "libhdrnet/client/hdrnet_client.py"
HEADER = """# Words of libhdrnet's plug-ins; GPL-3.0-or-later, as libhdrnet.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
_NAMES_STAGE = re.compile(r"\breporter\(.*, \"|\bstage(: str)? ?= ?.*\"")
_TEXT = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
_IN_LUA = re.compile(rf"\b(?:_|gettext)\(\s*({_TEXT}(?:\s*\.\.\s*{_TEXT})*)")


def words():
    """Give each text of the plug-ins with its file, then what the server says in words that are known here."""
    yield from ((text, OPTIONS) for text in dialogs.words())
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        for _line, text, _comments, _context in extract_from_file("python", path, keywords={"_": None}):
            yield text, path
    for path in sorted((ROOT / "plugins").rglob("*.lua")):
        for found in _IN_LUA.findall(path.read_text()):
            yield "".join(ast.literal_eval(part) for part in re.findall(_TEXT, found)), path
    for path in sorted(path for part in AT_WORK for path in (ROOT / "libhdrnet" / part).rglob("*.py")):
        for line in filter(_NAMES_STAGE.search, path.read_text().splitlines()):
            for text in re.findall(r'"([^"{]+)"', line):
                yield text, path
    for path in sorted((ROOT / "libhdrnet").rglob("*.py")):
        yield from ((text, path) for text in _texts(path, _is_sentence, 1))
    yield from ((text, CLIENT) for text in _texts(CLIENT, lambda name, _values: name.endswith("Error"), 2))


def _is_sentence(name, values):
    """Tell whether a call makes a sentence of its first argument: errors and warnings do of a template with values."""
    return name == "sentence" or bool(values) and (name == "warn" or name.endswith("Error"))


def _texts(path, is_called, count):
    """Give the texts, but for those with values in them, that are the first arguments of such calls."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and is_called(getattr(node.func, "id", ""), node.keywords):
            yield from (argument.value for argument in node.args[:count] if isinstance(argument, ast.Constant))


def read(path):
    """Return a catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def main():
    """Write what the docstring of this file says."""
    dialogs.main()
    found = Catalog()
    for text, path in words():
        found.add(text, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for path in {*LANGUAGES, *(LOCALE / f"{language}.po" for language in sys.argv[1:])}:
        catalogue = read(path) if path.exists() else Catalog(locale=path.stem)
        catalogue.update(found, no_fuzzy_matching=True)
        with path.open("wb") as file:
            file.write(HEADER.format(language=path.stem).encode())
            write_po(file, catalogue, width=120, omit_header=True, sort_output=True, ignore_obsolete=True,
                     include_lineno=False)  # fmt: skip


if __name__ == "__main__":
    main()
