"""A bank of linear textures of one size, as one file to carry to a machine that trains, and as one tensor there.

Made from the pictures of a data folder (`scenes`): photographs as JPEG, radiance as 16-bit logarithms in JPEG 2000.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from libhdrnet.errors import InputError
from libhdrnet.files import whole_file
from libhdrnet.radiometry import decode_srgb
from libhdrnet.research.training.dice import Dice

EDGE = 512
VERSION = 1
_LOG_STEP = 30 / 65535
_LOG_SCALE = 1024.0
"""Radiance x is kept as log2(1 + 1024 x), in steps of _LOG_STEP: median 0.18, down to a thousandth of it."""
_SECOND_TILE = 3
"""Every so many photographs give two tiles: with that the pack of 390 photographs and 76 panoramas is 45 MB."""
_JPEG_QUALITY, _JPEG2000_RATE = 86, 60


@dataclass(frozen=True)
class Bank:
    """Textures on the device that trains."""

    tiles: Tensor
    """(N, 3, EDGE, EDGE) float16, linear, median near 0.2; photographs end at 1."""
    photographs: int
    """The first so many are photographs, the others are radiance."""

    def crops(self, dice: Dice, size: int) -> Tensor:
        """Return (dice.count, 3, size, size) float32 textures: chosen, scaled, turned and flipped at random.

        A photograph's highlights are expanded at random, so that it has a range worth a bracket.
        """
        uniform = dice.uniform
        share = 0.0 if self.photographs == len(self.tiles) else 0.35 if self.photographs else 1.0
        radiance = uniform(0, 1) < share
        photograph = (uniform(0, 1) * self.photographs).long()
        other = self.photographs + (uniform(0, 1) * (len(self.tiles) - self.photographs)).long()
        chosen = torch.where(radiance, other.clamp(max=len(self.tiles) - 1), photograph)
        extent = size / EDGE / dice.log_uniform(0.6, 1.6)
        extent = extent.clamp(max=1)
        quarter = (uniform(0, 4).long() * (np.pi / 2)).float()
        flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
        along, across = extent * quarter.cos(), extent * quarter.sin()
        x, y = ((1 - extent) * uniform(-1, 1) for _ in range(2))
        place = torch.stack([along * flip, -across, x, across * flip, along, y], 1).view(-1, 2, 3)
        # Twice the size, then its mean: a texture that is reduced has no aliases.
        grid = affine_grid(place, 2 * size)
        tiles = self.tiles[chosen].float()
        cut = F.avg_pool2d(F.grid_sample(tiles, grid, padding_mode="reflection", align_corners=False), 2)
        strength = torch.where(radiance, torch.zeros_like(extent), uniform(0, 0.95)).view(-1, 1, 1, 1)
        return cut.clamp(min=0) / (1 - strength * cut.amax(1, keepdim=True).clamp(0, 1).square())


def affine_grid(place: Tensor, size: int) -> Tensor:
    """Return torch's affine_grid of affine maps (B, 2, 3) for square pictures, in a fraction of its time on a CPU."""
    line = (2 * torch.arange(size, device=place.device) + 1) / size - 1
    across, down, shift = (place[:, None, None, :, i] for i in range(3))
    return across * line[:, None] + (down * line[:, None, None] + shift)


def make_pack(data: Path, out: Path) -> int:
    """Pack the training pictures of a data folder into `out`; return how many tiles there are.

    Raises:
        InputError: no pictures in `data`.
        OutputError: `out` cannot be written.
    """
    pack = _packed(data)
    with whole_file(out) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **pack)
    return len(pack["sizes"])


def pack_bank(data: Path, device: torch.device, limit: int | None = None) -> Bank:
    """Return the bank of a data folder's training pictures, or of so many of each kind, by way of a pack in memory.

    Raises:
        InputError: no pictures in `data`.
    """
    return _unpacked(_packed(data, limit), device)


