"""Linear DNGs in the real darktable and RawTherapee: as bright and coloured as the reference's own RAW."""

import shutil
import struct
import subprocess
from functools import cache

import numpy as np
import pytest
import tifffile
from host_root import missing, run_inside
from skimage.color import deltaE_ciede2000, rgb2lab
from synthetic import bayer, dng

from libhdrnet import tasks
from libhdrnet.io import write_radiance
from libhdrnet.radiometry import decode_srgb, encode_srgb

TIMEOUT = 120
D30 = ((0.99, -0.2771, -0.1324), (-0.7072, 1.4229, 0.314), (-0.279, 0.3344, 0.8861))
RED, BLUE = 2.1, 1.5
SIDE, INNER = 128, 32
"""Of a square, and what is left out around it; RawTherapee opens no mosaic that is much smaller."""
SCENE = np.array([0.02, 0.1, 0.3, 0.6])[:, None, None] * np.array([[1, 1, 1], [1, 0.5, 0.3], [0.3, 0.6, 1]])
LAMP = 2.5
NEUTRAL = ["[Exposure]", "Auto=false", "ClampOOG=false", "[RAW]", "CA=false", "[Color Management]",
           "OutputProfile=RTv4_sRGB"]  # fmt: skip


SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5"
 darktable:auto_presets_applied="1" darktable:history_end="{count}"><darktable:history><rdf:Seq>{steps}</rdf:Seq>
