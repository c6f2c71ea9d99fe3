"""What a small change of a sentence does to a run: `cyclesim robust`.

`perturb` changes a sentence, `run` runs both, `align` finds the tokens of one in the other, and
`comparing` says where the runs part. Only `run` needs torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclesim.lazy import asks

if TYPE_CHECKING:
    from cyclesim.robustness.perturb import KINDS, Edit, Perturbation, perturbations
    from cyclesim.robustness.report import Case, Layer, Place, Robustness
    from cyclesim.robustness.run import robust
    from cyclesim.robustness.words import read_synonyms

__all__ = [
    "KINDS",
    "Case",
    "Edit",
    "Layer",
    "Perturbation",
    "Place",
    "Robustness",
    "perturbations",
    "read_synonyms",
    "robust",
]

__getattr__ = asks(
    __name__,
    {
        "KINDS": "perturb",
        "Case": "report",
        "Edit": "perturb",
        "Layer": "report",
        "Perturbation": "perturb",
        "Place": "report",
        "Robustness": "report",
        "perturbations": "perturb",
        "read_synonyms": "words",
        "robust": "run",
    },
)
