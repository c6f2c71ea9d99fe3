"""The shipped model is the scored one, and its card tells the truth."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from cyclesim.training import recipe
from cyclesim.training.evaluate import predict

HERE = Path(__file__).parent
ASSET = HERE.parents[1] / "cyclesim" / "assets" / "tiny-ner"
NATURAL = {"dev": HERE / "natural_dev.txt", "natural": HERE / "natural_test.txt"}


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ASSET / "scores.json").read_text(encoding="utf-8"))
    return loaded


def test_the_weights_are_the_scored_ones(said: dict[str, Any]) -> None:
    path = ASSET / "model.safetensors"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == said["model_sha256"]
    assert path.stat().st_mode & 0o044 == 0o044, "others must be able to read the weights"
    assert sum(file.stat().st_size for file in ASSET.iterdir()) < 8_000_000


def test_the_scores_are_those_of_the_card(said: dict[str, Any]) -> None:
    again = recipe.scores(ASSET, NATURAL)["scores"]
    assert set(again) == {"held_out", "dev", "natural"}
    for name, table in again.items():
        for label, line in table.items():
            assert line == pytest.approx(said["scores"][name][label], abs=0.01), (name, label)
    card = (ASSET / "README.md").read_text(encoding="utf-8")
    for table in said["scores"].values():
        assert f"| {table['all']['f1']:.1f} |" in card


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
def test_well_known_sentences(text: str, wanted: list[tuple[str, str]]) -> None:
    model, tokenizer = recipe.load(ASSET)
    found = predict(model, tokenizer, [text])[0]
    assert [(text[s.start : s.end], s.label) for s in found] == wanted
