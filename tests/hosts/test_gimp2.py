"""The same plug-in in a real GIMP 2.10, in batch."""

import math

import numpy as np
from commands import exposures, write_bracket
from gimp_hosts import equal

from libhdrnet.io.metadata import read_metadata

HEIGHT, WIDTH = 300, 400
SIZE = (HEIGHT, WIDTH, 3)
SHOWN = f"({WIDTH}, {HEIGHT})"
TIMES = [0.25, 1.0, 4.0]
SETTINGS = '0, "auto", "auto", 0.5, True, True, "natural", 0.0, 0.5, 1.0, True, "auto"'


def test_layers_and_files_are_merged_as_the_library_merges_them(gimp2, plain):
    frames = exposures(size=SIZE[:2])
    gimp2.give(**dict(zip("abc", frames, strict=True)))
    folder = gimp2.folder / "files"
    folder.mkdir()
    paths = write_bracket(folder, size=SIZE[:2])
    told = gimp2.play(f"""
image = new_image({WIDTH}, {HEIGHT})
for name in "abc":
    add_layer(image, name, {SHOWN})
merged = host().Image(call("hdrnet-merge", image, None, "layers", [], "-2, 0, +2", {SETTINGS}))
told["layers"] = [(layer.name, layer.visible) for layer in merged.layers]
dump(merged.layers[2], "layers")
dump(merged.layers[1], "shown", "R'G'B' float")
dump(merged.layers[0], "mask", "Y' float")
merged = host().Image(call("hdrnet-merge", None, None, "files", {[str(path) for path in paths]}, "", {SETTINGS}))
dump(merged.layers[2], "files")
told["path"] = merged.path
from gimpfu_compat.libgimp2 import gimp
export = gimp.gimp_file_save
export(1, merged.native, merged.layers[2].native, b"{folder}/merged.tif", b"merged.tif")
""")
    assert told["path"] == str(folder / "a-hdr.xcf")
    expected, mask = plain.merge_exposures(frames, TIMES, return_mask=True)
    equal(gimp2.take("layers", *SIZE), expected)
    equal(gimp2.take("shown", *SIZE), plain.tone_map(expected))
    equal(gimp2.take("mask", HEIGHT, WIDTH), mask)
    equal(gimp2.take("files", *SIZE), plain.merge_exposures(paths))
    assert expected.max() > 1.5
    assert [(name.split(" (")[0], shown) for name, shown in told["layers"]] == [
        ("HDR mask", False), ("HDR tone-mapped", True), ("HDR", True),
    ]  # fmt: skip
    assert read_metadata(folder / "merged.tif").exif["Exif.Photo.ExposureTime"] == "1/15"


def test_a_layer_is_deblurred_within_the_selection_and_keeps_its_alpha(gimp2, plain, scene):
    picture = scene(HEIGHT, WIDTH, peak=1.5)
    alpha = np.linspace(0, 1, WIDTH, dtype=np.float32) * np.ones((HEIGHT, 1), np.float32)
    given = np.dstack([picture, alpha])
    radii = np.zeros((HEIGHT, WIDTH), np.float32)
    radii[100:, :] = 6
    gimp2.give(picture=given, plain=picture, **{"mine (white = 12 px)": np.repeat(radii[:, :, None] / 12, 3, 2)})
    told = gimp2.play(f"""
from gimpfu_compat.libgimp2 import gimp
from ctypes import c_double
image = new_image({WIDTH + 50}, {HEIGHT + 50})
layer = add_layer(image, "picture", {SHOWN}, alpha=True, offsets=(20, 30))
gimp.gimp_image_select_rectangle(image.native, 2, c_double(230), c_double(180), c_double(60), c_double(70))
call("hdrnet-deblur", image, layer, 1.0, None, False, True, "auto")
told["active"] = host().Layer(gimp.gimp_image_get_active_layer(image.native)).name
told["layers"] = [(shown.name, shown.offsets, shown.visible) for shown in image.layers]
dump(layer, "after", "RGBA float")
dump(image.layers[0], "mask", "Y' float")
gimp.gimp_selection_none(image.native)
layer = add_layer(image, "plain", {SHOWN})
map = add_layer(image, "mine (white = 12 px)", {SHOWN}, form="R'G'B' float")
made = host().Layer(call("hdrnet-deblur", image, layer, 1.0, map, True, False, "auto"))
told["made"] = made.name
dump(made, "guided")
dump(layer, "kept")
""")
    after = gimp2.take("after", HEIGHT, WIDTH, 4)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[150:220, 210:270] = True
    assert np.array_equal(after[~inside], given[~inside])
    assert np.array_equal(after[..., 3], given[..., 3])
    expected, recovered = plain.deblur(picture, linear=True, return_mask=True)
    equal(after[inside][:, :3], expected[inside])
    np.testing.assert_allclose(gimp2.take("mask", HEIGHT, WIDTH), recovered * inside, atol=2e-3)
    assert recovered[inside].max() > 0.1
    name = "Recovered detail (white: confirmed, grey: not confirmed, black: left alone)"
    assert told["layers"] == [[name, [20, 30], False], ["picture", [20, 30], True]]
    assert told["active"] == "picture"
    guided = gimp2.take("guided", *SIZE)
    np.testing.assert_allclose(guided, plain.deblur(picture, radii, linear=True), rtol=2e-3, atol=1e-4)
    assert np.array_equal(gimp2.take("kept", *SIZE), picture)
    assert told["made"] == "plain deblurred"


