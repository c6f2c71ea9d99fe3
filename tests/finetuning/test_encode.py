"""Labels stand at the first subword of their word, whatever the tokenizer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclesim.finetuning.corpus import Sample
from cyclesim.finetuning.encode import IGNORED, Coder
from cyclesim.finetuning.tags import Span, labels_of
from tests.machine.folders import byte_bpe, unigram, wordpiece

LABELS = labels_of(("PER", "LOC"), "iob2")
MAKERS: tuple[Callable[[], Any], ...] = (wordpiece, byte_bpe, unigram)
TOKENIZERS = {make.__name__: make() for make in MAKERS}
SAMPLE = Sample(
    ("Ada", "Lovelace", "worked", "in", "Zürich", "."), (Span(0, 2, "PER"), Span(4, 5, "LOC"))
)


@pytest.fixture(params=list(TOKENIZERS))
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return TOKENIZERS[request.param]


def test_first_subwords_carry_the_labels(tokenizer: Any) -> None:
    coder = Coder(tokenizer, LABELS, "iob2")
    (example,) = coder.encode([SAMPLE])
    assert None not in example.first
    assert example.first == sorted(set(example.first))
    labelled = [LABELS[i] for i in example.labels if i != IGNORED]
    assert labelled == ["B-PER", "I-PER", "O", "O", "B-LOC", "O"]
    assert [i for i, label in enumerate(example.labels) if label != IGNORED] == example.first
    text = tokenizer.decode(example.inputs["input_ids"][example.first[4] : example.first[5]])
    assert re.sub(r"[# ]", "", text.lower()).replace("ü", "u") == "zurich"


def test_all_subwords(tokenizer: Any) -> None:
    coder = Coder(tokenizer, LABELS, "iob2", all_subwords=True)
    (example,) = coder.encode([SAMPLE])
    names = [LABELS[i] for i in example.labels if i != IGNORED]
    assert names.count("B-PER") == names.count("B-LOC") == 1
    rest = tokenizer.convert_ids_to_tokens(
        example.inputs["input_ids"][example.first[4] + 1 : example.first[5]]
    )
    assert names.count("I-LOC") == sum(token not in ("Ġ", "▁") for token in rest)


def test_long_sentences_are_cut_and_that_is_said(tokenizer: Any) -> None:
    coder = Coder(tokenizer, LABELS, "iob2", limit=8)
    samples = [SAMPLE, Sample(("Ada",))]
    examples = coder.encode(samples)
    assert len(examples[0]) == 8 and examples[0].first[-1] is None
    assert "1 sentence of dev is longer than 8 tokens" in coder.notes("dev", samples, examples)[0]


def test_words_that_are_nothing_to_the_tokenizer() -> None:
    coder = Coder(wordpiece(), LABELS, "iob2")
    sample = Sample(("Ada", "\u200b", "London"), (Span(2, 3, "LOC"),))
    (example,) = coder.encode([sample])
    assert example.first[1] is None and None not in (example.first[0], example.first[2])
    assert "1 word of train is nothing" in coder.notes("train", [sample], [example])[0]


def test_unknown_tokens_are_said() -> None:
    coder = Coder(wordpiece(), LABELS, "iob2")
    sample = Sample(("ⴰⵣⵓⵍ", "ⴰⵣⵓⵍ"))
    assert "unknown to the tokenizer" in coder.notes("train", [sample], coder.encode([sample]))[0]


def test_batches_are_padded_on_the_side_of_the_tokenizer() -> None:
    tokenizer = wordpiece()
    coder = Coder(tokenizer, LABELS, "iob2")
    examples = coder.encode([SAMPLE, Sample(("Ada",))])
    right = coder.batch(examples)
    tokenizer.padding_side = "left"
    left = coder.batch(examples)
    size = len(examples[1])
    assert right.inputs["attention_mask"][1].tolist()[:size] == [1] * size
    assert left.inputs["attention_mask"][1].tolist()[-size:] == [1] * size
    assert right.labels[1].tolist()[size:] == left.labels[1].tolist()[:-size]
    assert set(right.labels[1].tolist()[size:]) == {IGNORED}


@settings(max_examples=60)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Zs", "Cs", "Cc"]), min_size=1), min_size=1),
    st.sampled_from(sorted(TOKENIZERS)),
)
def test_any_words(words: list[str], name: str) -> None:
    coder = Coder(TOKENIZERS[name], LABELS, "iob2")
    (example,) = coder.encode([Sample(tuple(words), (Span(0, 1, "PER"),))])
    assert len(example.first) == len(words)
    places = [place for place in example.first if place is not None]
    assert places == sorted(set(places))
    assert all(example.labels[place] != IGNORED for place in places)
    assert len({len(row) for row in (*example.inputs.values(), example.labels)}) == 1
