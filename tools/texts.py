"""Bring the catalogues up to date with the texts in the sources: `make texts`.

Each `cyclesim/locale/*/LC_MESSAGES/cyclesim.po` gets the texts that are new, without a translation
yet, loses those that are gone, and is compiled into the `.mo` beside it, which is what ships.
Exits with 1, naming them, while there are texts to translate.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from cyclesim.cli import command_tree
from cyclesim.cli.helping import texts_of

ROOT = Path(__file__).parents[1]
CATALOGUES = sorted((ROOT / "cyclesim" / "locale").glob("*/LC_MESSAGES/*.po"))


def extract() -> Catalog:
    """Every text in the sources, and in the help of the command line."""
    found = Catalog(domain="cyclesim")
    for path in sorted((ROOT / "cyclesim").rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        for message, context in texts_in(path.read_text(encoding="utf-8"), place):
            found.add(message, locations=[(place, 1)], context=context)
    for text in texts_of(command_tree()):
        found.add(text, locations=[("cyclesim/helping.py", 1)])
    return found


def texts_in(source: str, place: str) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """The texts marked in one file, in order, each with its context or None.

    Babel's own extraction does not look into f-strings, where a `tr` may stand.

    Raises:
        ValueError: an f-string is marked, which no catalogue can hold.
    """
    calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call)]
    for call in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name not in ("tr", "trn", "N_"):
            continue
        if any(isinstance(a, ast.JoinedStr) for a in call.args):
            raise ValueError(f"{place}, line {call.lineno}: {name}() marks an f-string")
        texts = [a.value for a in call.args if isinstance(a, ast.Constant)]
        if name == "trn" and len(texts) >= 2:
            yield (texts[0], texts[1]), None
        elif name != "trn" and call.args and isinstance(call.args[0], ast.Constant):
            yield texts[0], texts[1] if len(texts) > 1 else None


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
