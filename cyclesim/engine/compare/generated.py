"""A text that a model writes with nothing watching: its tokens, and the logits behind each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import zip_longest
from typing import Any, NamedTuple

import torch

from cyclesim.machine import Encoding, Machine, ModelCall, drive
from cyclesim.versus import Answer, Change

__all__ = ["Generated", "generated"]


class Generated(NamedTuple):
    """What was written.

    Attributes:
        tokens: one after the other.
        logits: what the model returned for each call: `[sequences, positions, vocabulary]`.
        alone: no other sequences were kept beside it, so the calls depend on its tokens alone.
    """

    tokens: tuple[str, ...]
    logits: list[torch.Tensor]
    alone: bool

    def alike(self, other: Generated) -> int:
        """How many calls had the same tokens before them in both."""
        if not self.alone and self.tokens != other.tokens:
            return 1
        pairs = zip(self.tokens, other.tokens, strict=False)
        same = next((i for i, (a, b) in enumerate(pairs) if a != b), len(self.tokens))
        return min(same + 1, len(self.logits), len(other.logits))

    def answer(self, other: Generated) -> Answer:
        """The tokens of `other` beside these."""
        pairs = enumerate(zip_longest(self.tokens, other.tokens, fillvalue=""))
        changes = [Change(f"token {i}", a, b) for i, (a, b) in pairs if a != b]
        return Answer("tokens", max(len(self.tokens), len(other.tokens)), tuple(changes))


def generated(
    machine: Machine,
    encoding: Encoding,
    call: Callable[[ModelCall], Any],
    watch: AbstractContextManager[Any] | None = None,
) -> Generated:
    """Run the machine's program, which writes a text.

    Args:
        call: calls the model.
        watch: entered around each call.
    """
    logits: list[torch.Tensor] = []
    around = watch or nullcontext()

    def watched(model_call: ModelCall) -> Any:
        with around:
            outputs = call(model_call)
        if model_call.token is not None:
            logits.append(outputs.logits.detach().clone())
        return outputs

    (result,) = drive(machine.program(encoding), call=watched)
    alone = machine.generation is None or machine.generation.num_beams == 1
    return Generated(tuple(token["text"] for token in result["tokens"]), logits, alone)
