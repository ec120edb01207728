from collections import Counter

import pytest
import torch

from libhdrnet.research.training.queued import REPEATS, batches


def numbered(number, pool):
    return (torch.full((1, 1, 2, 2), float(number)), torch.tensor([number]))


def test_without_threads_each_batch_is_seen_once_and_in_turn():
    with batches(numbered, first=3, threads=0, seed=0) as made:
        assert [int(next(made)[1]) for _ in range(4)] == [3, 4, 5, 6]


def test_each_batch_is_seen_so_often_at_most():
    with batches(numbered, first=3, threads=1, seed=0) as made:
        seen = Counter(int(next(made)[1]) for _ in range(300))
    assert max(seen.values()) <= REPEATS and min(seen) >= 3 and len(seen) >= 300 / REPEATS


def test_a_batch_that_is_seen_again_is_turned_and_flipped_as_a_whole():
    picture = torch.arange(12.0).view(1, 1, 3, 4)

    def made(number, pool):
        return (picture, picture[:, :, None], torch.zeros(1))

    with batches(made, first=0, threads=1, seed=0) as endless:
        taken = [next(endless) for _ in range(60)]
    assert all(torch.equal(one, other[:, :, 0]) for one, other, _ in taken)
    assert len({tuple(one.flatten().tolist()) for one, *_ in taken}) == 8


@pytest.mark.parametrize("threads", [0, 1])
def test_what_the_maker_raises_is_raised_where_the_batch_is_waited_for(threads):
    def broken(number, pool):
        if number == 2:
            raise ValueError("no light")
        return numbered(number, pool)

    with batches(broken, first=0, threads=threads, seed=0) as made, pytest.raises(ValueError, match="no light"):
        for _ in range(1000):
            next(made)
