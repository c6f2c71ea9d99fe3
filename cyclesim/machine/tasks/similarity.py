"""Sentence similarity: one vector for each sentence, and the angle between any two.

Reimers & Gurevych 2019, Sentence-BERT: the mean of the token states without padding, cosine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.pooling import Pooling, pooling_of
from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Results, Task
from cyclesim.machine.tasks.features import hidden_states
from cyclesim.trace import Prompt

__all__ = ["SentenceSimilarity"]


@dataclass(frozen=True)
class SentenceSimilarity(Task):
    """How alike sentences are: each is a row, and all of them make one answer.

    Attributes:
        pooling: how the states of a sentence's tokens become one vector.
    """

    pooling: Pooling = field(default_factory=Pooling)
    name: ClassVar[str] = "sentence-similarity"
    headless: ClassVar[bool] = True

    def example(self, tokenizer: Any) -> Any:
        return ["A man is playing the guitar.", "Somebody makes music.", "The cat sleeps."]

    def of(self, model: torch.nn.Module, folder: Path | None = None) -> SentenceSimilarity:
        known = pooling_of(folder) if folder is not None else None
        return replace(self, pooling=known or self.pooling)

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        rows = []
        for prompt in prompts:
            rows.append(Row((("text", prompt.text or ""),)))
            if prompt.pair is not None:
                rows.append(Row((("text", prompt.pair),)))
        return rows
        yield

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        states, rows = hidden_states(outputs), encoding.sequences
        mask = encoding.inputs.get("attention_mask")
        if states is None or mask is None or states.shape[0] != len(rows):
            return ()
        given = Written("input", states)
        sentences = tuple(row.text or "" for row in rows)
        if self.pooling.mode == "cls":
            pooled = (yield _first(given)).outputs[0]
        elif self.pooling.mode == "max":
            pooled = yield from _largest(given, mask)
        else:
            pooled = yield from _mean(given, mask)
        alone = len(rows) == 1
        unit = (yield _normalized(pooled, sentences, last=alone)).outputs[0]
        vectors = unit.tensor if self.pooling.normalized else pooled.tensor
        if alone:
            return (self._result(sentences, vectors, None),)
        cosines = (yield _cosines(unit, sentences)).outputs[0]
        return (self._result(sentences, vectors, cosines.tensor),)

    def _result(
        self, sentences: Sequence[str], vectors: torch.Tensor, cosines: torch.Tensor | None
    ) -> dict[str, Any]:
        table = [[1.0]] if cosines is None else cosines.tolist()
        pairs = [
            {"first": i, "second": j, "score": table[i][j]}
            for i, j in combinations(range(len(sentences)), 2)
        ]
        return {
            "sentences": list(sentences),
            "similarities": table,
            "pairs": sorted(pairs, key=lambda pair: -pair["score"]),
            "size": vectors.shape[-1],
            "pooling": self.pooling.mode,
            "embeddings": vectors.tolist(),
        }


def _mean(states: Written, mask: torch.Tensor) -> Steps[Written]:
    """The mean of the states of real tokens, in the five steps that it is made of."""
    wide = (yield _wide(states, mask)).outputs[0]
    masked = (yield _product(states, wide)).outputs[0]
    total = (yield _sum("pooling.sum", masked)).outputs[0]
    count = (yield _sum("pooling.count", wide)).outputs[0]

    def divide() -> HostResult:
        mean = total.tensor / count.tensor.clamp(min=1e-9)
        return HostResult((Written("mean", mean),), f"the means of {len(mean)} sentences")

    reads = (Written("input", total.tensor), Written("other", count.tensor))
    return (yield HostStep("output", "pooling.mean", "div", divide, reads)).outputs[0]


def _wide(states: Written, mask: torch.Tensor) -> HostStep:
    """The mask, once for every channel."""
    shape, dtype = states.tensor.shape, states.tensor.dtype

    def run() -> HostResult:
        wide = mask.unsqueeze(-1).expand(shape).to(torch.promote_types(dtype, torch.float32))
        kept = f"{int(mask.sum()):,} of {mask.numel():,} tokens are real"
        return HostResult((Written("mask", wide),), kept)

    read = Written("input", mask)
    return HostStep("output", "pooling.mask", "expand", run, (read,), (("size", str(list(shape))),))


def _product(states: Written, mask: Written) -> HostStep:
    def run() -> HostResult:
        return HostResult((Written("states", states.tensor * mask.tensor),), "padding is 0 now")

    reads = (states, Written("other", mask.tensor))
    return HostStep("output", "pooling.masked", "mul", run, reads)


def _sum(step: str, tokens: Written) -> HostStep:
    def run() -> HostResult:
        return HostResult((Written("sum", tokens.tensor.sum(1)),))

    reads = (Written("input", tokens.tensor),)
    return HostStep("output", step, "sum", run, reads, (("dim", "1"),))


def _first(states: Written) -> HostStep:
    def run() -> HostResult:
        return HostResult((Written("state", states.tensor[:, 0]),), "the state of the first token")

    return HostStep("output", "pooling.cls", "select", run, (states,), (("dim", "1"),))


def _largest(states: Written, mask: torch.Tensor) -> Steps[Written]:
    padding = mask.unsqueeze(-1).expand(states.tensor.shape) == 0

    def hide() -> HostResult:
        wide = states.tensor.to(torch.promote_types(states.tensor.dtype, torch.float32))
        hidden = wide.masked_fill(padding, -1e9)
        return HostResult((Written("states", hidden),), f"{int((mask == 0).sum())} are padding")

    reads, value = (states, Written("mask", padding)), (("value", "-1000000000.0"),)
    step = HostStep("output", "pooling.masked", "masked_fill", hide, reads, value)
    masked = (yield step).outputs[0]

    def largest() -> HostResult:
        return HostResult((Written("max", masked.tensor.amax(1)),), "the largest of each channel")

    read, dim = Written("input", masked.tensor), (("dim", "1"),)
    return (yield HostStep("output", "pooling.max", "amax", largest, (read,), dim)).outputs[0]


def _normalized(vectors: Written, sentences: tuple[str, ...], *, last: bool) -> HostStep:
    def run() -> HostResult:
        unit = torch.nn.functional.normalize(vectors.tensor, p=2, dim=1)
        return HostResult((Written("embedding", unit, sentences),), "vectors of length 1")

    read, arguments = (Written("input", vectors.tensor),), (("p", "2"), ("dim", "1"))
    return HostStep("output", "normalize", "normalize", run, read, arguments, last=last)


def _cosines(unit: Written, sentences: tuple[str, ...]) -> HostStep:
    turned = unit.tensor.T

    def run() -> HostResult:
        cosines = unit.tensor @ turned
        count = len(sentences) * (len(sentences) - 1) // 2
        note = f"{count:,} " + ("pair" if count == 1 else "pairs")
        return HostResult((Written("similarity", cosines, sentences),), note)

    reads = Written("input", unit.tensor), Written("other", turned, view_of=unit)
    return HostStep("output", "similarity", "matmul", run, reads, last=True)
