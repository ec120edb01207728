import csv
import json
import math
import re
import signal
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest
import torch
from commands import ENVIRONMENT, TIMEOUT

from libhdrnet.errors import InputError, OutputError
from libhdrnet.networks import NETWORKS, build
from libhdrnet.research.options import TrainingOptions
from libhdrnet.research.training import loop
from libhdrnet.research.training.checkpoint import load_checkpoint
from libhdrnet.research.training.everything import SHARES, train_all
from libhdrnet.research.training.loop import train
from libhdrnet.research.training.options import RECIPES, Run
from libhdrnet.weights import load_network


@pytest.fixture
def options(data, tmp_path):
    """A function that makes the options of a small run."""

    def make(network="psfnet", **changes):
        small = {"data": data, "out": tmp_path / "run", "batch": 1, "patch": 16, "workers": 0, "limit": 2, "steps": 6}
        return Run(network=network, **{**small, **changes})

    return make


def log(folder, network):
    with (folder / f"{network}.csv").open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


@pytest.mark.parametrize("network", NETWORKS)
def test_training_ends_with_weights_and_a_card_that_load(options, network):
    path = train(options(network, steps=3))
    loaded, card = load_network(NETWORKS[network].task, path.parent)
    assert (card.patch, card.facts["steps"], card.facts["batch"]) == (16, 3, 1)
    assert f"hdrnet train {network} --recipe ours --steps 3" in card.facts["reproduce"]
    assert all(torch.isfinite(tensor).all() for tensor in loaded.state_dict().values())
    rows = log(path.parent, network)
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert all(math.isfinite(row["loss"]) and row["loss"] != 0 for row in rows)


@pytest.mark.usefixtures("small_networks")
@pytest.mark.parametrize("network", NETWORKS)
def test_training_changes_the_weights(options, network, tmp_path):
    short = train(options(network, steps=1, out=tmp_path / "short"))
    long = train(options(network, steps=3, out=tmp_path / "long"))
    assert short.read_bytes() != long.read_bytes()


@pytest.mark.parametrize(("part", "modules"), [("map", {"estimation"}), ("deblurring", {"condition", "deblurring"})])
def test_a_part_alone_is_trained_and_the_other_stays(options, tmp_path, part, modules):
    whole = train(options("defocus-fast", steps=1, out=tmp_path / "whole"))
    path = train(options("defocus-fast", only=part, steps=3, start=whole.parent, out=tmp_path / part))
    before, after = (load_network("defocus", p.parent)[0].state_dict() for p in (whole, path))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name.partition(".")[0] for name in changed} == modules
    assert (
        f"hdrnet train defocus-fast --recipe ours --only {part} --steps 3"
        in json.loads(path.with_suffix(".json").read_text())["reproduce"]
    )


def test_a_share_of_the_weights_it_began_with_stays(options, tmp_path):
    """What is written lies between the two, and its card says how to make it."""
    begun = train(options("selection", steps=1, out=tmp_path / "begun")).parent
    shares = {share: tmp_path / str(share) for share in (0.0, 0.5, 1.0)}
    for share, out in shares.items():
        train(options("selection", steps=5, rate=0.01, start=begun, start_share=share, out=out))
    start, alone, mean, none = (
        torch.cat([p.flatten() for p in load_network("selection", folder)[0].parameters()])
        for folder in (begun, *shares.values())
    )
    moved = (alone - start).abs().max()
    assert moved > 0 and (mean - (alone + start) / 2).abs().max() < moved / 5
    assert torch.equal(none, start)
    cards = {share: json.loads((out / "selection.json").read_text()) for share, out in shares.items()}
    assert "--start-share 0.5 --start FOLDER" in cards[0.5]["reproduce"] and "share" not in cards[0.0]["reproduce"]
    assert cards[1.0]["held_out"]["loss"] == cards[1.0]["held_out"]["at_the_start"]


def test_a_share_of_nothing_is_refused(options):
    with pytest.raises(InputError, match="--start-share is of the weights in --start"):
        train(options(start_share=0.5))


def test_a_run_of_a_part_goes_on_only_as_such(options):
    train(options("defocus", only="map", steps=1))
    with pytest.raises(InputError, match="its run has --only map; go on with the same"):
        train(options("defocus", steps=2, resume=True))
    assert train(options("defocus", only="map", steps=2, resume=True))


@pytest.mark.usefixtures("small_networks")
def test_a_run_repeats_to_the_bit(options, tmp_path):
    paths = [train(options(out=tmp_path / name)) for name in ("one", "two")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    other = train(options(out=tmp_path / "three", seed=1))
    assert other.read_bytes() != paths[0].read_bytes()


@pytest.mark.usefixtures("small_networks")
@pytest.mark.parametrize("network", NETWORKS)
def test_a_resumed_run_equals_an_uninterrupted_one_to_the_bit(options, tmp_path, monkeypatch, network):
    whole = train(options(network, out=tmp_path / "whole"))
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)

    def stop(step, loss, fraction):
        if step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(options(network, out=tmp_path / "parts"), on_step=stop)
    steps = []
    parts = train(options(network, out=tmp_path / "parts", resume=True), on_step=lambda s, *_: steps.append(s))
    assert steps == [4, 5, 6]
    assert parts.read_bytes() == whole.read_bytes()


