"""Reads the frozen words and prose, and splits the written sentences into training and held-out.

Everything here is a plain function of the committed files: no clock, no network, no packages'
own data.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .sentences import Piece, parse

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Words:
    """The frozen word lists: names by kind, people's names by locale, ordinary words by kind."""

    lists: dict[str, list[str]]
    given: dict[str, list[str]]
    family: dict[str, list[str]]
    words: dict[str, list[str]]


@cache
def frozen() -> dict[str, Any]:
    """The content of ``wordlists.json.gz``."""
    loaded: dict[str, Any] = json.loads(gzip.decompress((DATA / "wordlists.json.gz").read_bytes()))
    return loaded


def held_out(text: str, one_in: int) -> bool:
    """A fixed draw by the text itself, so that it does not depend on what stands around it."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big") % one_in == 0


def _split(lists: dict[str, list[str]], keys: tuple[str, ...], held: bool) -> dict[str, list[str]]:
    """The names of one side of the split; lists that are not split serve training only."""
    chosen: dict[str, list[str]] = {}
    for key, names in lists.items():
        if key.startswith(keys):
            side = [name for name in names if held_out(name, 12) == held]
            if side:  # a short list may have nobody held out
                chosen[key] = side
        else:
            chosen[key] = names
    return chosen


def words(*, held: bool = False) -> Words:
    """The lists that training may use, or (``held``) those with names that it never sees.

    One name in twelve is held out of people's given and family names, towns, regions and
    companies; small closed lists (countries, languages, festivals) are the same on both sides.
    """
    data = frozen()
    return Words(
        lists=_split(data["lists"], ("LOC.city", "LOC.region.more", "ORG.company"), held),
        given=_split(data["given"], ("",), held),
        family=_split(data["family"], ("",), held),
        words=data["words"],
    )


def _lines(path: Path) -> list[str]:
    raw = path.read_bytes()
    body = lzma.decompress(raw) if path.suffix == ".xz" else gzip.decompress(raw)
    return body.decode("utf-8").splitlines()


def sentences(*, held: bool = False) -> list[list[Piece]]:
    """The written sentences: nine in ten for training, the tenth (``held``) for test set (a)."""
    lines = _lines(DATA / "sentences.txt.gz")
    return [parse(line) for line in lines if held_out(line, 10) == held]


def prose() -> list[list[Piece]]:
    """WordNet's definitions and examples, marked by distant supervision."""
    return [parse(line) for line in _lines(DATA / "prose.txt.xz")]


def lines(name: str) -> list[str]:
    """The lines of a committed file that is plain text."""
    return (DATA / name).read_text(encoding="utf-8").splitlines()


def vocabulary() -> list[str]:
    """The frozen WordPiece vocabulary; any first part of it is a vocabulary too."""
    return lines("vocabulary.txt")
