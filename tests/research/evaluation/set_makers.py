"""Small folders in the layouts of the published sets."""

import cv2
import numpy as np
import pyexiv2
import scipy.io
import tifffile

from libhdrnet.io import write_radiance
from libhdrnet.radiometry import encode_gamma
from libhdrnet.research.sets import SETS

STOPS = (-2.0, 0.0, 2.0)


def radiance(seed=0, height=40, width=56):
    """Linear radiance (h, w, 3), 1.0 = saturation of the shortest exposure, most of it dark."""
    noise = np.random.default_rng(seed).random((5, 7, 3), np.float32)
    return np.clip(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), 0.05, 1).astype(np.float32) ** 2


def exposures(truth, stops=STOPS):
    """Gamma-encoded exposures (h, w, 3) uint16, from short to long."""
    return [np.uint16(np.round(encode_gamma(truth * 2.0 ** (ev - stops[0])) * 65535)) for ev in stops]


def write_frames(folder, names, truth, stops=STOPS):
    folder.mkdir(parents=True, exist_ok=True)
    for name, codes in zip(names, exposures(truth, stops), strict=True):
        if name.endswith(".tif"):
            tifffile.imwrite(folder / name, codes, photometric="rgb")
        else:
            cv2.imwrite(str(folder / name), (codes[..., ::-1] >> 8).astype(np.uint8))


def write_stops(folder, stops=STOPS):
    (folder / "exposure.txt").write_text("".join(f"{stop}\n" for stop in stops))


def kalantari(
    root, count=2, names=("262A0898.tif", "262A0899.tif", "262A0900.tif"), truth_name="HDRImg", size=(40, 56)
):
    for index in range(count):
        scene, truth = root / f"{index + 1:03}", radiance(index, *size)
        write_frames(scene, names, truth)
        write_stops(scene)
        write_radiance(scene / f"{truth_name}.hdr", truth)
    return root


def tel(root):
    return kalantari(root / "test", names=("input_1.tif", "input_2.tif", "input_3.tif"), truth_name="label").parent


def challenge123(root):
    for index in range(2):
        for n in (1, 2, 3):
            scene = root / f"{index + 1:03}_{n}"
            write_frames(scene, [f"ldr_img_{k}.tif" for k in (1, 2, 3)], radiance(10 * index + n))
            write_stops(scene)
            write_radiance(scene / "hdr_img.hdr", radiance(10 * index + n))
    return root


def sen(root):
    for index in range(2):
        write_frames(root / f"scene{index}", [f"{k}.tif" for k in (1, 2, 3)], radiance(index))
        write_stops(root / f"scene{index}")
    return root


def tursun(root):
    """One scene with EXIF, whose names do not follow its exposures, and one with exposure.txt."""
    write_frames(root / "FastCars", ("b.jpg", "a.jpg", "c.jpg"), radiance())
    for name, time in (("b", "1/400"), ("a", "1/100"), ("c", "1/25")):
        with pyexiv2.Image(str(root / "FastCars" / f"{name}.jpg")) as image:
            image.modify_exif({"Exif.Photo.ExposureTime": time})
    write_frames(root / "Shop", ("1.png", "2.png", "3.png"), radiance(1))
    write_stops(root / "Shop")
    return root


def moving(root, size=(40, 56), names=("01.png", "02.png", "03.png")):
    for index in range(2):
        write_frames(root / f"scene{index}", names, 0.02 + 0.15 * radiance(index, *size))  # no white in the middle
        rows = "".join(f"{name},{2.0**stop}\n" for name, stop in zip(names, STOPS, strict=True))
        (root / f"scene{index}" / "exposures.csv").write_text(f"file,seconds\n{rows}")
    return root


def write_picture(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.uint8(radiance(seed) ** 0.45 * 255))


def write_grey(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.uint8(radiance(seed)[..., 0] * 255))


def ded(root):
    for number in ("0001", "0002"):
        write_picture(root / "image" / f"image_{number}.jpg")
        write_picture(root / "sharp" / f"sharp_{number}.jpg", 1)
        write_grey(root / "filtered" / f"defocus_filterd_{number}.png", 2)
    return root


def dpdd(root):
    for index in range(2):
        write_picture(root / "test_c" / "source" / f"1P0A{index}.png")
        write_picture(root / "test_c" / "target" / f"1P0B{index}.png", 1)
    return root


def realdof(root):
    for index in range(2):
        write_picture(root / "RealDOF" / "source" / f"{index}.png")
        write_picture(root / "RealDOF" / "target" / f"{index}.png", 1)
    return root


def realistic(root):
    (root / "gt").mkdir(parents=True)
    for index in range(2):
        write_picture(root / "image" / f"{index:02}.png")
        write_picture(root / "sharp" / f"{index:02}.png", 1)
        scipy.io.savemat(root / "gt" / f"{index:02}.mat", {"blurMap": np.full((40, 56), 1.5)})
    return root


def pairs(root):
    (root / "map").mkdir(parents=True)
    for name in ("one", "two"):
        write_picture(root / "blurred" / f"{name}.png")
        write_picture(root / "sharp" / f"{name}.jpg", 1)
        tifffile.imwrite(root / "map" / f"{name}.tif", np.full((40, 56), 3.5, np.float32))
    return root


MAKERS = {name: globals()[name] for name in SETS}
