"""Merge Exposures in a real GIMP 3, in batch."""

import numpy as np
from commands import exposures, write_bracket
from gimp_hosts import equal
from synthetic import dng, tag

SIZE = (120, 160)
TIMES = [0.25, 1.0, 4.0]
MERGE = "source='layers', exposures='-2, 0, +2'"
TONE = "tone='fusion', exposure=0.5, local=0.25, saturation=0.75"


def bracket_layers(gimp3):
    gimp3.give(**dict(zip("abc", exposures(size=SIZE), strict=True)))
    return f"""
def bracket(precision=P.FLOAT_LINEAR):
    image = new_image({SIZE[1]}, {SIZE[0]}, precision)
    for name in "abc":
        add_layer(image, name, ({SIZE[1]}, {SIZE[0]}))
    return image
"""


def test_layers_of_any_precision_are_merged_as_the_library_merges_them(gimp3, plain):
    precisions = ("U8_NON_LINEAR", "U16_LINEAR", "HALF_NON_LINEAR", "FLOAT_LINEAR")
    told = gimp3.play(bracket_layers(gimp3) + f"""
for precision in {precisions}:
    image = bracket(getattr(P, precision))
    for layer, name in zip(image.get_layers(), "cba"):
        dump(layer, precision + name)
    image.get_layers()[0].set_lock_content(True)
    merged = call("hdrnet-merge", image=image, {MERGE}, mask=True, {TONE})
    told[precision] = [layer.get_name() for layer in merged.get_layers()]
    told["precision"] = merged.get_precision().value_nick
    told["dirty"] = merged.is_dirty()
    forms = {{"mask": "Y' float", "shown": "R'G'B' float", "hdr": "RGB float"}}
    for (name, form), layer in zip(forms.items(), merged.get_layers()):
        dump(layer, precision + name, form)
        told[name] = layer.get_visible()
""")  # fmt: skip
    for precision in precisions:
        frames = [gimp3.take(precision + name, *SIZE, 3) for name in "abc"]
        expected, mask = plain.merge_exposures(frames, TIMES, return_mask=True)
        shown = plain.tone_map(expected, style="fusion", exposure=0.5, local=0.25, saturation=0.75)
        equal(gimp3.take(precision + "hdr", *SIZE, 3), expected)
        equal(gimp3.take(precision + "mask", *SIZE), mask)
        equal(gimp3.take(precision + "shown", *SIZE, 3), shown)
        assert expected.max() > 1.5
        assert [name.split(" (")[0] for name in told[precision]] == ["HDR mask", "HDR tone-mapped", "HDR"]
    assert (told["mask"], told["shown"], told["hdr"]) == (False, True, True)
    assert told["precision"] == "float-linear" and told["dirty"]


def test_only_what_all_visible_layers_cover_is_merged(gimp3, plain):
    gimp3.play(
        bracket_layers(gimp3)
        + f"""
image = bracket()
a, b, c = reversed(image.get_layers())
a.set_offsets(7, 0)
c.set_offsets(0, -5)
add_layer(image, "a", ({SIZE[1]}, {SIZE[0]})).set_visible(False)
merged = call("hdrnet-merge", image=image, {MERGE}, align=False, model="classical", tone_mapped=False)
told["size"] = [merged.get_width(), merged.get_height(), len(merged.get_layers())]
dump(merged.get_layers()[0], "offset")
"""
    )
    a, b, c = exposures(size=SIZE)
    frames = [a[:-5, :-7], b[:-5, 7:], c[5:, 7:]]
    expected = plain.merge_exposures(frames, TIMES, align=False, model="classical")
    equal(gimp3.take("offset", SIZE[0] - 5, SIZE[1] - 7, 3), expected)


def test_a_tone_curve_is_estimated_from_layers(gimp3, plain):
    gimp3.play(
        bracket_layers(gimp3)
        + f"""
image = bracket(P.U8_NON_LINEAR)
for layer in image.get_layers():
    dump(layer, layer.get_name() + "-codes", "R'G'B' u16")
merged = call("hdrnet-merge", image=image, {MERGE}, response="estimate", tone_mapped=False)
dump(merged.get_layers()[0], "estimated")
"""
    )
    frames = [gimp3.take(f"{name}-codes", *SIZE, 3, dtype="<u2") for name in "abc"]
    equal(gimp3.take("estimated", *SIZE, 3), plain.merge_exposures(frames, TIMES, response="estimate"))


