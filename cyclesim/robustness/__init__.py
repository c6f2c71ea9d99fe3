"""What a small change of a sentence does to a run: `cyclesim robust`.

`perturb` changes a sentence, `run` runs both, `align` finds the tokens of one in the other, and
`comparing` says where the runs part. Only `run` needs torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

_HOMES = {
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
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
