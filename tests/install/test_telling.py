"""What is said while a program works, with real processes."""

import hashlib
import http.server
import re
import sys
import threading
import time
import zipfile

import pytest

from libhdrnet.install import telling
from libhdrnet.install.environment import make_environment
from libhdrnet.install.pip import Pip
from libhdrnet.install.space import Package, sizes_of
from libhdrnet.install.telling import doing_of_pip, run_telling

SIZE = 200_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    path = tmp_path_factory.mktemp("wheel") / "zeros-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros.bin", bytes(SIZE))
        file.writestr("zeros-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: zeros\nVersion: 1.0\n")
        file.writestr("zeros-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("zeros-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def serve(wheel):
    """A function that starts a server which gives the wheel, parts of it or not, slowly or not."""
    servers = []

    def start(parts, pause=0.0):
        data, sent = wheel.read_bytes(), []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")) if parts else None
                begin, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(data))
                self.send_response(206 if asked else 200)
                self.send_header("Content-Length", str(end - begin))
                self.end_headers()
                time.sleep(pause)
                if self.command == "GET":
                    self.wfile.write(data[begin:end])
                    sent.append(end - begin)

            def do_HEAD(self):
                self.do_GET()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever).start()
        return f"http://127.0.0.1:{server.server_port}/{wheel.name}", sent

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_program_that_is_silent_is_told_of_again_and_again(monkeypatch):
    monkeypatch.setattr(telling, "EVERY", 0.2)
    told, heard = [], []

    def doing(said):
        heard.append(said)
        return "sleeping"

    script = "import sys, time; print('one', flush=True); time.sleep(1.5); print('two'); sys.exit('three')"
    done = run_telling([sys.executable, "-c", script], told.append, doing)
    assert (done.returncode, done.stdout, done.stderr) == (1, "one\ntwo\n", "three\n")
    assert "one\n" in heard
    assert len(told) >= 4 and all(re.fullmatch(r"  sleeping \(\d+ s\)", line) for line in told)


def test_pip_s_lines_become_plain_words(tmp_path):
    said, doings = "", []
    for line in (
        "",
        "Collecting torch@ https://x.org/torch-2.13.0-cp311.whl#sha256=0123456789abcdef (from -r a.txt)",
        "Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (29 kB)",
        "Downloading https://x.org/nvidia_cudnn_cu13-9.1-py3-none-any.whl (366.2 MB)",
        "Progress 91 of 364",
        "Installing collected packages: opencv-python-headless, torch",
    ):
        said += f"{line}\n"
        doings.append(doing_of_pip(said, "looking for packages", tmp_path))
    (tmp_path / "opencv_python_headless-5.dist-info").mkdir()
    assert [*doings, doing_of_pip(said, "looking for packages", tmp_path)] == [
        "looking for packages", "looking for torch", "looking for torch", "downloading nvidia_cudnn_cu13, 366.2 MB",
        "downloading nvidia_cudnn_cu13, 366.2 MB, 25%", "installing opencv-python-headless, 1 of 2",
        "installing torch, 2 of 2",
    ]  # fmt: skip


def test_pip_downloads_and_installs_with_lines_but_without_addresses_on_the_screen(
    tmp_path, wheel, serve, monkeypatch, capfd
):
    monkeypatch.setattr(telling, "EVERY", 0.2)
    url, _ = serve(parts=False, pause=1.5)
    told = []
    python = make_environment(tmp_path / "environment", told.append)
    pip = Pip(python, tmp_path / "cache", say=told.append)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    pip.install([Package("zeros", "1.0", url, digest, wheel.stat().st_size, SIZE)])
    assert len(list((tmp_path / "environment").rglob("zeros.bin"))) == 1
    assert any("making the environment" in line for line in told)
    assert any("looking for zeros" in line or "downloading zeros" in line for line in told)
    assert not any(word in "".join(told) for word in ("sha256", digest, "http"))
    assert capfd.readouterr() == ("", "")


def test_what_a_wheel_takes_is_read_from_its_list_of_contents(wheel, serve):
    packed, unpacked = wheel.stat().st_size, SIZE + 52 + 72
    url, sent = serve(parts=True)
    size, told = sizes_of(url)
    assert (size, told) == sizes_of(wheel.as_uri()) == (packed, pytest.approx(unpacked, abs=60))
    assert told >= SIZE and sum(sent) < packed * 2 < SIZE / 50


def test_a_server_without_parts_leaves_an_estimate_and_one_that_is_away_nothing(wheel, serve):
    url, _ = serve(parts=False)
    packed = wheel.stat().st_size
    assert sizes_of(url) == (packed, 4 * packed)
    assert sizes_of("http://127.0.0.1:9/x.whl") == (None, 0)
