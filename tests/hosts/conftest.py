"""Fixtures of the tests in GIMP and darktable: one server, a GIMP of each kind, the library beside them."""

import os
from pathlib import Path

import pytest
from gimp_hosts import Gimp2, Gimp3, Gimp32
from host_root import missing
from residents import Home, wait_until
from small_networks import save_random_weights

import libhdrnet
from libhdrnet.engine import run


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A folder with small random networks."""
    return save_random_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def place(weights):
    """A resident server with small random networks."""
    home = Home(weights)
    home.serve("--idle", 120)  # minutes: other tests may come between
    yield home
    home.end()


@pytest.fixture(scope="session")
def trained():
    """A resident server with the trained networks."""
    home = Home(Path(libhdrnet.__file__).parent / "weights")
    home.serve("--idle", 120)  # minutes: other tests may come between
    yield home
    home.end()


@pytest.fixture
def own_home(weights):
    """A user without a server, or with one that the test may kill."""
    home = Home(weights)
    yield home
    home.end()


@pytest.fixture(scope="session")
def known_plug_ins(tmp_path_factory):
    """A folder that all processes of the tests share, for what each GIMP knows of its plug-ins."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "known-plug-ins"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def gimp3_home(tmp_path_factory, place, known_plug_ins):
    return Gimp3(tmp_path_factory.mktemp("gimp3"), place, known_plug_ins)


@pytest.fixture(scope="session")
def gimp32_home(tmp_path_factory, place, known_plug_ins):
    return Gimp32(tmp_path_factory.mktemp("gimp32"), place, known_plug_ins)


@pytest.fixture(scope="session")
def gimp2_home(tmp_path_factory, place, known_plug_ins):
    return Gimp2(tmp_path_factory.mktemp("gimp2"), place, known_plug_ins)


@pytest.fixture
def gimp3(request):
    """A GIMP 3."""
    yield from _gimp(request, "trixie", "gimp3_home")


@pytest.fixture
def gimp32(request):
    """A GIMP 3.2."""
    yield from _gimp(request, "forky", "gimp32_home")


@pytest.fixture
def gimp2(request):
    """A GIMP 2.10."""
    yield from _gimp(request, "bookworm", "gimp2_home")


def _gimp(request, suite, name):
    """A GIMP; nothing may be left on the server after the test."""
    if missing(suite):
        pytest.skip(missing(suite))
    gimp = request.getfixturevalue(name)
    before = gimp.place.leftovers()
    yield gimp
    wait_until(lambda: gimp.place.leftovers() == before)


@pytest.fixture
def plain(weights, monkeypatch):
    """The library of this process, with the server's weights."""
    monkeypatch.setenv("HDRNET_WEIGHTS", str(weights))
    run.loaded.cache_clear()
    yield libhdrnet
    run.loaded.cache_clear()
