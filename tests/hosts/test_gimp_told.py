"""What the plug-in tells in a real GIMP beside its results."""

import cv2
import numpy as np
import pytest
from commands import write_bracket, write_odd_bracket
from host_root import german
from synthetic import tag

MAPS = """
for name in ("picture", "blurred"):
    image = new_image(400, 300)
    layer = add_layer(image, name, (400, 300))
    call({map})
"""
CALLS = {
    "gimp3": ('call("hdrnet-merge", files={files})', '"hdrnet-defocus-map", image=image, drawables=[layer]'),
    "gimp2": (
        'call("hdrnet-merge", None, None, "files", {files}, "", 0, "auto", "auto", 0.5, True, True, "natural", 0.0, '
        '0.5, 1.0, False, "auto")',
        '"hdrnet-defocus-map", image, layer, "auto"',
    ),
}
HOSTS = pytest.mark.parametrize("host", list(CALLS))


@HOSTS
def test_the_map_of_a_picture_that_is_in_focus_everywhere_says_so(host, trained, request):
    gimp = request.getfixturevalue(host)
    tiles = np.random.default_rng(0).random((38, 50, 3), np.float32)
    sharp = np.kron(tiles, np.ones((8, 8, 1), np.float32))[:300, :400]
    gimp.give(picture=sharp, blurred=cv2.GaussianBlur(sharp, (0, 0), 3))
    told = gimp.play(MAPS.format(map=CALLS[host][1]), place=trained)
    assert told["messages"] == ["“picture” is in focus everywhere: its map is black."]


@HOSTS
def test_what_is_odd_about_each_frame_is_told_once_for_the_bracket(host, request):
    gimp = request.getfixturevalue(host)
    (gimp.folder / "odd").mkdir()
    paths = [str(path) for path in write_odd_bracket(gimp.folder / "odd")]
    told = gimp.play(CALLS[host][0].format(files=paths))
    assert told["messages"] == [
        f"'{paths[0]}' has 2 channels beside its colours: one is read as alpha, the others are left out. "
        "(and 2 more like this)"
    ]


@HOSTS
def test_a_frame_that_cannot_be_aligned_is_told_in_german(host, request):
    gimp = request.getfixturevalue(host)
    (gimp.folder / "apart").mkdir()
    paths = write_bracket(gimp.folder / "apart", size=(240, 320))
    cv2.imwrite(str(paths[2]), cv2.imread(str(paths[2]))[::-1, ::-1])
    tag(paths[2], {"Exif.Photo.ExposureTime": "1/4"})
    call = CALLS[host][0].format(files=[str(path) for path in paths])
    told = gimp.play(call, **german(gimp.folder))
    assert len(told["messages"]) == 1
    assert f"{paths[2]} lässt sich nicht über das Referenzbild legen und geht unausgerichtet ein; " in told["stderr"]
