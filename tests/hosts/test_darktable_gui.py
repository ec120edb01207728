"""The plug-in in darktable's window: what a person clicks, and what then comes; with screenshots."""

import os
import signal
import subprocess

import pytest
from commands import write_bracket
from darktable_host import Darktable, contents
from host_root import REPOSITORY, SCRIPT, missing, run_inside
from residents import Home, wait_until
from small_networks import save_random_weights

SECONDS = 60
MERGE_BUTTON, CANCEL, PICTURES = (1230, 358), (268, 720), (700, 600)
"""Places on a screen of 1400 × 900: the module is the last but one, and unfolded; Cancel is right of the progress."""
STORAGE = ["--conf", "plugins/lighttable/export/storage_name=hdrnet",
           "--conf", "plugins/lighttable/export/format_name=tiff"]  # fmt: skip


class Window:
    """darktable with the folder of pictures open in lighttable."""

    def __init__(self, host, place, *words, **settings):
        self.host, self.place, self.folder = host, place, host.folder
        home = host.folder / "window"
        (home / "config").mkdir(parents=True)
        (home / "config/luarc").write_text(
            f'dofile("{REPOSITORY}/plugins/darktable/hdrnet.lua")\n'
            f'loadfile("{REPOSITORY}/tests/hosts/darktable_watch.lua")("{self.folder}")\n'
        )
        settings = {"command": host.command, "frames": "original files", **settings}
        pairs = [word for name, value in settings.items() for word in ("--conf", f"lua/hdrnet/{name}={value}")]
        inside = {**host.environment, "HOME": home, "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            [
                SCRIPT, "run", host.suite, REPOSITORY, self.folder, place.folder, "--", "env",
                *(f"{name}={value}" for name, value in inside.items()),
                REPOSITORY / "tests/hosts/darktable_window.sh", self.folder, "--configdir", home / "config",
                "--cachedir", home / "config", "--library", ":memory:", "--disable-opencl",
                "--conf", "write_sidecar_files=never", "--conf", "plugins/lighttable/hdrnet/expanded=TRUE",
                *words, *pairs, host.pictures,
            ],
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)  # the root's processes end with it
        self.process.wait(10)

    def state(self, kind):
        """What darktable_watch.lua wrote: rows of one kind."""
        try:
            rows = [line.split("\t") for line in (self.folder / "state").read_text().splitlines()]
        except FileNotFoundError:
            return []
        return [row[1:] for row in rows if row[0] == kind]

    def do(self, *words):
        display = f":{(self.folder / 'display').read_text().strip()}"
        done = run_inside(
            *words, suite=self.host.suite, folders=[self.folder], env={"DISPLAY": display}, timeout=SECONDS
        )
        assert done.returncode == 0, done.stderr

    def shot(self, name):
        self.do("import", "-window", "root", self.folder / f"{name}.png")

    def click(self, place):
        self.do("xdotool", "mousemove", *place, "sleep", "0.5", "click", "1")

    def select_all(self, count):
        wait_until(lambda: len(self.state("image")) == count)

        def selected():
            self.do("xdotool", "mousemove", *PICTURES, "sleep", "0.5", "key", "ctrl+a")
            return wait_until(lambda: self.state("selected"))[0] == [str(count)]

        wait_until(selected, every=1)

    def jobs(self):
        """What the server works on."""
        wire = self.place.wire()
        wire.hello()
        jobs = wire.ask("status")["result"]["jobs"]
        wire.close()
        return jobs


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A resident server with small random networks."""
    if missing():
        pytest.skip(missing())
    home = Home(save_random_weights(tmp_path_factory.mktemp("weights")))
    home.serve()
    yield home
    home.end()


@pytest.fixture
def host(tmp_path, place):
    return Darktable(tmp_path, place, "trixie")


def test_the_button_merges_what_is_selected_and_groups_the_result(host, place):
    names = [path.name for path in write_bracket(host.pictures, size=(600, 800))]
    before = contents(host.pictures)
    with Window(host, place, model="classical") as window:
        window.select_all(3)
        window.click(MERGE_BUTTON)
        wait_until(lambda: len(window.state("image")) == 4)
        wait_until(lambda: sorted(window.state("image")) == sorted([name, "a.jpg"] for name in [*names, "a_hdr.exr"]))
        wait_until(lambda: not any(host.temporary.iterdir()))
        window.shot("merged")
    assert {name: data for name, data in contents(host.pictures).items() if name in before} == before


def test_cancel_in_the_progress_bar_stops_the_server_s_job(host, place):
    write_bracket(host.pictures, size=(1200, 1600))
    before = contents(host.pictures)
    with Window(host, place, model="psfnet") as window:
        window.select_all(3)
        window.click(MERGE_BUTTON)
        wait_until(window.jobs)
        window.shot("merging")
        window.click(CANCEL)
        wait_until(lambda: not window.jobs() and not any(host.temporary.iterdir()))
        window.shot("cancelled")
        assert len(window.state("image")) == 3
    assert contents(host.pictures) == before


def test_an_export_to_the_storage_merges(host, place):
    write_bracket(host.pictures, size=(300, 400))
    with Window(host, place, *STORAGE, model="classical") as window:
        window.select_all(3)
        window.do("xdotool", "key", "ctrl+e")
        wait_until(lambda: ["a_hdr.exr", "a.jpg"] in window.state("image"))
        wait_until(lambda: not any(host.temporary.iterdir()))
        window.shot("exported")
    assert sorted(path.name for path in host.pictures.iterdir()) == ["a.jpg", "a_hdr.exr", "b.jpg", "c.jpg"]
