"""One vector for each sentence, and the cosine of any two, by hand from the token states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import cyclesim
from cyclesim import CyclesimError
from tests.machine.folders import save, small

from .runs import TOKENIZER, machine_of, run

SENTENCES = ["Ada worked in London.", "Charles Babbage lived in London too.", "The lazy dog"]
POOLINGS = {"mean": "mean_tokens", "cls": "cls_token", "max": "max_tokens"}


def states_of(model: Any, sentences: list[str]) -> tuple[np.ndarray, np.ndarray]:
    batch = TOKENIZER(sentences, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch).last_hidden_state
    return states.double().numpy(), batch["attention_mask"].numpy()


def by_hand(states: np.ndarray, mask: np.ndarray, mode: str) -> np.ndarray:
    rows = [row[kept == 1] for row, kept in zip(states, mask, strict=True)]
    pooled = {"mean": lambda r: r.mean(0), "cls": lambda r: r[0], "max": lambda r: r.max(0)}
    return np.stack([pooled[mode](row) for row in rows])


def folder_of(path: Path, mode: str = "mean", *, normalize: bool = True, **changes: Any) -> Path:
    """As sentence-transformers saves a model."""
    save(path, small("BertModel"), TOKENIZER)
    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalize else [])]
    modules = [
        {"idx": i, "name": str(i), "type": f"sentence_transformers.models.{kind}",
         "path": f"{i}_{kind}" if i else ""}
        for i, kind in enumerate(kinds)
    ]  # fmt: skip
    (path / "modules.json").write_text(json.dumps(changes.get("modules", modules)))
    (path / "1_Pooling").mkdir()
    config = {"word_embedding_dimension": 16}
    config |= {f"pooling_mode_{name}": name == POOLINGS.get(mode, mode)
               for name in {*POOLINGS.values(), mode}}  # fmt: skip
    (path / "1_Pooling" / "config.json").write_text(json.dumps(changes.get("pooling", config)))
    return path


@pytest.mark.parametrize("mode", POOLINGS)
@pytest.mark.parametrize("normalize", [True, False])
def test_equal_to_what_the_folder_says(mode: str, normalize: bool, tmp_path: Path) -> None:
    machine = cyclesim.load(folder_of(tmp_path / "m", mode, normalize=normalize))
    assert machine.task.name == "sentence-similarity"  # the folder says so
    result = run(machine, SENTENCES).result
    vectors = by_hand(*states_of(machine.model, SENTENCES), mode)
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    assert np.allclose(result["embeddings"], unit if normalize else vectors, atol=1e-5)
    assert np.allclose(result["similarities"], unit @ unit.T, atol=1e-5)
    assert result["pooling"] == mode
    assert result["size"] == 16


def test_the_pairs_are_in_order() -> None:
    result = run(machine_of("BertModel", "sentence-similarity"), SENTENCES).result
    scores = [pair["score"] for pair in result["pairs"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    for pair in result["pairs"]:
        assert result["similarities"][pair["first"]][pair["second"]] == pair["score"]


def test_a_pair_is_two_sentences() -> None:
    machine = machine_of("BertModel", "sentence-similarity")
    pair, both = (run(machine, given) for given in (tuple(SENTENCES[:2]), SENTENCES[:2]))
    assert pair.result == both.result
    assert [row.text for row in pair.header.sequences] == SENTENCES[:2]
    assert pair.sequence(1).header.text == SENTENCES[1]


def test_one_sentence_has_a_vector_and_no_pair() -> None:
    trace = run(machine_of("BertModel", "sentence-similarity"), SENTENCES[0])
    assert trace.result["pairs"] == []
    assert len(trace.result["embeddings"][0]) == 16
    assert trace[-1].step == "normalize"


def test_padding_does_not_count() -> None:
    machine = machine_of("BertModel", "sentence-similarity")
    alone = run(machine, SENTENCES[2]).result["embeddings"][0]
    beside = run(machine, SENTENCES).result["embeddings"][2]
    assert np.allclose(alone, beside, atol=1e-5)


def test_a_model_without_a_pooler_needs_none(tmp_path: Path) -> None:
    """A checkpoint of a language model has no pooler, and token states do not go through one."""
    folder = save(tmp_path / "m", small("BertForMaskedLM"), TOKENIZER)
    machine = cyclesim.load(folder, task="sentence-similarity")
    assert machine.model.pooler is None
    assert run(machine, SENTENCES).result["pairs"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"modules": [{"type": "sentence_transformers.models.Dense"}]}, "a module Dense between"),
        ({"modules": {"type": "x"}}, "modules.json is broken"),
        ({"modules": [3]}, r"a module \? between"),
        ({"modules": [{"type": "m.Pooling", "path": "../../etc"}]}, "a module outside of it"),
        ({"modules": [{"type": "m.Pooling", "path": "/etc"}]}, "a module outside of it"),
        ({"modules": [{"type": "m.Pooling", "path": "2_Nothing"}]}, "config.json is broken"),
        ({"mode": "weightedmean_tokens"}, "weightedmean_tokens .* cannot be shown: only mean"),
        (
            {"pooling": {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}},
            r"the pooling cls \+ mean .* cannot be shown",
        ),
    ],
)
def test_a_folder_that_makes_no_sense(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    mode = changes.pop("mode", "mean")
    with pytest.raises(CyclesimError, match=said):
        cyclesim.load(folder_of(tmp_path / "m", mode, **changes))


def test_a_newer_folder_names_the_pooling_in_a_word(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "m", pooling={"pooling_mode": "cls"})
    assert cyclesim.load(folder).task.pooling.mode == "cls"


def test_features_of_every_token() -> None:
    machine = machine_of("BertModel")
    assert machine.task.name == "feature-extraction"
    result = run(machine, SENTENCES[0]).result
    states, _ = states_of(machine.model, SENTENCES[:1])
    norms = [token["norm"] for token in result["features"]]
    assert np.allclose(norms, np.linalg.norm(states[0, 1:-1], axis=-1), atol=1e-5)
    assert result["size"] == 16
