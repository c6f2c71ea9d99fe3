"""Bring the catalogues up to date with the texts in the sources: `make texts`.

Each `cyclesim/locale/*/LC_MESSAGES/cyclesim.po` gets the texts that are new, without a translation
yet, loses those that are gone, and is compiled into the `.mo` beside it, which is what ships.
Exits with 1, naming them, while there are texts to translate.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted((ROOT / "cyclesim" / "locale").glob("*/LC_MESSAGES/*.po"))

#: `tr` and `N_` take a text and perhaps its context, `trn` one and many (see cyclesim/language.py).
_KEYWORDS = parse_keywords(
    ["tr:1,1t", "tr:1,2c,2t", "N_:1,1t", "N_:1,2c,2t", "trn:1,2"],
)


def extract() -> Catalog:
    """Every text in the sources."""
    found = Catalog(domain="cyclesim")
    for file, _, message, _, context in extract_from_dir(ROOT / "cyclesim", keywords=_KEYWORDS):
        found.add(message, locations=[(f"cyclesim/{Path(file).as_posix()}", 1)], context=context)
    return found


def read(path: Path) -> Catalog:
    """The catalogue in the file `path`."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, domain="cyclesim")


def update(path: Path, texts: Catalog) -> Catalog:
    """Bring the catalogue `path` up to date with `texts`, and compile it."""
    catalogue = read(path)
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_by_file=True, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, read(path))
    return catalogue


def main() -> int:
    """Update every catalogue; say what is left to translate."""
    texts, waiting = extract(), 0
    for path in CATALOGUES:
        for message in update(path, texts):
            if message.id and not message.string:
                print(f"{path.relative_to(ROOT)}: {message.id!r}")
                waiting += 1
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
