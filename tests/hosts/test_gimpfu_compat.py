"""The example of gimpfu_compat's README, on its own, in real GIMPs."""

import re
import shutil

import numpy as np
import pytest
from gimp_hosts import equal
from host_root import REPOSITORY

COMPAT = REPOSITORY / "plugins/gimp/gimpfu_compat"
SIZE = (300, 200, 3)
CALLS = {
    "gimp3": """
call("example-expose", image=image, drawables=[layer], stops=2)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 1000, 0, 5, 5)
call("example-expose", image=image, drawables=[layer], stops=2)
""",
    "gimp2": """
call("example-expose", image, layer, 2.0)
from gimpfu_compat.libgimp2 import gimp
gimp.gimp_image_select_rectangle(image.native, 2, *[ctypes.c_double(value) for value in (1000, 0, 5, 5)])
call("example-expose", image, layer, 2.0)
""",
}


@pytest.mark.parametrize("host", ["gimp3", "gimp2"])
def test_the_example_of_the_readme_runs(host, request):
    gimp = request.getfixturevalue(host)
    (code,) = re.findall(r"```python\n(.*?)```", (COMPAT / "README.md").read_text(), re.DOTALL)
    folder = gimp.folder / "plug-ins/expose"
    folder.mkdir()
    (folder / "expose.py").write_text(code)
    (folder / "expose.py").chmod(0o755)
    shutil.copytree(COMPAT, folder / "gimpfu_compat", ignore=shutil.ignore_patterns("__pycache__"))
    picture = np.random.default_rng(0).random(SIZE, np.float32)
    gimp.give(picture=picture)
    told = gimp.play(f"""
image = new_image(1200, 300)
layer = add_layer(image, "picture", (200, 300))
{CALLS[host]}
dump(layer, "exposed")
""")
    equal(gimp.take("exposed", *SIZE), 4 * picture)
    assert told["errors"] == ["the selection does not touch the layer."]
    shutil.rmtree(folder)
