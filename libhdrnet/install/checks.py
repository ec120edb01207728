"""What `hdrnet doctor` looks at. Heavy libraries are imported by the check that is about them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from importlib.metadata import distributions, requires
from typing import Literal, NamedTuple

from libhdrnet._version import __version__
from libhdrnet.client import hdrnet_client
from libhdrnet.install.hosts import Host, find_hosts
from libhdrnet.install.places import Machine, way_to_path
from libhdrnet.install.plugins import Plugin
from libhdrnet.install.record import Record

AGAIN = f"install libhdrnet again (installers/install.{'ps1' if sys.platform == 'win32' else 'sh'})"
LITTLE_DISK, LITTLE_MEMORY = 2e9, 3e9
CHOSEN = "chosen folder"
"""The kind of a host that was never found, into whose folder a plug-in was put."""


class Check(NamedTuple):
    """One line of the page."""

    name: str
    state: Literal["ok", "warning", "problem"]
    text: str
    mend: str = ""
    """A command, or what to do."""


def check_python(machine: Machine) -> Iterator[Check]:
    """Tell the Python, and whether it is an environment of its own."""
    text = f"{'.'.join(map(str, sys.version_info[:3]))} in {sys.prefix}"
    if sys.prefix == sys.base_prefix:
        yield Check("Python", "warning", f"{text}: the system's, whose updates may break libhdrnet", AGAIN)
    else:
        yield Check("Python", "ok", text)


def check_packages(machine: Machine) -> Iterator[Check]:
    """Look for what libhdrnet depends on, and load it."""
    needed = [line.partition(">")[0].strip() for line in requires("libhdrnet") or [] if "extra ==" not in line]
    missing = [name for name in needed if not any(distributions(name=name))]
    if missing:
        yield Check("packages", "problem", f"missing: {', '.join(missing)}", AGAIN)
        return
    for module in ("numpy", "cv2", "tifffile", "imagecodecs", "OpenEXR", "rawpy", "pyexiv2"):
        import_module(module)
    yield Check("packages", "ok", f"{len(needed)} are there and load")


def check_torch(machine: Machine) -> Iterator[Check]:
    """Tell PyTorch, the device and the number format that would be used."""
    import torch

    from libhdrnet.engine.device import choose_device, choose_precision

    device = choose_device()
    yield Check("torch", "ok", torch.__version__)
    if device.type == "cpu" and shutil.which("nvidia-smi"):
        text = "an NVIDIA card is there, but this build of torch does not use it"
        yield Check("device", "warning", text, "installers/install.sh --torch cuda")
        return
    precision = str(choose_precision(device)).removeprefix("torch.")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} processors"
    yield Check("device", "ok", f"{device} ({name}), {precision}")


def check_weights(machine: Machine) -> Iterator[Check]:
    """Hold the trained weights against the checksums in their cards."""
    from libhdrnet.networks import TASKS
    from libhdrnet.weights import read_card, weights_folder

    folder = weights_folder()
    for name in TASKS:
        digest, path = read_card(name, folder).sha256, folder / f"{name}.safetensors"
        if not path.exists():
            yield Check("weights", "problem", f"{name}: '{path}' is missing", AGAIN)
        elif sha256(path.read_bytes()).hexdigest() != digest:
            yield Check("weights", "problem", f"{name}: '{path}' is damaged", AGAIN)
        else:
            yield Check("weights", "ok", f"{name} {digest[:12]}")


def check_server(machine: Machine) -> Iterator[Check]:
    """Ask the resident server, and look whether its folder is private."""
    folder = hdrnet_client.runtime_folder()
    try:
        if os.path.lexists(folder):
            hdrnet_client.check_private(folder)
        with hdrnet_client.connect(start=False) as server:
            text = f"version {server.version} runs"
            if server.version == __version__:
                yield Check("server", "ok", f"{text}, process {server.process}")
            else:
                yield Check("server", "warning", f"{text}, this is {__version__}", "hdrnet stop")
    except hdrnet_client.ServerUnavailableError:
        yield Check("server", "ok", "none runs; the first that needs it starts it")
    except hdrnet_client.ClientError as error:
        yield Check("server", "problem", str(error), error.hint)


def check_environment(machine: Machine) -> Iterator[Check]:
    """Look at what tells plug-ins where libhdrnet is."""
    path = machine.environment_file
    try:
        facts = hdrnet_client.read_environment()
    except hdrnet_client.ClientError as error:
        yield Check("start", "problem", str(error), AGAIN)
        return
    if facts is None:
        if shutil.which("hdrnet"):
            yield Check("start", "ok", "plug-ins find hdrnet on the PATH")
        else:
            yield Check("start", "warning", f"no '{path}': plug-ins do not find libhdrnet", AGAIN)
    elif not os.path.exists(facts["python"]):
        yield Check("start", "problem", f"'{facts['python']}', which '{path}' names, is not there", AGAIN)
    elif facts["version"] != __version__:
        yield Check("start", "warning", f"plug-ins start version {facts['version']}, this is {__version__}", AGAIN)
    else:
        yield Check("start", "ok", f"plug-ins start {facts['python']}")
        way = way_to_path(machine)
        if way and machine.launcher.exists():
            yield Check("command", "warning", f"'{machine.launcher.parent}' is not on the PATH", way)


def check_hosts(machine: Machine) -> Iterator[Check]:
    """Look for every GIMP and darktable, with its plug-in."""
    hosts = find_hosts(machine)
    folders = [host.folder for host in hosts]
    hosts += [Host(name, "", CHOSEN, path) for name, path in Record(machine.data).places if path not in folders]
    yield from (_plugin(host, machine) for host in hosts)
    if not hosts:
        yield Check("hosts", "warning", "no GIMP and no darktable was found", "hdrnet install gimp --into DIR")


def check_room(machine: Machine) -> Iterator[Check]:
    """Measure disk and memory, and see whether the disk can be written."""
    from libhdrnet.engine.memory import free_memory

    folder = next(path for path in (machine.data, *machine.data.parents) if path.exists())
    if not os.access(folder, os.W_OK):
        yield Check("disk", "problem", f"'{folder}' cannot be written", f"chmod u+w '{folder}'")
    yield _room("disk", shutil.disk_usage(folder).free, LITTLE_DISK, f" in '{folder}'", "free some space")
    if (memory := free_memory("cpu")) is not None:
        yield _room("memory", memory, LITTLE_MEMORY, "", "close other programs")


CHECKS = (
    check_python, check_packages, check_torch, check_weights, check_server, check_environment, check_hosts, check_room,
)  # fmt: skip


def _room(name: str, free: float, little: float, where: str, mend: str) -> Check:
    text = f"{free / 1e9:.1f} GB free{where}"
    return Check(name, "warning", text, mend) if free < little else Check(name, "ok", text)


def _plugin(host: Host, machine: Machine) -> Check:
    if host.obstacle:
        return Check(host.name, "warning", f"{host.title}: {host.obstacle}", "use the one of the system")
    state = Plugin(host.name, host.folder, machine.data).state()
    where = f"{host.title}, '{host.folder}'"
    mend = f"hdrnet install {host.name}" + (f" --into '{host.folder}'" if host.kind == CHOSEN else "")
    if not state.version:
        return Check(host.name, "warning", f"{where}: no plug-in", mend)
    if not os.access(host.folder, os.W_OK):
        mend = f"chmod u+w '{host.folder}', then {mend}"
    if state.version != __version__:
        return Check(host.name, "warning", f"{where}: plug-in {state.version}, this is {__version__}", mend)
    if state.damaged:
        return Check(host.name, "problem", f"{where}: changed or missing: {', '.join(state.damaged)}", mend)
    if not state.loads:
        return Check(host.name, "problem", f"{where}: 'luarc' does not load it", mend)
    if trouble := _trouble(host):
        return Check(host.name, "problem", f"{where}: plug-in {state.version}, but {trouble[0]}", trouble[1])
    return Check(host.name, "ok", f"{where}: plug-in {state.version}")


def _trouble(host: Host) -> tuple[str, str] | None:
    """Say what GIMP of this system lacks for plug-ins in Python, if anything."""
    if host.name != "gimp" or host.kind != "system" or host.program is None or not sys.platform.startswith("linux"):
        return None
    python = shutil.which("python3", path=os.pathsep.join(("/usr/bin", os.environ.get("PATH", ""))))
    if python is None:
        return "there is no python3 for its plug-ins", "apt install python3"
    if host.version.startswith("2.") or host.program.suffix.lower() == ".appimage":
        return None
    words = [python, "-c", "import gi; gi.require_version('Gimp', '3.0')"]
    if subprocess.run(words, capture_output=True, timeout=30).returncode:
        return f"{python} cannot speak to it", "apt install python3-gi gir1.2-gimp-3.0"
    return None
