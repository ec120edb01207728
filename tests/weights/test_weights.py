import json

import pytest
import torch

from libhdrnet.errors import WeightsError
from libhdrnet.networks import NETWORKS, TASKS, build
from libhdrnet.weights import FOLDER, load_network, read_card, save_weights


@pytest.fixture
def saved(tmp_path):
    network = build("msffnet", channels=8)
    prefix = NETWORKS["msffnet"].training_only
    tensors = {n: p for n, p in network.state_dict().items() if not n.startswith(prefix)}
    save_weights(tmp_path, "msffnet", tensors, {"network": "msffnet", "patch": 64, "options": {"channels": 8}})
    return tmp_path, network


def test_weights_come_back_as_they_were_in_half_precision(saved):
    folder, network = saved
    loaded, card = load_network("msffnet", folder)
    assert card.patch == 64
    for name, tensor in loaded.state_dict().items():
        if not name.startswith("auxiliary."):
            assert torch.equal(tensor, network.state_dict()[name].half().float())


def test_a_loaded_network_is_ready_for_inference(saved):
    network, _ = load_network("msffnet", saved[0])
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "remove"])
def test_damaged_weights_are_refused_with_the_file_s_name(saved, damage):
    path = saved[0] / "msffnet.safetensors"
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    path.write_bytes({"flip": data, "truncate": data[:1000], "empty": b"", "remove": b""}[damage])
    if damage == "remove":
        path.unlink()
    with pytest.raises(WeightsError, match=r"msffnet\.safetensors.*reinstall"):
        load_network("msffnet", saved[0])


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"sha256": 1}'])
def test_a_damaged_card_is_refused(saved, text):
    (saved[0] / "msffnet.json").write_text(text)
    with pytest.raises(WeightsError, match="card"):
        load_network("msffnet", saved[0])


def test_a_missing_card_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="no weights"):
        read_card("psfnet", tmp_path)


def test_weights_of_another_network_are_refused(saved):
    folder, _ = saved
    (folder / "psfnet.safetensors").write_bytes((folder / "msffnet.safetensors").read_bytes())
    (folder / "psfnet.json").write_text((folder / "msffnet.json").read_text())
    with pytest.raises(WeightsError, match="its card names 'msffnet', which is no network for 'psfnet'"):
        load_network("psfnet", folder)


def test_weights_of_other_options_are_refused(saved):
    card = json.loads((saved[0] / "msffnet.json").read_text())
    (saved[0] / "msffnet.json").write_text(json.dumps({**card, "options": {"channels": 16}}))
    with pytest.raises(WeightsError, match="not weights of 'msffnet'"):
        load_network("msffnet", saved[0])


@pytest.mark.parametrize("name", TASKS)
def test_the_package_s_own_weights_load_and_have_a_card(name):
    _, card = load_network(name, FOLDER)
    assert {"trained_on", "steps", "hours", "reproduce", "validation", "limits"} <= set(card.facts)


def test_the_package_s_weights_are_small_enough_to_ship():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.safetensors")) <= 20e6
