"""The decoding that the names are scored by."""

from __future__ import annotations

from cyclesim.training.ner.evaluate import decode, score
from cyclesim.training.sentences import Sentence, Span


def test_decoding_takes_the_first_subword_and_merges_neighbours() -> None:
    labels = ["O", "PER", "O", "PER", "O", "LOC", "O"]
    words = [None, 0, 0, 1, 2, 3, None]
    offsets = [(0, 0), (0, 2), (2, 4), (5, 8), (8, 9), (10, 14), (0, 0)]
    assert decode(labels, words, offsets) == [Span(0, 8, "PER"), Span(10, 14, "LOC")]


def test_scores_count_exact_spans() -> None:
    wanted = [Sentence("Ada in London", (Span(0, 3, "PER"), Span(7, 13, "LOC")))]
    found = [[Span(0, 3, "PER"), Span(7, 13, "ORG")]]
    table = score(found, wanted)
    assert table["all"] == {"precision": 50.0, "recall": 50.0, "f1": 50.0, "entities": 2}
    assert table["PER"]["f1"] == 100.0 and table["LOC"]["recall"] == 0.0
