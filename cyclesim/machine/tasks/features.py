"""Feature extraction: a model without a head gives a vector for each token.

There is no answer in words. What is shown of each vector is its length; the vectors themselves are
the output of the last cycle of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Results, Task

__all__ = ["FeatureExtraction", "hidden_states"]


@dataclass(frozen=True)
class FeatureExtraction(Task):
    """The state of every token after the last block."""

    name: ClassVar[str] = "feature-extraction"
    headless: ClassVar[bool] = True

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        states, rows = hidden_states(outputs), encoding.sequences
        if states is None or states.shape[0] != len(rows):
            return ()
        words = rows[0].tokens if len(rows) == 1 else ()

        def measure() -> HostResult:
            wide = states.to(torch.promote_types(states.dtype, torch.float32))
            norms = torch.linalg.vector_norm(wide, dim=-1)
            note = f"{norms.numel():,} vectors of {states.shape[-1]:,} numbers"
            return HostResult((Written("norms", norms, words),), note)

        step = HostStep(
            "output", "norms", "linalg_vector_norm", measure, (Written("input", states),),
            (("dim", "-1"),), last=True,
        )  # fmt: skip
        norms = (yield step).outputs[0].tensor.tolist()
        return tuple(
            {
                "features": [
                    {"text": token, "norm": norm}
                    for token, norm, part in zip(row.tokens, lengths, row.parts, strict=True)
                    if part is not None
                ],
                "size": states.shape[-1],
            }
            for row, lengths in zip(rows, norms, strict=True)
        )


def hidden_states(outputs: Any) -> torch.Tensor | None:
    """The state of every token after the last block, `[batch, token, hidden]`, if there is one."""
    states = getattr(outputs, "last_hidden_state", None)
    return states if isinstance(states, torch.Tensor) and states.dim() == 3 else None
