"""Whether a terminal finds the command `hdrnet`, and what to do if it does not."""

from libhdrnet.install.places import Machine


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
