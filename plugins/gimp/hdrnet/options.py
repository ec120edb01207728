"""The library's options in the dialogs: options.json, which tests/dialogs.py makes of libhdrnet/options.py."""

import json
from pathlib import Path

from gimpfu_compat import PF_INT
from gimpfu_compat.words import _

OPTIONS = json.loads(Path(__file__).with_name("options.json").read_text("utf-8"))


def rows(group):
    """Return the parameters of a group of options, for `register`."""
    made = []
    for one in OPTIONS[group]:
        extra = one.get("range") or [(_(word), value) for word, value in one.get("words", ())]
        text = _(one["help"])
        made.append((one["kind"], one["name"], _(one["label"]), one["default"], extra, text[:1].upper() + text[1:]))
    return made


def given(values, *groups):
    """Return what was chosen of groups of options, as the server's parameters, but for what means nothing."""
    params = {}
    for one in (one for group in groups for one in OPTIONS[group]):
        value = values[one["name"]]
        other, wanted = one.get("only", (one["name"], value))
        if values[other] == wanted and (one["kind"] != PF_INT or value != one["default"]):
            params[one["name"]] = value
    return params
