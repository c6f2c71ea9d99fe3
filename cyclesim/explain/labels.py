"""A name for each place of an axis: its token, its label, its choice, its sentence."""

from __future__ import annotations

from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Header

__all__ = ["TOKEN_AXES", "labels_of_axis", "lengths", "row_header", "tokens_of_axis"]

#: Axes that count the tokens of a sequence.
TOKEN_AXES = frozenset({"token", "query", "key", "start", "end"})
#: Axes that count the rows of the model's input.
_ROWS = frozenset({"batch", "sentence", "other sentence"})


#: In the path of a module in which a decoder looks at what an encoder wrote.
_CROSS = ("EncDecAttention", "encoder_attn", "crossattention", "cross_attn")


def tokens_of_axis(axis: str, size: int, cycle: Cycle, header: Header) -> tuple[str, ...]:
    """The tokens that the `size` places of `axis` stand for in the pass of `cycle`; () if unknown.

    In the pass of a generated token the model reads the tokens before it: all of them, or, with a
    cache, the last alone, while the keys are those of all. The keys of a cross-attention are the
    encoder's, its queries the decoder's.
    """
    if header.target_tokens and axis == "key" and any(word in cycle.path for word in _CROSS):
        return header.tokens if len(header.tokens) == size else ()
    read = _read(cycle, header)
    if not header.generated:
        return read if len(read) == size else ()
    own = header.target_tokens or header.tokens
    if not cycle.stack and size == len(read) + 1 <= len(own):
        return own[:size]  # with the token that has just been chosen
    return read[-size:] if 0 < size <= len(read) else ()


def lengths(cycle: Cycle, header: Header) -> frozenset[int]:
    """How many positions a sequence may have in the pass of `cycle`."""
    count = len(_read(cycle, header))
    return frozenset({1, count} if cycle.phase == "decode" else {count})


def _read(cycle: Cycle, header: Header) -> tuple[str, ...]:
    """The tokens that were there when the pass of `cycle` began."""
    if cycle.token is None:
        count = 0 if header.target_tokens else header.generated
        return header.tokens[: len(header.tokens) - count]
    own = header.target_tokens or header.tokens
    return own[: len(own) - header.generated + cycle.token]


def labels_of_axis(
    axis: str, size: int, header: Header, cycle: Cycle | None = None
) -> tuple[str, ...]:
    """The names of the `size` places of `axis`; () where numbers must do.

    Of a batch, tokens are those of the sequence that `header` looks at; of a text that is generated
    they depend on the `cycle`.

    Example:
        >>> from cyclesim.explain.labels import labels_of_axis
        >>> both = cyclesim.trace(machine, ["Ada", "London"])
        >>> labels_of_axis("batch", 2, both.header)
        ('Ada', 'London')
    """
    names: tuple[str, ...] = ()
    if axis in TOKEN_AXES:
        names = header.tokens if cycle is None else tokens_of_axis(axis, size, cycle, header)
    elif axis == "label":
        names = header.labels
    elif axis == "choice":
        names = _choices(header)
    elif axis in _ROWS and len(header.sequences) > 1:
        names = tuple(row.title for row in header.sequences)
    return names if len(names) == size else ()


def row_header(header: Header, row: int, rows: int) -> Header:
    """`header` looking at the sequence of row `row`, of a tensor with so many rows."""
    if len(header.sequences) == rows > 1 and 0 <= row < rows:
        return header.at(row)
    return header


def _choices(header: Header) -> tuple[str, ...]:
    """The choices of the prompt that is looked at."""
    answer = header.looked_at.answer
    rows = [dict(row.texts) for row in header.sequences if row.answer == answer]
    return tuple(row["choice"] for row in rows if "choice" in row)
