"""What a file keeps when only its pixels are replaced."""

import struct

import cv2
import numpy as np
import pyexiv2
import pytest
import tifffile
from PIL import Image, PngImagePlugin
from synthetic import jpeg, tag

from libhdrnet.errors import HdrnetWarning
from libhdrnet.io import read_metadata, read_photo, write_like
from libhdrnet.io.likeness import likeness_of

HISTORY = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" darktable:history_end="1" tiff:Orientation="6" hdrgm:Version="1.0">
<darktable:history><rdf:Seq>
<rdf:li darktable:operation="exposure" darktable:params="00ff"/></rdf:Seq></darktable:history>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def rewritten(path, output):
    """Deblurring's way of writing, with the pixels as they were."""
    photo = read_photo(path)
    write_like(photo, output, photo.pixels, record={"operation": "deblur"})
    return output


def with_density(path, unit, across, down):
    data = path.read_bytes()
    assert data[6:11] == b"JFIF\0"
    path.write_bytes(data[:13] + struct.pack(">BHH", unit, across, down) + data[18:])
    return path


@pytest.mark.parametrize(("unit", "resolution"), [(2, (300, 240)), (3, (118.11, 90.5)), (1, (1, 2))])
def test_a_tiff_keeps_its_resolution(tmp_path, scene, unit, resolution):
    tifffile.imwrite(tmp_path / "a.tif", scene, photometric="rgb", resolution=resolution, resolutionunit=unit)
    with tifffile.TiffFile(rewritten(tmp_path / "a.tif", tmp_path / "b.tif")) as file:
        page = file.pages[0]
        found = [numerator / denominator for numerator, denominator in (page.tags[282].value, page.tags[283].value)]
        assert int(page.tags[296].value) == unit
    assert found == pytest.approx(resolution, rel=1e-4)


@pytest.mark.parametrize("quality", [1, 37, 50, 83, 95, 100])
@pytest.mark.parametrize("subsampling", ["444", "422", "420", "440"])
def test_a_jpeg_keeps_its_quantisation_and_subsampling(tmp_path, scene, quality, subsampling):
    jpeg(tmp_path / "a.jpg", scene, level=quality, subsampling=subsampling)
    before, after = ((tmp_path / "a.jpg").read_bytes(), rewritten(tmp_path / "a.jpg", tmp_path / "b.jpg").read_bytes())
    assert tables_and_sampling(after) == tables_and_sampling(before)


def tables_and_sampling(data):
    tables, position, sampling = b"", 2, b""
    while data[position + 1] != 0xDA:
        code, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if code == 0xDB:
            tables += data[position + 4 : position + 2 + length]
        elif code == 0xC0 or code == 0xC2:
            sampling = data[position + 9 : position + 2 + length]
        position += 2 + length
    return tables, sampling


def test_tables_of_another_encoder_give_the_nearest_quality(tmp_path, scene):
    options = [cv2.IMWRITE_JPEG_QUALITY, 70, cv2.IMWRITE_JPEG_CHROMA_QUALITY, 40, cv2.IMWRITE_JPEG_LUMA_QUALITY, 70]
    cv2.imwrite(str(tmp_path / "a.jpg"), scene, options)
    assert likeness_of(tmp_path / "a.jpg").quality == 70


@pytest.mark.parametrize("unit", [1, 2])
def test_a_jpeg_keeps_its_density(tmp_path, scene, unit):
    with_density(jpeg(tmp_path / "a.jpg", scene), unit, 300, 200)
    assert struct.unpack_from(">BHH", rewritten(tmp_path / "a.jpg", tmp_path / "b.jpg").read_bytes(), 13) == (
        unit, 300, 200,
    )  # fmt: skip


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png"])
def test_the_whole_xmp_is_kept_but_for_how_the_file_was_stored(tmp_path, scene, suffix):
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), scene)
    with pyexiv2.Image(str(path)) as image:
        image.modify_raw_xmp(HISTORY)
    tag(path, xmp={"Xmp.dc.title": "Ein Titel"})
    before, after = read_metadata(path).xmp, read_metadata(rewritten(path, tmp_path / f"b{suffix}")).xmp
    assert after["Xmp.darktable.history[1]/darktable:params"] == "00ff"
    lost = {"Xmp.tiff.Orientation", "Xmp.hdrgm.Version"}
    assert {name: value for name, value in after.items() if name != "Xmp.hdrnet.record"} == {
        name: value for name, value in before.items() if name not in lost
    }
    assert lost <= before.keys()


def test_xmp_too_long_for_a_jpeg_is_cut_to_what_describes_the_photograph(tmp_path, scene):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, scene, photometric="rgb")
    with pyexiv2.Image(str(path)) as image:
        image.modify_raw_xmp(HISTORY.replace("00ff", "00ff" * 20_000))
    tag(path, xmp={"Xmp.dc.title": "Ein Titel"})
    with pytest.warns(HdrnetWarning, match="loses the history of edits in its XMP"):
        rewritten(path, tmp_path / "b.jpg")
    found = read_metadata(tmp_path / "b.jpg").xmp
    assert "Ein Titel" in str(found["Xmp.dc.title"])
    assert not any(name.startswith("Xmp.darktable") for name in found)


def test_a_grey_jpeg_keeps_its_quality(tmp_path, scene):
    jpeg(tmp_path / "a.jpg", np.ascontiguousarray(scene[..., 0]), level=61)
    assert likeness_of(rewritten(tmp_path / "a.jpg", tmp_path / "b.jpg")).quality == 61


@pytest.mark.parametrize(("source", "output"), [("a.png", "b.png"), ("a.jpg", "b.png"), ("a.png", "b.tif")])
def test_a_resolution_goes_from_and_into_a_png(tmp_path, scene, source, output):
    Image.fromarray(scene).save(tmp_path / source, dpi=(300, 240))
    with Image.open(rewritten(tmp_path / source, tmp_path / output)) as image:
        assert [float(value) for value in image.info["dpi"]] == pytest.approx((300, 240), rel=1e-3)


def test_the_texts_of_a_png_are_kept_as_exif(tmp_path, scene):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Jürgen")
    texts.add_text("Title", "Am Weiher", zip=True)
    texts.add_itxt("Copyright", "© 日本", zip=True)
    texts.add_text("Comment", "bei Regen")
    Image.fromarray(scene).save(tmp_path / "a.png", pnginfo=texts)
    found = read_metadata(rewritten(tmp_path / "a.png", tmp_path / "b.png"))
    names = ("Artist", "DocumentName", "Copyright")
    assert [found.exif[f"Exif.Image.{name}"] for name in names] == ["Jürgen", "Am Weiher", "© 日本"]
    assert found.comment == "bei Regen"


@pytest.mark.parametrize("output", ["b.png", "b.jpg", "b.tif"])
@pytest.mark.parametrize(("kind", "numbers"), [(10, (-5, 1)), (5, (0x7FFFFFFF, 1)), (5, (1, 0x7FFFFFFF))])
def test_a_resolution_that_no_picture_has_is_not_kept(tmp_path, scene, output, kind, numbers):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, scene, photometric="rgb", metadata=None, resolution=(72, 72), resolutionunit="INCH")
    with tifffile.TiffFile(path) as file:
        tag_of = file.pages[0].tags["XResolution"]
        entry, value = tag_of.offset, tag_of.valueoffset
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, entry + 2, kind)  # signed, or as it was
    struct.pack_into("<ii", data, value, *numbers)
    path.write_bytes(data)
    assert likeness_of(path).resolution is None
    assert read_photo(rewritten(path, tmp_path / output)).pixels.shape == scene.shape
