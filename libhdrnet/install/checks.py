"""What `hdrnet doctor` looks at. Heavy libraries are imported by the check that is about them."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version

from libhdrnet._version import __version__
from libhdrnet.client.hdrnet_client import (
    ClientError,
    ServerUnavailableError,
    check_private,
    connect,
    read_environment,
    runtime_folder,
)
from libhdrnet.install.hosts import Host, find_hosts
from libhdrnet.install.path import way_to_path
from libhdrnet.install.places import Machine
from libhdrnet.install.plugins import Plugin
from libhdrnet.install.record import Record

AGAIN = f"install libhdrnet again (installers/install.{'ps1' if sys.platform == 'win32' else 'sh'})"
LITTLE_DISK, LITTLE_MEMORY = 2e9, 3e9


class State(Enum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Check:
    """One line of the page."""

    name: str
    state: State
    text: str
    mend: str = ""
    """A command, or what to do."""


def check_python(machine: Machine) -> list[Check]:
    """Tell the Python, and whether it is an environment of its own."""
    number = ".".join(map(str, sys.version_info[:3]))
    text = f"{number} in {sys.prefix}"
    if sys.prefix == sys.base_prefix:
        return [Check("Python", State.WARNING, f"{text}: the system's, whose updates may break libhdrnet", AGAIN)]
    return [Check("Python", State.OK, text)]


def check_packages(machine: Machine) -> list[Check]:
    """Look for what libhdrnet depends on, and load it."""
    missing, needed = [], [line for line in requires("libhdrnet") or [] if "extra ==" not in line]
    for line in needed:
        name = line.partition(">")[0].strip()
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return [Check("packages", State.PROBLEM, f"missing: {', '.join(missing)}", AGAIN)]
    for module in ("numpy", "cv2", "tifffile", "imagecodecs", "OpenEXR", "rawpy", "pyexiv2"):
        import_module(module)
    return [Check("packages", State.OK, f"{len(needed)} are there and load")]


def check_torch(machine: Machine) -> list[Check]:
    """Tell PyTorch, the device and the number format that would be used."""
    import torch

    from libhdrnet.engine.device import choose_device, choose_precision

    device = choose_device()
    precision = str(choose_precision(device)).removeprefix("torch.")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} processors"
    found = [Check("torch", State.OK, torch.__version__), Check("device", State.OK, f"{device} ({name}), {precision}")]
    if device.type == "cpu" and shutil.which("nvidia-smi"):
        text = "an NVIDIA card is there, but this build of torch does not use it"
        found[1] = Check("device", State.WARNING, text, "installers/install.sh --torch cuda")
    return found


def check_weights(machine: Machine) -> list[Check]:
    """Hold the trained weights against the checksums in their cards."""
    from libhdrnet.networks import TASKS
    from libhdrnet.weights import read_card, weights_folder

    folder, found = weights_folder(), []
    for name in TASKS:
        card = read_card(name, folder)
        path = folder / f"{name}.safetensors"
        if not path.exists():
            found.append(Check("weights", State.PROBLEM, f"{name}: '{path}' is missing", AGAIN))
        elif sha256(path.read_bytes()).hexdigest() != card.sha256:
            found.append(Check("weights", State.PROBLEM, f"{name}: '{path}' is damaged", AGAIN))
        else:
            found.append(Check("weights", State.OK, f"{name} {card.sha256[:12]}"))
    return found


def check_server(machine: Machine) -> list[Check]:
    """Ask the resident server, and look whether its folder is private."""
    found = []
    folder = runtime_folder()
    try:
        if os.path.lexists(folder):
            check_private(folder)
        with connect(start=False) as server:
            if server.version == __version__:
                found.append(Check("server", State.OK, f"version {server.version} runs, process {server.process}"))
            else:
                text = f"version {server.version} runs, this is {__version__}"
                found.append(Check("server", State.WARNING, text, "hdrnet stop"))
    except ServerUnavailableError:
        found.append(Check("server", State.OK, "none runs; the first that needs it starts it"))
    except ClientError as error:
        found.append(Check("server", State.PROBLEM, str(error), error.hint))
    return found


def check_environment(machine: Machine) -> list[Check]:
    """Look at what tells plug-ins where libhdrnet is."""
    path = machine.environment_file
    try:
        facts = read_environment()
    except ClientError as error:
        return [Check("start", State.PROBLEM, str(error), AGAIN)]
    if facts is None:
        if shutil.which("hdrnet"):
            return [Check("start", State.OK, "plug-ins find hdrnet on the PATH")]
        return [Check("start", State.WARNING, f"no '{path}': plug-ins do not find libhdrnet", AGAIN)]
    if not os.path.exists(facts["python"]):
        return [Check("start", State.PROBLEM, f"'{facts['python']}', which '{path}' names, is not there", AGAIN)]
    if facts["version"] != __version__:
        text = f"plug-ins start version {facts['version']}, this is {__version__}"
        return [Check("start", State.WARNING, text, AGAIN)]
    found = [Check("start", State.OK, f"plug-ins start {facts['python']}")]
    way = way_to_path(machine)
    if way and machine.launcher.exists():
        found.append(Check("command", State.WARNING, f"'{machine.launcher.parent}' is not on the PATH", way))
    return found


def check_hosts(machine: Machine) -> list[Check]:
    """Look for every GIMP and darktable, with its plug-in."""
    hosts = find_hosts(machine)
    folders = [host.folder for host in hosts]
    for name, folder in Record(machine.data).places:
        if folder not in folders:
            hosts.append(Host(name, "", "chosen folder", folder))
    if not hosts:
        return [Check("hosts", State.WARNING, "no GIMP and no darktable was found", "hdrnet install gimp --into DIR")]
    return [_plugin(host, machine) for host in hosts]


def check_room(machine: Machine) -> list[Check]:
    """Measure disk and memory, and see whether the disk can be written."""
    folder = next(path for path in (machine.data, *machine.data.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    state, mend = (State.WARNING, "free some space") if free < LITTLE_DISK else (State.OK, "")
    found = [Check("disk", state, f"{free / 1e9:.1f} GB free in '{folder}'", mend)]
    if not os.access(folder, os.W_OK):
        found.append(Check("disk", State.PROBLEM, f"'{folder}' cannot be written", f"chmod u+w '{folder}'"))
    from libhdrnet.engine.memory import free_memory

    memory = free_memory("cpu")
    if memory is not None:
        state, mend = (State.WARNING, "close other programs") if memory < LITTLE_MEMORY else (State.OK, "")
        found.append(Check("memory", state, f"{memory / 1e9:.1f} GB free", mend))
    return found


CHECKS = (
    check_python, check_packages, check_torch, check_weights, check_server, check_environment, check_hosts, check_room,
)  # fmt: skip


def _plugin(host: Host, machine: Machine) -> Check:
    if host.obstacle:
        return Check(host.name, State.WARNING, f"{host.title}: {host.obstacle}", "use the one of the system")
    state = Plugin(host.name, host.folder, machine.data).state()
    where = f"{host.title}, '{host.folder}'"
    into = f" --into '{host.folder}'" if host.kind == "chosen folder" else ""
    mend = f"hdrnet install {host.name}{into}"
    if not state.version:
        return Check(host.name, State.WARNING, f"{where}: no plug-in", mend)
    writable = os.access(host.folder, os.W_OK)
    if not writable:
        mend = f"chmod u+w '{host.folder}', then {mend}"
    if state.version != __version__:
        return Check(host.name, State.WARNING, f"{where}: plug-in {state.version}, this is {__version__}", mend)
    if state.damaged:
        return Check(host.name, State.PROBLEM, f"{where}: changed or missing: {', '.join(state.damaged)}", mend)
    if not state.loads:
        return Check(host.name, State.PROBLEM, f"{where}: 'luarc' does not load it", mend)
    trouble = _trouble(host)
    if trouble:
        return Check(host.name, State.PROBLEM, f"{where}: plug-in {state.version}, but {trouble[0]}", trouble[1])
    return Check(host.name, State.OK, f"{where}: plug-in {state.version}")


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
