"""Questions about the numbers that a cycle writes: nobody knows the answer before it has run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cyclesim.cost.names import canonical
from cyclesim.explain.axes import axes_of
from cyclesim.explain.numbers.cell import number
from cyclesim.explain.numbers.products import attention_row
from cyclesim.explain.questions.question import Asked, Finding, Question, turn
from cyclesim.explain.quote import printable, quote
from cyclesim.explain.shapes import operand
from cyclesim.language import tr
from cyclesim.trace.attention import is_fused_attention
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Header, Trace

__all__ = ["attention", "label", "signs", "sums"]

#: How far from 1 a row of probabilities may sum, by type.
_NEAR = {"bfloat16": 3e-2, "float16": 5e-3}


def attention(asked: Asked) -> Question | None:
    """Which token gets most attention from one token, in one head?"""
    cycle, header = asked.cycle, asked.trace.header
    sizes = _attended(cycle, asked.trace)
    if sizes is None:
        return None
    *before, queries, keys = sizes
    place = [0 if i + 1 < len(before) else turn(cycle.number, n) for i, n in enumerate(before)]
    alone = all(n == 1 for n in before[:-1])
    row = _telling(header, queries if alone else 0, cycle.number, queries)
    asks = tr("Which token does {token} look at most, in head {head} of {cycle}?")
    text = asks.format(
        token=_token(header, row, queries if alone else 0),
        head=place[-1] if place else 0,
        cycle=asked.named,
    )
    choices = _tokens(header, keys if alone else 0, keys)
    fused = is_fused_attention(cycle)

    def rule(ran: Cycle, trace: Trace) -> Finding:
        if fused:
            shares = attention_row(ran, trace, place, row)
            return _largest(shares, tr("recomputed beside the fused kernel"))
        where = (*place, row)
        return _largest(ran.outputs[0].numpy(where), row=where)

    return asked.question("attention", text, choices, rule)


def _attended(cycle: Cycle, trace: Trace) -> tuple[int, ...] | None:
    """The shape of the attention probabilities of a cycle: heads, queries and keys last."""
    if is_fused_attention(cycle):
        query, key = operand(cycle, "query"), operand(cycle, "key")
        if query is None or key is None or len(query.shape) != 4:
            return None
        return (*query.shape[:-1], key.shape[-2])
    if canonical(cycle.op) != "softmax" or cycle.unit != "attention":
        return None
    shape = cycle.outputs[0].shape
    axes = axes_of(cycle, trace)[0]
    return shape if len(shape) == 4 and axes[-2:] == ("query", "key") else None


def _largest(values: np.ndarray, remark: str = "", row: tuple[int, ...] | None = None) -> Finding:
    """The choice with the largest number is right; all of them where they are equal."""
    numbers = np.asarray(values, np.float64)
    best = numbers.max() if np.isfinite(numbers).all() else np.nan
    right = frozenset(int(i) for i in np.flatnonzero(numbers == best))
    shown = [_short(x) for x in numbers.tolist()]
    if any(shown[i] == shown[min(right)] for i in range(len(shown)) if right and i not in right):
        shown = [number(x) for x in numbers.tolist()]  # two digits do not tell them apart
    return Finding(right, "", tuple(shown), remark, row)


def _short(value: float) -> str:
    text = f"{value:.2f}" if 0.01 <= abs(value) < 1e4 else f"{value:.1g}"
    return text.replace("-", "−")


def label(asked: Asked) -> Question | None:
    """Which label will a token, or the text, get?"""
    cycle, header = asked.cycle, asked.trace.header
    labels = [printable(x) for x in header.labels]
    shape, chosen = cycle.outputs[0].shape, canonical(cycle.op) == "argmax"
    axes = axes_of(cycle, asked.trace)[0]
    if cycle.unit not in ("classifier", "output") or not labels:
        return None
    if not chosen and (not axes or axes[-1] != "label" or shape[-1] != len(labels)):
        return None
    places = shape if chosen else shape[:-1]
    named = axes if chosen else axes[:-1]
    if any(size != 1 for axis, size in zip(named, places, strict=True) if axis != "token"):
        return None
    per_token = "token" in named
    size = places[named.index("token")] if per_token else 1
    row = _telling(header, size, cycle.number, size, capital=True) if per_token else 0
    place = tuple(row if axis == "token" else 0 for axis in named)
    who = _token(header, row, size) if per_token else tr("the text")
    text = tr("Which label will {who} get in {cycle}?").format(who=who, cycle=asked.named)

    def rule(ran: Cycle, trace: Trace) -> Finding:
        if not chosen:
            return _largest(ran.outputs[0].numpy(place), row=place)
        won = int(ran.outputs[0].numpy(place))
        # What the choice was made from has one number for each label.
        read = ran.inputs[0]
        front = (0,) * (len(read.shape) - 1 - len(place))
        seen = read.kept and read.shape[-1] == len(labels)
        numbers = _largest(read.numpy((*front, *place))).numbers if seen else ()
        said = tr("It is {label}.").format(label=labels[won])
        return Finding(frozenset({won}), said, numbers)

    return asked.question("label", text, labels, rule)


def sums(asked: Asked) -> Question | None:
    """Does each row sum to 1?"""
    cycle = asked.cycle
    output, axes = cycle.outputs[0], axes_of(cycle, asked.trace)[0]
    if len(output.shape) < 2 or axes[-1] not in ("key", "label") or 0 in output.shape:
        return None
    if not output.dtype.startswith(("float", "bfloat")):
        return None
    place = tuple(
        turn(cycle.number, n) if axis == "head" else 0
        for axis, n in zip(axes[:-2], output.shape[:-2], strict=True)
    )
    text = tr("Will each row that {cycle}, writes sum to 1?").format(cycle=asked.named)
    if "head" in axes:
        asks = tr("Will each row that {cycle}, writes in head {head} sum to 1?")
        text = asks.format(cycle=asked.named, head=place[axes.index("head")])

    def rule(ran: Cycle, trace: Trace) -> Finding:
        values = np.asarray(ran.outputs[0].numpy(place), np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            found = values.sum(-1)
        if np.isnan(found).any():
            return Finding(frozenset())
        near = _NEAR.get(ran.outputs[0].dtype, 1e-3)
        right = 0 if (abs(found - 1) <= near).all() else 1
        low, high = number(float(found.min())), number(float(found.max()))
        said = tr("Every row sums to {low}.")
        if low != high:
            said = tr("The rows sum to numbers from {low} to {high}.")
        return Finding(frozenset({right}), said.format(low=low, high=high))

    return asked.question("sums", text, [tr("Yes"), tr("No")], rule)


def signs(asked: Asked) -> Question | None:
    """How many of its numbers are negative?"""
    cycle = asked.cycle
    output = cycle.outputs[0]
    if cycle.unit not in ("embedding", "ffn", "layernorm") or 0 in output.shape:
        return None
    if not output.dtype.startswith(("float", "bfloat")):
        return None
    text = tr("How many of the numbers that {cycle}, writes will be negative?")
    choices = [
        tr("None"), tr("Fewer than a third"), tr("A third to two thirds"), tr("More"),
    ]  # fmt: skip

    def rule(ran: Cycle, trace: Trace) -> Finding:
        share = float((ran.outputs[0].numpy() < 0).mean())
        right = 0 if share == 0 else 1 if share < 1 / 3 else 2 if share <= 2 / 3 else 3
        said = tr("{percent} of them are negative.").format(percent=f"{share:.1%}")
        return Finding(frozenset({right}), said)

    return asked.question("signs", text.format(cycle=asked.named), choices, rule)


# -- tokens -----------------------------------------------------------------------------------


def _known(header: Header, size: int) -> Sequence[str]:
    """The tokens, if an axis of `size` counts those of the text."""
    return header.tokens if size and size == len(header.tokens) else ()


def _telling(header: Header, size: int, seed: int, count: int, *, capital: bool = False) -> int:
    """The place of a token that is worth asking about: part of the text.

    Args:
        size: of the axis, if it may count the tokens of the text; else 0.
        count: how many places there are.
        capital: rather one that begins with a capital letter, as names do.
    """
    tokens = _known(header, size)
    places = list(range(count))
    if tokens and len(header.offsets) == count:
        places = [i for i in places if header.offsets[i] is not None] or places
    if tokens and capital:
        places = [i for i in places if tokens[i][:1].isupper()] or places
    return places[turn(seed, len(places))]


def _token(header: Header, place: int, size: int) -> str:
    """“London”, with its place if the word stands elsewhere too; `token 7` if it is not known."""
    tokens = _known(header, size)
    if not tokens:
        return tr("token {number}").format(number=place)
    word = quote(tokens[place])
    return word if tokens.count(tokens[place]) == 1 else f"{word} ({place})"


def _tokens(header: Header, size: int, count: int) -> list[str]:
    """One choice for each token; those that occur twice say where they stand."""
    tokens = [printable(t) for t in _known(header, size)]
    if not tokens:
        return [tr("token {number}").format(number=i) for i in range(count)]
    often = {t for t in tokens if tokens.count(t) > 1}
    named = [f"{t} ({i})" if t in often else t for i, t in enumerate(tokens)]
    return named if len(set(named)) == count else [f"{i} {t}" for i, t in enumerate(tokens)]
