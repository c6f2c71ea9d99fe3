"""CoNLL-format files: a word and its tag on a line, an empty line between two sentences.

    read_folder("conll2003")          # finds eng.train, eng.testa and eng.testb; or train.txt, …
    read_file("train.txt")            # [(words, tags), …]

The columns are separated by tabs, or else by spaces; the word is the first and the tag the last,
unless `columns` says otherwise. `-DOCSTART-` and comments are no words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cyclesim.errors import CyclesimError
from cyclesim.files import shown
from cyclesim.finetuning.corpus import Corpus, Sample, completed
from cyclesim.finetuning.tags import Scheme, scheme_of, spans_of
from cyclesim.language import tr

__all__ = ["Row", "read_corpus", "read_file"]

_DOCUMENT = "-DOCSTART-"
#: What a file's name must hold to be a part; asked in this order, as "testa" is the dev part.
_NAMES = (
    ("dev", ("testa", "dev", "valid", "val.", "_val", "-val")),
    ("test", ("testb", "test")),
    ("train", ("train",)),
)
_ENDINGS = frozenset(
    ("", ".txt", ".conll", ".iob", ".iob2", ".iobes", ".bio", ".bioes", ".tsv", ".col", ".train",
     ".dev", ".valid", ".test", ".testa", ".testb")
)  # fmt: skip

Columns = tuple[int, int]


class Row(NamedTuple):
    """A word, its tag, and the number of its line."""

    word: str
    tag: str
    line: int


def read_corpus(path: Path, columns: Columns | None = None) -> Corpus:
    """The corpus in a file, or in a folder with a file for each part.

    Args:
        columns: the numbers of the columns of word and tag, counted from 1; the first and the last
            by default.

    Raises:
        CyclesimError: a file or a line is not what it should be; the sentence names it.
    """
    files = _parts(path) if path.is_dir() else {"train": path}
    raw = {part: read_file(file, columns) for part, file in files.items()}
    scheme = _scheme(files, raw)
    parts = {part: [_sample(sentence) for sentence in sentences] for part, sentences in raw.items()}
    return completed(shown(path.name), scheme, parts)


def read_file(path: Path, columns: Columns | None = None) -> list[list[Row]]:
    """The sentences of one file, in order.

    Raises:
        CyclesimError: it cannot be read, or a line is malformed.
    """
    sentences: list[list[Row]] = []
    rows: list[Row] = []
    width = 0
    for number, line in _lines(path):
        fields = _fields(line)
        if not fields or fields[0] == _DOCUMENT or _is_comment(fields, rows, width):
            if rows:
                sentences.append(rows)
            rows = []
            continue
        width = width or _checked_width(path, number, fields, columns)
        if len(fields) != width:
            said = tr("{count} columns, and the lines before it have {width}: one word a line")
            raise _wrong(path, number, said.format(count=len(fields), width=width))
        word, tag = _picked(fields, columns)
        _check_row(path, number, word, tag)
        rows.append(Row(word, tag, number))
    return [*sentences, rows] if rows else sentences


def _parts(folder: Path) -> dict[str, Path]:
    """The file of each part in `folder`, by their names."""
    found: dict[str, Path] = {}
    for file in sorted(folder.iterdir()):
        part = _part_of(file)
        if part is None:
            continue
        if part in found:
            said = tr("{folder} has two files for {part}, {one} and {other}: leave one of them.")
            raise CyclesimError(
                said.format(
                    folder=shown(folder), part=part, one=shown(found[part].name),
                    other=shown(file.name),
                )
            )  # fmt: skip
        found[part] = file
    if "train" not in found:
        said = tr(
            "{folder} has no file to train on: call it train.txt, with dev.txt and test.txt "
            "beside it."
        )
        raise CyclesimError(said.format(folder=shown(folder)))
    return found


def _part_of(file: Path) -> str | None:
    name = file.name.lower()
    if not file.is_file() or file.suffix.lower() not in _ENDINGS or name.startswith("."):
        return None
    return next((part for part, words in _NAMES if any(word in name for word in words)), None)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Each line with its number, from 1."""
    try:
        content = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        said = tr("{file} cannot be read: {why}.")
        raise CyclesimError(said.format(file=shown(path), why=why)) from None
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            yield number, raw.decode("utf-8").rstrip("\r")
        except UnicodeDecodeError:
            raise _wrong(path, number, tr("not text in UTF-8: convert the file first")) from None


def _fields(line: str) -> list[str]:
    if not line.strip():
        return []
    return [field.strip() for field in line.split("\t")] if "\t" in line else line.split()


def _is_comment(fields: list[str], rows: list[Row], width: int) -> bool:
    """`# id 17` before the first word of a sentence; `#London` and its tag are a word."""
    if rows or not fields[0].startswith("#") or len(fields) == width:
        return False
    return len(fields) == 1 or fields[0].startswith("# ") or (fields[0] == "#" and len(fields) > 2)


def _checked_width(path: Path, number: int, fields: list[str], columns: Columns | None) -> int:
    width = len(fields)
    if width < 2:
        raise _wrong(path, number, tr("one column only: a word and its tag belong on every line"))
    if columns is not None and max(columns) > width:
        said = tr("{width} columns, so there is no column {number}")
        raise _wrong(path, number, said.format(width=width, number=max(columns)))
    return width


def _picked(fields: list[str], columns: Columns | None) -> tuple[str, str]:
    if columns is None:
        return fields[0], fields[-1]
    return fields[columns[0] - 1], fields[columns[1] - 1]


def _check_row(path: Path, number: int, word: str, tag: str) -> None:
    if not word:
        raise _wrong(path, number, tr("no word before the tag"))
    if not tag or tag.endswith("-"):
        raise _wrong(path, number, tr("the tag {tag} names no type").format(tag=ascii(tag)))


def _scheme(files: dict[str, Path], raw: dict[str, list[list[Row]]]) -> Scheme:
    """How the tags of all parts are written; a tag at odds with the others is named."""
    rows = [
        (files[part], row)
        for part, sentences in raw.items()
        for sentence in sentences
        for row in sentence
    ]
    try:
        return scheme_of(row.tag for _, row in rows)
    except ValueError as error:
        odd = str(error)
    file, row = next((file, row) for file, row in rows if row.tag == odd)
    said = tr("the tag {tag} is of another scheme than those before it (B-X and I-X, or just X)")
    raise _wrong(file, row.line, said.format(tag=ascii(odd)))


def _sample(rows: list[Row]) -> Sample:
    spans = spans_of([row.tag for row in rows])
    return Sample(tuple(row.word for row in rows), tuple(spans))


def _wrong(path: Path, line: int, why: str) -> CyclesimError:
    said = tr("{file}, line {line}: {why}.")
    return CyclesimError(said.format(file=shown(path), line=line, why=why))
