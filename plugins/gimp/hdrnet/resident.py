"""The resident server: asked, shown while it works, and its errors in words that help."""

import contextlib

import hdrnet_client
from gimpfu_compat import Failure, host
from gimpfu_compat.words import _

STEPS = (0.15, 0.9)
"""Shares of the progress before which pixels are handed over, and after which they are taken back."""

WORTH = 5
"""Seconds left below which nothing is said."""


@contextlib.contextmanager
def server():
    """Connect to the server, and start it if there is none."""
    host().progress(0, _("Starting hdrnet"))
    try:
        with hdrnet_client.connect() as connection:
            yield connection
    except hdrnet_client.ClientError as error:
        raise Failure(told(error)) from error


def ask(connection, method, params):
    """Have the server do something, with its progress shown; returns its result and what it warned of."""
    warnings = []
    first, last = STEPS

    def progress(fraction, stage):
        text, left = translated(stage), time_left(connection.left)
        text = text[:1].upper() + text[1:]
        host().progress(first + (last - first) * fraction, f"{text}, {left}" if left else text)

    def note(kind, text):
        if kind == "warning":
            warnings.append(text)

    done = connection.call(method, params, on_progress=progress, on_note=note)
    if warnings:
        host().message("\n\n".join(map(translated, warnings)))  # one: GIMP puts a fourth message where few look
    return done


def translated(text):
    """Say what the server says in the person's language, as far as it is known there."""
    return _filled(text.template, text.values) if getattr(text, "template", "") else _(text)


def _filled(template, values):
    made = {name: _filled(**value) if isinstance(value, dict) else value for name, value in values.items()}
    return _(template).format(**made)


def time_left(seconds):
    """Say a time left; nothing if it is unknown or hardly worth a word."""
    if seconds is None or seconds < WORTH:
        return ""
    if seconds < 57.5:
        return _("about {count} s left").format(count=round(seconds / 5) * 5)
    return _("about {count} min left").format(count=max(round(seconds / 60), 1))


def share(connection, layer, form, area, dtype="float32", shape=(3,)):
    """Hand over an area of a layer."""
    _x, _y, width, height = area
    return connection.share(layer.read(form, area), (height, width, *shape), dtype)


def device_in_use():
    """Say on what the server works, for a dialog."""
    try:
        with hdrnet_client.connect(start=False) as connection:
            status = connection.call("status", seconds=hdrnet_client.PATIENCE)
    except hdrnet_client.ServerUnavailableError:
        return _("hdrnet is not running yet; it starts when it is needed.")
    except hdrnet_client.ClientError as error:
        return told(error)
    return _("hdrnet {version} works on: {device}").format(
        version=status["version"], device=status["device"] or _("not chosen yet")
    )


def told(error):
    """Say what is wrong and, in lines of their own, what to do."""
    lines = [translated(error.args[0]), error.hint and _(error.hint)]
    if type(error) is hdrnet_client.ServerUnavailableError:
        lines.append(_("To install hdrnet, run in a terminal, in its folder: ./installers/install.sh"))
    return "\n".join(filter(None, lines))
