"""Data sets that the `datasets` package saved on disk (`save_to_disk`), with words and their tags.

No loading script is run and nothing is downloaded: a folder of Arrow tables is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.export.extras import need
from cyclesim.files import shown
from cyclesim.finetuning.corpus import Corpus, Sample, completed
from cyclesim.finetuning.tags import scheme_of, spans_of
from cyclesim.language import tr

__all__ = ["is_saved", "read_saved"]

_MARKS = ("dataset_dict.json", "state.json")
_PARTS = {"train": "train", "validation": "dev", "dev": "dev", "valid": "dev", "test": "test"}
_WORDS = ("tokens", "words")
_TAGS = ("ner_tags", "tags", "labels", "ner")

Columns = tuple[str, str]


def is_saved(folder: Path) -> bool:
    """Whether `datasets` wrote this folder."""
    return any((folder / name).is_file() for name in _MARKS)


def read_saved(folder: Path, columns: Columns | None = None) -> Corpus:
    """The corpus in a folder that `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote.

    Args:
        columns: the names of the columns of words and tags; found by their usual names otherwise.

    Raises:
        CyclesimError: `datasets` is not installed, or the folder holds no words with tags.
    """
    tables = _tables(folder)
    raw = {
        part: _rows(folder, table, columns or _columns(folder, table))
        for part, table in tables.items()
    }
    try:
        scheme = scheme_of(tag for rows in raw.values() for _, tags in rows for tag in tags)
    except ValueError as error:
        said = tr("{folder}: some tags are like B-X and some have no letter, such as {tag}.")
        raise CyclesimError(said.format(folder=shown(folder), tag=ascii(str(error)))) from None
    parts = {
        part: [Sample(tuple(words), tuple(spans_of(tags))) for words, tags in rows]
        for part, rows in raw.items()
    }
    return completed(shown(folder.name), scheme, parts)


def _tables(folder: Path) -> dict[str, Any]:
    """The table of each part."""
    datasets = need("datasets", "datasets")
    try:
        loaded = datasets.load_from_disk(str(folder))
    except Exception as error:  # a broken file shows in many ways
        why = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        said = tr("{folder} cannot be read by the datasets package: {why}.")
        raise CyclesimError(said.format(folder=shown(folder), why=why)) from None
    if not isinstance(loaded, Mapping):
        return {"train": loaded}
    found = {_PARTS[name]: table for name, table in loaded.items() if name in _PARTS}
    if "train" not in found:
        said = tr("{folder} has no part named train; its parts are {names}.")
        names = ", ".join(loaded) or "–"
        raise CyclesimError(said.format(folder=shown(folder), names=names))
    return found


def _columns(folder: Path, table: Any) -> Columns:
    names = table.column_names
    words = next((name for name in _WORDS if name in names), None)
    tags = next((name for name in _TAGS if name in names), None)
    if words is None or tags is None:
        said = tr(
            "{folder} has the columns {names}: say which hold the words and their tags, "
            "--columns WORDS,TAGS."
        )
        raise CyclesimError(said.format(folder=shown(folder), names=", ".join(names)))
    return words, tags


def _rows(folder: Path, table: Any, columns: Columns) -> list[tuple[list[str], list[str]]]:
    """Words and tags of each sentence; numbered tags are given their names."""
    for name in columns:
        if name not in table.column_names:
            said = tr("{folder} has no column {name}; it has {names}.")
            there = ", ".join(table.column_names)
            raise CyclesimError(said.format(folder=shown(folder), name=name, names=there))
    feature = getattr(table.features[columns[1]], "feature", None)
    names = getattr(feature, "names", None)
    rows = []
    for number, (words, tags) in enumerate(
        zip(table[columns[0]], table[columns[1]], strict=True), start=1
    ):
        good = isinstance(words, list) and isinstance(tags, list) and len(words) == len(tags)
        if good and names is not None:
            good = all(isinstance(tag, int) and 0 <= tag < len(names) for tag in tags)
            tags = [names[tag] for tag in tags] if good else tags
        if not good or not all(isinstance(x, str) for x in (*words, *tags)):
            said = tr("{folder}, sentence {number}: not a list of words and one tag for each.")
            raise CyclesimError(said.format(folder=shown(folder), number=number))
        rows.append((words, tags))
    return rows