</darktable:history></rdf:Description></rdf:RDF></x:xmpmeta>"""
STEP = """<rdf:li darktable:num="{number}" darktable:operation="{name}" darktable:enabled="1"
 darktable:modversion="{version}" darktable:params="{values}" darktable:multi_name="" darktable:multi_priority="0"/>"""


def sidecar(stops, warm):
    """A history of darktable's: exposure, and other multipliers of red, green and blue than the camera's."""
    steps = [("exposure", 6, struct.pack("<i4fi", 0, 0, stops, 50, -4, 0))]
    steps += [("temperature", 3, struct.pack("<4f", 3.2, 1, 0.9, float("nan")))] if warm else []
    lines = [STEP.format(number=i, name=n, version=v, values=p.hex()) for i, (n, v, p) in enumerate(steps)]
    return SIDECAR.format(count=len(steps), steps="".join(lines))


class Darktable:
    """Without any workflow's own exposure and tone curve."""

    def __init__(self, folder, suite):
        if missing(suite):
            pytest.skip(missing(suite))
        self.folder, self.suite = folder, suite

    def __call__(self, path, *, stops=0, warm=False):
        output, home = self.folder / f"{path.stem}.tif", self.folder / "home"
        output.unlink(missing_ok=True)
        history = self.folder / "history.xmp"
        history.write_text(sidecar(stops, warm))
        done = run_inside(
            "darktable-cli", path, history, output, "--icc-type", "LIN_REC709",
            "--core", "--configdir", home, "--cachedir", home, "--library", ":memory:", "--disable-opencl",
            "--conf", "write_sidecar_files=never", "--conf", "plugins/imageio/format/tiff/bpp=32",
            "--conf", "plugins/darkroom/workflow=none", "--conf", "plugins/darkroom/chromatic-adaptation=legacy",
            suite=self.suite, folders=[self.folder, path.parent], env={"HOME": home}, timeout=TIMEOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return tifffile.imread(output)


class RawTherapee:
    """The one of this machine, without its automatic settings."""

    def __init__(self, folder):
        if shutil.which("rawtherapee-cli") is None:
            pytest.skip("needs rawtherapee-cli (the package rawtherapee)")
        self.folder = folder

    def __call__(self, path, *, stops=0, warm=False):
        output, profile = self.folder / f"{path.stem}.tif", self.folder / "settings.pp3"
        settings = [NEUTRAL[0], f"Compensation={stops}", *NEUTRAL[1:]]
        settings += ["[White Balance]", "Enabled=true", "Setting=Custom", "Temperature=3500", "Green=1"] if warm else []
        profile.write_text("\n".join([*settings, ""]))
        done = subprocess.run(
            ["rawtherapee-cli", "-q", "-o", output, "-p", profile, "-t", "-b32", "-Y", "-c", path],
            capture_output=True, text=True, timeout=TIMEOUT, check=True,
        )  # fmt: skip
        assert output.exists(), done.stdout + done.stderr
        pixels = tifffile.imread(output)
        return decode_srgb(np.pad(pixels, ((4, 4), (4, 4), (0, 0))) if len(pixels) < 4 * SIDE else pixels)


@pytest.fixture(scope="module", params=["trixie", "rawtherapee"])
def develop(request, tmp_path_factory):
    """A function from a RAW file to linear Rec.709, which develops each in each way once.

    RawTherapee cuts the border of a mosaic off, which is put back.
    """
    folder = tmp_path_factory.mktemp("developed")
    return cache(RawTherapee(folder) if request.param == "rawtherapee" else Darktable(folder, request.param))


@pytest.fixture(scope="module")
def reference_and_merge(tmp_path_factory):
    """The middle one of three RAW files of smooth squares and a lamp, and a DNG merged from all."""
    tmp_path = tmp_path_factory.mktemp("merged")
    light = np.kron(SCENE, np.ones((SIDE, SIDE, 1)))
    light[:SIDE, :SIDE] = LAMP
    files = [
        dng(
            tmp_path / f"raw{stops}.dng", red=RED, blue=BLUE, time=2.0**stops / 60, iso=100, from_xyz=D30,
            mosaic=bayer(light * 2.0**stops, red=RED, blue=BLUE, sigma=2, seed=stops + 2),
        )
        for stops in (-2, 0, 2)
    ]  # fmt: skip
    params = {"inputs": [str(file) for file in files], "output": str(tmp_path / "merge.dng"), "reference": 2}
    tasks.prepare("merge", {**params, "model": "classical", "align": False})(tasks.Talk())
    return files[1], tmp_path / "merge.dng"


def squares(pixels):
    """The means of the squares, (4, 3, 3)."""
    rows, columns = ([SIDE * i + INNER for i in range(count)] for count in (4, 3))
    size = SIDE - 2 * INNER
    return np.array([[pixels[r : r + size, c : c + size].mean((0, 1)) for c in columns] for r in rows])


def differences(one, other):
    return deltaE_ciede2000(*(rgb2lab(encode_srgb(np.clip(pixels, 0, 1))) for pixels in (one, other)))


def test_a_merge_of_raw_opens_like_the_reference(reference_and_merge, develop):
    own, merge = (squares(develop(path)) for path in reference_and_merge)
    assert differences(own, merge).reshape(-1)[1:].max() < 1


def test_the_lamp_above_white_is_there(reference_and_merge, develop):
    assert squares(develop(reference_and_merge[1]))[0, 0] == pytest.approx([LAMP] * 3, rel=0.05)


def test_rec_709_opens_as_it_is(tmp_path, develop, camera):
    light = np.kron(SCENE, np.ones((SIDE, SIDE, 1))).astype(np.float32)
    write_radiance(tmp_path / "a.dng", light, metadata=camera)
    assert differences(squares(develop(tmp_path / "a.dng")), SCENE).max() < 0.5


@pytest.fixture
def camera():
    """A camera whose own colours RawTherapee knows."""
    from libhdrnet.io import Metadata

    return Metadata({"Exif.Image.Make": "Canon", "Exif.Image.Model": "Canon EOS 6D"})


@pytest.mark.parametrize("stops", [-3, 3])
def test_pushed_it_follows_the_reference(reference_and_merge, develop, stops):
    own, merge = (squares(develop(path, stops=stops)) for path in reference_and_merge)
    assert differences(own, merge).reshape(-1)[1:].max() < 1
    if stops < 0:
        assert merge[0, 0] == pytest.approx([LAMP / 8] * 3, rel=0.05)


def test_under_another_white_balance_it_follows_the_reference(reference_and_merge, develop):
    own, merge = (squares(develop(path, warm=True)) for path in reference_and_merge)
    assert differences(own, squares(develop(reference_and_merge[0])))[1:].min() > 2
    assert differences(own, merge).reshape(-1)[1:].max() < 1
