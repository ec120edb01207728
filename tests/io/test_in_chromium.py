"""What is written for HDR displays, as a browser shows it on a plain one: headless Chromium."""

import cv2
import numpy as np
import pytest

from libhdrnet.io import write_display, write_radiance, write_with_gain_map
from libhdrnet.radiometry import decode_srgb, encode_srgb

READ = """
const image = document.images[0], canvas = document.createElement("canvas");
canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
if (!canvas.width) return [0, 0, []];
const context = canvas.getContext("2d");
context.drawImage(image, 0, 0);
return [canvas.height, canvas.width, Array.from(context.getImageData(0, 0, canvas.width, canvas.height).data)];
"""


@pytest.fixture
def shown(browser):
    """Gives a file's pixels, (H, W, 3) int, as Chromium draws them."""

    def show(path):
        page = path.with_suffix(".html")
        page.write_text(f"<img src='{path.name}'>")
        browser.get(page.as_uri())
        height, width, pixels = browser.execute_script(READ)
        return np.reshape(pixels, (height, width, 4))[..., :3].astype(int)

    return show


@pytest.fixture
def scene():
    """(48, 64, 3), linear, no brighter than white, all hues."""
    y, x = np.mgrid[0:48, 0:64].astype(np.float32)
    return np.float32(cv2.cvtColor(np.dstack([x * 5, y / 48, np.ones_like(x)]), cv2.COLOR_HSV2RGB) ** 2)


def test_white_and_greys_of_an_avif_are_those_of_the_radiance(tmp_path, scene, shown):
    greys = np.linspace(0.02, 1, 64, dtype=np.float32)[None, :, None] * np.ones((48, 1, 3), np.float32)
    write_radiance(tmp_path / "a.avif", greys)
    assert abs(shown(tmp_path / "a.avif") - encode_srgb(greys) * 255).max() < 4
    write_radiance(tmp_path / "b.avif", scene)  # whose colours Chromium computes with few bits
    error = abs(shown(tmp_path / "b.avif") - encode_srgb(scene) * 255)
    assert error.mean() < 6 and np.quantile(error, 0.99) < 32


def test_colours_of_a_jpeg_xl_are_those_of_the_radiance(tmp_path, scene, shown):
    write_radiance(tmp_path / "a.jxl", scene)
    found = shown(tmp_path / "a.jxl")
    if not found.size:
        pytest.skip("this Chromium does not show JPEG XL")
    light = decode_srgb(np.float32(found / 255))
    scale = np.median(light[scene > 0.3] / scene[scene > 0.3])  # room is left for highlights
    assert 0.3 < scale < 1.1 and abs(encode_srgb(scene * scale) * 255 - found).max() <= 6


def test_a_jpeg_with_a_gain_map_is_its_picture_on_a_plain_display(tmp_path, scene, shown):
    picture = encode_srgb(scene)
    write_display(tmp_path / "plain.jpg", picture)
    write_with_gain_map(tmp_path / "a.jpg", scene * 8, picture)
    assert abs(shown(tmp_path / "a.jpg") - shown(tmp_path / "plain.jpg")).max() <= 1
