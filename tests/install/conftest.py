"""What the tests of installing share: a machine that is a folder, and a plug-in for GIMP to install."""

import shutil

import pytest
from bare import stand_in_for_gimp
from host_root import REPOSITORY

from libhdrnet.install import sources
from libhdrnet.install.places import Machine


@pytest.fixture
def machine(tmp_path):
    """A Linux with a home folder and no programs."""
    home = tmp_path / "Jörg Ö's home"
    home.mkdir()
    return Machine("linux", home, {"PATH": str(tmp_path / "bin")})


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """The plug-ins as they lie in a checkout; GIMP's does nothing."""
    folder = tmp_path / "plugins"
    for part in ("darktable", "locale"):
        shutil.copytree(REPOSITORY / "plugins" / part, folder / part)
    stand_in_for_gimp(folder / "gimp")
    monkeypatch.setattr(sources, "FOLDERS", (folder,))
    return folder


@pytest.fixture
def told():
    """What was said."""
    return []
