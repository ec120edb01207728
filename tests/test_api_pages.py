"""The pages of the API, built by the command that CONTRIBUTING names."""

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ENVIRONMENT, TIMEOUT

ROOT = Path(__file__).parents[1]
MODULES = ["libhdrnet", "libhdrnet.io", "libhdrnet.preview", "libhdrnet.client.hdrnet_client"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    pytest.importorskip("pdoc", reason="pdoc is not installed: pip install 'libhdrnet[test]'")
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    told = re.search(r"^    python -m pdoc .*?[^\\]$", text, re.MULTILINE | re.DOTALL)[0]
    folder = tmp_path_factory.mktemp("api")
    words = shlex.split(told.replace("\\\n", " ").replace("/tmp/api", shlex.quote(str(folder))))
    done = subprocess.run(
        [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there_with_its_docstring(pages, module):
    page = (pages / f"{module.replace('.', '/')}.html").read_text("utf-8")
    sections = dict(re.findall(r'<section id="([\w.]+)"[^>]*>(.*?)(?=<section|</main>)', page, re.DOTALL))
    for name in importlib.import_module(module).__all__:
        assert name in sections
        assert name.isupper() or name == "__version__" or '<div class="docstring">' in sections[name], name


def test_the_parts_of_the_library_have_a_page_each(pages):
    names = {str(path.relative_to(pages)) for path in pages.rglob("*.html")}
    parts = ("options", "merge", "server", "research/evaluation", "research/training")
    pages_of_parts = {f"libhdrnet/{part}.html" for part in parts}
    modules = {f"{module.replace('.', '/')}.html" for module in MODULES}
    assert names == {"index.html", "gimpfu_compat.html"} | pages_of_parts | modules
