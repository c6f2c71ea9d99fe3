"""CoNLL files: what is read, and the line that an error names."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclesim.errors import CyclesimError
from cyclesim.finetuning.conll import read_corpus, read_file
from cyclesim.finetuning.tags import Span

from .corpora import conll, write


def test_columns_comments_and_documents(tmp_path: Path) -> None:
    file = tmp_path / "train.txt"
    file.write_bytes(
        b"\xef\xbb\xbf-DOCSTART- -X- -X- O\r\n\r\n# id 17\r\nAda NNP B-NP B-PER\r\n"
        b"#1 CD I-NP O\r\n\r\n\r\nLondon NNP B-NP B-LOC"
    )
    (one, two) = read_file(file)
    assert [(r.word, r.tag, r.line) for r in one] == [("Ada", "B-PER", 4), ("#1", "O", 5)]
    assert two[0].word == "London"
    assert [r.tag for r in read_file(file, (1, 2))[0]] == ["NNP", "CD"]


def test_tabs_keep_spaces(tmp_path: Path) -> None:
    file = tmp_path / "f.tsv"
    file.write_text("New York\tLOC\n#London\tLOC\n")
    assert [r.word for r in read_file(file)[0]] == ["New York", "#London"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Ada B-PER\nin O O\n", "f.txt, line 2: 3 columns"),
        (b"\n\nAda\n", "line 3: one column only"),
        (b"Ada B-PER\nin\n", "line 2: 1 columns"),
        (b"Ada B-PER\n\xff\xfe O\n", "line 2: not text in UTF-8"),
        (b"Ada\tB-PER\n\tO\n", "line 2: no word before the tag"),
        (b"Ada B-\n", "line 1: the tag 'B-' names no type"),
        (b"Ada B-PER\nin O\nLondon LOC\n", "line 3: the tag 'LOC' is of another scheme"),
        (b"Ada B-PER\n\nin O\n", "too few sentences"),
        (b"Ada O\n" * 3 + b"\nin O\n" * 20, "every word has the label O"),
        (b"\n\n-DOCSTART- O\n", "no sentence to train on"),
        (b"", "no sentence to train on"),
    ],
)
def test_malformed_files(content: bytes, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "f.txt"
    file.write_bytes(content)
    with pytest.raises(CyclesimError) as said:
        read_corpus(file)
    assert sentence in str(said.value)
    assert str(said.value).endswith(".") and "\n" not in str(said.value)


def test_a_folder_of_the_shared_task(tmp_path: Path) -> None:
    for name, seed in (("eng.train", 0), ("eng.testa", 1), ("eng.testb", 2)):
        (tmp_path / name).write_text(conll(5 + seed, seed), encoding="utf-8")
    (tmp_path / "README.md").write_text("training and test data")
    corpus = read_corpus(tmp_path)
    assert [len(corpus.part(p)) for p in ("train", "dev", "test")] == [5, 6, 7]
    assert corpus.types == ("LOC", "PER")
    assert corpus.notes == ()


def test_two_files_for_one_part(tmp_path: Path) -> None:
    folder = write(tmp_path / "data")
    (folder / "valid.txt").write_text(conll(3), encoding="utf-8")
    with pytest.raises(CyclesimError, match="two files for dev"):
        read_corpus(folder)


def test_a_folder_without_training_data(tmp_path: Path) -> None:
    with pytest.raises(CyclesimError, match=r"call it train\.txt"):
        read_corpus(tmp_path)


def test_missing_parts_are_taken_out_of_train_and_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "all.conll"
    file.write_text(conll(40), encoding="utf-8")
    corpus = read_corpus(file)
    assert [len(corpus.part(p)) for p in ("train", "dev", "test")] == [32, 4, 4]
    assert len(corpus.notes) == 2 and "no dev part" in corpus.notes[0]
    whole = [tuple(r.word for r in s) for s in read_file(file)]
    parts = [s.words for p in ("train", "dev", "test") for s in corpus.part(p)]
    assert sorted(parts) == sorted(whole)


def test_types_that_training_never_sees_are_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "data")
    (folder / "dev.txt").write_text("Ada B-PER\nCafé B-ORG\n", encoding="utf-8")
    corpus = read_corpus(folder)
    assert corpus.types == ("LOC", "ORG", "PER")
    assert any("ORG: in dev and not in train" in note for note in corpus.notes)


def test_iobes_becomes_iob2(tmp_path: Path) -> None:
    file = tmp_path / "f.txt"
    file.write_text("Ada B-PER\nLovelace E-PER\nin O\nLondon S-LOC\n\n" * 30)
    corpus = read_corpus(file)
    assert corpus.scheme == "iob2"
    assert corpus.train[0].spans == (Span(0, 2, "PER"), Span(3, 4, "LOC"))
