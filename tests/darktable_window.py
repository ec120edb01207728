"""What the tests in darktable's window share: one before the eyes of a display, keys, clicks and screenshots."""

import contextlib
import os
import signal
import subprocess

from darktable_host import PLUGIN, STARTS
from host_root import REPOSITORY, inside, run_inside
from residents import wait_until

SECONDS = 60
START_SECONDS = 60
"""How long each start of darktable may take."""
SHOW = REPOSITORY / "tests/hosts/darktable_window.sh"
PICTURES = (700, 600)
"""A place on a screen of 1400 × 900, beside them."""
MERGE_BUTTON = {"trixie": (1145, 358), "bookworm": (1145, 358), "trixie-backports": (1197, 424)}
"""The module is the last but one, and unfolded."""
REVIEW_BUTTON = {suite: (x + 155, y) for suite, (x, y) in MERGE_BUTTON.items()}
CANCEL = {"trixie": (268, 720), "bookworm": (271, 755), "trixie-backports": (317, 711)}
"""Right of the progress."""
GROUPING = {"trixie": (920, 93), "bookworm": (959, 93), "trixie-backports": (950, 98)}
"""Expands and collapses groups."""
MERGE_KEY = "F9"
STORAGE = ["--conf", "plugins/lighttable/export/storage_name=hdrnet",
           "--conf", "plugins/lighttable/export/format_name=tiff"]  # fmt: skip
MEANT_FILTERS = ["--conf", "plugins/lighttable/filtering/item0=33", "--conf", "plugins/lighttable/filtering/item2=34"]
"""Rating and text. The numbers that darktable 5.0.1 comes with name other filters by now, and a first start hides all
pictures with a module order, which is each that was ever exported."""


def watch(folder):
    """Lua that makes darktable tell its state in `folder`."""
    return f'loadfile("{REPOSITORY}/tests/hosts/darktable_watch.lua")("{folder}")'


class Screen:
    """A running darktable_window.sh that shows darktable, whose state darktable_watch.lua tells in `folder`.

    At times darktable hangs at its start, with a plug-in and without: its own luarc asks GTK for something, and if that
    falls between its first steps and its main loop, each waits for the other (issue 22357 of darktable). On a loaded
    machine that were 10 of 84 starts of darktable 4.2, so that luarc waits for two seconds here (none of 24; with 0.7
    and 1 none of 32). One that hangs all the same is ended and started again.
    """

    def __init__(self, command, folder, suite, configuration):
        self.command, self.folder, self.suite, self.configuration = command, folder, suite, configuration

    def __enter__(self):
        for _ in range(STARTS):
            for left in (*self.configuration.glob("*.lock"), *self.folder.glob("temporary/darktable_bt_*")):
                left.unlink()  # of a darktable that was killed
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, start_new_session=True)
            try:
                wait_until((self.folder / "state").exists, START_SECONDS)
                return self
            except AssertionError as error:
                self.__exit__(error)
        raise AssertionError(f"darktable did not come up, {STARTS} times")

    def __exit__(self, error, *_):
        try:
            if error:
                self.report()
        finally:
            self.kill()

    def report(self):
        """Print what is known of a failure, and leave a screenshot."""
        for name in ("state", "darktable.log"):
            if (self.folder / name).exists():
                print(f"{name}:\n{(self.folder / name).read_text()}")
        print(f"{SHOW.name} ended: {self.process.poll()}")
        if self.process.poll() is None and (self.folder / "display").exists():
            self.shot("failure")

    def kill(self):
        """End it as a crash does: the root's processes end with it."""
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def state(self, kind):
        """What darktable_watch.lua wrote: rows of one kind."""
        try:
            rows = [line.split("\t") for line in (self.folder / "state").read_text().splitlines()]
        except FileNotFoundError:
            return []
        return [row[1:] for row in rows if row[0] == kind]

    def shown(self):
        """Names of the pictures in lighttable."""
        return sorted(row[0] for row in self.state("shown"))

    def do(self, *words):
        display = f":{(self.folder / 'display').read_text().strip()}"
        done = run_inside(*words, suite=self.suite, folders=[self.folder], env={"DISPLAY": display}, timeout=SECONDS)
        assert done.returncode == 0, done.stderr

    def shot(self, name):
        self.do("import", "-window", "root", self.folder / f"{name}.png")

    def click(self, place):
        self.do("xdotool", "mousemove", *place, "sleep", "0.5", "click", "1")

    def press(self, keys):
        self.do("xdotool", "key", keys)

    def select_all(self, count):
        wait_until(lambda: len(self.state("image")) == count)

        def selected():
            self.do("xdotool", "mousemove", *PICTURES, "sleep", "0.5", "key", "ctrl+a")
            return wait_until(lambda: self.state("selected"))[0] == [str(count)]

        wait_until(selected, every=1)


class Window(Screen):
    """darktable with the folder of pictures open in lighttable, and a plug-in, that of this repository."""

    def __init__(self, host, configuration, *words, plugin=PLUGIN, **settings):
        self.host = host
        configuration.mkdir(exist_ok=True)
        (configuration / "luarc").write_text(f'dofile("{plugin}")\n{watch(host.folder)}\n')
        (configuration / "shortcutsrc").write_text(f"{MERGE_KEY}=lua/hdrnet: merge selected as HDR\n")
        settings = {"command": host.command, "frames": "original files", **settings}
        pairs = [word for name, value in settings.items() for word in ("--conf", f"lua/hdrnet/{name}={value}")]
        command = inside(
            SHOW, host.folder, "--configdir", configuration, "--cachedir", configuration, "--library", ":memory:",
            "--disable-opencl", "--conf", "write_sidecar_files=never",
            "--conf", "plugins/lighttable/hdrnet/expanded=TRUE",
            *(MEANT_FILTERS if host.suite == "trixie" else []), *words, *pairs, host.pictures,
            suite=host.suite, folders=[host.folder, configuration, host.place.folder, *host.folders],
            env={**host.environment, "HOME": host.folder},
        )  # fmt: skip
        super().__init__(command, host.folder, host.suite, configuration)

    def stages(self):
        """What the server works on."""
        wire = self.host.place.wire()
        wire.hello()
        jobs = wire.ask("status")["result"]["jobs"]
        wire.close()
        return [job["stage"] for job in jobs]
