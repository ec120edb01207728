"""What the command line does with what it cannot use: the right exit code, one sentence, and nothing touched."""

import errno
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pyexiv2
import pytest
import tifffile
from commands import ENVIRONMENT, TIMEOUT, exposures, write_bracket, write_frame

from libhdrnet.io import MAX_PIXELS, linear_profile, read_photo, read_record, write_map
from libhdrnet.io.formats import exr, jpeg

CLASSICAL = ("--model", "classical", "--device", "cpu")
MERGE, DEFOCUS, DEBLUR = "merge", "defocus", "deblur"


@pytest.fixture
def refused(tmp_path, hdrnet):
    """A function that runs a command which has to fail, and checks that it fails as every command should."""

    def run(*words, says, code=2):
        before = contents(tmp_path)
        ended = hdrnet(*words)
        assert ended.code == code, ended
        assert ended.out == ""
        assert re.fullmatch(r"hdrnet: [^\n]+\.\n", ended.err), ended.err
        assert "Traceback" not in ended.err and "unexpected" not in ended.err
        for part in [says] if isinstance(says, str) else says:
            assert part in ended.err, ended.err
        assert contents(tmp_path) == before
        return ended

    return run


def contents(folder):
    """Every path under a folder, with the checksum of each file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


def missing(path):
    pass


def empty(path):
    path.write_bytes(b"")


def truncated(path):
    write_frame(path, exposures()[1], "1/15")
    path.write_bytes(path.read_bytes()[:-200])


def text(path):
    path.write_text("Dear sir or madam,\nthis is a letter.\n")


def folder(path):
    path.mkdir()


BAD_FILES = [
    (missing, "bad.jpg", "does not exist"),
    (empty, "bad.jpg", "is empty"),
    (truncated, "bad.jpg", "damaged or incomplete"),
    (truncated, "bad.png", "damaged or incomplete"),
    (truncated, "bad.tif", "damaged or incomplete"),
    (truncated, "bad.exr", "damaged or incomplete"),
    (truncated, "bad.hdr", "damaged or incomplete"),
    (text, "bad.jpg", "no picture of a known kind"),
    (folder, "bad.jpg", "is a folder"),
]


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
@pytest.mark.parametrize(("make", "name", "reason"), BAD_FILES, ids=lambda x: getattr(x, "__name__", None))
def test_a_file_that_cannot_be_read_is_named(tmp_path, refused, command, make, name, reason):
    make(tmp_path / name)
    inputs = write_bracket(tmp_path)[:2] if command == MERGE else []
    refused(command, *inputs, tmp_path / name, "-o", tmp_path / "o.tif", "--device", "cpu", says=[name, reason])


def test_one_image_is_no_bracket(tmp_path, refused):
    path = write_bracket(tmp_path)[0]
    refused(MERGE, path, "-o", tmp_path / "o.exr", *CLASSICAL, says=["1 image", "two or more"])


def test_copies_of_one_picture_are_no_bracket(tmp_path, refused):
    paths = [shutil.copy(write_bracket(tmp_path)[1], tmp_path / f"copy{k}.jpg") for k in range(3)]
    refused(MERGE, *paths, "-o", tmp_path / "o.exr", *CLASSICAL, says=["copy0.jpg", "one and the same picture"])


def test_a_frame_that_cannot_be_read_is_left_out_if_that_was_agreed(tmp_path, hdrnet):
    paths = write_bracket(tmp_path)
    paths[1].write_bytes(paths[1].read_bytes()[:-200])
    words = [MERGE, *paths, "--ev", "-2,0,2", "-o", tmp_path / "o.exr", "--skip-unreadable", *CLASSICAL]
    ended = hdrnet(*words)
    assert ended.code == 0 and "left out: " in ended.err and paths[1].name in ended.err
    assert len(read_record(tmp_path / "o.exr")["inputs"]) == 2
    paths[2].write_bytes(b"")
    ended = hdrnet(*words, "--overwrite")
    assert ended.code == 2 and "only 1 of 3 images" in ended.err


def test_the_reference_cannot_be_left_out_and_stays_the_one_that_was_named(tmp_path, hdrnet):
    paths = write_bracket(tmp_path, times=("1/60", "1/15", "1/4", "1/2"))
    paths[1].write_bytes(paths[1].read_bytes()[:-200])
    words = [MERGE, *paths, "-o", tmp_path / "o.exr", "--skip-unreadable", *CLASSICAL]
    ended = hdrnet(*words, "--reference", "2")
    assert ended.code == 2 and "It is the reference, which cannot be left out." in ended.err
    assert hdrnet(*words, "--reference", "3").code == 0
    record = read_record(tmp_path / "o.exr")
    assert record["inputs"][record["reference"] - 1] == paths[2].name


def test_frames_are_decoded_once_whether_or_not_some_may_be_left_out(tmp_path, hdrnet, monkeypatch):
    decoded, decode = [], jpeg.decode
    monkeypatch.setattr(jpeg, "decode", lambda path, **given: decoded.append(path) or decode(path, **given))
    paths = write_bracket(tmp_path)
    assert hdrnet(MERGE, *paths, "-o", tmp_path / "o.exr", "--skip-unreadable", *CLASSICAL).code == 0
    assert decoded == paths


def test_exposures_of_different_sizes_are_named(tmp_path, refused):
    paths = write_bracket(tmp_path)[:2]
    odd = write_frame(tmp_path / "odd.jpg", exposures(size=(24, 30))[2], "1/4")
    refused(MERGE, *paths, odd, "-o", tmp_path / "o.exr", *CLASSICAL, says=["odd.jpg", "30x24", "32x24"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--times", "0,1/15,1/4"], ["exposure 0", "positive"]),
        (["--times", "-1,1,2"], ["--times"]),
        (["--times=-1,1,2"], ["-1", "positive"]),
        (["--times", "1/0,1,2"], ["--times", "'1/0,1,2'"]),
        (["--times", "1/60;1/15;1/4"], ["--times", "'1/60;1/15;1/4'"]),
        (["--times", "fast,slow,1"], ["--times", "'fast,slow,1'"]),
        (["--times", "nan,1,2"], ["nan", "positive"]),
        (["--times", "inf,1,2"], ["inf", "finite"]),
        (["--times", ""], ["--times", "not a list of numbers"]),
        (["--times", "1,2"], ["--times", "2 values for 3 images"]),
        (["--ev", "-2,0"], ["--ev", "2 values for 3 images"]),
        (["--ev", "-2,0,nan"], ["nan", "positive"]),
        (["--ev", "-2,0,5000"], ["--ev", "'-2,0,5000'"]),
        (["--ev", "-2,0,two"], ["--ev", "'-2,0,two'"]),
        (["--ev", ""], ["--ev", "not a list of numbers"]),
        (["--ev", "-2,0,2", "--times", "1,2,3"], ["--times", "--ev"]),
    ],
    ids=lambda x: " ".join(x) if "--" in x[0] else "",
)
def test_exposures_that_make_no_sense_are_refused(tmp_path, refused, words, says):
    refused(MERGE, *write_bracket(tmp_path), *words, "-o", tmp_path / "o.exr", *CLASSICAL, says=says)


def test_black_files_without_an_exposure_are_refused_with_the_way_out(tmp_path, refused):
    paths = [write_frame(tmp_path / f"{letter}.png", np.zeros((24, 32, 3), np.uint8), None) for letter in "abc"]
    says = ["No frame tells its exposure", "times like 1/60, 1/15, 1/4"]
    refused(MERGE, *paths, "-o", tmp_path / "o.exr", *CLASSICAL, says=says)


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("suffix", [".exr", ".tif"])
def test_pixels_that_are_no_numbers_are_refused(tmp_path, refused, command, value, suffix):
    pixels = exposures()[0]
    pixels[3, 4, 1] = value
    path = tmp_path / f"dead{suffix}"
    if suffix == ".exr":
        exr.write(path, pixels, {})
    else:
        tifffile.imwrite(path, pixels, photometric="rgb", iccprofile=linear_profile())
    inputs = [write_frame(tmp_path / "b.exr", exposures()[1])] if command == MERGE else []
    words = ["--ev", "-2,0"] if command == MERGE else []
    refused(command, path, *inputs, *words, "-o", tmp_path / "o.exr", says=[path.name, "NaN or infinite"])


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("model", ["classical", "psfnet", "msffnet"])
@pytest.mark.parametrize("size", [(1, 1), (17, 23)])
def test_tiny_pictures_merge(tmp_path, hdrnet, size, model):
    out = tmp_path / "o.exr"
    ended = hdrnet("merge", *write_bracket(tmp_path, ".tif", size=size), "-o", out, "--model", model, "--device", "cpu")
    assert ended.code == 0
    assert read_photo(out).pixels.shape == (*size, 3)


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("command", [DEFOCUS, DEBLUR])
@pytest.mark.parametrize("size", [(1, 1), (17, 23)])
def test_tiny_pictures_are_deblurred(tmp_path, hdrnet, size, command):
    photo, out = write_frame(tmp_path / "a.png", exposures(size=size)[1]), tmp_path / "o.tif"
    assert hdrnet(command, photo, "-o", out, "--device", "cpu").code == 0
    assert read_photo(out).pixels.shape == (*size, 3)


def huge_png(width, height):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def huge_hdr(width, height):
    return f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n".encode() + bytes(64)


def huge_jpeg(width, height):
    data = bytearray(imagecodecs.jpeg8_encode(np.zeros((8, 8, 3), np.uint8)))
    frame = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, frame + 5, height, width)
    return bytes(data)


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
@pytest.mark.parametrize("make", [huge_png, huge_hdr, huge_jpeg])
def test_a_header_that_claims_too_much_is_refused_before_decoding(tmp_path, refused, monkeypatch, command, make):
    import libhdrnet.io.read

    def decode(path, *_):
        raise AssertionError(f"{path} was decoded")

    path = tmp_path / "huge.png"
    path.write_bytes(make(65000, 65000))
    monkeypatch.setattr(libhdrnet.io.read, "_decode", decode)
    inputs = [path, path] if command == MERGE else [path]
    says = ["huge.png", "4225 megapixels", f"at most {MAX_PIXELS // 1_000_000}"]
    refused(command, *inputs, "-o", tmp_path / "o.tif", says=says)


def ready(command, folder):
    """Words of a command that lacks only its output, and one of its inputs."""
    if command == MERGE:
        paths = write_bracket(folder)
        return [MERGE, *paths, *CLASSICAL], paths[1]
    photo = write_frame(folder / "a.png", exposures()[1])
    return [command, photo, "--device", "cpu"], photo


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
def test_a_folder_that_is_not_there_is_named_before_the_work(tmp_path, refused, command):
    words, _ = ready(command, tmp_path)
    refused(*words, "-o", tmp_path / "none" / "o.tif", says=[str(tmp_path / "none"), "create it first"])


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
def test_a_path_below_a_file_is_refused(tmp_path, refused, command):
    words, photo = ready(command, tmp_path)
    refused(*words, "-o", photo / "o.tif", says=[str(photo / "o.tif"), "cannot be written"])


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="needs a folder that not even root can write to")
@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path, refused, command):
    words, _ = ready(command, tmp_path)
    refused(*words, "-o", "/sys/kernel/o.tif", says=["/sys/kernel/o.tif", "cannot be written", "choose another"])


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
def test_an_output_that_is_a_folder_is_refused(tmp_path, refused, command):
    words, _ = ready(command, tmp_path)
    refused(*words, "-o", tmp_path, says=[str(tmp_path), "is a folder"])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_device_is_no_output(tmp_path, refused):
    words, _ = ready(MERGE, tmp_path)
    (tmp_path / "o.exr").symlink_to("/dev/full")
    refused(*words, "-o", tmp_path / "o.exr", says=["o.exr", "not an ordinary file"])


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
@pytest.mark.parametrize("name", ["o.exr", "o.tif", "o.png", "o.jpg"])
def test_a_disk_that_is_full_leaves_nothing(tmp_path, refused, monkeypatch, command, name):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    words, _ = ready(command, tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    refused(*words, "-o", tmp_path / name, says=[name, "no space left on device", "free some space"])


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 16 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    words = [mount, "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder]
    if sys.platform != "linux" or mount is None or subprocess.run(words, capture_output=True, timeout=60).returncode:
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", folder], check=True, timeout=60)


@pytest.mark.parametrize("name", ["o.exr", "o.hdr", "o.tif", "o.jxl", "o.png", "o.uhdr.jpg"])
def test_a_really_full_disk_leaves_nothing(tmp_path, refused, small_disk, name):
    paths = write_bracket(tmp_path, size=(240, 320))
    refused(MERGE, *paths, "-o", small_disk / name, *CLASSICAL, says=[name, "cannot be written"])
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("size", [13_000, 40_000])
@pytest.mark.parametrize("name", ["o.jpg", "o.uhdr.jpg", "o.png", "o.tif", "o.dng"])
def test_a_disk_that_is_full_when_the_metadata_are_written_leaves_what_was_there(
    tmp_path, refused, small_disk, name, size
):
    paths = write_bracket(tmp_path)
    for path in paths:
        with pyexiv2.Image(str(path)) as image:
            image.modify_xmp({"Xmp.dc.source": "x" * size})
    (small_disk / name).write_bytes(b"mine")
    refused(MERGE, *paths, "-o", small_disk / name, "--overwrite", *CLASSICAL, says=[name, "no space left on device"])
    assert [path.read_bytes() for path in small_disk.iterdir()] == [b"mine"]


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
@pytest.mark.parametrize("name", ["o.bmp", "o"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path, refused, command, name):
    words, _ = ready(command, tmp_path)
    refused(*words, "-o", tmp_path / name, says=[name, "suffix", ".exr", ".png"])


def test_times_that_no_camera_has_are_refused(tmp_path, refused):
    paths = write_bracket(tmp_path, exif=False)
    for path, bias in zip(paths, ("-60/1", "0/1", "60/1"), strict=True):
        with pyexiv2.Image(str(path)) as image:
            image.modify_exif({"Exif.Photo.ExposureBiasValue": bias})
    refused(MERGE, *paths, "-o", tmp_path / "o.exr", *CLASSICAL, says=["120 stops apart", "check the exposure times"])


@pytest.mark.parametrize("option", ["--preview", "--mask"])
def test_an_unknown_suffix_of_another_output_is_refused(tmp_path, refused, option):
    words, _ = ready(MERGE, tmp_path)
    refused(*words, "-o", tmp_path / "o.exr", option, tmp_path / "p.exr", says=["p.exr", "suffix", ".png"])


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_an_input_is_never_overwritten(tmp_path, refused, command, link):
    words, photo = ready(command, tmp_path)
    out = photo
    if link:
        out = tmp_path / f"link{photo.suffix}"
        getattr(out, link)(photo)
    refused(*words, "-o", out, "--overwrite", says=[str(out), "is the input"])


@pytest.mark.parametrize("option", ["--preview", "--mask"])
def test_another_output_never_overwrites_an_input(tmp_path, refused, option):
    words, photo = ready(MERGE, tmp_path)
    words += ["-o", tmp_path / "o.exr", option, photo, "--overwrite"]
    refused(*words, says=[str(photo), "is the input"])


def test_the_map_is_an_input_too(tmp_path, refused):
    words, _ = ready(DEBLUR, tmp_path)
    radii = tmp_path / "map.tif"
    write_map(radii, np.ones((24, 32), np.float32), scale=None)
    refused(*words, "--map", radii, "-o", radii, "--overwrite", says=["map.tif", "is the input"])


@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
def test_an_output_that_exists_is_kept(tmp_path, refused, command):
    words, _ = ready(command, tmp_path)
    (tmp_path / "o.tif").write_bytes(b"precious")
    refused(*words, "-o", tmp_path / "o.tif", says=["o.tif exists", "--overwrite"])


@pytest.mark.parametrize("other", ["o.png", "./o.png", "link.png"])
def test_two_outputs_need_two_names(tmp_path, refused, other):
    words, _ = ready(MERGE, tmp_path)
    (tmp_path / "link.png").symlink_to("o.png")
    words += ["-o", tmp_path / "o.exr", "--preview", tmp_path / "o.png", "--mask", f"{tmp_path}/{other}"]
    refused(*words, says=["o.png", "two outputs"])


@pytest.mark.parametrize(("command", "network"), [(MERGE, "psfnet"), (DEFOCUS, "defocus"), (DEBLUR, "defocus")])
def test_damaged_weights_are_named(tmp_path, refused, random_weights, command, network):
    words, _ = ready(command, tmp_path)
    words = [*words, "--model", "psfnet"] if command == MERGE else words
    weights = random_weights / f"{network}.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    refused(*words, "-o", tmp_path / "o.tif", code=1, says=[str(weights), "checksum", "reinstall"])


def test_missing_weights_are_named(tmp_path, refused, random_weights):
    words, _ = ready(DEFOCUS, tmp_path)
    (random_weights / "defocus.json").unlink()
    refused(*words, "-o", tmp_path / "o.tif", code=1, says=["defocus.json", "no weights", "HDRNET_WEIGHTS"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--model", "best"], ["'best'", "psfnet"]),
        (["--tone", "warm", "--preview", "p.jpg"], ["'warm'", "natural or fusion"]),
        (["--local", "2", "--preview", "p.jpg"], ["local 2", "0 to 1"]),
        (["--exposure", "nan", "--preview", "p.jpg"], ["exposure nan", "-10 to 10"]),
        (["--saturation", "-1", "--preview", "p.jpg"], ["saturation -1", "0 to 2"]),
        (["--tone", "fusion", "--local", "1"], ["radiance is not tone-mapped", "preview", "--tone"]),
        (["--response", "log"], ["'log'", "srgb"]),
        (["--deghost", "2"], ["2", "0 to 1"]),
        (["--deghost", "nan"], ["nan", "0 to 1"]),
        (["--deghost", "much"], ["--deghost", "'much'"]),
        (["--reference", "0"], ["reference 0", "1 to 3"]),
        (["--reference", "4"], ["reference 4", "1 to 3"]),
        (["--exr-bits", "24"], ["--exr-bits", "24"]),
        (["--hdr-bits", "8"], ["--hdr-bits", "8"]),
        (["--sharpen"], ["--sharpen", "--help"]),
        (["--over"], ["--over", "--help"]),
    ],
    ids=lambda x: " ".join(x) if x[0].startswith("--") else "",
)
def test_an_option_of_merge_that_is_unknown_or_out_of_range_is_named(tmp_path, refused, words, says):
    refused(MERGE, *write_bracket(tmp_path), "-o", tmp_path / "o.exr", *CLASSICAL, *words, says=says)


@pytest.mark.usefixtures("random_weights")
@pytest.mark.parametrize("command", [MERGE, DEFOCUS, DEBLUR])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--device", "gpu"], ["'gpu'", "cuda"]),
        (["--device", "cuda:77"], ["'cuda:77'"]),
        (["--precision", "fp8"], ["'fp8'", "fp32"]),
        (["--tile", "3"], ["tile 3", "64"]),
        (["--tile", "big"], ["--tile", "'big'"]),
        (["--turbo"], ["--turbo", "--help"]),
    ],
    ids=lambda x: " ".join(x) if x[0].startswith("--") else "",
)
def test_an_engine_option_that_is_unknown_or_out_of_range_is_named(tmp_path, refused, command, words, says):
    begin, _ = ready(command, tmp_path)
    model = ["--model", "psfnet"] if command == MERGE else []
    refused(*begin, *model, "-o", tmp_path / "o.tif", *words, says=says)


@pytest.mark.parametrize(("strength", "says"), [("1.5", "1.5"), ("-0.1", "-0.1"), ("nan", "nan"), ("full", "'full'")])
def test_a_strength_out_of_range_is_named(tmp_path, refused, strength, says):
    words, _ = ready(DEBLUR, tmp_path)
    refused(*words, "-o", tmp_path / "o.tif", f"--strength={strength}", says=[says, "strength"])


@pytest.mark.parametrize(
    ("values", "says"),
    [(np.ones((24, 30), np.float32), "(24, 30)"), (np.full((24, 32), -1, np.float32), "negative"),
     (np.ones((24, 32), np.uint16), "float")],
    ids=["size", "negative", "integers"],
)  # fmt: skip
def test_a_map_that_does_not_fit_is_refused(tmp_path, refused, values, says):
    words, _ = ready(DEBLUR, tmp_path)
    tifffile.imwrite(tmp_path / "map.tif", values)
    refused(*words, "--map", tmp_path / "map.tif", "-o", tmp_path / "o.tif", says=[says, "map"])


@pytest.mark.parametrize("words", [[], ["mix"], ["merge"], ["merge", "a.jpg"], ["deblur", "-o", "o.png"]])
def test_wrong_usage_is_one_sentence_that_points_to_the_help(refused, words):
    refused(*words, says="--help")


def test_the_process_says_nothing_more_than_the_sentence(tmp_path):
    """Nor do the C libraries underneath."""
    truncated(tmp_path / "bad.tif")
    words = [sys.executable, "-m", "libhdrnet.cli", "deblur", "bad.tif", "-o", "o.tif"]
    done = subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=TIMEOUT)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"hdrnet: 'bad\.tif' is damaged or incomplete [^\n]+\.\n", done.stderr), done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["hdrcnn"], ["'hdrcnn'", "psfnet"]),
        (["psfnet", "--steps", "0"], ["steps 0", "1 or more"]),
        (["psfnet", "--minutes", "-1"], ["minutes -1", "0.001 or more"]),
        (["psfnet", "--steps", "1", "--minutes", "1"], ["--steps", "--minutes"]),
        (["psfnet", "--patch", "50"], ["patch 50", "multiple of 16"]),
        (["psfnet", "--device", "gpu"], ["'gpu'", "cuda"]),
        (["psfnet"], ["no pictures", "--data"]),
    ],
    ids=lambda x: " ".join(x) if x[0] in ("hdrcnn", "psfnet") else "",
)
def test_training_that_cannot_begin_leaves_nothing(tmp_path, refused, words, says):
    refused("train", *words, "--data", tmp_path, "-o", tmp_path / "run", says=says)
