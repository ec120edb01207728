"""JPEGs with a gain map: any reader sees the picture, HDR displays the radiance (libultrahdr decodes it here)."""

import cv2
import imagecodecs
import numpy as np
import pyexiv2
import pytest
from PIL import Image, MpoImagePlugin

from libhdrnet.errors import HdrnetWarning, InputError, OutputError
from libhdrnet.io import Metadata, read_metadata, read_photo, read_record, srgb_profile, write_with_gain_map
from libhdrnet.io.colour import from_linear
from libhdrnet.io.formats import gain_map_file
from libhdrnet.io.formats.jpeg_segments import LONGEST, segments
from libhdrnet.io.gain import exposure_between
from libhdrnet.io.passengers import GAIN_MAP, passengers
from libhdrnet.radiometry import encode_srgb

LUMINANCE = np.float32([0.2126, 0.7152, 0.0722])


@pytest.fixture
def radiance(rng):
    """(120, 160, 3): shadows, a coloured lamp and a window ten times brighter than white, with noise."""
    y, x = np.mgrid[0:120, 0:160].astype(np.float32)
    light = 0.01 + 0.4 * (x / 160) ** 2 + 10 * (np.hypot(x - 120, y - 40) < 25) + 0.1 * (y > 80)
    colour = np.dstack([np.ones_like(x), 0.7 + 0.3 * y / 120, 0.4 + 0.5 * x / 160])
    light = cv2.GaussianBlur(light, (0, 0), 2)[..., None] * colour
    return (light * (1 + 0.02 * rng.standard_normal(light.shape))).astype(np.float32)


@pytest.fixture
def shown(radiance):
    """What is shown of `radiance`, sRGB in [0, 1]."""
    return encode_srgb(np.float32(1.2) * radiance / (1 + radiance))


@pytest.fixture
def written(tmp_path, radiance, shown):
    path = tmp_path / "a.jpg"
    write_with_gain_map(path, radiance, shown)
    return path


def decoded(data):
    """The light that libultrahdr makes of it."""
    return np.asarray(imagecodecs.ultrahdr_decode(data, dtype=np.float16))[..., :3].astype(np.float32)


def stops(found, expected):
    return np.abs(np.log2(np.maximum(found @ LUMINANCE, 1e-6) / (expected @ LUMINANCE)))


def test_another_decoder_gets_the_radiance(written, radiance):
    error = stops(decoded(written.read_bytes()), radiance)
    assert error.mean() < 0.02 and np.quantile(error, 0.99) < 0.1
    assert decoded(written.read_bytes()).max() > 10


def test_a_wide_range_with_black_corners_comes_back_as_well(tmp_path, rng):
    y, x = np.mgrid[0:120, 0:160].astype(np.float32)
    light = (0.0005 + 0.02 * (x / 160) ** 2 + 40 * (np.hypot(x - 120, y - 40) < 25))[..., None] * np.float32(
        [1, 0.8, 0.6]
    )
    light = cv2.GaussianBlur(light, (0, 0), 1) * (1 + 0.05 * rng.standard_normal(light.shape).astype(np.float32))
    write_with_gain_map(tmp_path / "a.jpg", light, encode_srgb(light / (light + 0.05)))
    assert stops(decoded((tmp_path / "a.jpg").read_bytes()), light).mean() < 0.02


@pytest.mark.parametrize("hidden", [b"urn:iso:std:iso:ts:21496", b"hdrgm:"])
def test_either_form_of_the_numbers_suffices(written, hidden):
    data = written.read_bytes()
    assert data.count(hidden) >= 2
    assert np.allclose(decoded(data.replace(hidden, b"?" * len(hidden))), decoded(data), rtol=2e-3, atol=1e-4)


def test_the_own_reader_gives_either_picture(written, radiance, shown):
    assert passengers(written) == [GAIN_MAP]
    assert stops(read_photo(written, gain_map=True).pixels, radiance).mean() < 0.02
    plain = read_photo(written)
    assert plain.encoding == "srgb" and abs(plain.pixels / np.float32(255) - shown).mean() < 0.01


def test_readers_that_know_no_gain_maps_see_the_picture(written, shown):
    with Image.open(written) as image:
        assert (image.format, image.size) == ("JPEG", (160, 120))
        seen = np.asarray(image)
    assert abs(seen / 255 - shown).mean() < 0.01
    assert np.array_equal(
        cv2.imread(str(written))[..., ::-1], cv2.cvtColor(cv2.imread(str(written)), cv2.COLOR_BGR2RGB)
    )
    assert abs(cv2.imread(str(written))[..., ::-1].astype(int) - seen).max() <= 2


def test_the_index_leads_to_both_pictures(written):
    with MpoImagePlugin.MpoImageFile(written) as image:
        assert image.n_frames == 2
        image.seek(1)
        assert image.size == (160, 120)
        first, second = image.mpinfo[0xB002]
    data = written.read_bytes()
    assert first["Size"] + second["Size"] == len(data)
    assert data[first["Size"] :].startswith(b"\xff\xd8\xff") and data[: first["Size"]].endswith(b"\xff\xd9")
    with pyexiv2.Image(str(written)) as image:
        found = image.read_xmp()
    assert found["Xmp.Container.Directory[2]/Container:Item/Item:Length"] == str(second["Size"])
    assert found["Xmp.Container.Directory[2]/Container:Item/Item:Semantic"] == "GainMap"


