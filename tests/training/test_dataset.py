from itertools import islice

import pytest
import torch

from libhdrnet.training.dataset import SyntheticDataset, batches


def make(rng):
    return (rng.random((2, 3), "float32"), rng.random(1, "float32"))


def taken(count, **options):
    return list(islice(batches(SyntheticDataset(make, options.pop("seed", 1)), **options), count))


def same(first, second):
    return len(first) == len(second) and all(
        torch.equal(a, b) for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_a_sample_depends_on_seed_and_index_alone():
    dataset = SyntheticDataset(make, 1)
    late = dataset[7]
    assert torch.equal(late[0], SyntheticDataset(make, 1)[7][0])
    assert not torch.equal(late[0], dataset[8][0])
    assert not torch.equal(late[0], SyntheticDataset(make, 2)[7][0])


def test_a_batch_stacks_the_parts_of_its_samples():
    (batch,) = taken(1, start=0, size=4, workers=0)
    assert [part.shape for part in batch] == [(4, 2, 3), (4, 1)]
    assert torch.equal(batch[0][2], SyntheticDataset(make, 1)[2][0])


def test_a_later_start_goes_on_where_an_earlier_run_stopped():
    assert same(taken(4, start=0, size=2, workers=0)[2:], taken(2, start=4, size=2, workers=0))


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(workers):
    assert same(taken(3, start=2, size=2, workers=workers), taken(3, start=2, size=2, workers=0))
