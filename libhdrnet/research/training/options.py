"""What a training run is given, and the two recipes that fill in what it is not given."""

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from libhdrnet.errors import InputError
from libhdrnet.networks import NETWORKS
from libhdrnet.networks.ablations import ABLATIONS, Ablation, ablations_of
from libhdrnet.research.training.checkpoint import Progress
from libhdrnet.research.training.objectives import PARTS


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
    "ours": dict.fromkeys(("psfnet", "msffnet", "selection", "defocus"), OURS),
    "thesis": {
        **dict.fromkeys(("psfnet", "msffnet"), replace(_THESIS, steps=210 * PATCHES // 8)),  # Sec. 2.4.2, 3.4.2
        "defocus": replace(_THESIS, batch=16, steps=1000 * PICTURES // 16),  # Sec. 4.3.4, 4.4.1
    },
}
"""By name and task. In both the rate falls by a cosine to a hundredth; samples are turned and flipped at random."""


@dataclass(frozen=True)
class TrainingOptions:
    """One training run; None: as the recipe has it."""

    network: str
    """Name in `networks.NETWORKS`."""
    data: Path | None
    """Folder with hdr/ and sharp/, or None where there is a pack."""
    out: Path
    """Folder for the checkpoint, the log and the weights."""
    minutes: float | None = None
    """Budget of training time, earlier stretches included."""
    batch: int | None = None
    """Samples a step."""
    patch: int | None = None
    """Edge of a training patch in pixels; also the window of local statistics at inference."""
    rate: float | None = None
    """First learning rate; the last is a hundredth of it."""
    seed: int = 0
    """Seed of weights and samples."""
    resume: bool = False
    """Go on from the checkpoint in `out`."""
    workers: int = 1
    """Threads that make samples; 0: the training itself, one batch after the other."""
    device: str = "cpu"
    """torch device."""
    average: float | None = None
    """See `Recipe.average`."""
    limit: int | None = None
    """Read only that many pictures of each kind."""
    steps: int | None = None
    """Budget in steps, earlier stretches included, instead of `minutes`."""
    start: Path | None = None
    """Folder with the weights and the card of an earlier run to start from, instead of random ones."""
    ablation: str | None = None
    """Name in `networks.ablations`; None: the full network."""
    pack: Path | None = None
    """File of `bank.make_pack`, instead of `data`."""
    only: str | None = None
    """Train that part of the defocus network alone, a name in `objectives.PARTS`: the other stays as it is."""
    recipe: str = "ours"
    """Name in `RECIPES`."""

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


def check(options: TrainingOptions) -> None:
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
    multiple, patch = NETWORKS[options.network].multiple, options.patch
    if patch is not None and (patch < multiple or patch % multiple):
        raise InputError(f"patch {patch} does not fit; give a multiple of {multiple} pixels.")
    if options.workers < 0:
        raise InputError(f"workers {options.workers} is out of range; give 0 or more.")
    for name in ("minutes", "steps", "batch", "rate", "limit"):
        value = getattr(options, name)
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InputError(f"{name} {value} is out of range; give a positive number.")
