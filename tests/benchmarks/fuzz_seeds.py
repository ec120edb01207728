"""Small whole pictures of every kind that the library reads, for `fuzz_files.py` to damage: name -> (suffix, bytes).

HEIC only where pillow-heif is installed. No encoder at hand makes a JPEG XL with a profile or of a sequence of boxes
(jxlp), nor a HEIC of tiles: give real ones with `--also`.
"""

import io
import struct
import sys
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import OpenEXR
import tifffile
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "io"))

from synthetic import DISPLAY_P3, bayer, dng, exr, profile, tag, with_chunk
from test_passengers import DIRECTORY, ISO, several, xmp
from test_passengers import picture as jpeg_with

from libhdrnet.io import write_radiance

HEIGHT, WIDTH = 40, 56
EXIF = {
    "Exif.Image.Make": "Nikon", "Exif.Image.Model": "D750", "Exif.Image.Orientation": "6",
    "Exif.Image.XResolution": "300/1", "Exif.Image.YResolution": "300/1", "Exif.Image.ResolutionUnit": "2",
    "Exif.Photo.ExposureTime": "1/60", "Exif.Photo.ISOSpeedRatings": "200", "Exif.Photo.FNumber": "28/10",
    "Exif.Photo.DateTimeOriginal": "2024:05:06 07:08:09", "Exif.Photo.UserComment": "a tree",
    "Exif.GPSInfo.GPSLatitude": "1/1 2/1 3/1", "Exif.GPSInfo.GPSLatitudeRef": "S",
}  # fmt: skip
XMP = {"Xmp.dc.subject": ["sea", "stone"], "Xmp.xmp.Rating": "4", "Xmp.crs.Exposure2012": "+1.0"}
IPTC = {"Iptc.Application2.Keywords": ["sea", "stone"], "Iptc.Application2.City": "Kiel"}


