"""Prose with templates: `{{ expression | form }}` becomes what the run says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.lessons.errors import LessonError, Place
from cyclesim.lessons.expression import evaluate, parse
from cyclesim.lessons.formats import written
from cyclesim.lessons.lesson import Prose

__all__ = ["TEMPLATE", "blanked", "fill", "holds", "templates"]

TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
#: Characters of the widest gap.
WIDEST = 40
_BAR = re.compile(r"\|(?![^\"']*[\"'][^\"']*$)")


def templates(prose: Prose) -> Iterator[tuple[str, str, Place]]:
    """Each expression of `prose` with its form and its line."""
    for match in TEMPLATE.finditer(prose.source):
        yield (*_parts(match[1]), _line(prose, match.start()))


def fill(prose: Prose, scope: Mapping[str, Any], *, gaps: bool = False) -> str:
    """`prose` with what `scope` says in the place of every template.

    Args:
        gaps: leave numbers out, for somebody to write them down; not those that are `given`.

    Raises:
        LessonError: one of them has no value; it names the line.
    """

    def said(match: re.Match[str]) -> str:
        expression, form = _parts(match[1])
        try:
            text = written(evaluate(parse(expression), scope), form, str(scope["language"]))
        except LessonError:
            raise
        except CyclesimError as error:
            raise LessonError(str(error).rstrip("."), _line(prose, match.start())) from None
        return _gapped(text) if gaps and form != "given" else text

    return TEMPLATE.sub(said, prose.source)


def _gapped(text: str) -> str:
    """`text` with a gap in its place if it has numbers; of an equation, behind what is wanted."""
    if not any(character.isdigit() for character in text):
        return text
    wanted, equals, _ = text.partition(" = ")
    if equals:
        return f"{wanted} = {'_' * WIDEST}"
    return "_" * min(max(len(text) + 2, 6), WIDEST)


def holds(prose: Prose, scope: Mapping[str, Any]) -> bool:
    """Whether the expression `prose` is true.

    Raises:
        LessonError: it has no value, or is neither true nor false.
    """
    try:
        value = evaluate(parse(prose.source), scope)
    except LessonError:
        raise
    except CyclesimError as error:
        raise LessonError(str(error).rstrip("."), prose.place) from None
    if not isinstance(value, bool):
        raise LessonError(f"{prose.source!r} is neither true nor false", prose.place)
    return value


def blanked(source: str) -> str:
    """`source` with spaces in the place of its templates: what was written by hand."""
    return TEMPLATE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), source)


def _parts(inside: str) -> tuple[str, str]:
    """The expression and the form after the last bar that is not inside a text."""
    found = _BAR.split(inside.strip())
    if len(found) == 1:
        return found[0].strip(), ""
    return "|".join(found[:-1]).strip(), found[-1].strip()


def _line(prose: Prose, position: int) -> Place:
    return Place(prose.place.file, prose.place.line + prose.source.count("\n", 0, position))
