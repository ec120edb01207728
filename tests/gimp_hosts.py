"""What the tests in real GIMPs share: the plug-in installed in a folder of its own, scenarios, pixels in files."""

import json
import shutil
from pathlib import Path

import numpy as np
from host_root import REPOSITORY, run_inside

import libhdrnet

TIMEOUT = 90


def install(folder):
    """Put the plug-in into the folder of plug-ins `folder`, as the installer does."""
    for source, target in (("hdrnet", "hdrnet"), ("gimpfu_compat", "hdrnet/gimpfu_compat")):
        without = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / "plugins/gimp" / source, folder / target, ignore=without)
    shutil.copy(REPOSITORY / "libhdrnet/client/hdrnet_client.py", folder / "hdrnet")


class Gimp3:
    """A GIMP 3 with settings of its own, whose plug-in asks the server of `place`."""

    suite = "trixie"
    settings = "GIMP3_DIRECTORY"
    gimprc = '(show-welcome-dialog no)\n(config-version "3.0.4")\n'

    def __init__(self, folder, place):
        self.folder = folder
        self.place = place
        (folder / "settings").mkdir()
        (folder / "settings/gimprc").write_text(
            f'(plug-in-path "${{gimp_plug_in_dir}}/plug-ins:{folder}/plug-ins")\n{self.gimprc}'
        )
        install(folder / "plug-ins")

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
        (self.folder / "told.json").unlink(missing_ok=True)
        done = self.inside(*self.batch(), *opened, **options)
        assert (self.folder / "told.json").exists(), done.stdout + done.stderr
        told = json.loads((self.folder / "told.json").read_text())
        assert told.get("ended"), told.get("traceback", "") + done.stderr
        return told

    def batch(self):
        """Return the command that runs the scenario."""
        driver = f"exec(open('{REPOSITORY}/tests/hosts/gimp3_driver.py').read())"
        return ["gimp-console-3.0", "-idf", "--batch-interpreter", "python-fu-eval", "-b", driver, "--quit"]

    def give(self, **pictures):
        """Put float32 pictures where `add_layer` finds them."""
        for name, pixels in pictures.items():
            Path(self.folder, f"{name}.raw").write_bytes(np.ascontiguousarray(pixels, "<f4").tobytes())

    def take(self, name, *shape):
        """Read what `dump` wrote."""
        return np.fromfile(self.folder / f"{name}.out", "<f4").reshape(shape)


class Gimp2(Gimp3):
    """A GIMP 2.10; its scenarios speak with gimp2_driver.py."""

    suite = "bookworm"
    settings = "GIMP2_DIRECTORY"
    gimprc = ""

    def __init__(self, folder, place):
        super().__init__(folder, place)
        (folder / "plug-ins/driver").mkdir()
        shutil.copy(REPOSITORY / "tests/hosts/gimp2_driver.py", folder / "plug-ins/driver/driver.py")
        (folder / "plug-ins/driver/driver.py").chmod(0o755)

    def batch(self):
        """Return the command that runs the scenario."""
        return ["gimp-console-2.10", "-idf", "-b", "(hdrnet-test-scenario 1)", "-b", "(gimp-quit 0)"]


def equal(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


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
