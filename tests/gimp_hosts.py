"""What the tests in real GIMPs share: the plug-in installed in a folder of its own, scenarios, pixels in files."""

import json
import shutil
from pathlib import Path

import numpy as np
from host_root import REPOSITORY, run_inside

import libhdrnet

TIMEOUT = 90
DRIVER = REPOSITORY / "tests/hosts/gimp3_driver.py"


def install(folder):
    """Put the plug-in into the folder of plug-ins `folder`, as the installer does."""
    plugin = folder / "hdrnet"
    shutil.copytree(REPOSITORY / "plugins/gimp/hdrnet", plugin, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        REPOSITORY / "plugins/gimp/gimpfu_compat", plugin / "gimpfu_compat", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(REPOSITORY / "libhdrnet/client/hdrnet_client.py", plugin)


class Gimp3:
    """A GIMP 3 with settings of its own, whose plug-in asks the server of `place`."""

    suite = "trixie"

    def __init__(self, folder, place):
        self.folder = folder
        self.place = place
        self.environment = {
            "HOME": str(folder), "GIMP3_DIRECTORY": str(folder / "settings"), "HDRNET_SCENARIO": str(folder),
            "HDRNET_RUNTIME": str(place.runtime), "HDRNET_ENVIRONMENT": str(place.folder / "environment.json"),
        }  # fmt: skip
        facts = {"python": "/usr/bin/python3", "version": libhdrnet.__version__}
        (place.folder / "environment.json").write_text(json.dumps(facts))
        (folder / "settings").mkdir()
        (folder / "settings/gimprc").write_text(
            f'(plug-in-path "${{gimp_plug_in_dir}}/plug-ins:{folder}/plug-ins")\n(show-welcome-dialog no)\n'
        )
        install(folder / "plug-ins")

    def inside(self, *words, timeout=TIMEOUT, **environment):
        return run_inside(
            *words, suite=self.suite, folders=[self.folder, self.place.folder],
            env={**self.environment, **environment}, timeout=timeout,
        )  # fmt: skip

    def play(self, scenario, **environment):
        """Run a scenario (Python, see gimp3_driver.py); gives what it told."""
        (self.folder / "scenario.py").write_text(scenario)
        (self.folder / "told.json").unlink(missing_ok=True)
        done = self.inside(
            "gimp-console-3.0", "-i", "-d", "-f", "--batch-interpreter", "python-fu-eval", "-b",
            f"exec(open('{DRIVER}').read())", "--quit", **environment,
        )  # fmt: skip
        assert (self.folder / "told.json").exists(), done.stdout + done.stderr
        told = json.loads((self.folder / "told.json").read_text())
        assert told.get("ended"), told.get("traceback", "") + done.stderr
        return told

    def give(self, **pictures):
        """Put float32 pictures where `add_layer` finds them."""
        for name, pixels in pictures.items():
            Path(self.folder, f"{name}.raw").write_bytes(np.ascontiguousarray(pixels, "<f4").tobytes())

    def take(self, name, *shape):
        """Read what `dump` wrote."""
        return np.fromfile(self.folder / f"{name}.out", "<f4").reshape(shape)
