"""What a training run is given, and the two recipes that fill in what it is not given."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from libhdrnet.engine.device import choose_device
from libhdrnet.errors import InputError
from libhdrnet.networks import NETWORKS, STATISTICS_GRID, TASKS
from libhdrnet.networks.ablations import ABLATIONS, Ablation, ablations_of
from libhdrnet.research.options import TrainingOptions
from libhdrnet.research.training.checkpoint import Progress
from libhdrnet.research.training.tasks import PARTS


@dataclass(frozen=True)
class Recipe:
    """How a network is trained, where the caller does not say."""

    batch: int
    patch: int
    rate: float
    minutes: float
    average: float
    """Decay of the averaged weights (EMA) that are exported; 0 exports the last ones."""
    warm_up: int
    """Steps over which the rate rises to its first value."""
    largest_gradient: float
    """Norm to which gradients are cut: one odd batch must not throw a young network off."""
    kept_estimation: float
    """Defocus: weight of the first stages' loss that stays in the last one; without one the map drifts from radii."""
    steps: int | None = None
    """Instead of minutes."""


OURS = Recipe(4, 64, 1e-4, 60.0, average=0.998, warm_up=50, largest_gradient=0.3, kept_estimation=0.1)
_THESIS = Recipe(8, 256, 1e-4, 60.0, average=0.0, warm_up=1, largest_gradient=math.inf, kept_estimation=0.0)
PATCHES = 74 * 60
"""In an epoch of chapters 2 and 3: patches of 256 pixels, 128 apart, of 74 pictures of 1500 x 1000 pixels."""
PICTURES = 1000
"""In an epoch of chapter 4, about: one patch of each picture of its training set."""
RECIPES: dict[str, dict[str, Recipe]] = {
    "ours": dict.fromkeys(TASKS, OURS),
    "thesis": {
        **dict.fromkeys(("psfnet", "msffnet"), replace(_THESIS, steps=210 * PATCHES // 8)),  # Sec. 2.4.2, 3.4.2
        "defocus": replace(_THESIS, batch=16, steps=1000 * PICTURES // 16),  # Sec. 4.3.4, 4.4.1
    },
}
"""By name and task. In both the rate falls by a cosine to a hundredth; samples are turned and flipped at random."""


@dataclass(frozen=True, kw_only=True)
class Run(TrainingOptions):
    """A training run: what was chosen, and what the recipe has where nothing was."""

    @property
    def place(self) -> torch.device:
        """Device that is trained on."""
        return choose_device(self.device)

    @property
    def task(self) -> str:
        """What the network is for."""
        return NETWORKS[self.network].task

    @property
    def chosen(self) -> Recipe:
        """The recipe with what the caller chose."""
        recipe = RECIPES[self.recipe][self.task]
        given = {f.name: value for f in fields(Recipe) if (value := getattr(self, f.name, None)) is not None}
        if "minutes" in given:
            given["steps"] = None
        return replace(recipe, **given)

    @property
    def configuration(self) -> Ablation:
        """The ablation, or the full network."""
        return Ablation(self.network, "", "") if self.ablation is None else ABLATIONS[self.ablation]

    def spent(self, progress: Progress) -> float:
        """Share of the budget that is spent."""
        recipe = self.chosen
        return progress.step / recipe.steps if recipe.steps else progress.seconds / (60 * recipe.minutes)

    def what(self) -> dict[str, Any]:
        """Return what must be the same for a run to go on."""
        names = ("recipe", "ablation", "only")
        return {name: getattr(self, name) for name in names} | {"batch": self.chosen.batch, "patch": self.chosen.patch}


def check(options: Run) -> None:
    """Raise InputError if an option is out of range or does not fit another."""
    if options.network not in NETWORKS:
        raise InputError(f"network {options.network!r} is unknown; choose one of all, {', '.join(NETWORKS)}.")
    if options.recipe not in RECIPES or options.task not in RECIPES[options.recipe]:
        names = ", ".join(name for name, recipes in RECIPES.items() if options.task in recipes)
        raise InputError(f"{options.network} has no recipe {options.recipe!r}; choose {names}.")
    if options.ablation is not None and options.ablation not in ablations_of(options.network):
        names = ", ".join(ablations_of(options.network)) or "none: ablations are of the thesis's form"
        raise InputError(f"{options.network} has no ablation {options.ablation!r}; choose one of {names}.")
    if options.only is not None and (options.task != "defocus" or options.only not in PARTS):
        raise InputError(f"{options.network} has no part {options.only!r}; defocus has {' and '.join(PARTS)}.")
    if (options.data is None) == (options.pack is None):
        raise InputError("training needs --data FOLDER, or --pack FILE.")
    if options.start_share and options.start is None:
        raise InputError("--start-share is of the weights in --start FOLDER; name that too.")
    patch = options.patch
    if patch is not None and (patch < STATISTICS_GRID or patch % STATISTICS_GRID):
        raise InputError(f"patch {patch} does not fit; give a multiple of {STATISTICS_GRID} pixels.")
