"""From a label for each token to entities with their places in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.machine import drive
from cyclesim.machine.inputs import preprocess
from cyclesim.machine.tasks import merge_entities, task_for
from cyclesim.machine.tasks.token_classification import TokenClassification
from cyclesim.trace import TokenSequence

from .folders import LABELS, bert, byte_bpe, unigram, wordpiece
from .test_inputs import CPU


def entities(text: str, *labelled: tuple[str, str]) -> list[tuple[str, str]]:
    """Merge words given one by one, each a token: `("Ada", "PER")`."""
    spans, labels, at = [], [], 0
    for word, label in labelled:
        at = text.index(word, at)
        spans.append((at, at + len(word)))
        labels.append(label)
        at += len(word)
    sequence = TokenSequence(
        (("text", text),), offsets=tuple(spans), words=tuple(range(len(spans)))
    )
    found = merge_entities(sequence, labels, [0.5] * len(labels))
    for entity in found:
        assert entity["text"] == text[entity["start"] : entity["end"]]
    return [(e["text"], e["label"]) for e in found]


def test_words_in_a_row_are_one() -> None:
    text = "Ada Lovelace met Babbage"
    labelled = [("Ada", "PER"), ("Lovelace", "PER"), ("met", "O"), ("Babbage", "PER")]
    assert entities(text, *labelled) == [("Ada Lovelace", "PER"), ("Babbage", "PER")]


def test_another_label_begins_another() -> None:
    assert entities("Ada London", ("Ada", "PER"), ("London", "LOC")) == [
        ("Ada", "PER"),
        ("London", "LOC"),
    ]


def test_b_begins_another_of_the_same_kind() -> None:
    text = "Ada Charles Babbage"
    labelled = [("Ada", "B-PER"), ("Charles", "B-PER"), ("Babbage", "I-PER")]
    assert entities(text, *labelled) == [("Ada", "PER"), ("Charles Babbage", "PER")]


@pytest.mark.parametrize("label", ["I-PER", "B-PER", "PER"])
def test_an_entity_may_begin_with_any_prefix(label: str) -> None:
    assert entities("Ada", ("Ada", label)) == [("Ada", "PER")]


def test_a_hyphen_in_a_label_is_no_prefix() -> None:
    assert entities("Ada", ("Ada", "NON-PERSON")) == [("Ada", "NON-PERSON")]


def test_combining_marks_and_emoji_stay_with_their_word() -> None:
    text = "👩‍💻 Zu\u0308rich 🇨🇭"
    assert entities(text, ("👩‍💻", "O"), ("Zu\u0308rich", "LOC"), ("🇨🇭", "LOC")) == [
        ("Zu\u0308rich 🇨🇭", "LOC")
    ]


def test_a_word_has_the_label_of_its_first_token() -> None:
    encoding = TokenSequence(
        (("text", "Babbage's London"),),
        offsets=(None, (0, 3), (3, 8), (8, 9), (10, 13), (13, 16), None),
        words=(None, 0, 0, 1, 2, 2, None),
    )
    labels = ("PER", "PER", "O", "O", "O", "LOC", "LOC")
    scores = [0.9, 0.8, 0.1, 0.2, 0.3, 0.4, 0.9]
    assert merge_entities(encoding, labels, scores) == [
        {"text": "Babbage'", "label": "PER", "start": 0, "end": 8, "score": 0.8}
    ]


def test_a_special_token_ends_an_entity() -> None:
    texts, words = (("text", "Ada Ada"),), (0, None, 0)
    encoding = TokenSequence(texts, offsets=((0, 3), None, (4, 7)), words=words)
    assert [e["text"] for e in merge_entities(encoding, ("PER",) * 3, [1.0] * 3)] == ["Ada", "Ada"]


@pytest.mark.parametrize("make", [wordpiece, byte_bpe, unigram])
@pytest.mark.parametrize(
    "text",
    [" Ada  Lovelace", "Zu\u0308rich\u2003東京", "👩‍💻👍🏽 naïve", "e\u0301e\u0301e\u0301 آدا"],
)
def test_everything_one_entity(make: object, text: str) -> None:
    """The span runs from the first to the last character that is not a space."""
    (encoding,) = drive(preprocess(text, make(), CPU)).sequences  # type: ignore[operator]
    count = len(encoding.tokens)
    (entity,) = merge_entities(encoding, ["PER"] * count, [1.0] * count)
    assert entity["text"] == text.strip() == text[entity["start"] : entity["end"]]


def test_an_accent_that_the_tokenizer_drops_stays_in_the_entity() -> None:
    (encoding,) = drive(preprocess("Rene\u0301 Descartes", wordpiece(), CPU)).sequences
    word = [0 if w == 0 else 1 for w in encoding.words]
    (entity,) = merge_entities(
        encoding, ["PER" if w == 0 else "O" for w in word], [1.0] * len(word)
    )
    assert (entity["text"], entity["end"]) == ("Rene\u0301", 5)


@given(st.data(), st.text(min_size=1, max_size=40).filter(str.strip))
def test_entities_never_overlap_and_never_leave_the_text(data: st.DataObject, text: str) -> None:
    (encoding,) = drive(preprocess("Ada " + text, TOKENIZER, CPU)).sequences
    count = len(encoding.tokens)
    kinds = st.sampled_from(["O", "PER", "B-LOC", "I-LOC"])
    labels = data.draw(st.lists(kinds, min_size=count, max_size=count))
    end = 0
    for entity in merge_entities(encoding, labels, [0.25] * count):
        assert end <= entity["start"] <= entity["end"] <= len(text) + 4
        assert entity["score"] == 0.25
        end = entity["end"]


TOKENIZER = byte_bpe()


def test_the_task_is_read_from_the_model() -> None:
    task = task_for(bert())
    assert isinstance(task, TokenClassification)
    assert task.labels == LABELS
    assert task.label(9) == "LABEL_9"
