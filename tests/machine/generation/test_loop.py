"""Our loop, beside transformers' own `generate`: token for token."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

import cyclesim
from cyclesim.trace import Trace

from .models import PROMPT, SETTINGS, generated, machine

FAMILIES = ("gpt2", "llama", "mistral", "t5", "bart")


def traced(family: str, attention: str = "eager", **settings: object) -> Trace:
    return cyclesim.trace(machine(family, attention, **settings), PROMPT, measure=False)


@pytest.mark.parametrize("way", SETTINGS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_tokens_are_those_of_generate(family: str, way: str) -> None:
    settings = SETTINGS[way]
    trace = traced(family, **settings)
    assert trace.result["ids"] == generated(family, settings)
    assert trace.verdict.bit_identical is True
    assert [t["id"] for t in trace.result["tokens"]] == trace.result["ids"]
    assert all(0 < t["score"] <= 1 for t in trace.result["tokens"])


def test_every_cycle_says_which_token_it_works_for() -> None:
    trace = traced("gpt2", max_new_tokens=4)
    tokens = [cycle.token for cycle in trace]
    begun = tokens.index(0)
    assert tokens[:begun] == [None] * begun and tokens[-1] is None
    assert tokens[begun:-1] == sorted(tokens[begun:-1])  # type: ignore[type-var]
    assert {c.phase for c in trace if c.token == 0} == {"prefill"}
    assert {c.phase for c in trace if c.token in (1, 2, 3)} == {"decode"}
    assert {c.phase for c in trace if c.token is None} == {"forward"}
    assert [g.title for g in trace.groups("token")] == [
        "input", "token 0", "token 1", "token 2", "token 3", "output",
    ]  # fmt: skip
    assert trace.find("token == 2 and decode") == [c for c in trace if c.token == 2]
    assert trace.find("prefill") == trace.find("token 0")
    assert {c.layer for c in trace if c.token == 3} == {None, 0, 1}


def test_the_steps_of_sampling_are_cycles_in_order() -> None:
    trace = traced("gpt2", max_new_tokens=2, **SETTINGS["all"])  # type: ignore[arg-type]
    host = [c for c in trace if c.token == 1 and not c.stack]
    assert [c.step for c in host] == [
        "model_inputs", "logits", "repetition_penalty", "temperature", "top_p", "probabilities",
        "draw", "append",
    ]  # fmt: skip
    steps = {c.step: c for c in host}
    flow = [steps[s] for s in ("logits", "repetition_penalty", "temperature", "top_p")]
    for before, after in pairwise(flow):
        assert before.number in after.sources
    assert steps["draw"].number in steps["append"].sources
    # … and the token that was drawn goes into the next embedding.
    drawn = trace.find("draw and token 0")[0].number
    assert drawn in trace.upstream(trace.find("word_embeddings and token 1")[0].number)


def test_the_header_names_prompt_and_text() -> None:
    trace = traced("gpt2", max_new_tokens=3)
    header = trace.header
    assert header.generated == 3
    assert header.tokens[-3:] == tuple(t["text"] for t in trace.result["tokens"])
    assert len(header.offsets) == len(header.tokens)
    assert trace.result["prompt"] == PROMPT
    content = trace.to_json()
    assert content["tokens"] == list(header.tokens) and content["generated"] == 3
    assert {c["token"] for c in content["cycles"]} == {None, 0, 1, 2}


def test_tensors_are_one_plain_forward_unless_generation_is_asked_for() -> None:
    made = cyclesim.Machine.of(machine("gpt2").model)
    tensors = {"input_ids": torch.tensor([[5, 6, 7]])}
    plain = cyclesim.trace(made, inputs=tensors, measure=False)
    assert {c.token for c in plain} == {None} and plain.result == {}
    told = cyclesim.trace(made.with_generation(max_new_tokens=2), inputs=tensors, measure=False)
    assert len(told.result["ids"]) == 2


@pytest.mark.parametrize("family", ["gpt2", "t5"])
def test_without_a_cache_the_tokens_are_the_same_and_the_work_grows(family: str) -> None:
    settings = {"max_new_tokens": 6, "temperature": 1.2, "seed": 2}
    kept = traced(family, **settings)
    again = traced(family, **settings, use_cache=False)
    assert again.result["ids"] == kept.result["ids"]
    assert again.verdict.bit_identical is True
    assert not again.find("key_cache") and kept.find("key_cache")
    assert again.totals["flops"] > 2 * kept.totals["flops"]


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_the_encoder_runs_once_and_the_decoder_looks_at_it(family: str) -> None:
    trace = traced(family, max_new_tokens=3)
    encoder = [c for c in trace if "encoder." in c.path.replace("decoder.", "")]
    assert {c.token for c in encoder} == {None} and {c.phase for c in encoder} == {"prefill"}
    assert {c.call for c in encoder} == {1} or family == "t5"  # T5 uses a dropout twice
    header = trace.header
    assert len(header.target_tokens) == 1 + 3 and header.generated == 3
    assert header.target_tokens[1:] == tuple(t["text"] for t in trace.result["tokens"])
    cross = [
        c for c in trace.find(step="softmax", token=2)
        if ("EncDecAttention" if family == "t5" else "encoder_attn") in c.path
    ]  # fmt: skip
    assert [c.outputs[0].shape[-2:] for c in cross] == [(1, len(header.tokens))] * 2
    # What the encoder wrote goes into every token, through the cache.
    assert encoder[-1].number in trace.upstream(cross[0].number)
