"""The options of the library that the dialogs of GIMP and darktable offer: a file for each host.

python tests/dialogs.py     writes plugins/HOST/hdrnet/options.json anew; a test tells when it is stale
"""

import json
from dataclasses import fields
from pathlib import Path

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
            told = one.metadata
            row = {"name": one.name, "label": told[host], "help": told["help"], "default": usual(one)}
            row |= _in_gimp(one) if host == "gimp" else _in_darktable(one)
            if row["default"] is True:
                row["help"] = f"off: {row['help']}"
            yield row | ({"only": told["only"]} if told["only"] else {})


def _in_gimp(one):
    if isinstance(one.default, bool):
        return {"kind": "bool"}
    if values := _values(one):
        words = one.metadata["words"] or {}
        return {"kind": "radio", "words": [(words.get(value, value.capitalize()), value) for value in values]}
    if one.metadata["limits"]:
        return {"kind": "slider", "range": _range(one)}
    told = f"{one.metadata['help']}; 0: {usual(one)}"
    return {"kind": "int", "default": 0, "range": (0, MOST["gimp"], 1), "help": told}


def _in_darktable(one):
    place = {"preference": True} if one.metadata["darktable"].startswith(PREFERENCE) else {}
    if isinstance(one.default, bool):
        return {"kind": "tick", **place}
    if values := _values(one):
        return {"kind": "choice", "values": values, **place}
    if one.metadata["limits"]:
        return {"kind": "slider", "range": _range(one), **place}
    values = ["automatic", *map(str, range(1, MOST["darktable"] + 1))]
    return {"kind": "number", "default": values[0], "values": values, **place}


def _values(one):
    return list(one.metadata["words"] or one.metadata["among"])


def _range(one):
    return [*map(float, one.metadata["slider"] or (*one.metadata["limits"], STEP))]


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
