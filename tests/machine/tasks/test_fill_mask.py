"""Candidates for each mask, as the pipeline of transformers gives them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import pipeline

import cyclesim
from cyclesim import CyclesimError
from tests.machine.folders import byte_bpe, small

from .runs import TOKENIZER, machine_of, run

ARCHITECTURE = "BertForMaskedLM"


@pytest.mark.parametrize("text", ["Ada [MASK] in London.", "The [MASK] brown fox [MASK] over."])
def test_equal_to_the_pipeline(text: str) -> None:
    trace = run(machine_of(ARCHITECTURE), text)
    piped: Any = pipeline("fill-mask", model=small(ARCHITECTURE), tokenizer=TOKENIZER)(text)
    expected = piped if isinstance(piped[0], list) else [piped]
    masks = trace.result["masks"]
    assert len(masks) == len(expected)
    for mask, rows in zip(masks, expected, strict=True):
        named = {c["token"]: c["score"] for c in mask["candidates"]}
        known = [TOKENIZER.convert_ids_to_tokens(row["token"]) for row in rows]
        assert named == pytest.approx(
            dict(zip(known, (row["score"] for row in rows), strict=True)), abs=1e-6
        )
        assert text[mask["start"] : mask["end"]] == "[MASK]"
        assert trace.header.tokens[mask["position"]] == "[MASK]"


def test_the_text_is_filled_with_the_best() -> None:
    machine = machine_of(ARCHITECTURE)
    head = machine.model.cls.predictions
    word = TOKENIZER.convert_tokens_to_ids("ada")
    with torch.no_grad():
        head.bias[word] = 50.0
    result = run(machine, "Here is [MASK], and [MASK].").result
    assert result["text"] == "Here is ada, and ada."
    assert [c["token"] for m in result["masks"] for c in m["candidates"][:1]] == ["ada", "ada"]


def test_a_piece_belongs_to_the_word_before_it() -> None:
    machine = machine_of(ARCHITECTURE)
    # Which pieces there are, the trainer of the vocabulary decides anew each time.
    piece = next(p for p in sorted(TOKENIZER.get_vocab()) if p.startswith("##"))
    with torch.no_grad():
        machine.model.cls.predictions.bias[TOKENIZER.convert_tokens_to_ids(piece)] = 50.0
    assert run(machine, "Ada work [MASK] on").result["text"] == f"Ada work{piece[2:]} on"


def test_every_text_of_a_batch_has_its_masks() -> None:
    trace = run(machine_of(ARCHITECTURE), ["[MASK] and [MASK]", "Ada Lovelace worked [MASK]."])
    assert [len(result["masks"]) for result in trace.results] == [2, 1]
    assert [cycle.step for cycle in trace][-5:] == [
        "masks", "mask_logits", "probabilities", "top_k", "candidates",
    ]  # fmt: skip


def test_no_mask() -> None:
    with pytest.raises(CyclesimError, match=r"no mask in the text: write \[MASK\] where"):
        cyclesim.trace(machine_of(ARCHITECTURE), "Ada worked.")
    machine = cyclesim.load(model=small(ARCHITECTURE), tokenizer=byte_bpe())
    with pytest.raises(CyclesimError, match="write <mask> where"):
        cyclesim.trace(machine, "Ada [MASK].")


def test_a_mask_that_is_cut_away() -> None:
    machine = machine_of(ARCHITECTURE).limited(max_length=6)
    with pytest.raises(CyclesimError, match="the mask was cut away with the end of the text"):
        cyclesim.trace(machine, "Ada Lovelace worked with Charles in [MASK].")


def test_a_tokenizer_without_a_mask() -> None:
    tokenizer = byte_bpe()
    tokenizer.mask_token = None
    machine = cyclesim.load(model=small(ARCHITECTURE, vocab_size=400), tokenizer=tokenizer)
    with pytest.raises(CyclesimError, match="has no mask token"):
        cyclesim.trace(machine, "Ada worked.")
