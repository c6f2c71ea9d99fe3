"""A name for each place of an axis: its token, its label, its choice, its sentence."""

from __future__ import annotations

from cyclesim.trace.trace import Header

__all__ = ["TOKEN_AXES", "labels_of_axis", "row_header"]

#: Axes that count the tokens of a sequence.
TOKEN_AXES = frozenset({"token", "query", "key", "start", "end"})
#: Axes that count the rows of the model's input.
_ROWS = frozenset({"batch", "sentence", "other sentence"})


def labels_of_axis(axis: str, size: int, header: Header) -> tuple[str, ...]:
    """The names of the `size` places of `axis`; () where numbers must do.

    Of a batch, tokens are those of the sequence that `header` looks at.

    Example:
        >>> from cyclesim.explain.labels import labels_of_axis
        >>> both = cyclesim.trace(machine, ["Ada", "London"])
        >>> labels_of_axis("batch", 2, both.header)
        ('Ada', 'London')
    """
    names: tuple[str, ...] = ()
    if axis in TOKEN_AXES:
        names = header.tokens
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
