import pytest
import torch

from libhdrnet.errors import InputError
from libhdrnet.networks.ablations import ABLATIONS
from libhdrnet.research.evaluation.published import TABLES
from libhdrnet.research.training import loop
from libhdrnet.research.training.loop import train
from libhdrnet.research.training.options import Run
from libhdrnet.weights import load_network

NARROW = {"psfnet": {"channels": 8}, "msffnet": {"channels": 8},
          "defocus": {"channels": 16, "conditions": 8, "blocks": 1}}  # fmt: skip


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    build = loop.build
    monkeypatch.setattr(loop, "build", lambda name, **chosen: build(name, **{**NARROW[name], **chosen}))


def small(data, out, name, **changes):
    chosen = {"batch": 1, "patch": 16, "workers": 0, "limit": 2, "steps": 1, "ablation": name}
    return Run(network=ABLATIONS[name].network, data=data, out=out, **{**chosen, **changes})


@pytest.mark.parametrize("name", list(ABLATIONS))
def test_each_ablation_trains_and_its_weights_load_with_its_options(data, tmp_path, name):
    ablation = ABLATIONS[name]
    network, card = load_network(ablation.network, train(small(data, tmp_path, name)).parent)
    assert {key: getattr(network.options, key) for key in ablation.options} == ablation.options
    assert card.facts["ablation"] == name and f"--ablation {name}" in card.facts["reproduce"]
    assert all(torch.isfinite(tensor).all() for tensor in network.state_dict().values())


@pytest.mark.parametrize("name", list(ABLATIONS))
def test_each_ablation_is_a_row_of_its_table(name):
    assert ABLATIONS[name].row in dict(TABLES[ABLATIONS[name].table].rows)


def test_an_ablation_of_another_network_is_refused(data, tmp_path):
    with pytest.raises(InputError, match="psfnet has no ablation 'no-ca'; choose one of fusion-sum"):
        train(Run(network="psfnet", data=data, out=tmp_path / "run", ablation="no-ca"))


def test_a_run_goes_on_only_as_the_ablation_it_is(data, tmp_path):
    train(small(data, tmp_path, "lambda-0"))
    with pytest.raises(InputError, match="its run has --ablation lambda-0"):
        train(small(data, tmp_path, "lambda-1", resume=True))
