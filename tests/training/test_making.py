"""Every recipe from end to end, with a few steps of a very small model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cyclesim.training import corpus
from cyclesim.training.__main__ import main
from cyclesim.training.making import load
from cyclesim.training.recipes import RECIPES

CLASSES = {
    "tiny-gpt": "AutoModelForCausalLM",
    "tiny-mlm": "AutoModelForMaskedLM",
    "tiny-sentiment": "AutoModelForSequenceClassification",
    "tiny-t5": "AutoModelForSeq2SeqLM",
    "tiny-ner": "AutoModelForTokenClassification",
}


PROSE = corpus.prose()[::50]  # reading all of it takes longer than the steps
WRITTEN = {held: corpus.sentences(held=held)[:100] for held in (False, True)}


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little prose and few sentences."""
    monkeypatch.setattr(corpus, "prose", lambda: PROSE)
    monkeypatch.setattr(corpus, "sentences", lambda held=False: WRITTEN[held])


@pytest.mark.parametrize("name", RECIPES)
def test_a_quick_run_makes_a_model_that_loads(name: str, tmp_path: Path) -> None:
    main([name, "--quick", "--output", str(tmp_path)])
    made = {path.name for path in tmp_path.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= made
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644
    model, _ = load(tmp_path, CLASSES[name])
    result = json.loads((tmp_path / "scores.json").read_text())
    assert result["scores"] and result["seed"] == RECIPES[name][1].seed
    assert result["parameters"] == sum(p.numel() for p in set(model.parameters()))
    assert f"# {name}" in (tmp_path / "README.md").read_text()


def test_one_seed_one_model(tmp_path: Path) -> None:
    weights = []
    for number, seed in enumerate((7, 7, 8)):
        recipe = replace(RECIPES["tiny-t5"][1], seed=seed)
        (tmp_path / str(number)).mkdir()
        recipe.train(tmp_path / str(number))
        weights.append((tmp_path / str(number) / "model.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


def test_a_quick_run_never_overwrites_a_shipped_model() -> None:
    for name in RECIPES:
        with pytest.raises(SystemExit):
            main([name, "--quick"])
