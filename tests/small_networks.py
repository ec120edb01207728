"""Small networks: options that make each of them small, and random weights in place of the trained ones."""

OPTIONS = {
    "psfnet": {"channels": 8, "blocks": 1},
    "psfnet-fast": {"channels": 8, "blocks": 1},
    "msffnet": {"channels": 8},
    "msffnet-fast": {"channels": 8},
    "selection": {"widths": (8, 8, 8)},
    "defocus": {"channels": 16, "conditions": 8, "blocks": 1},
    "defocus-fast": {"channels": 16, "conditions": 8, "blocks": 1, "outer_blocks": 1},
}


def save_random_weights(folder):
    """Write weights and cards of the networks that the library ships, made small, into `folder`."""
    import torch

    from libhdrnet.networks import NETWORKS, build
    from libhdrnet.research.training.everything import SHARES
    from libhdrnet.weights import save_weights

    for name in SHARES:
        chosen = OPTIONS[name]
        torch.manual_seed(0)  # for each, so that a change of one leaves the others as they were
        prefix = NETWORKS[name].training_only
        network = build(name, **chosen)
        if name == "defocus-fast":
            torch.nn.init.constant_(network.estimation.output.bias, 0.17)  # radii of 3 pixels: what deblurs can be seen
            with torch.no_grad():
                network.deblurring.output.weight.mul_(3)  # a correction that can be seen
        tensors = {key: value for key, value in network.state_dict().items() if not key.startswith(prefix)}
        save_weights(folder, NETWORKS[name].task, tensors, {"network": name, "patch": 64, "options": chosen})
    return folder
