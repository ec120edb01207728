import cv2
import numpy as np
import pytest
from small_networks import OPTIONS

from libhdrnet.io import write_display, write_radiance
from libhdrnet.research.training import loop
from libhdrnet.research.training.scenes import Scenes


def picture(seed, height=96, width=128):
    """A linear picture (h, w, 3) in [0, 1]: smooth colours with fine grey detail."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.random((6, 8, 3), np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    fine = cv2.resize(rng.random((32, 48), np.float32), (width, height), interpolation=cv2.INTER_NEAREST)[..., None]
    return np.clip((0.4 + 0.6 * coarse) * (0.2 + 0.8 * fine), 0, 1).astype(np.float32)


@pytest.fixture(scope="session")
def scenes():
    """Two panoramas and three photographs."""
    radiance = [np.asarray(picture(seed) ** 2 * 4, np.float16) for seed in range(2)]
    return Scenes(radiance, [np.uint8(picture(seed) ** (1 / 2.2) * 255) for seed in range(2, 5)])


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The same as a folder."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "hdr").mkdir()
    (folder / "sharp").mkdir()
    for seed in range(2):
        write_radiance(folder / "hdr" / f"{seed}.exr", picture(seed) ** 2 * 4)
    for seed in range(2, 5):
        write_display(folder / "sharp" / f"{seed}.png", picture(seed) ** np.float32(1 / 2.2))
    return folder


@pytest.fixture
def small_networks(monkeypatch):
    """Train networks with few channels, so that a step takes milliseconds."""
    build = loop.build
    monkeypatch.setattr(loop, "build", lambda name: build(name, **OPTIONS[name]))


@pytest.fixture(autouse=True)
def _judged_quickly(monkeypatch):
    """Judge runs on one batch, which takes no time."""
    monkeypatch.setattr(loop, "JUDGED", 1)