def scene(dtype=np.uint8):
    """(HEIGHT, WIDTH, 3): ramps and noise."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    light = np.dstack([x / WIDTH, y / HEIGHT, (x + y) / (WIDTH + HEIGHT)])
    light = np.clip(light * 0.9 + np.random.default_rng(0).normal(0, 0.02, light.shape), 0, 1)
    if np.dtype(dtype).kind == "f":
        return (light * 3).astype(dtype)
    return np.rint(light * np.iinfo(dtype).max).astype(dtype)


def alpha(dtype=np.uint8):
    row = np.linspace(0, 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max, WIDTH)
    return np.repeat(row[None], HEIGHT, 0).astype(dtype)


def seeds(folder):
    """Make all of them; `folder` is for files that can be made only there."""
    found = {}
    for make in (_jpeg, _png, _tiff, _exr, _hdr, _raw, _other, _heif, _jxl):
        for name, made in make(folder):
            suffix = Path(name.split()[0]).suffix or f".{name.split()[0]}"
            found[name] = suffix, made.read_bytes() if isinstance(made, Path) else bytes(made)
    return found


def _tagged(folder, suffix, data, **more):
    path = folder / f"tagged{suffix}"
    path.write_bytes(data)
    tag(path, EXIF, XMP, more.get("icc"))
    if more.get("iptc", True):
        import pyexiv2

        with pyexiv2.Image(str(path)) as image:
            image.modify_iptc(IPTC)
    return path.read_bytes()


def _pillow(pixels, kind, **options):
    stream = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(stream, kind, **options)
    return stream.getvalue()


def _jpeg(folder):
    pixels, small = scene(), np.ascontiguousarray(scene()[::4, ::4])
    plain, p3 = imagecodecs.jpeg8_encode(pixels), profile(DISPLAY_P3, 2.2)
    yield "jpg baseline", plain
    yield "jpg 420 with restarts", _pillow(pixels, "JPEG", subsampling=2, restart_marker_blocks=3)
    yield "jpg progressive", _pillow(pixels, "JPEG", progressive=True)
    yield "jpg grey", imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels[..., 0]))
    yield "jpg CMYK", _pillow(Image.fromarray(pixels).convert("CMYK"), "JPEG")
    yield "jpg EXIF, XMP, IPTC, ICC", _tagged(folder, ".jpg", plain, icc=p3)
    hdrgm = xmp('hdrgm:Version="1.0"')
    yield "jpg gain map", several(pixels, jpeg_with(small, hdrgm, (0xE2, ISO)), xmp('hdrgm:Version="1.0"', DIRECTORY))
    yield "jpg 12 bits", imagecodecs.jpeg8_encode(scene(np.uint16) >> 4, bitspersample=12)


def _png(folder):
    pixels, deep = scene(), scene(np.uint16)
    for bits in (1, 2, 4):
        values = np.ascontiguousarray(pixels[..., 0] >> (8 - bits))
        packed = np.packbits(np.unpackbits(values[..., None], axis=2)[..., 8 - bits :].reshape(HEIGHT, -1), axis=1)
        yield f"png grey {bits} bits", _plain_png(packed, bits, 0)
    yield "png palette with tRNS", _pillow(Image.fromarray(pixels).quantize(32), "PNG", transparency=3)
    yield "png grey 16 bits with alpha", imagecodecs.png_encode(np.dstack([deep[..., 0], alpha(np.uint16)]))
    yield "png RGBA", imagecodecs.png_encode(np.dstack([pixels, alpha()]))
    yield "png interlaced", _interlaced(pixels)
    rich = with_chunk(imagecodecs.png_encode(pixels), b"pHYs", struct.pack(">IIB", 11811, 11811, 1))
    rich = with_chunk(rich, b"zTXt", b"Comment\0\0" + zlib.compress(b"a tree"))
    rich = with_chunk(rich, b"iTXt", b"Title\0\1\0en\0\0" + zlib.compress(b"Tree"))
    rich = with_chunk(rich, b"iCCP", b"P3\0\0" + zlib.compress(profile(DISPLAY_P3, 2.2)))
    yield "png iCCP, eXIf, texts", _tagged(folder, ".png", rich, iptc=False)
    coarse = with_chunk(imagecodecs.png_encode(deep), b"gAMA", struct.pack(">I", 55555))
    yield "png gAMA, cHRM", with_chunk(coarse, b"cHRM", struct.pack(">8I", *[round(1e5 * v) for v in _chrm()]))
    for name, transfer in (("PQ", 16), ("HLG", 18)):
        yield f"png cICP {name}", with_chunk(imagecodecs.png_encode(deep), b"cICP", bytes((9, transfer, 0, 1)))
    yield "png animated", _pillow(pixels, "PNG", save_all=True, append_images=[Image.fromarray(pixels[::-1])])


def _chrm():
    return (0.3127, 0.3290, *DISPLAY_P3)


def _plain_png(rows, bits, kind, interlace=0):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, interlace)
    raw = rows if isinstance(rows, bytes) else b"".join(b"\0" + row.tobytes() for row in rows)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _interlaced(pixels):
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = [row for y, x, down, across in passes for row in pixels[y::down, x::across]]
    return _plain_png(b"".join(b"\0" + row.tobytes() for row in rows), 8, 2, 1)


def _tiff(folder):
    def made(pixels, **options):
        path = folder / "made.tif"
        tifffile.imwrite(path, pixels, metadata=None, software=False, **options)
        return path.read_bytes()

    pixels, deep, light = scene(), scene(np.uint16), scene(np.float32)
    p3 = profile(DISPLAY_P3, 2.2)
    yield "tif 8 bits", made(pixels, photometric="rgb", rowsperstrip=16)
    yield "tif LZW", made(pixels, photometric="rgb", compression="lzw", predictor=True)
    yield (
        "tif 16 bits deflate, tags",
        _tagged(
            folder, ".tif", made(deep, photometric="rgb", compression="adobe_deflate", predictor=True, iccprofile=p3)
        ),
    )
    yield "tif float", made(light, photometric="rgb", compression="adobe_deflate", predictor=True)
    yield "tif half", made(light.astype(np.float16), photometric="rgb")
    yield "tif double, planes", made(np.moveaxis(light.astype(float), 2, 0), photometric="rgb", planarconfig="separate")
    yield "tif CMYK float", made(np.dstack([light / 3, alpha(np.float32)]), photometric="separated")
    yield "tif tiled", made(deep, photometric="rgb", tile=(16, 16), compression="adobe_deflate")
    yield "tif BigTIFF", made(pixels, photometric="rgb", bigtiff=True, compression="adobe_deflate")
    yield "tif big-endian planes", made(np.moveaxis(deep, 2, 0), photometric="rgb", planarconfig="separate",
                                        byteorder=">")  # fmt: skip
    share = alpha(np.float32)
    yield "tif associated alpha", made(np.dstack([light * share[..., None], share]), photometric="rgb",
                                       extrasamples=["assocalpha"])  # fmt: skip
    yield "tif unassociated alpha", made(np.dstack([pixels, alpha()]), photometric="rgb", extrasamples=["unassalpha"])
    table = np.repeat(np.arange(256, dtype=np.uint16)[None] * 257, 3, 0)
    yield "tif palette", made(pixels[..., 0], photometric="palette", colormap=table)
    yield "tif grey, white is zero", made(deep[..., 0], photometric="miniswhite")
    yield "tif 1 bit", made(pixels[..., 0] > 127, photometric="minisblack")
    yield "tif CMYK", made(np.dstack([pixels, alpha()]), photometric="separated")
    yield "tif JPEG", made(pixels, photometric="ycbcr", compression="jpeg")
    yield "tif 32 bits", made(deep.astype(np.uint32) << 16, photometric="rgb")
    pages = folder / "pages.tif"
    with tifffile.TiffWriter(pages) as file:
        file.write(pixels[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
        file.write(pixels, photometric="rgb", metadata=None)
        file.write(pixels, photometric="rgb", metadata=None)
    yield "tif pages", pages


def _exr(folder):
    light = scene(np.float32)

    def planes(dtype, *, opacity=False):
        found = {name: np.ascontiguousarray(light[..., index].astype(dtype)) for index, name in enumerate("RGB")}
        return found | ({"A": alpha(np.float32).astype(dtype)} if opacity else {})

    def made(channels, **head):
        return exr(folder / "made.exr", channels, **head).read_bytes()

    for name in ("NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB"):
        dtype = np.float16 if name[0] in "BD" else np.float32
        yield f"exr {name}", made(planes(dtype), compression=getattr(OpenEXR, f"{name}_COMPRESSION"))
    yield "exr half with alpha", made(planes(np.float16, opacity=True))
    aces = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)
    yield "exr chromaticities", made(planes(np.float32), chromaticities=aces, adoptedNeutral=(0.32168, 0.33767),
                                     expTime=0.5, isoSpeed=200.0, owner="Nobody")  # fmt: skip
    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 16
    yield "exr tiled", made(planes(np.float16), type=OpenEXR.tiledimage, tiles=tiles)
    yield "exr grey", made({"Y": np.ascontiguousarray(light[..., 0])})
    parts = [
        OpenEXR.Part({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, made_of, name)
        for name, made_of in (("left", planes(np.float16)), ("right", planes(np.float32)))
    ]
    with OpenEXR.File(parts) as file:
        file.write(str(folder / "parts.exr"))
    yield "exr multipart", folder / "parts.exr"
    with_xmp = folder / "own.exr"
    write_radiance(with_xmp, light, metadata=_metadata(), record={"made": "here"}, exr_bits=16)
    yield "exr with XMP and record", with_xmp


def _metadata():
    from libhdrnet.io import Metadata

    return Metadata(EXIF, XMP, iptc=IPTC)


def _hdr(folder):
    light = scene(np.float32)
    new = bytes(imagecodecs.rgbe_encode(light))
    coded = _rgbe(light)
    size = b"-Y %d +X %d\n" % (HEIGHT, WIDTH)
    yield "hdr new run lengths", new
    yield "hdr flat", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + size + coded.tobytes()
    lines = b"EXPOSURE=2.0\nCOLORCORR=1 1.1 0.9\nGAMMA=1.2\nPIXASPECT=1.1\nPRIMARIES=0.68 0.32 0.265 0.69 0.15 0.06 "
    yield "hdr header", b"#?X\n" + lines + b"0.3127 0.329\n\n+Y %d -X %d\n" % (HEIGHT, WIDTH) + coded.tobytes()
    yield "hdr XYZE", b"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n" + size + coded.tobytes()
    coded[:, 1::2] = (1, 1, 1, 1)
    coded[:, 2::2] = coded[:, ::2][:, 1:]
    yield "hdr old run lengths", b"#?RADIANCE\n\n" + size + coded.tobytes()
    own = folder / "own.hdr"
    write_radiance(own, light, metadata=_metadata(), record={"made": "here"})
    yield "hdr with tags and record", own


def _rgbe(light):
    _, exponent = np.frexp(light.max(2, keepdims=True))
    mantissa = np.floor(np.ldexp(light, 8 - exponent))
    return np.dstack([mantissa, exponent + 128]).astype(np.uint8)


def _raw(folder):
    mosaic = bayer(scene(np.float32), red=2.0, blue=1.5, sigma=4)
    yield "dng Bayer", dng(folder / "a.dng", mosaic=mosaic, red=2.0, blue=1.5, time=1 / 60, iso=200)
    yield "dng turned, clipped early", dng(folder / "b.dng", mosaic=np.minimum(mosaic, 9000), orientation=6)


def _other(folder):
    pixels, deep = scene(), scene(np.uint16)
    opaque = np.dstack([pixels, alpha()])
    icc = profile(DISPLAY_P3, 2.2)
    yield "webp", _tagged(folder, ".webp", _pillow(pixels, "WEBP", icc_profile=icc), iptc=False)
    yield "webp lossless with alpha", _pillow(opaque, "WEBP", lossless=True)
    yield "bmp", _pillow(pixels, "BMP")
    yield "bmp palette", _pillow(Image.fromarray(pixels).quantize(16), "BMP")
    yield "gif animated", _pillow(pixels, "GIF", save_all=True, append_images=[Image.fromarray(pixels[::-1])])
    yield "ppm", _pillow(pixels, "PPM")
    yield "ppm 16 bits", b"P6\n%d %d\n65535\n" % (WIDTH, HEIGHT) + deep.astype(">u2").tobytes()
    yield "pgm text", b"P2\n4 3\n255\n" + b" ".join(b"%d" % (20 * value) for value in range(12))
    yield "pbm", _pillow(Image.fromarray(pixels).convert("1"), "PPM")
    yield "jp2", _pillow(pixels, "JPEG2000")
    yield "jp2 16 bits", imagecodecs.jpeg2k_encode(deep, level=0)
    yield "j2k", imagecodecs.jpeg2k_encode(pixels, codecformat="j2k")


def _heif(folder):
    pixels, deep = scene(), scene(np.uint16)
    about = {"icc_profile": profile(DISPLAY_P3, 2.2), "exif": _exif()}
    yield "avif 8 bits", imagecodecs.avif_encode(pixels, level=80)
    yield "avif 12 bits PQ", imagecodecs.avif_encode(deep >> 4, bitspersample=12, primaries=9, transfer=16, matrix=9)
    yield "avif 10 bits with alpha", imagecodecs.avif_encode(np.dstack([deep, alpha(np.uint16)]) >> 6, bitspersample=10)
    yield "avif grey", imagecodecs.avif_encode(np.ascontiguousarray(pixels[..., 0]))
    yield "avif turned, EXIF, ICC", _pillow(pixels, "AVIF", **about)
    yield "avif animated", _pillow(pixels, "AVIF", save_all=True, append_images=[Image.fromarray(pixels[::-1])])
    own = folder / "own.avif"
    write_radiance(own, scene(np.float32), metadata=_metadata(), record={"made": "here"})
    yield "avif with tags and record", own
    try:
        import pillow_heif
    except ImportError:
        return

    def made(mode, array, **options):
        file = pillow_heif.from_bytes(mode, (WIDTH, HEIGHT), np.ascontiguousarray(array).tobytes())
        file.info.update(options.pop("info", {}))
        if options.pop("second", False):
            file.add_from_pillow(Image.fromarray(pixels[::2, ::2]))
        stream = io.BytesIO()
        file.save(stream, **options)
        return stream.getvalue()

    yield "heic 8 bits", made("RGB", pixels)
    yield "heic turned, EXIF, ICC, two pictures", made("RGB", pixels, info=about, second=True)
    yield "heic with alpha", made("RGBA", np.dstack([pixels, alpha()]))
    yield "heic grey", made("L", pixels[..., 0])
    yield "hif 10 bits PQ", made("RGB;16", deep, color_primaries=9, transfer_characteristics=16, save_nclx_profile=True,
                                 info={"exif": _exif()})  # fmt: skip


def _exif():
    found = Image.Exif()
    found.update({271: "Nikon", 274: 6, 34855: 200})
    return found.tobytes()


def _jxl(folder):
    pixels, deep, light = scene(), scene(np.uint16), scene(np.float32)
    yield "jxl lossless", imagecodecs.jpegxl_encode(pixels, lossless=True)
    yield "jxl lossy", imagecodecs.jpegxl_encode(pixels, level=80)
    yield "jxl 16 bits with alpha", imagecodecs.jpegxl_encode(np.dstack([deep, alpha(np.uint16)]), lossless=True)
    yield "jxl 10 bits, grey, container", imagecodecs.jpegxl_encode(deep[..., 0] >> 6, bitspersample=10, lossless=True,
                                                                    usecontainer=True)  # fmt: skip
    yield "jxl float", imagecodecs.jpegxl_encode(light, lossless=True)
    yield "jxl animated", imagecodecs.jpegxl_encode(np.stack([pixels, pixels[::-1]]), lossless=True, photometric="rgb")
    yield "jxl of a JPEG", imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(pixels), usecontainer=True)
    own = folder / "own.jxl"
    write_radiance(own, light, metadata=_metadata(), record={"made": "here"})
    yield "jxl with tags and record", own
