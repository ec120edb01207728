"""Where this user's things lie. Pure paths, so that every platform's can be told on any other."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libhdrnet.client.hdrnet_client import environment_path


@dataclass(frozen=True)
class Machine:
    """The system, the user's home folder and the variables that move things elsewhere."""

    system: str
    """As sys.platform names it."""
    home: Path
    environment: Mapping[str, str]

    def folder(self, variable: str, *default: str) -> Path:
        """Return the folder an environment variable names, else one in the home folder."""
        given = self.environment.get(variable)
        return type(self.home)(given) if given else self.home.joinpath(*default)

    @property
    def data(self) -> Path:
        """Where libhdrnet's environment lies (platformdirs' user_data_dir)."""
        windows = self.folder("LOCALAPPDATA", "AppData", "Local")
        linux = self.folder("XDG_DATA_HOME", ".local", "share")
        return self._by_system(windows, "Application Support", linux) / "libhdrnet"

    @property
    def logs(self) -> Path:
        """Where the server keeps its log (platformdirs' user_log_dir)."""
        linux = self.folder("XDG_STATE_HOME", ".local", "state") / "libhdrnet/log"
        return self._by_system(self.data / "Logs", "Logs/libhdrnet", linux)

    @property
    def config(self) -> Path:
        """Where programs keep their settings."""
        windows, linux = self.folder("APPDATA", "AppData", "Roaming"), self.folder("XDG_CONFIG_HOME", ".config")
        return self._by_system(windows, "Application Support", linux)

    @property
    def launcher(self) -> Path:
        """The command for the user's terminal."""
        return self.data / "bin/hdrnet.cmd" if self.system == "win32" else self.home / ".local/bin/hdrnet"

    @property
    def environment_file(self) -> Path:
        """What tells plug-ins which Python has libhdrnet (hdrnet_client.environment_path)."""
        return Path(environment_path())

    def program(self, environment: Path, name: str) -> Path:
        """Return the path of a program in a virtual environment."""
        return environment / "Scripts" / f"{name}.exe" if self.system == "win32" else environment / "bin" / name

    def _by_system(self, windows: Path, mac: str, linux: Path) -> Path:
        """Return the folder of this system, of which `mac` lies in the user's Library."""
        return {"win32": windows, "darwin": self.home / "Library" / mac}.get(self.system, linux)


def this_machine() -> Machine:
    """Return the machine this runs on."""
    return Machine(sys.platform, Path.home(), os.environ)


def way_to_path(machine: Machine) -> str:
    """Say how to bring the command's folder onto the PATH; nothing if it is there."""
    folder = machine.launcher.parent
    listed = machine.environment.get("PATH", "").split(";" if machine.system == "win32" else ":")
    if folder in [type(folder)(part) for part in listed if part]:
        return ""
    if machine.system == "win32":
        return (
            "add it to Path in the dialog that `rundll32 sysdm.cpl,EditEnvironmentVariables` opens, and open a new "
            "terminal"
        )
    shell = machine.environment.get("SHELL", "").rpartition("/")[2]
    if shell == "fish":
        return "run `fish_add_path ~/.local/bin`"
    file = {"bash": "~/.bashrc", "zsh": "~/.zshrc"}.get(shell, "~/.profile")
    again = "log in again" if file == "~/.profile" else "open a new terminal"
    return f"""run `echo 'export PATH="$HOME/.local/bin:$PATH"' >> {file}`, and {again}"""