def test_metadata_profile_and_record_are_kept(tmp_path, radiance, shown, camera_metadata):
    path = tmp_path / "a.jpg"
    metadata = Metadata(
        camera_metadata.exif, camera_metadata.xmp, iptc={"Iptc.Application2.Caption": "Größe"}, comment="c"
    )
    write_with_gain_map(path, radiance, shown, metadata=metadata, record={"made": "here"})
    found = read_metadata(path)
    assert found.exif["Exif.Photo.ExposureTime"] == "1/60" and found.exif["Exif.Image.Orientation"] == "1"
    assert found.xmp["Xmp.dc.subject"] == ["sea", "stone"] and found.iptc["Iptc.Application2.Caption"] == "Größe"
    assert found.icc == srgb_profile() and found.comment == "c" and read_record(path) == {"made": "here"}
    assert stops(decoded(path.read_bytes()), radiance).mean() < 0.02


def test_a_picture_without_highlights_is_a_plain_jpeg(tmp_path, radiance, shown):
    with pytest.warns(HdrnetWarning, match="is a plain JPEG without a gain map: nothing in the picture is brighter"):
        write_with_gain_map(tmp_path / "a.jpg", np.minimum(radiance, 1), shown)
    assert passengers(tmp_path / "a.jpg") == [] and b"MPF\0" not in (tmp_path / "a.jpg").read_bytes()


def test_sparks_are_no_highlights(tmp_path, radiance, shown):
    dark = np.minimum(radiance, 0.9)
    dark[5, 7] = 40
    with pytest.warns(HdrnetWarning, match="plain JPEG"):
        write_with_gain_map(tmp_path / "a.jpg", dark, shown)


def test_what_a_gain_map_cannot_hold_is_told_once(tmp_path, radiance, shown):
    radiance[30:50, 110:130] *= 20
    radiance[0, 0] = -0.1, 0.2, 0.2
    says = (
        r"loses light above 10000 cd/m2 .* and colours outside Rec.709 and transparency, which a JPEG with a gain map"
    )
    with pytest.warns(HdrnetWarning, match=says) as told:
        write_with_gain_map(tmp_path / "a.jpg", radiance, shown, alpha=np.ones((120, 160), np.float32))
    assert len(told) == 1
    assert np.isclose(decoded((tmp_path / "a.jpg").read_bytes())[40, 120].max(), 10000 / 203, rtol=0.05)


def test_xmp_that_leaves_no_room_makes_a_plain_jpeg_which_is_told(tmp_path, radiance, shown):
    def write(size):
        write_with_gain_map(tmp_path / "a.jpg", radiance, shown, metadata=Metadata(xmp={"Xmp.dc.source": "x" * size}))
        return next(len(body) for *_, body in segments((tmp_path / "a.jpg").read_bytes()) if b"xxx" in body)

    size = 50_000 + LONGEST - write(50_000)  # what fits beside the directory
    assert passengers(tmp_path / "a.jpg") == [GAIN_MAP]
    with pytest.warns(HdrnetWarning, match="plain JPEG without a gain map: its XMP leaves no room"):
        write(size + 100)
    assert read_photo(tmp_path / "a.jpg").metadata.xmp["Xmp.dc.source"] == "x" * (size + 100)
    assert write(size) == LONGEST and passengers(tmp_path / "a.jpg") == [GAIN_MAP]


def test_pictures_of_different_sizes_are_refused(tmp_path, radiance, shown):
    with pytest.raises(InputError, match=r"\(60, 80, 3\) and its radiance \(120, 160, 3\).*of the same size"):
        write_with_gain_map(tmp_path / "a.jpg", radiance, shown[::2, ::2])
    with pytest.raises(OutputError, match=r"a\.png' cannot hold a gain map: name a \.jpg"):
        write_with_gain_map(tmp_path / "a.png", radiance, shown)
    assert not any(tmp_path.iterdir())


def test_a_failure_leaves_what_was_there(written, radiance, shown, monkeypatch):
    before = written.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gain_map_file, "with_gain_map", full)
    with pytest.raises(OutputError, match="no space left"):
        write_with_gain_map(written, radiance, shown)
    assert written.read_bytes() == before and [path.name for path in written.parent.iterdir()] == ["a.jpg"]


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (300, 7)])
def test_pictures_of_any_size_and_of_one_tone_are_written(tmp_path, size):
    light = np.full((*size, 3), 3.0, np.float32)
    write_with_gain_map(tmp_path / "a.jpg", light, np.full(light.shape, 0.8, np.float32))
    assert stops(read_photo(tmp_path / "a.jpg", gain_map=True).pixels, light).max() < 0.05


def test_hdr_keeps_the_mid_tones_of_a_picture_whose_shadows_were_lifted(radiance):
    lifted = np.clip(from_linear(np.minimum(4 * radiance, 1), encoding="srgb", dtype=np.float32), 0, 1)
    assert exposure_between(radiance, lifted) == pytest.approx(2, abs=0.05)
    assert exposure_between(radiance, from_linear(radiance / 512, encoding="srgb", dtype=np.float32)) < -8
    assert exposure_between(radiance, np.zeros_like(lifted)) == 0
