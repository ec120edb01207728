import numpy as np
import pytest
import torch
import torch.nn.functional as F

from libhdrnet.errors import InputError
from libhdrnet.research.training.bank import EDGE, Bank, affine_grid, load_pack, make_pack, pack_bank
from libhdrnet.research.training.dice import Dice
from libhdrnet.research.training.scenes import load_scenes

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pack(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "scenes.pack"
    assert make_pack(data, path) == 3 + 1 + 2  # of the photographs the first gives two tiles
    return path


def test_a_pack_holds_what_the_folder_does(data, pack):
    packed, direct = load_pack(pack, CPU), pack_bank(data, CPU)
    assert packed.photographs == direct.photographs == 4
    assert packed.tiles.shape == (4 + 2 * 2, 3, EDGE, EDGE) and torch.equal(packed.tiles, direct.tiles)


def test_radiance_and_photographs_keep_their_level(data, pack):
    tiles, scenes = load_pack(pack, CPU).tiles.float(), load_scenes(data)
    assert tiles[:4].max() <= 1
    for index, picture in enumerate(scenes.radiance):
        halves = tiles[4 + 2 * index : 6 + 2 * index]
        assert halves.mean().item() == pytest.approx(float(picture.astype(np.float32).mean()), rel=0.03)


def test_a_limit_takes_so_many_of_each_kind(pack):
    bank = load_pack(pack, CPU, 1)
    assert (bank.photographs, len(bank.tiles)) == (1, 3)


@pytest.mark.parametrize("kinds", ["both", "photographs", "radiance"])
def test_crops_are_finite_textures_of_each_kind_that_there_is(kinds):
    dark, bright = torch.full((2, 3, EDGE, EDGE), 0.2), torch.full((2, 3, EDGE, EDGE), 5.0)
    tiles = {"both": torch.cat([dark, bright]), "photographs": dark, "radiance": bright}[kinds]
    bank = Bank(tiles.half(), 0 if kinds == "radiance" else 2)
    crops = bank.crops(Dice(40, torch.Generator().manual_seed(0)), 16)
    assert crops.shape == (40, 3, 16, 16) and torch.isfinite(crops).all()
    shares = [(crops.amax((1, 2, 3)) < 1).float().mean().item(), (crops.amin((1, 2, 3)) > 4).float().mean().item()]
    assert sum(shares) == 1 and [share > 0.1 for share in shares] == [kinds != "radiance", kinds != "photographs"]


def test_places_are_those_of_torch_s_affine_grid():
    maps = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(1))
    expected = F.affine_grid(maps, [5, 1, 37, 37], align_corners=False)
    assert torch.allclose(affine_grid(maps, 37), expected, atol=1e-5)


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "truncated", "other array", "cut off", "no picture"])
def test_what_is_no_pack_is_named(tmp_path, pack, damage):
    path = tmp_path / "a.pack"
    if damage in ("empty", "text", "truncated"):
        whole = pack.read_bytes()
        path.write_bytes({"empty": b"", "text": b"Dear sir", "truncated": whole[: len(whole) // 2]}[damage])
    elif damage == "other array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif damage != "missing":
        with np.load(pack) as file:
            parts = dict(file)
        parts["data"] = parts["data"][:-9] if damage == "cut off" else np.zeros_like(parts["data"])
        with path.open("wb") as file:
            np.savez(file, **parts)
    with pytest.raises(
        InputError, match=r"^\S+a\.pack: no pack of scenes, or a damaged one \([^\n]+\); .* makes one\.$"
    ):
        load_pack(path, CPU)


def test_a_pack_of_another_version_is_named(tmp_path, pack):
    with np.load(pack) as file:
        parts = {**file, "version": np.array(7)}
    path = tmp_path / "a.pack"
    with path.open("wb") as file:
        np.savez(file, **parts)
    with pytest.raises(InputError, match=r"a\.pack: a pack of version 7, not 1; make it anew with 'hdrnet pack'\."):
        load_pack(path, CPU)