def test_files_are_merged_with_the_metadata_of_the_reference(gimp3, plain):
    folder = gimp3.folder / "files"
    folder.mkdir()
    paths = write_bracket(folder, size=SIZE)
    raws = []
    for path, linear, time in zip(paths, exposures(size=SIZE), ("1/60", "1/15", "1/4"), strict=True):
        mosaic = np.empty(SIZE, np.float32)
        for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
            mosaic[row::2, column::2] = linear[row::2, column::2, channel]
        raws.append(path.with_suffix(".dng"))
        dng(raws[-1], mosaic=np.round(512 + mosaic * (16383 - 512)).astype(np.uint16))
        tag(raws[-1], {"Exif.Photo.ExposureTime": time})
    before = {path: path.read_bytes() for path in folder.iterdir()}
    told = gimp3.play(f"""
for name, files in (("jpg", {[str(path) for path in paths]}), ("dng", {[str(path) for path in raws]})):
    merged = call("hdrnet-merge", files=files, mask=True)
    told["selected"] = [layer.get_name() for layer in merged.get_selected_layers()]
    dump(merged.get_layers()[-1], name)
    told[name] = merged.get_metadata().serialize()
    told["layers"] = len(merged.get_layers())
    told[name + " is"] = [merged.get_name(), merged.get_file().get_path()]
""")
    assert told["jpg is"] == ["a-hdr.xcf", str(folder / "a-hdr.xcf")]
    assert told["dng is"][1] == str(folder / "a-hdr.xcf")
    equal(gimp3.take("jpg", *SIZE, 3), plain.merge_exposures(paths))
    equal(gimp3.take("dng", *SIZE, 3), plain.merge_exposures(raws))
    for name in ("jpg", "dng"):
        assert '<tag name="Exif.Photo.ExposureTime">1/15</tag>' in told[name]
        assert "&quot;operation&quot;: &quot;merge&quot;" in told[name]
    assert told["layers"] == 3 and told["selected"] == ["HDR tone-mapped"]
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_exposures_come_from_the_field_else_from_the_layers_files_else_from_their_names(gimp3, plain):
    folder = gimp3.folder / "named"
    folder.mkdir()
    paths = write_bracket(folder, ".tif", size=SIZE)
    gimp3.give(**{"EV -2": exposures(size=SIZE)[0], "0 EV": exposures(size=SIZE)[1], "+2ev": exposures(size=SIZE)[2]})
    told = gimp3.play(f"""
(image,) = Gimp.get_images()
for path in {[str(path) for path in paths[1:]]}:
    image.insert_layer(Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path)), None, 0)
told["names"] = [layer.get_name() for layer in image.get_layers()]
merged = call("hdrnet-merge", image=image, source="layers")
dump(merged.get_layers()[-1], "exif")
told["metadata"] = merged.get_metadata().serialize()
merged = call("hdrnet-merge", image=image, source="layers", exposures="1/60, 1/30, 1/15", model="classical")
dump(merged.get_layers()[-1], "field")
image = new_image({SIZE[1]}, {SIZE[0]})
for name in ("EV -2", "0 EV", "+2ev"):
    add_layer(image, name, ({SIZE[1]}, {SIZE[0]}))
dump(call("hdrnet-merge", image=image, source="layers").get_layers()[-1], "names")
""", paths[0])  # fmt: skip
    equal(gimp3.take("exif", *SIZE, 3), plain.merge_exposures(paths))
    equal(gimp3.take("field", *SIZE, 3), plain.merge_exposures(paths, [1 / 60, 1 / 30, 1 / 15], model="classical"))
    equal(gimp3.take("names", *SIZE, 3), plain.merge_exposures(exposures(size=SIZE), TIMES))
    assert told["names"][0] == "c.tif"
    assert '<tag name="Exif.Photo.ExposureTime">1/15</tag>' in told["metadata"]
