"""The options of the library that the dialogs of GIMP and darktable offer: a file for each host.

python tests/dialogs.py     writes plugins/HOST/hdrnet/options.json anew; a test tells when it is stale
"""

import json
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import get_args

from libhdrnet.options import BracketOptions, DeblurOptions, Settings, ToneOptions, usual

PLUGINS = Path(__file__).parents[1] / "plugins"
GROUPS = {"merge": BracketOptions, "tone": ToneOptions, "deblur": DeblurOptions, "settings": Settings}
"""What a dialog shows together."""
KINDS = {"gimp": ("int", "radio", "slider", "bool"), "darktable": ("slider", "number", "choice", "tick")}
"""In the order in which a group shows them; GIMP's are those of gimpfu_compat."""
STEP = 0.05
MOST = {"gimp": 999, "darktable": 9}
"""Of a whole number; in GIMP 0 stands for none, in darktable it is chosen from a list."""
PREFERENCE = "hdrnet: "
"""Begins the label of what is no choice of darktable's module."""


def offered(host):
    """Return the options that a host offers, group by group, as its file has them."""
    return {group: sorted(_rows(kind, host), key=lambda row: KINDS[host].index(row["kind"]))
            for group, kind in GROUPS.items()}  # fmt: skip


def _rows(kind, host):
    for one in fields(kind):
        if one.metadata.get(host) and (kind is Settings) == hasattr(Settings, one.name):
            yield row(one, host)


def row(one, host):
    """Return what a host's file says of an option.

    Raises:
        TypeError: no dialog can ask for it.
    """
    told = one.metadata
    said = {"name": one.name, "label": told[host], "help": told["help"], "default": usual(one)}
    said |= _in_gimp(one) if host == "gimp" else _in_darktable(one)
    if said["default"] is True:
        said["help"] = f"off: {said['help']}"
    return said | ({"only": told["only"]} if told["only"] else {})


def _in_gimp(one):
    kind, about = _kind(one), one.metadata
    if kind == "choice":
        words = about["words"] or {}
        return {"kind": "radio", "words": [(words.get(value, value.capitalize()), value) for value in _values(one)]}
    if kind == "number" and one.default is None:
        return {"kind": "int", "default": 0, "range": (0, MOST["gimp"], 1), "help": f"{about['help']}; 0: {usual(one)}"}
    return {"kind": {"flag": "bool", "number": "int"}.get(kind, kind)} | _range(one)


def _in_darktable(one):
    kind = _kind(one)
    place = {"preference": True} if one.metadata["darktable"].startswith(PREFERENCE) else {}
    if kind == "choice":
        return {"kind": kind, "values": _values(one), **place}
    if kind == "number" and one.default is None:
        values = ["automatic", *map(str, range(1, MOST["darktable"] + 1))]
        return {"kind": kind, "default": values[0], "values": values, **place}
    return {"kind": "tick" if kind == "flag" else "slider", **_range(one), **place}


def _kind(one):
    """Return what an option is to a dialog: "flag", "choice", "slider" or "number" (a whole one)."""
    types = get_args(one.type) or (one.type,)
    if bool in types:
        return "flag"
    if str in types and _values(one):
        return "choice"
    if one.metadata["limits"] and {int, float} & {*types}:
        return "number" if int in types else "slider"
    if types == (int, NoneType):
        return "number"
    raise TypeError(f"{one.name} is no flag, choice of texts, number within limits or number that may be left out.")


def _values(one):
    return list(one.metadata["words"] or one.metadata["among"])


def _range(one):
    limits, step = one.metadata["limits"], 1 if isinstance(one.default, int) else STEP
    return {"range": [*map(type(usual(one)), one.metadata["slider"] or (*limits, step))]} if limits else {}


def text(host):
    """Return what a host's file has to hold."""
    groups = []
    for name, rows in offered(host).items():
        lines = ",".join(f"\n  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        groups.append(f' "{name}": [{lines}]')
    return "{\n" + ",\n".join(groups) + "\n}\n"


def words():
    """Give each text of the rows that people see."""
    for host in KINDS:
        for row in (row for rows in offered(host).values() for row in rows):
            yield from (row["label"], row["help"], *(word for word, _value in row.get("words", ())))
            if not row.get("preference"):  # there darktable shows values as they are
                yield from (value for value in row.get("values", ()) if not value.isdigit())


def main():
    """Write what the docstring of this file says."""
    for host in KINDS:
        (PLUGINS / host / "hdrnet/options.json").write_text(text(host), "utf-8")


if __name__ == "__main__":
    main()
