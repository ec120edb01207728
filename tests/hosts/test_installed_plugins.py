"""`hdrnet install` in a home in which no host was ever started; then the real hosts, which have to find the plug-in."""

import host_root
import pytest
from bare import contents
from darktable_window import SHOW, Screen, watch
from host_root import REPOSITORY, missing, run_inside

TIMEOUT = 120
SUITES = pytest.mark.parametrize("suite", ["trixie", "bookworm"])
PROBE = """local file = io.open(os.getenv("HOME") .. "/loaded", "w")
file:write(package.loaded["hdrnet"].metadata.name)
file:close()
"""
QUERY = (
    "from gi.repository import Gimp; print('found', *Gimp.get_pdb()"
    ".query_procedures('.*hdrnet.*', '', '', '', '', '', '', ''))"
)


@pytest.fixture
def inside(suite, tmp_path):
    """Run a command in a host's root with an empty home."""
    if missing(suite):
        pytest.skip(missing(suite))
    home = tmp_path / "Jörg Ö's home"
    home.mkdir()

    env = {"HOME": str(home), "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    where = {"suite": suite, "folders": [tmp_path], "env": env}

    def run(*words):
        done = run_inside(*words, timeout=TIMEOUT, **where)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    run.home = home
    run.command = lambda *words: host_root.inside(*words, **where)
    return run


def hdrnet(*words):
    return ["python3", "-m", "libhdrnet.cli", *words]


@SUITES
def test_darktable_loads_the_plugin_from_its_luarc(inside, suite, tmp_path):
    told = inside(*hdrnet("install", "darktable"))
    assert "darktable: the plug-in, version" in told
    luarc = inside.home / ".config/darktable/luarc"
    with luarc.open("a") as file:
        file.write(PROBE)
    loaded = inside.home / "loaded"
    words = [SHOW, tmp_path, "--library", ":memory:", "--disable-opencl", "-d", "lua", "--luacmd", watch(tmp_path)]
    with Screen(inside.command(*words), tmp_path, suite, luarc.parent):
        assert loaded.exists()
    assert loaded.read_text() == "hdrnet"
    inside(*hdrnet("uninstall", "darktable"))
    assert luarc.read_text() == PROBE
    assert not [path for path in (inside.home / ".config/darktable").rglob("*") if path.name.startswith("hdrnet")]


@pytest.mark.skipif(not (REPOSITORY / "plugins/gimp").exists(), reason="needs plugins/gimp")
@SUITES
def test_gimp_finds_the_procedures_after_it_made_its_own_folder(inside, suite):
    told = inside(*hdrnet("install", "gimp"))
    version = {"trixie": "3.0", "bookworm": "2.10"}[suite]
    settings = inside.home / f".config/GIMP/{version}"
    assert f"GIMP {version}: the plug-in, version" in told
    assert (settings / "tool-presets").is_dir()  # made by GIMP, at a first start
    console = f"gimp-console-{version}"
    if suite == "trixie":
        words = ["--batch-interpreter", "python-fu-eval", "-b", QUERY, "--quit"]
    else:
        query = '(gimp-message (number->string (car (gimp-procedural-db-query "hdrnet.*" "" "" "" "" "" ""))))'
        words = ["-b", query, "-b", "(gimp-quit 0)"]
    told = inside(console, "-i", "-d", "-f", *words)
    if suite == "trixie":
        assert "hdrnet-merge" in told
    else:
        assert "Warning: 3" in told, told
    inside(*hdrnet("uninstall", "gimp"))
    assert not list((settings / "plug-ins").iterdir())
    assert {name for name in contents(inside.home) if "hdrnet" in name.rpartition("/")[2]} == set()