def test_layers_of_other_precisions_get_a_defocus_map_with_its_scale(gimp2, plain, scene):
    picture = scene(HEIGHT, WIDTH)
    gimp2.give(picture=picture)
    told = gimp2.play(f"""
for precision in (150, 550):
    image = new_image({WIDTH}, {HEIGHT}, precision)
    layer = add_layer(image, "picture", {SHOWN})
    dump(layer, f"before-{{precision}}")
    map = host().Layer(call("hdrnet-defocus-map", image, layer, "auto"))
    told[str(precision)] = map.name
    dump(map, f"radii-{{precision}}", "Y' float")
""")
    for precision, step in ((150, 1 / 255), (550, 1e-3)):  # 8-bit and half float, display-encoded
        expected = plain.estimate_defocus(gimp2.take(f"before-{precision}", *SIZE), linear=True)
        white = max(4, math.ceil(expected.max()))
        assert told[str(precision)] == f"picture defocus (white = {white} px)"
        np.testing.assert_allclose(gimp2.take(f"radii-{precision}", HEIGHT, WIDTH), expected / white, atol=step)


def test_a_part_of_a_layer_is_read_small(gimp2):
    picture = np.zeros((200, 400, 3), np.float32)
    picture[:, 200:] = (0.2, 0.4, 0.8)
    gimp2.give(picture=picture)
    told = gimp2.play("""
layer = add_layer(new_image(400, 200), "picture", (400, 200))
pixels, width, height = layer.read_small("RGB float", (100, 0, 300, 200), 1500)
told["size"] = width, height
Path(FOLDER, "small.out").write_bytes(pixels)
""")
    width, height = told["size"]
    assert (width, height) == (47, 31)  # 1,500 pixels at most
    small = gimp2.take("small", height, width, 3)
    np.testing.assert_allclose(
        small[:, 18:], np.broadcast_to(np.float32((0.2, 0.4, 0.8)), small[:, 18:].shape), atol=1e-3
    )
    np.testing.assert_allclose(small[:, :13], 0, atol=1e-3)


def test_errors_are_errors_of_the_pdb_and_change_nothing(gimp2, scene, own_home):
    gimp2.give(picture=scene(HEIGHT, WIDTH))
    absent = gimp2.play(f"""
image = new_image({WIDTH}, {HEIGHT})
layer = add_layer(image, "picture", {SHOWN})
gimp = __import__("gimpfu_compat.libgimp2").libgimp2.gimp
gimp.gimp_image_clean_all(image.native)
call("hdrnet-deblur", image, layer, 1.0, None, False, False, "auto")
call("hdrnet-deblur", image, layer, 7.0, None, False, False, "auto")
call("hdrnet-deblur", image, layer, 1.0, None, False, False, "abacus")
call("hdrnet-merge", None, None, "files", ["/missing/a.jpg"], "", {SETTINGS})
grey = new_image(8, 8, 600, 1)
flat = host().Layer(gimp.gimp_layer_new(grey.native, b"flat", 8, 8, 2, 100.0, 28))
gimp.gimp_image_insert_layer(grey.native, flat.native, 0, 0)
call("hdrnet-defocus-map", grey, flat, "auto")
told["dirty"] = gimp.gimp_image_is_dirty(image.native)
told["images"] = len(host().images())
""", place=own_home, HDRNET_ENVIRONMENT="/nowhere/environment.json")  # fmt: skip
    said = ["./installers/install.sh", "strength is 7.0; give 0.0 to 1.0", "device is “abacus”; give one of auto",
            "choose two or more files", "the image is greyscale; convert"]  # fmt: skip
    for part, error in zip(said, absent["errors"], strict=True):
        assert part in error
    assert not absent["dirty"] and absent["images"] == 2
