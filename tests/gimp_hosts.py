"""What the tests in real GIMPs share: the plug-in installed in a folder of its own, scenarios, pixels in files."""

import json
import re
import shutil
import threading
from pathlib import Path

import numpy as np
import torch
from host_root import REPOSITORY, install, run_inside
from residents import is_alive, wait_until

import libhdrnet

TIMEOUT = 90
MESSAGE = re.compile(r"^[^\n:]+-(?:Warning|Warnung): (.*)", re.MULTILINE)
"""First line of a plug-in's message, as a GIMP without a display writes it."""


class Gimp3:
    """A GIMP 3 with settings of its own, whose plug-in asks the server of `place`."""

    suite = "trixie"
    program = "gimp-3.0"
    console = "gimp-console-3.0"
    settings = "GIMP3_DIRECTORY"
    gimprc = '(show-welcome-dialog no)\n(config-version "3.0.4")\n(prev-language "C.UTF-8")\n'

    def __init__(self, folder, place, known):
        self.folder = folder
        self.place = place
        self.known = known / self.suite
        """What a first start finds out about GIMP's own plug-ins, which takes seconds; later homes begin with it.

        GIMP asks all of them again where the language that it had before is another.
        """
        (folder / "settings").mkdir()
        if self.known.exists():
            shutil.copy(self.known, folder / "settings/pluginrc")
        (folder / "settings/gimprc").write_text(
            f'(plug-in-path "${{gimp_plug_in_dir}}/plug-ins:{folder}/plug-ins")\n{self.gimprc}'
        )
        install("gimp", folder / "plug-ins")

    def inside(self, *words, place=None, timeout=TIMEOUT, **environment):
        """Run a command in the root; gives what it said."""
        place = place or self.place
        installed = place.folder / "environment.json"
        installed.write_text(json.dumps({"python": "/usr/bin/python3", "version": libhdrnet.__version__}))
        env = {
            "HOME": str(self.folder), self.settings: str(self.folder / "settings"),
            "HDRNET_SCENARIO": str(self.folder), "HDRNET_RUNTIME": str(place.runtime),
            "HDRNET_ENVIRONMENT": str(installed), **environment,
        }  # fmt: skip
        return run_inside(*words, suite=self.suite, folders=[self.folder, place.folder], env=env, timeout=timeout)

    def play(self, scenario, *opened, **options):
        """Run a scenario (Python, see gimp3_driver.py) with these files open; gives what it told."""
        (self.folder / "scenario.py").write_text(scenario)
        return self._told(*self.batch(), *opened, **options)

    def show(self, steps, *opened, **options):
        """Run the steps (Python, see gui_driver.py) before the eyes of a display with these files open."""
        (self.folder / "steps.py").write_text(steps)
        driver = REPOSITORY / "tests/hosts/gui_driver.py"
        return self._told("python3", driver, self.folder, self.program, "-ndf", *opened, timeout=360, **options)

    def _told(self, *words, **options):
        (self.folder / "told.json").unlink(missing_ok=True)
        done = self.inside(*words, **options)
        assert (self.folder / "told.json").exists(), done.stdout + done.stderr
        told = json.loads((self.folder / "told.json").read_text())
        told.update(stderr=done.stderr, messages=MESSAGE.findall(done.stderr))
        assert told.get("ended"), told.get("traceback", "") + done.stderr
        if "LC_ALL" not in options and not self.known.exists():  # of no other language
            Path(shutil.copy(self.folder / "settings/pluginrc", self.folder)).replace(self.known)
        return told

    def batch(self):
        """Return the command that runs the scenario."""
        driver = f"exec(open('{REPOSITORY}/tests/hosts/gimp3_driver.py').read())"
        return [self.console, "-idf", "--batch-interpreter", "python-fu-eval", "-b", driver, "--quit"]

    def give(self, **pictures):
        """Put float32 pictures where `add_layer` finds them."""
        for name, pixels in pictures.items():
            Path(self.folder, f"{name}.raw").write_bytes(np.ascontiguousarray(pixels, "<f4").tobytes())

    def take(self, name, *shape, dtype="<f4"):
        """Read what `dump` wrote."""
        return np.fromfile(self.folder / f"{name}.out", dtype).reshape(shape)


class Gimp32(Gimp3):
    """A GIMP 3.2."""

    suite = "forky"
    program = "gimp-3.2"
    console = "gimp-console-3.2"
    gimprc = '(show-welcome-dialog no)\n(config-version "3.2.6")\n(prev-language "C.UTF-8")\n'


class Gimp2(Gimp3):
    """A GIMP 2.10; its scenarios speak with gimp2_driver.py."""

    suite = "bookworm"
    program = "gimp-2.10"
    console = "gimp-console-2.10"
    settings = "GIMP2_DIRECTORY"
    gimprc = ""

    def __init__(self, folder, place, known):
        super().__init__(folder, place, known)
        (folder / "plug-ins/driver").mkdir()
        shutil.copy(REPOSITORY / "tests/hosts/gimp2_driver.py", folder / "plug-ins/driver/driver.py")
        (folder / "plug-ins/driver/driver.py").chmod(0o755)

    def batch(self):
        """Return the command that runs the scenario."""
        return [self.console, "-idf", "-b", "(hdrnet-test-scenario 1)", "-b", "(gimp-quit 0)"]


def equal(found, expected):
    """The same but for a step of the precision that the networks have here: GIMP's own conversions change last bits."""
    from libhdrnet.engine.device import choose_precision

    step = {torch.float32: 1e-3, torch.bfloat16: 2**-8}[choose_precision(torch.device("cpu"))]
    np.testing.assert_allclose(found, expected, rtol=step, atol=1e-5)


def plug_in_process(gimp):
    """Return the number of the process of the plug-in at work in a GIMP, None if it is not."""
    program = f"{gimp.folder}/plug-ins/hdrnet/hdrnet.py"
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if program in words and "-run" in words:
            return int(path.parent.name)
    return None


class InMidJob(threading.Thread):
    """Acts once the server is at a stage of a job, and again when it has no job any more."""

    def __init__(self, place, act, afterwards=lambda: None, *, stage="merging with the network"):
        super().__init__(daemon=True)
        self._place, self._act, self._afterwards, self._stage = place, act, afterwards, stage
        self._stopped = False
        self.start()

    def stopped(self):
        """Tell whether the job came to an end."""
        self.join(30)
        return self._stopped

    def run(self):
        wire = self._place.wire()
        wire.hello()

        def stages():
            return [job["stage"] for job in wire.ask("status")["result"]["jobs"]]

        wait_until(lambda: self._stage in stages())
        self._act()
        if is_alive(self._place.processes[0].pid):
            self._stopped = wait_until(lambda: not stages(), seconds=20)
            self._afterwards()
        wire.close()
