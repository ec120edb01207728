"""A download over a connection that breaks, with the real pip."""

import hashlib
import http.server
import subprocess
import threading
import zipfile

import pytest

from libhdrnet.install.environment import make_environment
from libhdrnet.install.pip import Pip
from libhdrnet.install.space import Package

NAME = "large-1.0-py3-none-any.whl"
SIZE = 3_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    path = tmp_path_factory.mktemp("wheel") / NAME
    about = "Metadata-Version: 2.1\nName: large\nVersion: 1.0\n"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("large.bin", bytes(range(256)) * (SIZE // 256))
        file.writestr("large-1.0.dist-info/METADATA", about)
        file.writestr("large-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("large-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def breaking_server(wheel):
    """A server that ends each answer after at most a third of the file; gives its address and what was asked of it."""
    data, asked = wheel.read_bytes(), []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            start = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
            asked.append(start)
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(data) - start))
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", '"one"')
            self.end_headers()
            self.wfile.write(data[start : start + len(data) // 3 + 1])
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{NAME}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_goes_on_where_the_connection_broke(tmp_path, wheel, breaking_server):
    url, asked = breaking_server
    told = []
    python = make_environment(tmp_path / "environment", told.append)
    pip = Pip(python, tmp_path / "cache", say=told.append)
    pip.renew()
    said = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, text=True, timeout=60).stdout
    if tuple(map(int, said.split()[1].split(".")[:2])) < (25, 1):
        pytest.skip("needs pip 25.1 or newer, which could not be downloaded")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    pip.install([Package("large", "1.0", url, digest, wheel.stat().st_size, SIZE)])
    assert len(asked) == 3 and asked == sorted(asked) and asked[0] == 0 and asked[-1] > SIZE // 2
    (installed,) = (tmp_path / "environment").rglob("large.bin")
    assert installed.read_bytes() == bytes(range(256)) * (SIZE // 256)
