"""Run in a bare Debian: kill the installer of two versions in turn at random moments, and look at what is left.

Arguments: the trees of the old and the new version. One JSON object a line: whether it was killed, and what is broken.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

ROUNDS = 10
HOME = Path.home()
TREES = {Path(tree).name: Path(tree) for tree in sys.argv[1:]}
DARKTABLE = HOME / ".config/darktable"
GIMP = HOME / ".config/GIMP/3.0/plug-ins"
MINE = b'-- mine\nrequire "other"'


def install(version):
    """Start the installer in a group of its own, as a terminal does."""
    tree = TREES[version]
    words = [tree / "installers/install.sh", "--wheels", tree / "wheels", "--no-demo"]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def version_in_use():
    """What the installed command calls itself."""
    command = [HOME / ".local/bin/hdrnet", "--version"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip().removeprefix("hdrnet ")


def broken_things():
    """All that is neither the old nor the new version."""
    broken = []
    version = version_in_use()
    facts = json.loads((HOME / ".config/libhdrnet/environment.json").read_text())
    if version not in TREES or facts["version"] != version or not os.access(facts["python"], os.X_OK):
        broken.append(f"command {version}, environment {facts}")
    for parent in (GIMP, DARKTABLE / "lua"):
        manifest = json.loads((parent / "hdrnet/manifest.json").read_text())
        if manifest["version"] not in TREES:
            broken.append(f"{parent}: {manifest['version']}")
        for name, digest in manifest["files"].items():
            if sha256((parent / name).read_bytes()).hexdigest() != digest:
                broken.append(f"{parent / name} is not of version {manifest['version']}")
    if (DARKTABLE / "luarc").read_bytes() != MINE + b'\nrequire "hdrnet"\n':
        broken.append(f"luarc: {(DARKTABLE / 'luarc').read_bytes()}")
    return broken


first, second = TREES
begun = time.monotonic()
install(first).wait(120)
takes = time.monotonic() - begun
for number in range(ROUNDS):
    process = install(second if version_in_use() == first else first)
    moment = random.Random(number).uniform(0, takes)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        # every second time pip is left alive, as by a kill of the installer alone
        (os.killpg if number % 2 else os.kill)(process.pid, signal.SIGKILL)
        process.wait(60)
    killed = process.returncode == -signal.SIGKILL
    print(
        json.dumps({"killed": killed, "after": round(moment, 2), "of": round(takes, 2), "broken": broken_things()}),
        flush=True,
    )
