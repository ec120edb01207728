"""A plug-in in its host's folder."""

import gettext
import json
import os
import subprocess

import pytest
from bare import contents

from libhdrnet._version import __version__
from libhdrnet.errors import InputError, OutputError
from libhdrnet.install import exchange
from libhdrnet.install import plugins as module
from libhdrnet.install.commands import install_plugins, uninstall_plugins
from libhdrnet.install.plugins import Plugin
from libhdrnet.install.record import alone

HOSTS = pytest.mark.parametrize("host", ["gimp", "darktable"])


@pytest.fixture
def folders(machine):
    """The folders of a GIMP 3.0 and a darktable that were used before."""
    found = {"gimp": machine.home / ".config/GIMP/3.0/plug-ins", "darktable": machine.home / ".config/darktable"}
    found["gimp"].parent.mkdir(parents=True)
    found["darktable"].mkdir(parents=True)
    (found["darktable"] / "luarc").write_text('require "tools/script_manager"')
    return found


def install(host, machine, told, **options):
    with alone(machine, told.append):
        return install_plugins(host, machine, told.append, **options)


def uninstall(host, machine, told, **options):
    with alone(machine, told.append):
        uninstall_plugins(host, machine, told.append, **options)


@HOSTS
def test_a_plugin_comes_and_goes_without_a_trace(host, machine, plugins, folders, told):
    before = contents(machine.home)
    install(host, machine, told)
    state = Plugin(host, folders[host], machine.data).state()
    assert (state.version, state.damaged, state.loads) == (__version__, (), True)
    uninstall(host, machine, told)
    assert contents(machine.home) == before


def test_gimp_s_plugin_holds_the_compatibility_module_and_the_client(machine, plugins, folders, told):
    install("gimp", machine, told)
    folder = folders["gimp"] / "hdrnet"
    assert os.access(folder / "hdrnet.py", os.X_OK)
    assert not os.access(folder / "rows.py", os.X_OK)
    assert (folder / "gimpfu_compat/__init__.py").exists()
    done = subprocess.run(["python3", "-c", "import hdrnet_client"], cwd=folder, timeout=60)
    assert done.returncode == 0


@HOSTS
def test_the_words_of_other_languages_come_compiled(host, machine, plugins, folders, told):
    install(host, machine, told)
    folder = Plugin(host, folders[host], machine.data).parent / "hdrnet/locale"
    assert gettext.translation("hdrnet", folder, ["de_AT"]).gettext("reference") == "Referenzbild"
    assert [path.suffix for path in folder.rglob("*") if path.is_file()] == [".mo"]


@HOSTS
def test_installing_twice_changes_nothing(host, machine, plugins, folders, told):
    install(host, machine, told)
    before = contents(machine.home)
    install(host, machine, told)
    assert contents(machine.home) == before
    assert "there already" in told[-1]


@HOSTS
def test_an_upgrade_replaces_files_and_drops_those_of_old(host, machine, plugins, folders, told):
    old = plugins / host / "hdrnet/of_old.txt"
    old.write_text("old")
    install(host, machine, told)
    old.unlink()
    (plugins / host / "hdrnet/new.txt").write_text("new")
    install(host, machine, told)
    plugin = Plugin(host, folders[host], machine.data)
    names = {path.name for path in plugin.parent.rglob("*")}
    assert "new.txt" in names and "of_old.txt" not in names
    assert not (machine.data / "kept").exists()
    assert not [name for name in names if name.startswith(".hdrnet")]


@HOSTS
@pytest.mark.parametrize("change", [install, uninstall])
def test_what_the_user_changed_or_added_is_kept_aside(host, change, machine, plugins, folders, told):
    install(host, machine, told)
    plugin = Plugin(host, folders[host], machine.data)
    changed = next(path for path in plugin.parent.rglob("*") if path.suffix in (".py", ".lua"))
    changed.write_text("mine")
    (plugin.parent / "hdrnet/notes.txt").write_text("my notes")
    change(host, machine, told)
    kept = machine.data / "kept" / f"{host}-1"
    assert (kept / changed.relative_to(plugin.parent)).read_text() == "mine"
    assert (kept / "hdrnet/notes.txt").read_text() == "my notes"
    assert any("kept aside" in line and "notes.txt" in line for line in told)


