"""One machine stands for another: what is decided and computed does not hang on a processor's last bits.

torch, oneDNN and OpenCV are told to use less of the processor than it has; a process of its own for each machine.
"""

import json
import subprocess
import sys

import numpy as np
import pytest
from commands import ENVIRONMENT

MACHINES = {
    "this one": {},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENCV_CPU_DISABLE": "AVX512-SKX"},
    "SSE": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2,AVX",
    },
}
PROGRAM = """
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from machine_work import work
facts, arrays = work()
np.savez(sys.argv[2], **arrays)
print(json.dumps(facts))
"""
LEAST = 60.0


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What each machine decided (facts) and computed (arrays)."""
    folder = tmp_path_factory.mktemp("machines")
    results = {}
    for name, switches in MACHINES.items():
        path = folder / f"{len(results)}.npz"
        words = [sys.executable, "-c", PROGRAM, __file__.rpartition("test_machines")[0], str(path)]
        ended = subprocess.run(
            words, env={**ENVIRONMENT, **switches}, capture_output=True, text=True, timeout=300, check=False
        )
        assert ended.returncode == 0, ended.stderr
        results[name] = json.loads(ended.stdout.splitlines()[-1]), dict(np.load(path))
    return results


@pytest.mark.parametrize("machine", [name for name in MACHINES if name != "this one"])
def test_every_machine_decides_alike(found, machine):
    assert found[machine][0]["decided"] == found["this one"][0]["decided"]


@pytest.mark.parametrize("machine", [name for name in MACHINES if name != "this one"])
def test_every_machine_computes_the_same_picture(found, machine):
    for name, here in found["this one"][1].items():
        there = found[machine][1][name]
        error = np.mean((here - there).astype(np.float64) ** 2)
        assert error < 10 ** (-LEAST / 10), name


def test_bf16_is_chosen_only_where_torch_may_use_avx512(found):
    assert found["AVX2"][0]["precision"] == found["SSE"][0]["precision"] == "float32"
