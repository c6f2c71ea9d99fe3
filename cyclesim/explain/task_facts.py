"""What can be said about the input and output steps of the tasks, with their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from cyclesim.explain.axes import Axes
from cyclesim.explain.looked_at import own_header
from cyclesim.explain.quote import printable, quote
from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Header, Trace

__all__ = ["task_facts"]


def task_facts(
    facts: dict[str, str],
    cycle: Cycle,
    trace: Trace | None,
    axes: tuple[Axes, ...],
    cell: tuple[int, ...] | None = None,
) -> None:
    """Add what the step's own numbers say, of the sequence that is looked at."""
    part = _PARTS.get(f"{cycle.unit}.{cycle.step}")
    header = own_header(cycle, trace, axes[0], cell)
    if part is None or header is None or not cycle.outputs[0].kept:
        return
    several = len(header.sequences) > 1 and cycle.outputs[0].shape[:1] == (len(header.sequences),)
    part(facts, cycle, header, header.sequence if several else 0)


Part = Callable[[dict[str, str], Cycle, Header, int], None]


def _token(header: Header, place: int) -> str:
    return quote(header.tokens[place])


def _row(cycle: Cycle, row: int, output: int = 0) -> np.ndarray:
    return np.asarray(cycle.outputs[output].numpy((row,)), np.float64)


def _likeliest_place(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    shares = _row(cycle, row)
    best = int(shares.argmax())
    facts["best_place"] = f"{_token(header, best)} ({shares[best]:.3f})"


def _best_pair(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    scores = _row(cycle, row)
    first, last = divmod(int(scores.argmax()), scores.shape[-1])
    facts["first_token"], facts["last_token"] = _token(header, first), _token(header, last)
    facts["pair_score"] = f"{scores[first, last]:.3g}"
    null = [i for i, token in enumerate(header.tokens) if header.offsets[i] is None]
    place = next((i for i in null if scores[i, i] > 0), None)
    if place is not None:
        facts["null_score"] = f"{scores[place, place]:.3g}"
        facts["null_token"] = _token(header, place)


def _best_span(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    first, last = (int(i) for i in cycle.outputs[1].numpy((row, 0)))
    facts["first_token"], facts["last_token"] = _token(header, first), _token(header, last)
    facts["first_place"], facts["last_place"] = str(first), str(last)
    facts["pair_score"] = f"{_row(cycle, row)[0]:.3g}"
    facts["count"] = f"{cycle.outputs[0].shape[-1]:,}"


def _answer(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    # One output for each sequence: the first row of it is the answer.
    number = header.sequence if len(cycle.outputs) == len(header.sequences) else 0
    output = cycle.outputs[number]
    start, end = (int(i) for i in output.numpy((0,)))
    if end > start:
        facts["answer"] = quote((header.text or "")[start:end])
        facts["start"], facts["end"] = f"{start:,}", f"{end:,}"
    else:
        facts["no_answer"] = tr("no answer in the text")


def _masks(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    words = cycle.outputs[0].words or ()
    facts["mask_token"] = printable(words[0])


def _top(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    output = cycle.outputs[0]
    shares = np.asarray(output.numpy((0,)), np.float64)
    facts["count"] = f"{output.shape[-1]:,}"
    facts["best_share"] = f"{shares[0]:.3g}"
    if output.words:
        facts["mask_token"] = printable(output.words[0])


def _candidates(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    words = cycle.outputs[0].words or ()
    facts["best_tokens"] = printable(words[0])


def _choice(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    words = cycle.outputs[0].words or ()
    facts["choice"] = quote(words[header.looked_at.answer if len(words) > 1 else 0])


def _value(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    facts["value"] = ", ".join(f"{x:.4g}" for x in _row(cycle, row).ravel()[:8])


def _count(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    facts["count"] = f"{_row(cycle, row)[0]:,.0f}"


def _norm(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    lengths = _row(cycle, row)
    place = int(facts.get("token_place", 0))
    facts["norm"] = f"{lengths[place]:.4g}"


def _length(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    read = np.asarray(cycle.inputs[0].numpy((row,)), np.float64)
    facts["norm"] = f"{math.sqrt(float((read**2).sum())):.4g}"


def _cosine(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    words = cycle.outputs[0].words or ()
    table = np.asarray(cycle.outputs[0].numpy(), np.float64)
    others = table.copy()
    np.fill_diagonal(others, -np.inf)
    first, second = sorted(int(i) for i in np.unravel_index(int(others.argmax()), table.shape))
    facts["first_sentence"], facts["second_sentence"] = quote(words[first]), quote(words[second])
    facts["cosine"] = f"{table[first, second]:.3f}"


def _markers(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    facts["markers"] = " ".join(printable(word) for word in cycle.outputs[0].words or ())


def _entities(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    number = header.sequence if len(cycle.outputs) == len(header.sequences) else 0
    first, second = cycle.outputs[number].words or ()
    both = tr("{first} and {second}")
    facts["entities"] = both.format(first=quote(first), second=quote(second))


def _at_least(facts: dict[str, str], cycle: Cycle, header: Header, row: int) -> None:
    if cycle.op != "ge":
        return
    chosen: Any = cycle.outputs[0].numpy((row,))
    names = [printable(header.labels[i]) for i in np.flatnonzero(chosen)]
    facts["threshold"] = cycle.arguments.get("other", "")
    facts["chosen"] = ", ".join(names) or tr("none of them")


_PARTS: dict[str, Part] = {
    "input.entities": _entities,
    "input.markers": _markers,
    "output.masks": _masks,
    "output.top_k": _top,
    "output.candidates": _candidates,
    "output.start_probabilities": _likeliest_place,
    "output.end_probabilities": _likeliest_place,
    "output.span_scores": _best_pair,
    "output.legal_spans": _best_pair,
    "output.best_spans": _best_span,
    "output.answer": _answer,
    "output.choice": _choice,
    "output.value": _value,
    "output.labels": _at_least,
    "output.pooling.count": _count,
    "output.norms": _norm,
    "output.normalize": _length,
    "output.similarity": _cosine,
}
