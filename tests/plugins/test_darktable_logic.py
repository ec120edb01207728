"""The darktable plug-in's parts that need no darktable, in the versions of Lua that darktable is built with."""

import pytest
from host_root import REPOSITORY, run_inside

PLUGIN = REPOSITORY / "plugins/darktable"


@pytest.mark.parametrize("lua", ["lua5.4", "lua5.3"])
def test_brackets_names_quoting_json_and_the_command(lua, tmp_path):
    done = run_inside(
        lua, REPOSITORY / "tests/plugins/darktable_logic.lua", PLUGIN, tmp_path, folders=[tmp_path], timeout=120,
        env={"HDRNET_ENVIRONMENT": str(tmp_path / "environment.json")},
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert [line for line in lines if not line.startswith("ok ")] == []
    assert len(lines) >= 30


@pytest.mark.parametrize("compiler", ["luac5.4", "luac5.3"])
def test_every_file_compiles(compiler):
    files = sorted(PLUGIN.rglob("*.lua"))
    assert len(files) > 5
    done = run_inside(compiler, "-p", *files, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_luacheck_has_nothing_to_say():
    done = run_inside("luacheck", "--no-color", "--no-cache", "-q", PLUGIN, REPOSITORY / "tests", timeout=60)
    assert done.returncode == 0, done.stdout