def test_a_plugin_copied_by_hand_is_taken_over(machine, plugins, folders, told):
    folder = folders["gimp"] / "hdrnet"
    folder.mkdir(parents=True)
    (folder / "hdrnet.py").write_text("by hand")
    install("gimp", machine, told)
    assert (machine.data / "kept/gimp-1/hdrnet/hdrnet.py").read_text() == "by hand"
    assert Plugin("gimp", folders["gimp"], machine.data).state().damaged == ()


def test_a_folder_that_is_not_of_libhdrnet_is_not_removed(machine, plugins, folders, told):
    folder = folders["gimp"] / "hdrnet"
    folder.mkdir(parents=True)
    (folder / "hdrnet.py").write_text("by hand")
    uninstall("gimp", machine, told, into=folders["gimp"])
    assert (folder / "hdrnet.py").read_text() == "by hand"
    assert "stays" in told[-1]


def test_a_chosen_folder_is_remembered_for_the_uninstallation(machine, plugins, tmp_path, told):
    chosen = tmp_path / "elsewhere"
    chosen.mkdir()
    install("gimp", machine, told, into=chosen)
    assert (chosen / "hdrnet/hdrnet.py").exists()
    uninstall("gimp", machine, told)
    assert list(chosen.iterdir()) == []
    assert list(machine.home.iterdir()) == []


def test_a_dry_run_changes_nothing(machine, plugins, folders, told):
    before = contents(machine.home)
    install_plugins("darktable", machine, told.append, dry_run=True)
    assert contents(machine.home) == before
    assert "would install" in told[-1]


def test_a_folder_that_is_not_there_is_told(machine, plugins, tmp_path, told):
    with pytest.raises(InputError, match="nowhere' is no folder; name the folder for plug-ins of GIMP"):
        install("gimp", machine, told, into=tmp_path / "nowhere")


def test_without_a_host_the_way_out_is_told(machine, plugins, told):
    with pytest.raises(InputError, match="no GIMP that could be used was found; .* --into DIR"):
        install("gimp", machine, told)
    assert list(machine.home.iterdir()) == []


def test_a_libhdrnet_without_plugins_says_so(machine, folders, told, monkeypatch):
    monkeypatch.setattr("libhdrnet.install.sources.FOLDERS", ())
    with pytest.raises(InputError, match="carries no plug-in for gimp"):
        install("gimp", machine, told)


def test_a_darktable_in_flatpak_is_left_out_with_the_reason(machine, plugins, told):
    (machine.home / ".var/app/org.darktable.Darktable/config/darktable").mkdir(parents=True)
    with pytest.raises(InputError, match="no darktable that could be used"):
        install("darktable", machine, told)
    assert "starts no programs of the system" in told[-1]


def test_a_failed_installation_leaves_the_old_plugin(machine, plugins, folders, told, monkeypatch):
    install("gimp", machine, told)
    before = contents(folders["gimp"])

    def full(*_):
        raise OSError(28, "No space left on device", "here")

    (plugins / "gimp/hdrnet/rows.py").write_text("new")
    monkeypatch.setattr(module, "put_in_place", full)
    with pytest.raises(OutputError, match="free some space"):
        install("gimp", machine, told)
    assert contents(folders["gimp"]) == before


@pytest.mark.parametrize("has_call", [True, False])
def test_folders_change_places(tmp_path, has_call, monkeypatch):
    if not has_call:
        monkeypatch.setattr(exchange, "_exchange", lambda *_: False)
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    exchange.put_in_place(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "other/file").read_text() == "one"
    assert (tmp_path / "one/file").read_text() == "other"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_record_does_not_stop_anything(machine, plugins, folders, told):
    machine.data.mkdir(parents=True)
    (machine.data / "installed.json").write_text("{")
    install("gimp", machine, told)
    assert json.loads((machine.data / "installed.json").read_text())["places"] == [["gimp", str(folders["gimp"])]]