def load_pack(path: Path, device: torch.device, limit: int | None = None) -> Bank:
    """Unpack to `device`; `limit`: so many tiles of a kind.

    Raises:
        InputError: no pack, a damaged one, or one of another version.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            pack = {name: file[name] for name in ("version", "photographs", "sizes", "data")}
        if int(pack["version"]) == VERSION:
            return _unpacked(pack, device, limit)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        told = str(error).strip("'\"").partition("\n")[0]
        raise InputError(f"{path}: no pack of scenes, or a damaged one ({told}); 'hdrnet pack' makes one.") from error
    version = int(pack["version"])
    raise InputError(f"{path}: a pack of version {version}, not {VERSION}; make it anew with 'hdrnet pack'.")


def _packed(data: Path, limit: int | None = None) -> dict[str, npt.NDArray[Any]]:
    # A machine that only trains has none of what reads files.
    from libhdrnet.research.training.scenes import load_scenes

    scenes = load_scenes(data, limit=limit)
    rng = np.random.default_rng(0)
    photographs = [
        _jpeg(tile)
        for index, picture in enumerate(scenes.photographs)
        for tile in _tiles(picture, 2 if index % _SECOND_TILE == 0 else 1, rng)
    ]
    files = photographs + [_jpeg2000(picture) for picture in scenes.radiance]
    return {
        "version": np.array(VERSION),
        "photographs": np.array(len(photographs)),
        "sizes": np.array([len(file) for file in files]),
        "data": np.frombuffer(b"".join(files), np.uint8),
    }


def _unpacked(pack: dict[str, npt.NDArray[Any]], device: torch.device, limit: int | None = None) -> Bank:
    count, sizes, data = int(pack["photographs"]), pack["sizes"], pack["data"]
    if not len(sizes) or sizes.sum() != len(data):
        raise ValueError("it is cut off")
    files = np.split(data, np.cumsum(sizes)[:-1])
    table = torch.from_numpy(decode_srgb(np.arange(256) / 255)).to(device)
    tiles = []
    for file in files[:count][:limit]:
        codes = _decoded(file)[..., ::-1]
        tiles.append(table[torch.from_numpy(np.ascontiguousarray(codes)).to(device).long()].half())
    photographs = len(tiles)
    for file in files[count:][:limit]:
        logarithm = torch.from_numpy(_decoded(file).astype(np.float32)).to(device)
        linear = (torch.exp2(logarithm * _LOG_STEP) - 1) / _LOG_SCALE
        tiles += [half.clamp(0, 6e4).half() for half in torch.split(linear, EDGE, 1)]
    return Bank(torch.stack([tile.permute(2, 0, 1) for tile in tiles]).contiguous(), photographs)


def _decoded(file: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    picture = cv2.imdecode(file, cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("one of its pictures cannot be read")
    return np.asarray(picture)


def _tiles(picture: npt.NDArray[np.uint8], count: int, rng: np.random.Generator) -> list[npt.NDArray[np.uint8]]:
    picture = np.pad(picture, [*((0, max(EDGE - size, 0)) for size in picture.shape[:2]), (0, 0)], "symmetric")
    height, width = picture.shape[:2]
    corners = [(int(rng.integers(height - EDGE + 1)), int(rng.integers(width - EDGE + 1))) for _ in range(count)]
    return [picture[top : top + EDGE, left : left + EDGE] for top, left in corners]


def _jpeg(tile: npt.NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".jpg", tile[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()


def _jpeg2000(picture: npt.NDArray[np.float16]) -> bytes:
    half = cv2.resize(picture.astype(np.float32), (2 * EDGE, EDGE), interpolation=cv2.INTER_AREA)
    codes = np.round(np.log2(1 + _LOG_SCALE * half) / _LOG_STEP).clip(0, 65535).astype(np.uint16)
    return cv2.imencode(".jp2", codes, [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, _JPEG2000_RATE])[1].tobytes()
