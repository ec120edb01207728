"""Deblur Defocus and Defocus Map in a real GIMP 3, in batch: what is honoured, what is kept."""

import math

import numpy as np
import pytest
from gimp_hosts import equal

from libhdrnet.io.colour import adobe_rgb_profile

HEIGHT, WIDTH = 300, 400
SIZE = (HEIGHT, WIDTH, 3)
IMAGE = f"image = new_image({WIDTH}, {HEIGHT})\n"
SHOWN = f"({WIDTH}, {HEIGHT})"


@pytest.fixture
def picture(scene):
    """A linear picture that goes beyond white."""
    return scene(HEIGHT, WIDTH, peak=1.5)


def test_a_layer_of_any_precision_is_deblurred_as_the_library_does_it(gimp3, plain, picture):
    precisions = {"U8_NON_LINEAR": 255, "U16_LINEAR": 65535, "FLOAT_NON_LINEAR": 0, "FLOAT_LINEAR": 0}
    gimp3.give(picture=picture)
    gimp3.play(f"""
for precision in {list(precisions)}:
    image = new_image({WIDTH}, {HEIGHT}, getattr(P, precision))
    layer = add_layer(image, "picture", {SHOWN})
    dump(layer, precision + "-before")
    call("hdrnet-deblur", image=image, drawables=[layer], strength=0.8)
    dump(layer, precision + "-after")
    dump(layer, precision + "-shown", "R'G'B' float")
""")
    for precision, levels in precisions.items():
        before, after = (gimp3.take(f"{precision}-{when}", *SIZE) for when in ("before", "after"))
        expected = plain.deblur(before, linear=True, strength=0.8)
        assert np.abs(after - before).max() > 0.01
        if levels == 0:
            equal(after, expected)
            assert after.max() > 1.2
        elif precision == "U8_NON_LINEAR":
            shown = gimp3.take(f"{precision}-shown", *SIZE)
            expected = np.clip(expected, 0, 1)
            np.testing.assert_allclose(shown, plain.radiometry.encode_srgb(expected), atol=0.6 / levels)
        else:
            np.testing.assert_allclose(after, np.clip(expected, 0, 1), atol=0.6 / levels)


def test_the_selection_the_offsets_and_alpha_are_honoured(gimp3, plain, picture):
    alpha = np.linspace(0, 1, WIDTH, dtype=np.float32) * np.ones((HEIGHT, 1), np.float32)
    given = np.dstack([picture, alpha])
    gimp3.give(picture=given)
    told = gimp3.play(f"""
image = new_image({WIDTH + 50}, {HEIGHT + 50})
layer = add_layer(image, "picture", {SHOWN}, alpha=True, offsets=(20, 30))
image.select_rectangle(Gimp.ChannelOps.REPLACE, 20 + 210, 30 + 150, 60, 70)
call("hdrnet-deblur", image=image, drawables=[layer])
dump(layer, "after", "RGBA float")
made = call("hdrnet-deblur", image=image, drawables=[layer], new_layer=True)
told["made"] = [made.get_name(), list(made.get_offsets())[1:], image.get_item_position(made)]
dump(layer, "kept", "RGBA float")
image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 10, 10)
call("hdrnet-deblur", image=image, drawables=[layer])
""")
    after = gimp3.take("after", HEIGHT, WIDTH, 4)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[150:220, 210:270] = True
    assert np.array_equal(after[~inside], given[~inside])
    assert np.array_equal(after[..., 3], given[..., 3])
    equal(after[inside][:, :3], plain.deblur(picture, linear=True)[inside])
    assert np.abs(after[inside] - given[inside]).max() > 0.01
    assert np.array_equal(gimp3.take("kept", HEIGHT, WIDTH, 4), after)
    assert told["made"] == ["picture deblurred", [20, 30], 0]
    assert told["errors"] == ["the selection does not touch the layer “picture”."]


@pytest.mark.parametrize("host", ["gimp3", "gimp32"])
def test_a_hidden_layer_shows_where_detail_was_recovered(request, plain, picture, host):
    gimp = request.getfixturevalue(host)
    gimp.give(picture=picture)
    told = gimp.play(f"""
image = new_image({WIDTH + 50}, {HEIGHT + 50})
layer = add_layer(image, "picture", {SHOWN}, offsets=(20, 30))
image.select_ellipse(Gimp.ChannelOps.REPLACE, 20 + 210, 30 + 150, 60, 70)
made = call("hdrnet-deblur", image=image, drawables=[layer], new_layer=True, mask=True)
layers = image.get_layers()
told["layers"] = [[each.get_name(), list(each.get_offsets())[1:], each.get_visible()] for each in layers]
told["selected"] = [layer.get_name() for layer in image.get_selected_layers()]
dump(layers[0], "mask", "Y' float")
""")
    mask = gimp.take("mask", HEIGHT, WIDTH)
    _, expected = plain.deblur(picture, linear=True, return_mask=True)
    chosen = np.zeros((HEIGHT, WIDTH), bool)
    chosen[162:208, 221:259] = True  # whole in the ellipse
    np.testing.assert_allclose(mask[chosen], expected[chosen], atol=2e-3)
    assert expected[chosen].max() > 0.05
    chosen[150:220, 210:270] = True
    assert np.all(mask[~chosen] == 0) and mask[150, 210] == 0  # a corner beside the ellipse
    name = "Recovered detail (white: confirmed, grey: not confirmed, black: left alone)"
    assert told["layers"] == [
        [name, [20, 30], False], ["picture deblurred", [20, 30], True], ["picture", [20, 30], True],
    ]  # fmt: skip
    assert told["selected"] == ["picture deblurred"]


