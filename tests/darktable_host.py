"""What the tests in a real darktable share: one with a home of its own, in the roots of tests/hosts/root.sh."""

import json
import re

from host_root import REPOSITORY, run_inside

DRIVER = REPOSITORY / "tests/hosts/darktable_driver.lua"
PLUGIN = REPOSITORY / "plugins/darktable/hdrnet.lua"
HOOK = f"dofile('{PLUGIN}')"
TIMEOUT = 60
STARTED = "STARTED\n"
"""What the driver prints before it loads a plug-in; darktable rarely crashes before, as the driver explains."""
STARTS = 3
"""How often darktable is started if it does not come up."""
NAMES = "Köln 'q\" $HOME `id`"
SHOWN = "/usr/lib/x86_64-linux-gnu/darktable"
CROP = "cdcccc3dcdcc4c3e6666663fcdcc4c3fffffffffffffffff"
"""Parameters of darktable's crop, version 1: left 0.1, top 0.2, right 0.9, bottom 0.8 of the picture, any ratio."""
_presets = {}
"""Suite to the database of presets that a first start fills, which takes seconds; later homes begin with it."""


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def cropped(picture):
    """Give a picture a crop as darktable makes it."""
    text = (REPOSITORY / "plugins/darktable/hdrnet/neutral.xmp").read_text()
    text = text.replace('"highlights"', '"crop"').replace('modversion="2"', 'modversion="1"')
    text = re.sub(r'params="[^"]{20,}"', f'params="{CROP}"', text)
    picture.with_name(f"{picture.name}.xmp").write_text(text)


class Darktable:
    """A darktable with a home of its own, in which `hdrnet` asks the server of `place`."""

    def __init__(self, folder, place, suite):
        self.folder = folder
        self.suite = suite
        self.place = place
        self.temporary = folder / "temporary"
        self.pictures = folder / NAMES
        self.homes = 0
        self.folders = []
        """More that its window sees."""
        for path in (self.temporary, self.pictures, folder / "lib"):
            path.mkdir()
        (folder / "lib/darktable.so").symlink_to(f"{SHOWN}/libdarktable.so")
        self.command = self.script("hdrnet", f'PYTHONPATH="{REPOSITORY}" exec python3 -m libhdrnet.cli "$@"')
        self.environment = {
            "TMPDIR": str(self.temporary), "LD_LIBRARY_PATH": SHOWN,
            "HDRNET_RUNTIME": str(place.runtime),
        }  # fmt: skip

    def script(self, name, text):
        """Write a command whose path needs quoting."""
        path = self.folder / f"the 'command' {name}"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o700)
        return path

    def inside(self, *words, first=""):
        """Run darktable, up to STARTS times if it ends before it prints `first`."""
        for _ in range(STARTS):
            # a new home: after a crash darktable takes a lock file's process number for a living process
            self.homes += 1
            home = self.folder / f"home-{self.homes}"
            database = home / "config/data.db"
            database.parent.mkdir(parents=True)
            if self.suite in _presets:
                database.write_bytes(_presets[self.suite])
            done = run_inside(
                *words, suite=self.suite, folders=[self.folder, self.place.folder],
                env={**self.environment, "HOME": str(home)}, timeout=TIMEOUT,
            )  # fmt: skip
            if first in done.stdout:
                break
            for path in self.temporary.glob("darktable_bt_*"):  # what a crash leaves
                path.unlink()
        assert done.returncode == 0, done.stdout + done.stderr
        if self.suite not in _presets:
            _presets[self.suite] = database.read_bytes()
        return done

    def play(self, scenario, *, plugin=PLUGIN, prefix=(), **settings):
        """Run a scenario (the body of a Lua function of dt, plugin, tell); gives what it told, name to rows.

        With a prefix, a command that runs darktable, it need not come to its end.
        """
        script = self.folder / "scenario.lua"
        script.write_text(f"return function(dt, plugin, tell)\nlocal folder = ...\n{scenario}\nend\n".replace(
            "local folder = ...", f"local folder = {json.dumps(str(self.pictures), ensure_ascii=False)}"))  # fmt: skip
        settings = {"command": self.command, "model": "classical", **settings}
        pairs = [f"{name}={value}" for name, value in settings.items()]
        words = [*prefix, "xvfb-run", "-a", "lua5.4", DRIVER, self.folder / "lib", script, plugin, *pairs]
        told = {}
        output = self.inside(*words, first=STARTED).stdout
        for line in output.splitlines():
            if line.startswith("TOLD\t"):
                name, *values = line.split("\t")[1:]
                told.setdefault(name, []).append(values)
        assert prefix or told.get("ended") == [["true", ""]], output
        return told

    def export(self, source, output, *words, hook=True, within=None, **settings):
        """Export with darktable-cli, started in the folder `within`; gives what it said."""
        pairs = {
            "lua/hdrnet/command": self.command,
            **{f"lua/hdrnet/{name}": value for name, value in settings.items()},
        }
        configuration = self.folder / f"home-{self.homes + 1}/config"
        done = self.inside(
            *(["env", "-C", within] if within else []),
            "darktable-cli", source, output, *words, "--core", "--configdir", configuration, "--cachedir",
            configuration, "--library", ":memory:", "--disable-opencl", "--conf", "write_sidecar_files=never",
            "--conf", "plugins/imageio/format/tiff/bpp=16",
            *(word for name, value in pairs.items() for word in ("--conf", f"{name}={value}")),
            *(["--luacmd", HOOK] if hook else []),
        )  # fmt: skip
        return done.stdout + done.stderr
