"""The text that grows: its ids and tokens, the steps that put it together, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.generation.choosing import Chosen
from cyclesim.machine.generation.sequence import Names, Stopping
from cyclesim.machine.steps import HostResult, HostStep, Named, Steps, Written
from cyclesim.trace import Phase

__all__ = ["Text"]

_REASONS = {
    "eos": "an end token",
    "stop": "a text to stop at",
    "length": "as many as were asked for",
    "context": "the model has no position left",
}


class Text:
    """What has been written so far.

    Args:
        begun: where it begins: ids `[1, length]` of the prompt, or of a decoder's start token.
        encoding: what was given to be read.
        separate: the text is not the prompt gone on with, but a decoder's own.

    Attributes:
        ids: those that were generated.
        finish_reason: why it ended; "" before.
        stopping: says whether a text ends.
    """

    def __init__(
        self,
        names: Names,
        begun: Written,
        encoding: Encoding,
        stopping: Stopping,
        *,
        separate: bool,
    ) -> None:
        ids: Any = begun.value
        self.names = names
        self.ids: list[int] = []
        self.finish_reason = ""
        self._length = ids.shape[1]
        self._begun = begun.words or names.of(ids[0].tolist())
        self._encoding = encoding
        self._scores: list[float] = []
        self.stopping = stopping
        self._separate = separate
        self._score: float | None = None
        #: Of a beam search, whose rows have other tokens: how many positions there are.
        self._positions: int | None = None

    def append(self, ids: Written, chosen: Chosen, phase: Phase, token: int) -> Steps[Written]:
        """The step that puts the chosen token at the end; all ids."""

        def run() -> HostResult:
            before: Any = ids.value
            new: Any = chosen.token.value
            longer = torch.cat([before, new[:, None]], dim=-1)
            self._take(longer[0, self._length :].tolist(), [*self._scores[:token], chosen.score])
            note = f"{longer.shape[1]:,} tokens"
            if self.finish_reason:
                note += f", the end: {_REASONS[self.finish_reason]}"
            return HostResult((Written("ids", longer, self._tokens()),), note)

        reads, dim = (ids, chosen.token), (("dim", "-1"),)
        step = HostStep("output", "append", "cat", run, reads, dim, phase=phase, token=token)
        return (yield step).outputs[0]

    def grown(self, positions: int) -> None:
        """Several sequences have become longer: so many positions have a token in each."""
        self._positions = positions

    def finish(self, ids: list[int], scores: list[float], reason: str, score: float) -> None:
        """Of several sequences this one is the answer; `score` is what it was chosen by."""
        self.ids, self._scores, self.finish_reason, self._score = ids, scores, reason, score

    def named(self) -> Named:
        """What the positions are called now: by their tokens, or, where rows differ, by number."""
        given, offsets = self._encoding.tokens, self._encoding.offsets
        tokens, count = self._tokens(), len(self.ids)
        if self._positions is not None:
            count = self._positions
            tokens = (*self._begun, *(f"+{place + 1}" for place in range(count)))
        if self._separate:
            return Named(given, offsets, tokens, count)
        return Named(tokens, (*offsets, *(None,) * count) if offsets else (), (), count)

    def written(self, ids: Written) -> HostStep:
        """The last step: from ids back to text."""

        def run() -> HostResult:
            made = np.array(self.ids, dtype=np.int64)
            said = repr(self.names.text(self.ids))
            return HostResult((Written("ids", made, self.names.of(self.ids)),), said)

        return HostStep("output", "detokenize", "tokenizer.decode", run, (ids,), last=True)

    def result(self) -> Mapping[str, Any]:
        """The answer."""
        rows = zip(self.ids, self.names.of(self.ids), self._scores, strict=True)
        score = {} if self._score is None else {"score": self._score}
        return {
            "text": self.names.text(self.ids),
            "tokens": [{"text": name, "id": i, "score": score} for i, name, score in rows],
            "ids": list(self.ids),
            "prompt": self._encoding.text,
            "finish_reason": self.finish_reason,
            **score,
        }

    def _take(self, ids: list[int], scores: list[float]) -> None:
        self.ids, self._scores = ids, scores
        self.finish_reason = self.stopping.reason(ids)

    def _tokens(self) -> tuple[str, ...]:
        return (*self._begun, *self.names.of(self.ids))
