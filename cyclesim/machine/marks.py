"""Two entities of a text, marked: by [E1]…[/E1] and [E2]…[/E2] in the text, or by their places.

A model that was trained on marked entities (Baldini Soares et al. 2019, Matching the Blanks) has
tokens of its own for the marks; they are put around the entities before the tokenizer reads them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["Marked", "find_entities", "mark", "markers_of"]

Span = tuple[int, int]

_MARK = re.compile(r"\[(/?)E(\d+)\]")
#: Marks that models are trained with: begin and end of the first entity, and of the second.
_FAMILIES = (
    ("[E1]", "[/E1]", "[E2]", "[/E2]"),
    ("<e1>", "</e1>", "<e2>", "</e2>"),
    ("[E1_START]", "[E1_END]", "[E2_START]", "[E2_END]"),
)


@dataclass(frozen=True, slots=True)
class Marked:
    """A text as the tokenizer reads it, and where each of its characters comes from.

    Attributes:
        text: with the markers.
        origin: for each character, its place in the text that was typed; None for the markers.
    """

    text: str
    origin: tuple[int | None, ...]

    def back(self, span: Span) -> Span | None:
        """The place in what was typed; None for a marker."""
        places = [place for place in self.origin[slice(*span)] if place is not None]
        return (places[0], places[-1] + 1) if places else None


def find_entities(text: str, given: Sequence[Span]) -> tuple[Span, Span]:
    """Where the first and the second entity stand in `text`, without the marks around them.

    Raises:
        CyclesimError: there are not two, or the marks or places make no sense.
    """
    marks = list(_MARK.finditer(text))
    if given and marks:
        raise CyclesimError(
            tr("the entities are marked in the text and given with --entity: do one of them.")
        )
    spans = _given(text, given) if given else _marked(text, marks)
    earlier, later = sorted(spans)
    if later[0] < earlier[1]:
        raise CyclesimError(tr("the two entities overlap: mark two different places."))
    for start, end in spans:
        if not text[start:end].strip():
            raise CyclesimError(tr("there is nothing between the marks of an entity."))
    return spans


def markers_of(tokenizer: Any) -> tuple[tuple[str, ...], bool]:
    """The markers to use, and whether each of them is one token of `tokenizer`."""
    unknown = getattr(tokenizer, "unk_token_id", None)
    for family in _FAMILIES:
        ids = [tokenizer.convert_tokens_to_ids(marker) for marker in family]
        if all(i is not None and i != unknown for i in ids):
            return family, True
    return _FAMILIES[0], False


def mark(text: str, spans: tuple[Span, Span], markers: Sequence[str]) -> Marked:
    """`text` with `markers` around both entities, in the place of marks that were typed."""
    edits = [(m.start(), m.end(), markers[_FAMILIES[0].index(m[0])]) for m in _MARK.finditer(text)]
    if not edits:
        (a, b), (c, d) = spans
        edits = [
            (a, a, f"{markers[0]} "), (b, b, f" {markers[1]}"),
            (c, c, f"{markers[2]} "), (d, d, f" {markers[3]}"),
        ]  # fmt: skip
    made, origin, place = "", list[int | None](), 0
    # Where one entity ends and the other begins, the end comes first.
    for start, end, marker in sorted(edits, key=lambda edit: (edit[0], edit[2][0] != " ")):
        made += text[place:start] + marker
        origin += [*range(place, start), *(None for _ in marker)]
        place = end
    return Marked(made + text[place:], (*origin, *range(place, len(text))))


def _given(text: str, given: Sequence[Span]) -> tuple[Span, Span]:
    if len(given) != 2:
        raise CyclesimError(
            tr("a relation is between two entities: give --entity START:END twice.")
        )
    for start, end in given:
        if not 0 <= start < end <= len(text):
            raise CyclesimError(
                tr("the entity {start}:{end} is not in the text, which has {count} characters.")
                .format(start=start, end=end, count=len(text))
            )  # fmt: skip
    return given[0], given[1]


def _marked(text: str, marks: Sequence[re.Match[str]]) -> tuple[Span, Span]:
    places = {m[0]: m for m in marks}
    if not marks:
        raise CyclesimError(
            tr(
                "no entity is marked: write [E1]…[/E1] and [E2]…[/E2] around two of them, or give "
                "--entity START:END twice."
            )
        )
    if len(places) != len(marks) or set(places) != set(_FAMILIES[0]):
        raise CyclesimError(
            tr("the marks do not match: write [E1], [/E1], [E2] and [/E2], each of them once.")
        )
    spans = []
    for number in "12":
        start, end = places[f"[E{number}]"].end(), places[f"[/E{number}]"].start()
        if end < start:
            raise CyclesimError(
                tr("the marks do not match: [/E{number}] comes before [E{number}].").format(
                    number=number
                )
            )
        spans.append((start, end))
    return spans[0], spans[1]
