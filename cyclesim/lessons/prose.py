"""The Markdown of lessons: as HTML for paper and notebooks, as styled words for a terminal.

What a lesson may use: paragraphs, lists, quotes, indented code, tables; `code`, **strong**,
*stressed*. HTML in it is text. Parsed by markdown-it-py, which rich and Textual use as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["Block", "Span", "SpanKind", "blocks", "html", "inline_html", "plain"]

SpanKind = Literal["text", "code", "strong", "stressed"]
BlockKind = Literal["paragraph", "item", "quote", "code", "row"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters that look alike."""

    text: str
    kind: SpanKind = "text"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a line of code, an item of a list, or a row of a table.

    Attributes:
        mark: what stands before an item: a bullet, or its number.
    """

    kind: BlockKind
    spans: tuple[Span, ...]
    mark: str = ""


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def html(source: str) -> str:
    """`source` as HTML; nothing in it is a tag but what Markdown makes."""
    return str(_parser().render(source))


def inline_html(source: str) -> str:
    """One line of `source` as HTML, without a paragraph around it."""
    return str(_parser().renderInline(source))


def plain(source: str) -> str:
    """The words of `source`, without marks."""
    return "\n".join("".join(s.text for s in block.spans) for block in blocks(source))


def blocks(source: str) -> Iterator[Block]:
    """`source` in pieces that a terminal can wrap one by one."""
    marks: list[list[str]] = []
    quotes = row = 0
    mark = ""
    cells: list[Span] = []
    for token in _parser().parse(source):
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            first = int(token.attrGet("start") or 1) if kind.startswith("ordered") else 0
            marks.append([str(first) if kind.startswith("ordered") else ""])
        elif kind in ("bullet_list_close", "ordered_list_close"):
            marks.pop()
        elif kind == "list_item_open":
            number = marks[-1][0]
            mark = f"{number}." if number else "•"
            if number:
                marks[-1][0] = str(int(number) + 1)
        elif kind in ("blockquote_open", "blockquote_close"):
            quotes += 1 if kind.endswith("open") else -1
        elif kind in ("code_block", "fence"):
            for line in token.content.rstrip("\n").split("\n"):
                yield Block("code", (Span(line, "code"),))
        elif kind == "tr_open":
            row, cells = 1, []
        elif kind == "tr_close":
            row = 0
            yield Block("row", tuple(cells))
        elif kind == "inline" and row:
            if cells:
                cells.append(Span("  "))
            cells += _spans(token)
        elif kind == "inline":
            where: BlockKind = "item" if mark else "quote" if quotes else "paragraph"
            yield Block(where, tuple(_spans(token)), mark)
            mark = ""


def _spans(token: Token) -> Iterator[Span]:
    kind: SpanKind = "text"
    for child in token.children or ():
        if child.type in ("strong_open", "em_open"):
            kind = "strong" if child.type == "strong_open" else "stressed"
        elif child.type in ("strong_close", "em_close"):
            kind = "text"
        elif child.type == "code_inline":
            yield Span(child.content, "code")
        elif child.type in ("softbreak", "hardbreak"):
            yield Span("\n" if child.type == "hardbreak" else " ", kind)
        elif child.content:
            yield Span(child.content, kind)
