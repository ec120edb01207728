import errno
import os
from pathlib import Path

import pytest
import torch

from libhdrnet.errors import InputError, OutputError
from libhdrnet.networks import build
from libhdrnet.research.training.checkpoint import Progress, load_checkpoint, save_checkpoint


@pytest.fixture
def run():
    """A function that makes the state of a run after some steps."""

    def make(steps, seed=0):
        torch.manual_seed(seed)
        network = build("psfnet", channels=8, blocks=1)
        adam = torch.optim.Adam(network.parameters(), lr=1e-3)
        average = {name: p.detach() * 0.5 for name, p in network.named_parameters()}
        for _ in range(steps):
            adam.zero_grad()
            network(torch.rand(1, 3, 6, 16, 16), torch.rand(1, 3, 16, 16)).square().mean().backward()
            adam.step()
        return Progress("psfnet", steps, 1.5, seed, {"batch": 4}), network, average, adam

    return make


def moments(network, adam):
    return [adam.state[p][key] for p in network.parameters() for key in ("step", "exp_avg", "exp_avg_sq")]


def test_a_checkpoint_brings_everything_back_exactly(tmp_path, run):
    progress, network, average, adam = run(3)
    save_checkpoint(tmp_path / "a", progress, network, average, adam)
    _, other, other_average, other_adam = run(0, seed=1)
    assert load_checkpoint(tmp_path / "a", other, other_average, other_adam) == progress
    for name, tensor in network.state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor)
        assert torch.equal(other_average[name], average[name])
    for ours, theirs in zip(moments(network, adam), moments(other, other_adam), strict=True):
        assert torch.equal(ours, theirs)


def test_a_checkpoint_before_the_first_step_has_no_moments(tmp_path, run):
    save_checkpoint(tmp_path / "a", *run(0))
    _, network, average, adam = run(0, seed=1)
    assert load_checkpoint(tmp_path / "a", network, average, adam).step == 0
    assert not adam.state


def files(folder):
    """What lies in a folder, as bytes by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_checkpoint_lies_in_files_that_an_accelerator_s_machine_can_send(tmp_path):
    network = build("defocus")
    adam = torch.optim.Adam(network.parameters())
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    adam.step()
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    save_checkpoint(tmp_path / "a", Progress("defocus", 1), network, average, adam)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert max(sizes) <= 16 << 20 and sum(sizes) > 60 << 20
    other = build("defocus")
    other_average, other_adam = dict(average), torch.optim.Adam(other.parameters())
    load_checkpoint(tmp_path / "a", other, other_average, other_adam)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True))


def test_a_later_checkpoint_takes_the_place_of_the_one_before(tmp_path, run):
    save_checkpoint(tmp_path / "a", *run(1))
    save_checkpoint(tmp_path / "a", *run(2))
    assert sorted(files(tmp_path)) == ["a", "a-2-0"]


@pytest.mark.parametrize("moment", ["write_bytes", "replace"])
def test_an_interrupted_checkpoint_keeps_the_one_before(tmp_path, run, monkeypatch, moment):
    path = tmp_path / "a"
    save_checkpoint(path, *run(1))
    before = files(tmp_path)

    def stop(*_):
        raise KeyboardInterrupt

    def write_half(file, data):
        with file.open("wb") as opened:
            opened.write(data[: len(data) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(*{"write_bytes": (Path, "write_bytes", write_half), "replace": (os, "replace", stop)}[moment])
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, *run(2))
    assert files(tmp_path) == before


def test_a_full_disk_is_named_and_keeps_the_checkpoint_before(tmp_path, run, monkeypatch):
    path = tmp_path / "a"
    save_checkpoint(path, *run(1))
    before = files(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="a-2-0' cannot be written .no space left on device.: free some space"):
        save_checkpoint(path, *run(2))
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "damage", ["empty", "truncated", "text", "another network", "no progress", "a part is missing", "a part is empty"]
)
def test_a_file_that_is_no_checkpoint_of_the_network_is_named(tmp_path, run, damage):
    path = tmp_path / "psfnet.checkpoint"
    progress, network, average, adam = run(1)
    if damage == "another network":
        network = build("msffnet", channels=8)
        average = {name: p.detach().clone() for name, p in network.named_parameters()}
        adam = torch.optim.Adam(network.parameters())
    save_checkpoint(path, progress, network, average, adam)
    if damage == "no progress":
        path.write_text('{"parts": []}')
    if damage == "a part is missing":
        (tmp_path / "psfnet.checkpoint-1-0").unlink()
    if damage == "a part is empty":
        (tmp_path / "psfnet.checkpoint-1-0").write_bytes(b"")
    if damage in ("empty", "truncated", "text"):
        whole = path.read_bytes()
        path.write_bytes({"empty": b"", "truncated": whole[: len(whole) // 2], "text": b"Dear sir or madam"}[damage])
    _, network, average, adam = run(0)
    with pytest.raises(InputError, match=r"psfnet\.checkpoint: not a checkpoint of this network"):
        load_checkpoint(path, network, average, adam)
