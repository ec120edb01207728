"""The wheel and the sdist: what is inside."""

import tarfile
import zipfile

import pytest
from bare import build_wheel
from host_root import REPOSITORY

import libhdrnet
from libhdrnet.install.tree import copy_tree

LARGEST = 40e6


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of what is released, in which a build leaves its files."""
    return copy_tree(tmp_path_factory.mktemp("tree"))


def sources(*folders):
    """Paths of the files in these folders of the repository."""
    paths = (path for folder in folders for path in (REPOSITORY / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(REPOSITORY)) for path in paths if "__pycache__" not in path.parts}


def test_a_wheel_holds_weights_and_plugins(tree, tmp_path):
    wheel = build_wheel(tree, tmp_path / "dist")
    assert wheel.name == f"libhdrnet-{libhdrnet.__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < LARGEST
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for path in sources("plugins"):
            assert archive.read(f"libhdrnet/{path}") == (REPOSITORY / path).read_bytes()
    assert sources("libhdrnet") <= names
    assert {name.split("/")[0] for name in names} == {"libhdrnet", f"libhdrnet-{libhdrnet.__version__}.dist-info"}


def test_an_sdist_holds_all_that_is_needed_to_install_it(tree, tmp_path):
    sdist = build_wheel(tree, tmp_path / "dist", "sdist")
    assert sdist.stat().st_size < LARGEST
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        script = archive.getmember(f"{sdist.name.removesuffix('.tar.gz')}/installers/install.sh")
    assert script.mode & 0o111
    assert sources("libhdrnet", "plugins", "installers") <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"} <= names
