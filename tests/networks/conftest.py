import pytest
import torch


@pytest.fixture
def parameters_without_gradient():
    """Names of parameters that get no gradient in any of several draws.

    One draw is not enough: the few units of an attention's squeeze can all start dead behind their ReLU.
    """

    def find(make_loss):
        without = None
        for seed in range(6):
            torch.manual_seed(seed)
            network, loss = make_loss()
            loss.backward()
            missed = {n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}
            without = missed if without is None else without & missed
        return without

    return find
