"""The whole recipe, with a few steps of a very small model, and the decoding it is scored by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cyclesim.training import corpus, recipe
from cyclesim.training.__main__ import main
from cyclesim.training.evaluate import decode, score
from cyclesim.training.sentences import Sentence, Span


def test_quick_run_makes_a_model_that_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prose = corpus.prose()[::50]  # reading all of it takes longer than the steps
    monkeypatch.setattr(corpus, "prose", lambda: prose)
    few = recipe.held_out_test()[:30]
    monkeypatch.setattr(recipe, "held_out_test", lambda: few)
    main(["--quick", "--output", str(tmp_path)])
    made = {path.name for path in tmp_path.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= made
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644
    model, tokenizer = recipe.load(tmp_path)
    encoded = tokenizer("Ada met Charles.", return_tensors="pt")
    assert model(**encoded).logits.shape[-1] == 5
    assert "all" in json.loads((tmp_path / "scores.json").read_text())["scores"]["held_out"]


def test_quick_run_never_overwrites_the_shipped_model() -> None:
    with pytest.raises(SystemExit):
        main(["--quick"])


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
