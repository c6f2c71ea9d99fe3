"""Beam search, beside transformers' own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import cyclesim

from .models import PROMPT, generated, machine, model


@pytest.fixture
def ending(request: pytest.FixtureRequest) -> Iterator[None]:
    """GPT-2, told that many of its tokens end a text, and how to weigh that."""
    config = model("gpt2").generation_config
    before = config.to_dict()
    config.update(eos_token_id=list(range(2, 140)), pad_token_id=1, **request.param)
    yield
    config.update(**{k: before.get(k) for k in ("eos_token_id", "pad_token_id", *request.param)})


@pytest.mark.parametrize("family", ["gpt2", "llama", "t5", "bart"])
@pytest.mark.parametrize(
    "settings",
    [
        {"num_beams": 3, "max_new_tokens": 8},
        {"num_beams": 4, "max_new_tokens": 5, "repetition_penalty": 1.2},
        {"num_beams": 2, "max_new_tokens": 4, "use_cache": False},
    ],
    ids=["plain", "penalised", "uncached"],
)
def test_the_sequence_is_that_of_generate(family: str, settings: dict[str, Any]) -> None:
    trace = cyclesim.trace(machine(family, **settings), PROMPT, measure=False)
    assert trace.result["ids"] == generated(family, settings)
    assert trace.verdict.bit_identical is True


@pytest.mark.parametrize(
    "ending",
    [
        {"early_stopping": True},
        {"early_stopping": False, "length_penalty": 2.0},
        {"early_stopping": "never", "length_penalty": 0.5},
        {"early_stopping": False, "length_penalty": -1.0},
    ],
    indirect=True,
    ids=str,
)
@pytest.mark.parametrize("beams", [2, 5])
def test_sequences_that_end_are_weighed_as_generate_does(ending: None, beams: int) -> None:
    settings = {"num_beams": beams, "max_new_tokens": 10}
    trace = cyclesim.trace(machine("gpt2", **settings), PROMPT, measure=False)
    assert trace.result["ids"] == generated("gpt2", settings)


def test_each_step_of_the_search_is_a_cycle() -> None:
    trace = cyclesim.trace(machine("gpt2", num_beams=3, max_new_tokens=3), PROMPT, measure=False)
    assert [c.step for c in trace.find(token=1) if not c.stack] == [
        "model_inputs", "logits", "log_probabilities", "beam_scores", "beam_candidates",
        "select_beams", "reorder_cache",
    ]  # fmt: skip
    selected, reordered = trace.find("select_beams and token 1")[0], trace.find("reorder_cache")[1]
    assert selected.outputs[0].shape[0] == 3 and selected.number in reordered.sources
    cached = trace.find("key_cache and token 2 and layer 0")[0]
    assert reordered.number in cached.sources
    # A row is a beam with tokens of its own: a position has a number, and no one token.
    assert trace.header.tokens[-3:] == ("+1", "+2", "+3")
    result = trace.result
    assert result["score"] < 0 and all(0 < t["score"] <= 1 for t in result["tokens"])


def test_a_beam_search_resumes_bit_for_bit() -> None:
    made = machine("gpt2", num_beams=2, max_new_tokens=3)
    with cyclesim.Clock(made, PROMPT, measure=False) as clock:
        whole = clock.finish()
        for number in (80, whole.find("reorder_cache")[0].number, 190):
            clock.rewind(number)
            again = clock.finish()
            assert cyclesim.diff(again, whole).equal and again.result == whole.result
            assert again.verdict.bit_identical is True
