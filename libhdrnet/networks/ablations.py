"""The thesis's ablations as named configurations: options of a network, and how it is trained.

Tables 2.2 to 2.4, 3.3, 3.4 and 4.3. Rows that put other authors' networks into ours (SPyNet, PWC-Net, DMENet) are
not among them. They are of the thesis's form.
"""

from dataclasses import dataclass, field
from typing import Any

_ROWS = {"none": "baseline", "sft": "+SFT", "sft-dec": "+SFT-Dec", "sft-fdec": "+SFT-FDec"}
"""Of Table 4.3, by modulation."""


@dataclass(frozen=True)
class Ablation:
    """One row of one of the thesis's tables."""

    network: str
    """Name in `NETWORKS`."""
    table: str
    """Number of the table."""
    row: str
    """Name of the row, as `evaluation.published` has it."""
    options: dict[str, Any] = field(default_factory=dict)
    """Fields of the network's options that differ from the full network's."""
    flow_weight: float = 2.0
    """Lambda of Eq. 3.6 (MSFFNet)."""
    last_stage: int = 3
    """Last of the three stages of training (defocus network)."""
    end_to_end: bool = False
    """Train the whole defocus network at once by Eq. 4.7, without stages."""


ABLATIONS: dict[str, Ablation] = {
    "fusion-sum": Ablation("psfnet", "2.2", "Summation", {"fusion": "sum"}),
    "fusion-concat": Ablation("psfnet", "2.2", "Concatenation", {"fusion": "concat"}),
    "fusion-sffb": Ablation("psfnet", "2.2", "SFFB"),
    "no-psfb": Ablation("psfnet", "2.3", "w/o PSFBs", {"blocks": 0}),
    "no-dab": Ablation("psfnet", "2.3", "w/o DAB", {"dual_attention": False}),
    "no-lsc": Ablation("psfnet", "2.3", "w/o LSC", {"local_skip": False}),
    "no-gsc": Ablation("psfnet", "2.3", "w/o GSC", {"global_skip": False}),
    **{f"blocks-{n}": Ablation("psfnet", "2.4", f"{n}", {"blocks": n}) for n in (4, 5, 6, 7, 8)},
    **{f"lambda-{n}": Ablation("msffnet", "3.3", f"lambda = {n}", flow_weight=float(n)) for n in (0, 1, 2, 3)},
    "no-ca": Ablation("msffnet", "3.4", "w/o CA", {"channel_attention": False}),
    "no-ms": Ablation("msffnet", "3.4", "w/o MS", {"multi_scale": False}),
    "no-ff": Ablation("msffnet", "3.4", "w/o FF", {"feature_flow": False}),
    "no-msff": Ablation("msffnet", "3.4", "w/o MSFF", {"ms_fuse": False}),
    **{
        f"{row.lower().lstrip('+')}-s{n}": Ablation(
            "defocus", "4.3", f"{row}, stage {n}", {"modulation": own}, last_stage=n
        )
        for n in (1, 2, 3)
        for own, row in _ROWS.items()
    },
    "sft-dec-end": Ablation("defocus", "4.3", "+SFT-Dec, end to end", end_to_end=True),
}
"""By the name on the command line: `hdrnet train NETWORK --ablation NAME`."""


def ablations_of(network: str) -> list[str]:
    """Names of the ablations of a network."""
    return [name for name, ablation in ABLATIONS.items() if ablation.network == network]
