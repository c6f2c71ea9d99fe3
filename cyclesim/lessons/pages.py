"""From a file to its headings and blocks: Markdown around fenced blocks of YAML.

Every text knows the line it stands on, so that whatever is wrong with it later can say where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cyclesim.lessons.errors import LessonError, Place
from cyclesim.lessons.lesson import Prose

__all__ = ["Block", "Page", "Section", "mapping", "plain", "read_page"]

_HEADING = re.compile(r"## +(.*?) *\{#([a-z][a-z0-9-]*)\}\s*")
_FENCE = re.compile(r"```(step|question|exercise)\s*")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its kind and what it says."""

    kind: str
    content: dict[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading.

    Attributes:
        parts: the prose before, between and after the blocks: one more than there are blocks.
    """

    name: str
    title: Prose
    parts: tuple[Prose, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A file: its front matter and its sections."""

    front: dict[str, Any]
    sections: tuple[Section, ...]
    place: Place


def read_page(file: Path) -> Page:
    """Read `file`.

    Raises:
        LessonError: it is not written as a lesson is; the error names the line.
    """
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LessonError(f"{file.parent.name}/{file.name} cannot be read: {why}") from None
    place = Place(file, 1)
    if lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        raise LessonError("a lesson begins with its front matter between two lines ---", place)
    end = next(i for i in range(1, len(lines)) if lines[i].strip() == "---")
    front = _yaml("\n".join(lines[1:end]), Place(file, 2))
    return Page(front, tuple(_sections(lines, end + 1, file)), place)


def _sections(lines: list[str], begin: int, file: Path) -> Iterator[Section]:
    heads = []
    fenced = False
    for i in range(begin, len(lines)):
        fenced ^= lines[i].startswith("```")
        if not fenced and lines[i].startswith("## "):
            heads.append(i)
    if any(lines[i].strip() for i in range(begin, heads[0] if heads else len(lines))):
        raise LessonError("prose stands under a heading: ## Title {#name}", Place(file, begin + 1))
    names: set[str] = set()
    for first, last in zip(heads, [*heads[1:], len(lines)], strict=False):
        match = _HEADING.fullmatch(lines[first])
        if match is None:
            raise LessonError("a heading is written ## Title {#name}", Place(file, first + 1))
        if match[2] in names:
            raise LessonError(f"two headings are called {match[2]!r}", Place(file, first + 1))
        names.add(match[2])
        title = Prose(match[1], Place(file, first + 1))
        yield _section(match[2], title, lines[:last], first + 1, file)


def _section(name: str, title: Prose, lines: list[str], begin: int, file: Path) -> Section:
    blocks: list[Block] = []
    parts: list[Prose] = []
    first = i = begin
    while i < len(lines):
        fence = _FENCE.fullmatch(lines[i])
        if fence is None:
            i += 1
            continue
        end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == "```"), None)
        if end is None:
            raise LessonError("this block is not closed", Place(file, i + 1))
        place = Place(file, i + 2)
        parts.append(_part(lines, first, i, file))
        blocks.append(Block(fence[1], _yaml("\n".join(lines[i + 1 : end]), place), place))
        first = i = end + 1
    parts.append(_part(lines, first, len(lines), file))
    return Section(name, title, tuple(parts), tuple(blocks))


def _part(lines: list[str], first: int, last: int, file: Path) -> Prose:
    while first < last and not lines[first].strip():
        first += 1
    return Prose("\n".join(lines[first:last]).rstrip(), Place(file, first + 1))


# -- YAML -----------------------------------------------------------------------------------------


def _yaml(text: str, place: Place) -> dict[str, Any]:
    """A mapping; every text in it knows its line."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        found = {} if node is None else _constructed(node, place)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        where = Place(place.file, place.line + line)
        raise LessonError(
            f"this is no YAML ({error.problem}); quote what has : or {{{{", where
        ) from None
    if not isinstance(found, dict):
        raise LessonError("here stand lines like name: value", place)
    return found


def _constructed(node: yaml.Node, place: Place) -> Any:
    here = Place(place.file, place.line + node.start_mark.line)
    if isinstance(node, yaml.MappingNode):
        pairs = [(str(k.value), _constructed(v, place)) for k, v in node.value]
        if len(dict(pairs)) < len(pairs):
            raise LessonError("a name stands here twice", here)
        return dict(pairs)
    if isinstance(node, yaml.SequenceNode):
        return [_constructed(item, place) for item in node.value]
    value = yaml.SafeLoader("").construct_object(node)
    return Prose(value, here) if isinstance(value, str) else value


def plain(value: Any) -> Any:
    """`value` without the lines it stood on."""
    if isinstance(value, Prose):
        return value.source
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def mapping(value: Any, place: Place) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LessonError("here stand names with values: {name: value}", place)
    return value