@pytest.mark.usefixtures("small_networks")
def test_a_run_that_is_done_is_not_trained_further(options):
    first = train(options()).read_bytes()
    steps = []
    again = train(options(resume=True), on_step=lambda s, *_: steps.append(s))
    assert steps == [] and again.read_bytes() == first


@pytest.mark.usefixtures("small_networks")
def test_resume_without_a_checkpoint_begins(options):
    assert log(train(options(resume=True)).parent, "psfnet")[0]["step"] == 1


@pytest.mark.usefixtures("small_networks")
def test_a_run_that_was_begun_is_not_overwritten(options):
    path = train(options())
    checkpoint = (path.parent / "psfnet.checkpoint").read_bytes()
    with pytest.raises(InputError, match="a run was begun there; go on with --resume"):
        train(options(seed=1))
    assert (path.parent / "psfnet.checkpoint").read_bytes() == checkpoint


@pytest.mark.usefixtures("small_networks")
def test_minutes_are_a_budget_of_time(options):
    fractions = []
    train(options(steps=None, minutes=0.01), on_step=lambda s, loss, fraction: fractions.append(fraction))
    assert fractions == sorted(fractions) and fractions[-1] == 1


@pytest.mark.usefixtures("small_networks")
def test_a_card_tells_the_loss_of_samples_that_were_never_learned_from(options, tmp_path):
    paths = [train(options(steps=steps, rate=3e-3, out=tmp_path / str(steps))) for steps in (1, 60)]
    one, many = (json.loads(path.with_suffix(".json").read_text())["held_out"] for path in paths)
    assert one["at_the_start"] == many["at_the_start"] and one["batches"] == loop.JUDGED
    assert many["loss"] < one["loss"]


@pytest.mark.usefixtures("small_networks")
def test_the_thesis_s_recipe_has_no_averaged_weights_and_begins_at_full_rate(options):
    path = train(options(recipe="thesis"))
    assert log(path.parent, "psfnet")[0]["rate"] == pytest.approx(1e-4)
    last, _ = load_network("psfnet", path.parent)
    network = build("psfnet", channels=8, blocks=1)
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    load_checkpoint(path.parent / "psfnet.checkpoint", network, average, torch.optim.Adam(network.parameters()))
    for name, parameter in network.named_parameters():
        assert torch.equal(last.state_dict()[name], parameter.detach().half().float())


