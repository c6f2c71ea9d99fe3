"""Labels for each text of a batch, and which positions of it are no text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding

if TYPE_CHECKING:
    from cyclesim.machine.training.step import TrainingMachine

__all__ = ["IGNORED", "OWN", "each", "index_of", "named_ids", "without_text"]

#: Where nothing is asked (`torch.nn.functional.cross_entropy`).
IGNORED = -100
#: Where labels are from that were not given.
OWN = "the model's own answer, as no labels were given"


def each(given: Any, encoding: Encoding, count: int) -> list[Any]:
    """What was given for each of `count` texts: a list of a batch, else the one thing.

    Raises:
        CyclesimError: a batch has another number of labels than of texts.
    """
    if count == 1:
        return [given]
    if not isinstance(given, (list, tuple)) or len(given) != count:
        said = tr("a batch of {count} texts needs a list of {count} labels.")
        raise CyclesimError(said.format(count=count))
    return list(given)


def without_text(encoding: Encoding, like: torch.Tensor) -> torch.Tensor:
    """True at the positions that are no part of a text: special tokens and padding."""
    outside = torch.zeros_like(like, dtype=torch.bool)
    mask = encoding.inputs.get("attention_mask")
    if isinstance(mask, torch.Tensor) and mask.shape == like.shape:
        outside |= mask == 0
    if len(encoding.sequences) == like.shape[0]:
        for place, row in enumerate(encoding.sequences):
            special = [span is None for span in row.offsets]
            outside[place] |= torch.tensor(special, device=like.device)
    return outside


def index_of(label: str, known: Sequence[str]) -> int:
    """The class that is called `label`.

    Raises:
        CyclesimError: there is none.
    """
    if label in known:
        return known.index(label)
    said = tr("the model has no label {label!r}: its labels are {known}.")
    raise CyclesimError(said.format(label=label, known=", ".join(known)))


def named_ids(machine: TrainingMachine, ids: torch.Tensor) -> tuple[str, ...] | None:
    """The tokens of one row of ids."""
    if ids.shape[0] != 1 or machine.tokenizer is None:
        return None
    row = [max(i, 0) for i in ids[0].tolist()]
    return tuple(machine.tokenizer.convert_ids_to_tokens(row))
