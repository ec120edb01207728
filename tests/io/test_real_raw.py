"""RAW files of real cameras: read as what they are, alone and as frames; a bracket made of one's sensor data."""

from pathlib import Path

import numpy as np
import pytest
from synthetic import dng

from libhdrnet.io import image_size, read_photo, read_photos
from libhdrnet.merge.pipeline import merge
from libhdrnet.options import MergeOptions

RAW = Path(__file__).resolve().parents[3] / "shared" / "data" / "raw"
pytestmark = pytest.mark.skipif(not RAW.is_dir(), reason=f"the files in {RAW} are missing")
KINDS = {
    "canon-eos-d30.crw": (1448, 2176),
    "kodak-dc50.kdc": (512, 768),
    "canon-eos-6d-linear-lossy.dng": (816, 1224),
}


@pytest.mark.parametrize(("name", "size"), KINDS.items())
def test_a_real_file_is_read_linear_and_in_its_size(name, size):
    photo = read_photo(RAW / name)
    assert image_size(RAW / name) == photo.pixels.shape[:2] == size
    assert photo.is_linear and photo.exposure and min(photo.white_balance) > 0
    assert np.ptp(photo.pixels.astype(float).mean((0, 1))) < photo.pixels.mean() * 2


@pytest.mark.parametrize(("name", "size"), KINDS.items())
def test_as_a_frame_it_shows_the_same(name, size):
    alone, (frame,) = read_photo(RAW / name), read_photos([RAW / name])
    assert frame.pixels.dtype == np.float32 and frame.pixels.shape == (*size, 3)
    light = alone.pixels / np.float32(65535)
    shown = (light > 0.05) & (light < 0.9)
    assert np.median(np.abs(frame.pixels[shown] / light[shown] - 1)) < 0.01


def test_a_bracket_of_real_sensor_data_with_a_dial_s_times_leaves_no_step(tmp_path):
    sensor = np.fromfile(RAW / "nikon-14bit-768x512-rggb.raw", "<u2").reshape(512, 768).astype(np.float64)
    light = np.clip(sensor - np.percentile(sensor, 0.1), 0, None) / 16383
    rng = np.random.default_rng(0)
    files = []
    for index, (said, true) in enumerate(((1 / 60, 1 / 64), (1 / 15, 1 / 16), (1 / 4, 1 / 4))):
        exposed = light * true * 32
        mosaic = 512 + 15871 * np.clip(exposed, 0, 1) + rng.normal(0, 3, light.shape)
        mosaic = np.clip(np.rint(mosaic), 0, 16383).astype(np.uint16)
        files.append(dng(tmp_path / f"{index}.dng", mosaic=mosaic, time=said, iso=100))
    result = merge(files, options=MergeOptions(align=False))
    assert np.log2(np.array(result.calibration.exposures)[[0, 2]]) == pytest.approx([-2, 2], abs=0.01)