def test_the_thesis_s_recipe_is_what_the_thesis_says(tmp_path):
    merging, defocus = RECIPES["thesis"]["psfnet"], RECIPES["thesis"]["defocus"]
    assert (merging.patch, merging.batch, merging.rate, merging.steps) == (256, 8, 1e-4, 210 * 4440 // 8)
    assert (defocus.patch, defocus.batch, defocus.rate) == (256, 16, 1e-4)
    chosen = Run(network="psfnet", data=tmp_path, recipe="thesis", minutes=25, patch=128).chosen
    assert (chosen.steps, chosen.minutes, chosen.patch, chosen.batch) == (None, 25, 128, 8)


@pytest.mark.usefixtures("small_networks")
def test_a_run_of_another_recipe_does_not_go_on(options):
    train(options(steps=1))
    with pytest.raises(InputError, match="its run has --recipe ours; go on with the same"):
        train(options(steps=2, recipe="thesis", resume=True))
    with pytest.raises(InputError, match="its run has --patch 16"):
        train(options(steps=2, patch=32, resume=True))


@pytest.mark.usefixtures("small_networks")
def test_all_are_trained_one_after_the_other_and_go_on_where_they_were(options, tmp_path):
    told, run = [], options("all", steps=None, minutes=0.02)
    paths = train_all(run, lambda *step: told.append(step))
    assert [path.name for path in paths] == [f"{NETWORKS[name].task}.safetensors" for name in SHARES]
    assert list(dict.fromkeys(name for name, *_ in told)) == list(SHARES)
    shares = [done for *_, done in told]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    before = [path.read_bytes() for path in paths]
    again = []
    train_all(replace(run, resume=True), lambda *step: again.append(step))
    assert again == [] and [path.read_bytes() for path in paths] == before


def test_the_help_names_every_network():
    said = TrainingOptions.__dataclass_fields__["network"].metadata["help"]
    assert set(NETWORKS) <= set(re.findall(r"[\w-]+", said))


def test_what_fits_one_network_is_refused_for_all(options):
    with pytest.raises(InputError, match="--only is for one network"):
        train_all(options("all", steps=None, only="map"))


@pytest.fixture(scope="module")
def overfitted(data, tmp_path_factory):
    """The log of a run that sees one and the same bracket all the time, one with much to learn."""
    out = tmp_path_factory.mktemp("overfitted")
    options = Run(network="psfnet", data=data, out=out, batch=1, patch=32, workers=0, steps=120, rate=5e-3)
    with loop._supply(options, torch.device("cpu"))(0, 0, 0) as batches:
        batch = max((next(batches) for _ in range(20)), key=lambda b: float((b[0][0, 1, :3] > 0.98).float().mean()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "build", lambda name: build(name, channels=8, blocks=1))
        patch.setattr(loop, "_supply", lambda *_: lambda *_: nullcontext(repeat(batch)))
        return log(train(options).parent, "psfnet")


def test_the_loss_falls_on_one_bracket_seen_again_and_again(overfitted):
    losses = [row["loss"] for row in overfitted]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_the_rate_warms_up_and_ends_at_a_hundredth(overfitted):
    rates = [row["rate"] for row in overfitted]
    assert rates[0] == pytest.approx(5e-3 / 50, rel=1e-3)
    assert max(rates) == pytest.approx(5e-3 * 0.64, rel=0.05)
    assert rates[-1] == pytest.approx(5e-5, rel=0.05)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "hdrcnn"}, "'hdrcnn' is unknown; choose one of all, psfnet"),
        ({"patch": 20}, "patch 20 .* multiple of 16"),
        ({"patch": 0}, "patch 0"),
        ({"batch": 0}, "batch 0"),
        ({"steps": 0}, "steps 0"),
        ({"steps": None, "minutes": 0.0}, "minutes 0 "),
        ({"steps": None, "minutes": math.nan}, "minutes nan"),
        ({"rate": -1e-4}, "rate -0.0001"),
        ({"limit": 0}, "limit 0"),
        ({"workers": -1}, "workers -1"),
        ({"data": None}, "needs --data FOLDER, or --pack FILE"),
        ({"recipe": "best"}, "psfnet has no recipe 'best'; choose ours, thesis"),
        ({"network": "selection", "recipe": "thesis"}, "selection has no recipe 'thesis'; choose ours"),
        ({"network": "psfnet-fast", "ablation": "no-dab"}, "psfnet-fast has no ablation 'no-dab'"),
        ({"only": "map"}, "psfnet has no part 'map'; defocus has map and deblurring"),
    ],
)
def test_options_out_of_range_are_refused_before_anything_is_made(options, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        train(options(**changes))
    assert not (tmp_path / "run").exists()


def test_a_data_folder_without_pictures_is_refused_before_anything_is_made(options, tmp_path):
    chosen = options(data=tmp_path / "nothing")
    with pytest.raises(InputError, match="nothing: no pictures"):
        train(chosen)
    assert not chosen.out.exists()


def test_a_folder_that_cannot_be_made_is_named(options, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file/run' cannot be written"):
        train(options(out=tmp_path / "file" / "run"))


SMALL_TRAINING = """
import sys
from libhdrnet.cli import main
from libhdrnet.research.training import loop
build = loop.build
loop.build = lambda name: build(name, channels=8)
loop.CHECKPOINT_SECONDS, loop.JUDGED = -1, 1
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_was_killed_goes_on_from_its_checkpoint(data, tmp_path):
    words = [
        sys.executable, "-c", SMALL_TRAINING, "train", "msffnet", "--data", str(data), "-o", str(tmp_path), "--json",
        "--patch", "16", "--batch", "1", "--workers", "0", "--limit", "2", "--device", "cpu", "--steps",
    ]  # fmt: skip
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": ENVIRONMENT}
    with subprocess.Popen([*words, "100000"], **streams) as process:
        for line in process.stdout:
            if json.loads(line)["stage"].startswith("step 4,"):
                process.send_signal(signal.SIGKILL)
                break
        process.communicate(timeout=TIMEOUT)
    killed_at = int(log(tmp_path, "msffnet")[-1]["step"])
    assert process.returncode == -signal.SIGKILL and not (tmp_path / "msffnet.safetensors").exists()
    last = killed_at + 3
    done = subprocess.run([*words, str(last), "--resume"], timeout=TIMEOUT, **streams)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    first = int(told[0]["stage"].split(",")[0].removeprefix("step "))
    assert killed_at - 1 <= first <= killed_at + 1
    assert told[-1]["event"] == "done" and told[-1]["outputs"] == [str(tmp_path / "msffnet.safetensors")]
    card = json.loads((tmp_path / "msffnet.json").read_text())
    assert card["steps"] == last


def test_a_gradient_that_is_no_number_is_left_out():
    weight = torch.nn.Parameter(torch.ones(2))
    adam = torch.optim.Adam([weight])
    loop._learn((weight.sum() - 2).abs().sqrt(), adam, 0.3)  # the root's tip: a finite loss, no finite gradient
    assert torch.equal(weight.detach(), torch.ones(2))