def test_a_painted_layer_may_be_the_map(gimp3, plain, picture):
    radii = np.zeros((HEIGHT, WIDTH), np.float32)
    radii[100:, :] = 6
    gimp3.give(picture=picture, **{"mine (white = 12 px)": np.repeat(radii[100:, :, None] / 12, 3, 2)})
    gimp3.play(
        IMAGE
        + f"""
layer = add_layer(image, "picture", {SHOWN})
map = add_layer(image, "mine (white = 12 px)", ({WIDTH}, {HEIGHT - 100}), offsets=(0, 100), form="R'G'B' float")
call("hdrnet-deblur", image=image, drawables=[layer], map=map)
dump(layer, "guided")
"""
    )
    np.testing.assert_allclose(
        gimp3.take("guided", *SIZE), plain.deblur(picture, radii, linear=True), rtol=2e-3, atol=1e-4
    )


def test_the_defocus_map_is_a_layer_whose_name_tells_what_white_is(gimp3, plain, picture):
    gimp3.give(picture=picture)
    told = gimp3.play(f"""
image = new_image({WIDTH + 50}, {HEIGHT + 50}, P.FLOAT_NON_LINEAR)
layer = add_layer(image, "picture", {SHOWN}, offsets=(20, 30))
add_layer(image, "picture", {SHOWN})
map = call("hdrnet-defocus-map", image=image, drawables=[layer])
told["map"] = [map.get_name(), list(map.get_offsets())[1:], image.get_item_position(map)]
told["selected"] = [layer.get_name() for layer in image.get_selected_layers()]
dump(map, "radii", "Y' float")
call("hdrnet-deblur", image=image, drawables=[map])
""")
    expected = plain.estimate_defocus(picture, linear=True)
    white = max(4, math.ceil(expected.max()))
    assert told["map"] == [f"picture defocus (white = {white} px)", [20, 30], 1]
    equal(gimp3.take("radii", HEIGHT, WIDTH) * white, expected)
    assert told["selected"] == ["picture"]
    assert "is a defocus map; select the layer of the picture" in told["errors"][0]


def test_the_image_s_profile_is_respected(gimp3, plain, picture):
    (gimp3.folder / "adobe.icc").write_bytes(adobe_rgb_profile())
    gimp3.give(picture=picture)
    gimp3.play(
        IMAGE
        + f"""
layer = add_layer(image, "picture", {SHOWN})
image.set_color_profile(Gimp.ColorProfile.new_from_file(Gio.File.new_for_path(f"{{FOLDER}}/adobe.icc")))
dump(layer, "before")
call("hdrnet-deblur", image=image, drawables=[layer])
dump(layer, "after")
"""
    )
    before, after = gimp3.take("before", *SIZE), gimp3.take("after", *SIZE)
    assert np.abs(before - picture).max() > 0.05  # GIMP takes the profile for true
    equal(after, plain.deblur(before, linear=True))


def test_what_cannot_be_deblurred_is_told_and_left_as_it_is(gimp3, picture):
    gimp3.give(picture=picture, broken=np.full_like(picture, np.nan))
    told = gimp3.play(
        IMAGE
        + f"""
layer = add_layer(image, "picture", {SHOWN})
broken = add_layer(image, "broken", {SHOWN})
group = Gimp.GroupLayer.new(image)
image.insert_layer(group, None, 0)
mask = layer.create_mask(Gimp.AddMaskType.WHITE)
layer.add_mask(mask)
for drawables in ([group], [mask], [layer, broken], [broken]):
    call("hdrnet-deblur", image=image, drawables=drawables)
layer.set_lock_content(True)
call("hdrnet-deblur", image=image, drawables=[layer])
dump(layer, "after")
for kind in (Gimp.ImageBaseType.GRAY, Gimp.ImageBaseType.INDEXED):
    other = Gimp.Image.new(8, 8, kind)
    type = Gimp.ImageType.GRAY_IMAGE if kind == Gimp.ImageBaseType.GRAY else Gimp.ImageType.INDEXED_IMAGE
    flat = Gimp.Layer.new(other, "flat", 8, 8, type, 100, Gimp.LayerMode.NORMAL)
    other.insert_layer(flat, None, 0)
    call("hdrnet-defocus-map", image=other, drawables=[flat])
    call("hdrnet-merge", image=other, source="layers")
"""
    )
    said = ["is a group; select", "is a layer mask; select", "select one layer first", "contains NaN", "are locked",
            "the image is greyscale; convert", "the image is greyscale; convert", "the image is indexed; convert",
            "the image is indexed; convert"]  # fmt: skip
    assert len(told["errors"]) == len(said)
    for part, error in zip(said, told["errors"], strict=True):
        assert part in error
    assert np.array_equal(gimp3.take("after", *SIZE), picture)
