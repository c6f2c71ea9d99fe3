"""Extractive questions: which span of the text is the answer.

The head scores every position as the first and as the last of the answer. What follows are the
steps from these scores to a span: only positions of the text can begin or end it, it cannot end
before it begins, and it cannot be long. A head that was trained on questions without an answer
points at [CLS] then; if it does so more than at any span, there is no answer in the text (Rajpurkar
et al. 2018, SQuAD 2.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Results, Task, named
from cyclesim.machine.tasks.entities import as_seen
from cyclesim.trace import Prompt, TokenSequence

__all__ = ["QuestionAnswering"]

#: Tokens that an answer may have: as the pipelines of transformers had it.
LONGEST = 15
#: So many spans are named.
CANDIDATES = 5


@dataclass(frozen=True)
class QuestionAnswering(Task):
    """The span of the text that answers the question."""

    name: ClassVar[str] = "question-answering"
    auto: ClassVar[str] = "AutoModelForQuestionAnswering"
    heads: ClassVar[tuple[str, ...]] = ("ForQuestionAnswering", "ForQuestionAnsweringSimple")
    needs: ClassVar[tuple[str, ...]] = ("question", "text")
    takes: ClassVar[tuple[str, ...]] = ()

    def example(self, tokenizer: Any) -> Any:
        text = super().example(tokenizer)
        return Prompt(text, question="Who worked with Charles Babbage?")

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        return [
            Row(
                (("question", prompt.question or ""), ("text", prompt.text or "")),
                answer,
                whole=("question",),
            )
            for answer, prompt in enumerate(prompts)
        ]
        yield

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        rows, ids = encoding.sequences, encoding.inputs.get("input_ids")
        logits = [getattr(outputs, f"{side}_logits", None) for side in ("start", "end")]
        if not rows or ids is None or any(x is None or x.dim() != 2 for x in logits):
            return ()
        start, end = logits
        null = _null_places(ids, getattr(tokenizer, "cls_token_id", None))
        outside = (yield _outside(ids, rows, null)).outputs[0]
        sides = []
        for side, values in (("start", start), ("end", end)):
            masked = (yield _masked(f"{side}_mask", values, outside)).outputs[0]
            sides.append((yield _probabilities(f"{side}_probabilities", masked)).outputs[0])
        scores = (yield _products(*sides)).outputs[0]
        illegal = _illegal_spans(outside.tensor, null)
        legal = (yield _only_legal(scores, illegal)).outputs[0]
        best = (yield _best(legal)).outputs
        nulls = [None if p is None else float(scores.tensor[i, p, p]) for i, p in enumerate(null)]
        found: list[dict[str, Any]] = []

        def read_out() -> HostResult:
            values = zip(rows, best[0].tensor.tolist(), best[1].tensor.tolist(), nulls, strict=True)
            found.extend(_result(*row) for row in values)
            note = "; ".join(r["answer"] or "no answer in the text" for r in found)
            return HostResult(named("spans", map(_spans, found)), note)

        reads = (best[1], best[0])
        yield HostStep("output", "answer", "encoding.offsets", read_out, reads, last=True)
        return tuple(found)


def _null_places(ids: torch.Tensor, cls: int | None) -> list[int | None]:
    """Where each sequence has its [CLS], which stands for *no answer*; None where it has none."""
    found = []
    for row in ids.tolist():
        found.append(row.index(cls) if cls is not None and cls in row else None)
    return found


def _outside(
    ids: torch.Tensor, rows: Sequence[TokenSequence], null: Sequence[int | None]
) -> HostStep:
    """Which positions can neither begin nor end an answer: `[batch, token]`, true where not."""

    def run() -> HostResult:
        outside = torch.ones(ids.shape, dtype=torch.bool, device=ids.device)
        for place, row in enumerate(rows):
            text = row.place("text")
            inside = [i for i, part in enumerate(row.parts) if part == text]
            outside[place, inside] = False
            if null[place] is not None:
                outside[place, null[place]] = False
        count = int((~outside).sum())
        kept = "" if all(p is None for p in null) else ", [CLS] among them: it says *no answer*"
        return HostResult((Written("outside", outside),), f"{count} positions are possible{kept}")

    return HostStep("output", "positions", "encoding.sequence_ids", run, (Written("ids", ids),))


def _masked(step: str, logits: torch.Tensor, outside: Written) -> HostStep:
    def run() -> HostResult:
        wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
        masked = wide.masked_fill(outside.tensor, -torch.inf)
        return HostResult((Written("logits", masked),), f"{int(outside.tensor.sum())} set to −∞")

    reads = (Written("input", logits), Written("mask", outside.tensor))
    return HostStep("output", step, "masked_fill", run, reads, (("value", "-inf"),))


def _probabilities(step: str, logits: Written) -> HostStep:
    def run() -> HostResult:
        probabilities = torch.softmax(logits.tensor, dim=-1)
        note = f"softmax over {logits.tensor.shape[-1]:,} positions"
        return HostResult((Written("probabilities", probabilities),), note)

    reads = (Written("input", logits.tensor),)
    return HostStep("output", step, "softmax", run, reads, (("dim", "-1"),))


def _products(start: Written, end: Written) -> HostStep:
    """Of every pair of positions, how probable it is as first and last: `[batch, start, end]`."""
    one, other = start.tensor[:, :, None], end.tensor[:, None, :]

    def run() -> HostResult:
        scores = one * other
        return HostResult((Written("scores", scores),), f"{scores[0].numel():,} pairs of positions")

    reads = Written("input", one, view_of=start), Written("other", other, view_of=end)
    return HostStep("output", "span_scores", "mul", run, reads)


def _illegal_spans(outside: torch.Tensor, null: Sequence[int | None]) -> torch.Tensor:
    """True for each pair of positions that is no span of the text."""
    length = outside.shape[-1]
    ones = torch.ones(length, length, dtype=torch.bool, device=outside.device)
    wrong = ~ones.triu() | ones.triu(LONGEST)  # ends before it begins, or is too long
    ends = outside.clone()
    for place, position in enumerate(null):
        if position is not None:
            ends[place, position] = True
    return wrong | ends[:, :, None] | ends[:, None, :]


def _only_legal(scores: Written, illegal: torch.Tensor) -> HostStep:
    def run() -> HostResult:
        legal = scores.tensor.masked_fill(illegal, 0.0)
        note = f"{int((~illegal).sum()):,} of {illegal.numel():,} pairs are spans of the text"
        return HostResult((Written("scores", legal),), f"{note}, of at most {LONGEST} tokens")

    reads = (Written("input", scores.tensor), Written("mask", illegal))
    return HostStep("output", "legal_spans", "masked_fill", run, reads, (("value", "0.0"),))


def _best(scores: Written) -> HostStep:
    length = scores.tensor.shape[-1]
    count = min(CANDIDATES, length * length)

    def run() -> HostResult:
        values, flat = scores.tensor.flatten(1).topk(count, dim=-1)
        spans = torch.stack((flat // length, flat % length), dim=-1)
        written = Written("values", values), Written("spans", spans)
        first, last = spans[0, 0].tolist()
        return HostResult(written, f"best: tokens {first} to {last}")

    reads = (Written("input", scores.tensor),)
    return HostStep("output", "best_spans", "topk", run, reads, (("k", str(count)),))


def _result(
    row: TokenSequence, scores: Sequence[float], spans: Sequence[Sequence[int]], null: float | None
) -> dict[str, Any]:
    """The best span, or that there is none, and the spans that came next."""
    text = row.text or ""
    candidates: list[Mapping[str, Any]] = []
    for score, (first, last) in zip(scores, spans, strict=True):
        begin, stop = row.offsets[first], row.offsets[last]
        if score > 0 and begin is not None and stop is not None:
            start, end = as_seen(text, begin[0], stop[1], len(text))
            span = {"answer": text[start:end], "start": start, "end": end, "score": score}
            candidates.append(span)
    none = {"answer": "", "start": 0, "end": 0, "score": null or 0.0}
    nothing = not candidates or (null is not None and null > candidates[0]["score"])
    return {**(none if nothing else candidates[0]), "null_score": null, "candidates": candidates}


def _spans(found: Mapping[str, Any]) -> tuple[np.ndarray | torch.Tensor, tuple[str, ...]]:
    rows = [found, *(c for c in found["candidates"] if c["start"] != found["start"]
                     or c["end"] != found["end"])]  # fmt: skip
    spans = np.array([(r["start"], r["end"]) for r in rows], dtype=np.int64)
    return spans, tuple(r["answer"] or "no answer" for r in rows)
