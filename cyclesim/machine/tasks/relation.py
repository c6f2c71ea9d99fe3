"""Relation extraction: what one marked entity of a text is to the other.

A sequence classifier whose labels are relations reads the text with both entities marked
(Baldini Soares et al. 2019). Marking them are the first two cycles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.marks import find_entities, mark, markers_of
from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, Steps
from cyclesim.machine.tasks.base import Results, named
from cyclesim.machine.tasks.text_classification import Classification
from cyclesim.trace import Prompt

__all__ = ["RelationExtraction"]

Spans = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class RelationExtraction(Classification):
    """One relation of several, between two marked entities."""

    name: ClassVar[str] = "relation-extraction"
    takes: ClassVar[tuple[str, ...]] = ("entities",)

    def example(self, tokenizer: Any) -> Any:
        return "[E1]Ada Lovelace[/E1] worked with [E2]Charles Babbage[/E2] in London."

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        if tokenizer is None:
            return (yield from super().rows(prompts, tokenizer))  # which says so
        spans = [find_entities(prompt.text or "", prompt.entities) for prompt in prompts]
        markers, known = markers_of(tokenizer)
        pairs = list(zip(prompts, spans, strict=True))
        marked = [mark(prompt.text or "", pair, markers) for prompt, pair in pairs]

        def find() -> HostResult:
            names = [_names(prompt, pair) for prompt, pair in pairs]
            rows = zip(map(_array, spans), names, strict=True)
            return HostResult(named("spans", rows), "; ".join(" and ".join(n) for n in names))

        found = (yield HostStep("input", "entities", "find_entities", find)).outputs

        def insert() -> HostResult:
            places = [
                [(start := row.text.index(m), start + len(m)) for m in markers] for row in marked
            ]
            how = "each one token" if known else "which this tokenizer reads in pieces"
            written = named("markers", ((_array(row), markers) for row in places))
            return HostResult(written, f"added {' '.join(markers)}, {how}")

        yield HostStep("input", "markers", "insert_markers", insert, found)
        return [
            Row((("text", prompt.text or ""),), answer, read=(row.text,), back=row.back)
            for answer, (prompt, row) in enumerate(zip(prompts, marked, strict=True))
        ]

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        results = yield from super().decode(encoding, outputs, tokenizer)
        if len(results) != len(encoding.prompts):
            return results
        return tuple(
            {**result, **_entities(prompt)}
            for result, prompt in zip(results, encoding.prompts, strict=True)
        )


def _array(spans: Sequence[tuple[int, int]]) -> np.ndarray:
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def _names(prompt: Prompt, spans: Spans) -> tuple[str, ...]:
    return tuple((prompt.text or "")[slice(*span)].strip() for span in spans)


def _entities(prompt: Prompt) -> Mapping[str, Any]:
    """The two that the relation is between, and where they are in the text."""
    spans = find_entities(prompt.text or "", prompt.entities)
    return {
        role: {"text": name, "start": start, "end": end}
        for role, name, (start, end) in zip(
            ("subject", "object"), _names(prompt, spans), spans, strict=True
        )
    }
