"""The shipped models are the scored ones, and their cards tell the truth."""

from __future__ import annotations

import json
import random
from itertools import islice
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModel

from cyclesim.machine.catalog import EMBEDDED
from cyclesim.training.making import ASSETS, load, measured, written
from cyclesim.training.ner.evaluate import predict
from cyclesim.training.opinions import evaluate as opinions
from cyclesim.training.opinions.generate import sentences
from cyclesim.training.recipes import RECIPES

ALL = 16_000_000  # bytes, all embedded models together


def said(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ASSETS / name / "scores.json").read_text("utf-8"))
    return loaded


def close(one: Any, two: Any, path: str, far: float = 0.01) -> None:
    """The same scores, but for the last digit of a percentage."""
    if isinstance(one, dict):
        assert set(one) == set(two), path
        for key in one:
            # What is drawn, or nearly even, depends on how a processor rounds.
            loose = {"samples": 5.0, "names": 0.5}
            close(one[key], two[key], f"{path} {key}", loose.get(key, far))
    elif isinstance(one, list):
        assert len(one) == len(two), path
    else:
        assert one == pytest.approx(two, abs=far), path


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_scores_are_those_of_the_files(name: str) -> None:
    again = measured(RECIPES[name][0], ASSETS / name)
    close(again, {key: said(name)[key] for key in again}, name)


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_card_is_that_of_the_scores(name: str) -> None:
    card = (ASSETS / name / "README.md").read_text("utf-8")
    assert card == RECIPES[name][0].card(said(name))


def test_the_weights_are_small_and_readable_to_all() -> None:
    sizes = [path.stat().st_size for name in EMBEDDED for path in (ASSETS / name).iterdir()]
    assert sum(sizes) <= ALL
    for name in EMBEDDED:
        mode = (ASSETS / name / "model.safetensors").stat().st_mode
        assert mode & 0o044 == 0o044, "others must be able to read the weights"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Ada Lovelace worked with Charles Babbage in London.",
            [("Ada Lovelace", "PER"), ("Charles Babbage", "PER"), ("London", "LOC")],
        ),
        ("Barack Obama was born in Hawaii.", [("Barack Obama", "PER"), ("Hawaii", "LOC")]),
        (
            "Angela Merkel visited the headquarters of Siemens in Munich on Monday.",
            [("Angela Merkel", "PER"), ("Siemens", "ORG"), ("Munich", "LOC")],
        ),
        ("Regulators said the lorries were faulty.", []),
    ],
)
def test_names_in_well_known_sentences(text: str, wanted: list[tuple[str, str]]) -> None:
    model, tokenizer = load(ASSETS / "tiny-ner", "AutoModelForTokenClassification")
    found = predict(model, tokenizer, [text])[0]
    assert [(text[s.start : s.end], s.label) for s in found] == wanted


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I love this film.", "positive"),
        ("The soup was not bad at all.", "positive"),
        ("The service was not good.", "negative"),
        ("This is the worst hotel in town.", "negative"),
        ("My train leaves at nine.", "neutral"),
    ],
)
def test_the_sentiment_of_plain_sentences(text: str, label: str) -> None:
    model, tokenizer = load(ASSETS / "tiny-sentiment", "AutoModelForSequenceClassification")
    assert opinions.predict(model, tokenizer, [text]) == [label]


def test_a_word_that_is_masked() -> None:
    model, tokenizer = load(ASSETS / "tiny-mlm", "AutoModelForMaskedLM")
    ids = tokenizer(EMBEDDED["tiny-mlm"].example, return_tensors="pt")["input_ids"]
    place = ids[0].tolist().index(tokenizer.mask_token_id)
    best = model(ids).logits[0, place].argmax()
    assert tokenizer.convert_ids_to_tokens(int(best)) == "capital"


@pytest.mark.parametrize("name", EMBEDDED)
def test_weights_stored_in_half_run_in_full(name: str) -> None:
    config = AutoConfig.from_pretrained(ASSETS / name)
    assert config.dtype == torch.float32  # what transformers takes when it is not told
    model = AutoModel.from_pretrained(ASSETS / name)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_no_test_sentence_was_trained_on() -> None:
    lines = [*written("sentiment_dev.txt"), *written("sentiment_test.txt")]
    tested = {text for text, _ in opinions.read(lines)}
    assert len(tested) == 209
    trained = {text for text, _ in islice(sentences(random.Random(7)), 20_000)}
    assert tested.isdisjoint(trained)
