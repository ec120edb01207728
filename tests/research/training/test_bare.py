"""A machine that trains has torch, numpy, OpenCV and safetensors, and nothing else that libhdrnet needs."""

import subprocess
import sys

import pytest
from commands import ENVIRONMENT, TIMEOUT

from libhdrnet.research.training.bank import make_pack

BLOCKED = ("pyexiv2", "imageio", "platformdirs", "rich", "tifffile", "imagecodecs", "OpenEXR", "rawpy")
RUN = f"""
import sys
sys.modules.update(dict.fromkeys({BLOCKED}))
from libhdrnet.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("network", ["selection", "defocus"])
def test_a_machine_without_readers_of_pictures_trains_from_a_pack(data, tmp_path, network):
    make_pack(data, tmp_path / "a.pack")
    words = ["train", network, "--pack", "a.pack", "-o", "run", "--steps", "1", "--patch", "16", "--batch", "1",
             "--device", "cpu", "--limit", "1", "--json"]  # fmt: skip
    done = subprocess.run([sys.executable, "-c", RUN, *words], cwd=tmp_path, env=ENVIRONMENT, capture_output=True,
                          text=True, timeout=TIMEOUT)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "run" / f"{network}.safetensors").exists()
