"""JSON as strict as it can be had."""

from __future__ import annotations

import json
from typing import Any

from cyclesim.language import tr
from cyclesim.trace.file.limits import MAX_PARTS, Wrong, beyond, quoted

__all__ = ["parse"]


def parse(text: str) -> Any:
    """The value that `text` says: no duplicate keys, no NaN, no endless numbers or nesting.

    Raises:
        Wrong: `text` is not such JSON.
    """
    parts = sum(text.count(mark) for mark in ",[{")
    if parts > MAX_PARTS:
        raise Wrong(beyond(tr("{count:,} elements; the limit is {limit:,}"), parts, MAX_PARTS))
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_short_integer,
        )
    except RecursionError:
        raise Wrong(tr("lists are nested too deeply")) from None
    except json.JSONDecodeError as error:
        said = tr("not JSON: {why} at character {place:,}")
        raise Wrong(said.format(why=error.msg, place=error.pos)) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        raise Wrong(tr("the key {key} is there twice").format(key=quoted(twice)))
    return made


def _no_constant(word: str) -> Any:
    raise Wrong(tr("{word} is not JSON").format(word=word))


def _short_integer(digits: str) -> int:
    if len(digits) > 20:
        raise Wrong(tr("a number of {count:,} digits").format(count=len(digits)))
    return int(digits)
