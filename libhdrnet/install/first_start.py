"""GIMP's own folder of settings, before a plug-in goes into it.

GIMP makes it at its first start, and only if there is none: with ours in its place it would neither take over the
settings of an older GIMP nor make the folders in which its tools keep theirs.
"""

import contextlib
import subprocess

from libhdrnet.install.hosts import Host

SECONDS = 120


def let_gimp_make_its_folder(host: Host) -> None:
    """Start GIMP once without its window if it never ran; without success its folder is made as any other."""
    if host.name != "gimp" or host.kind != "system" or host.program is None or host.folder.parent.exists():
        return
    console = host.program.with_name(host.program.name.replace("gimp-", "gimp-console-"))
    end = ["-b", "(gimp-quit 0)"] if host.version.startswith("2.") else ["--quit"]
    words = [str(console if console.exists() else host.program), "-i", "-d", "-f", *end]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
