"""A text that was generated, and what it took: for the table, plain text and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from cyclesim.language import N_, tr, trn
from cyclesim.render.summary import times_of
from cyclesim.render.units import duration, size
from cyclesim.trace.trace import Trace

__all__ = ["Passes", "cache_text", "ending", "is_generated", "passes", "passes_text"]

_ENDINGS = {
    "eos": N_("the model wrote its end token"),
    "stop": N_("a text to stop at was written"),
    "length": N_("as many tokens as were asked for"),
    "context": N_("the model has no position left"),
}


def is_generated(result: Mapping[str, Any]) -> bool:
    """Whether a result is a text that was generated."""
    return "ids" in result and "text" in result and "finish_reason" in result


def ending(result: Mapping[str, Any]) -> str:
    """How long the text is, and why it ended."""
    count = len(result["ids"])
    text = trn("{count} token generated", "{count} tokens generated", count)
    why = _ENDINGS.get(str(result["finish_reason"]))
    said = text.format(count=f"{count:,}")
    return tr("{generated}: {why}").format(generated=said, why=tr(why)) if why else said


@dataclass(frozen=True, slots=True)
class Passes:
    """Time in the model's cycles, nanoseconds: reading the prompt, and each token after that.

    `decode` is the median over the tokens; None where there was one token only.
    """

    prefill: int
    decode: int | None


def passes(trace: Trace) -> Passes | None:
    """How long the two phases of a generation took; None for a run that generated nothing."""
    times, _ = times_of(trace)
    tokens: dict[int, int] = {}
    for cycle in trace.cycles:
        if cycle.token is not None and cycle.stack:
            tokens[cycle.token] = tokens.get(cycle.token, 0) + times[cycle.number]
    if not tokens:
        return None
    later = [ns for token, ns in tokens.items() if token]
    return Passes(tokens.get(0, 0), round(median(later)) if later else None)


def passes_text(trace: Trace, *, ascii: bool = False) -> str:
    """The two phases in words; "" where there are none."""
    found = passes(trace)
    if found is None:
        return ""
    prefill = duration(found.prefill, ascii=ascii)
    if found.decode is None:
        return tr("prefill {prefill}").format(prefill=prefill)
    decode = duration(found.decode, ascii=ascii)
    return tr("prefill {prefill} · decode {decode} a token, in the model's cycles").format(
        prefill=prefill, decode=decode
    )


def cache_text(trace: Trace) -> str:
    """What the key-value cache spared; "" for a run that generated nothing."""
    if not any(cycle.token is not None for cycle in trace.cycles):
        return ""
    cache = trace.cache
    if not len(cache):
        return tr("none: every token computes all positions again")
    said = tr("{bytes} · {appended} positions computed, {reused} reused, over all layers")
    return said.format(
        bytes=size(cache.nbytes), appended=f"{cache.appended:,}", reused=f"{cache.reused:,}"
    )
