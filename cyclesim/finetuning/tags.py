"""Tags and the names they mark: from one to the other, in the schemes that corpora use.

    spans_of(["B-PER", "I-PER", "O", "B-LOC"])   # [Span(0, 2, "PER"), Span(3, 4, "LOC")]
    tags_of([Span(0, 2, "PER")], 3, "iob2")      # ["B-PER", "I-PER", "O"]

Read are IOB1, IOB2, IOBES and BILOU (a letter, a hyphen, a type) and plain types without a letter.
Written are IOB2, where a name begins with `B-`, and plain types, where neighbouring words of one
type are one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

__all__ = ["OUTSIDE", "Scheme", "Span", "labels_of", "scheme_of", "spans_of", "tags_of"]

#: The tag of a word that belongs to no name.
OUTSIDE = "O"

#: How a model's labels are written.
Scheme = Literal["iob2", "plain"]

_LETTERS = frozenset("BIESUL")
_BEGINS = frozenset("BSU")  # these letters begin a name,
_ENDS = frozenset("ESUL")  # and after these it is over


class Span(NamedTuple):
    """A name: its first word, the word after its last, its type."""

    start: int
    end: int
    label: str


def scheme_of(tags: Iterable[str]) -> Scheme:
    """How `tags` are written: `iob2` stands for every scheme with a letter and a hyphen.

    Raises:
        ValueError: some have a letter and some have none; its argument is the tag at odds.
    """
    found: Scheme | None = None
    for tag in tags:
        if tag == OUTSIDE:
            continue
        one: Scheme = "iob2" if _split(tag)[0] else "plain"
        if found is not None and one != found:
            raise ValueError(tag)
        found = one
    return found or "iob2"


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The names that `tags` mark, in order.

    As the CoNLL scorer does, a name may also begin with `I-` or `E-`, where the word before it is
    of no name or of another type.
    """
    spans: list[Span] = []
    is_open = False  # whether the last name may go on
    for place, tag in enumerate(tags):
        letter, label = _split(tag)
        if tag == OUTSIDE:
            is_open = False
            continue
        if is_open and letter not in _BEGINS and spans[-1].label == label:
            spans[-1] = spans[-1]._replace(end=place + 1)
        else:
            spans.append(Span(place, place + 1, label))
        is_open = letter not in _ENDS
    return spans


def tags_of(spans: Iterable[Span], length: int, scheme: Scheme) -> list[str]:
    """The tags of `length` words with these names."""
    tags = [OUTSIDE] * length
    for span in spans:
        for place in range(span.start, min(span.end, length)):
            letter = "" if scheme == "plain" else "B-" if place == span.start else "I-"
            tags[place] = letter + span.label
    return tags


def labels_of(types: Iterable[str], scheme: Scheme) -> list[str]:
    """The labels of a model that marks names of these types: `O` first."""
    if scheme == "plain":
        return [OUTSIDE, *types]
    return [OUTSIDE, *(f"{letter}-{name}" for name in types for letter in "BI")]


def _split(tag: str) -> tuple[str, str]:
    """`B-PER` → `B`, `PER`; a tag without a letter is a type of its own."""
    if len(tag) > 2 and tag[1] == "-" and tag[0] in _LETTERS:
        return tag[0], tag[2:]
    return "", tag
