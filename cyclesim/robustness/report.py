"""What came out: for each changed sentence where the runs part, how far, and both answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cyclesim.robustness.perturb import Perturbation
from cyclesim.trace.cycle import Cycle

__all__ = ["SCHEMA", "Case", "Layer", "Place", "Robustness"]

#: Of `Robustness.to_json`.
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Place:
    """A cycle, by its number in the unchanged run."""

    number: int
    label: str
    layer: int | None

    @classmethod
    def of(cls, cycle: Cycle) -> Place:
        """The place of `cycle`."""
        return cls(cycle.number, cycle.label, cycle.layer)


@dataclass(frozen=True, slots=True)
class Layer:
    """How far apart the two runs are where a repeated block ends.

    Attributes:
        layer: the block; None for what goes into the first.
        number: the cycle that wrote it, in the unchanged run.
        changed: norm of the difference ÷ norm of the unchanged, over the changed words; None where
            it cannot be compared.
        kept: the same over all other tokens.
        answer: whether the answer would be another one if the clock stopped here (a probe); None
            without a probe.
    """

    layer: int | None
    number: int
    changed: float | None
    kept: float | None
    answer: bool | None = None


@dataclass(frozen=True)
class Case:
    """One changed sentence beside the unchanged one.

    Attributes:
        change: what was changed.
        tokens: how many tokens each has.
        kept: how many of them both have.
        parts: the first cycle of the model that wrote something else; None if none did.
        spreads: the first cycle that wrote something else for a token that both sentences share.
        layers: from the embeddings to the last block.
        answers: what is answered otherwise: about what, before, after.
        answered: whether the model gives an answer that can be compared.
        result: the answer to the changed sentence (`Trace.result`).
        note: what could not be compared and why, in English; "" if all could.
    """

    change: Perturbation
    tokens: tuple[int, int]
    kept: int
    parts: Place | None
    spreads: Place | None
    layers: Sequence[Layer]
    answers: Sequence[tuple[str, str, str]]
    answered: bool
    result: Mapping[str, Any]
    note: str = ""

    @property
    def survives(self) -> bool:
        """Whether the answer is still the same."""
        return not self.answers

    @property
    def turns(self) -> int | None:
        """The layer from which on the probe's answer is another one; None for the embeddings' or
        where there is no such layer (see `turned`)."""
        late = self._late()
        return late.layer if late else None

    @property
    def turned(self) -> bool:
        """Whether there is a layer from which on the probe's answer is another one."""
        return self._late() is not None

    def _late(self) -> Layer | None:
        found = None
        for layer in reversed(self.layers):
            if not layer.answer:
                break
            found = layer
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "kind": self.change.kind,
            "change": self.change.what,
            "text": self.change.text,
            "edits": [asdict(edit) for edit in self.change.edits],
            "tokens": list(self.tokens),
            "shared_tokens": self.kept,
            "parts": asdict(self.parts) if self.parts else None,
            "spreads": asdict(self.spreads) if self.spreads else None,
            "layers": [_finite(asdict(layer)) for layer in self.layers],
            "same_answer": self.survives if self.answered else None,
            "answers": [list(answer) for answer in self.answers],
            "result": dict(self.result),
            "note": self.note,
        }


@dataclass(frozen=True)
class Robustness:
    """A sentence, and what small changes of it do.

    Attributes:
        model, task, text: what ran.
        tokens: of the unchanged sentence.
        verdict: whether its traced run was bit-identical to an untraced one; None if unknown.
        result: its answer.
        cases: the changed sentences.
    """

    model: str
    task: str
    text: str
    tokens: Sequence[str]
    verdict: bool | None
    result: Mapping[str, Any]
    cases: Sequence[Case]

    @property
    def changed(self) -> int:
        """How many changes changed the answer."""
        return sum(not case.survives for case in self.cases)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "task": self.task,
            "text": self.text,
            "tokens": list(self.tokens),
            "bit_identical": self.verdict,
            "result": dict(self.result),
            "changed": self.changed,
            "cases": [case.to_json() for case in self.cases],
        }


def _finite(content: dict[str, Any]) -> dict[str, Any]:
    """What is not a number is null."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in content.items()
    }
