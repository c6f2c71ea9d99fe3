"""The key-value cache of a run, read off its cycles."""

from __future__ import annotations

import pytest

import cyclesim
from tests.machine.generation.models import PROMPT, machine, tokenizer


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_each_token_appends_one_position_to_what_is_reused(family: str, attention: str) -> None:
    trace = cyclesim.trace(machine(family, attention, max_new_tokens=4), PROMPT, measure=False)
    prompt = len(tokenizer()(PROMPT)["input_ids"])
    steps = trace.cache
    assert [(s.token, s.layer, s.reused, s.appended) for s in steps] == [
        (token, layer, 0 if token == 0 else prompt + token - 1, prompt if token == 0 else 1)
        for token in range(4)
        for layer in (0, 1)
    ]
    heads = 4 if family == "gpt2" else 2  # grouped queries share keys and values
    for step in steps:
        assert step.nbytes == 2 * heads * step.positions * 4 * 4
        assert [trace[n].step for n in step.cycles] == ["key_cache", "value_cache"]
    assert steps.nbytes == steps.bytes_at(3) == 2 * steps.at(3)[0].nbytes
    assert steps.appended == 2 * (prompt + 3)
    assert steps.reused == 2 * sum(prompt + token - 1 for token in (1, 2, 3))


def test_what_the_encoder_wrote_is_kept_as_it_is() -> None:
    trace = cyclesim.trace(machine("bart", max_new_tokens=3), PROMPT, measure=False)
    read = len(trace.header.tokens)
    for token in range(3):
        own, cross = trace.cache.at(token)[:2]
        assert (own.reused, own.appended) == (token, 1)
        assert (cross.reused, cross.appended) == ((0, read) if token == 0 else (read, 0))
    assert len(trace.cache) == 3 * 4
    assert trace.cache.bytes_at(2) > trace.cache.bytes_at(0) > 0


def test_no_cache_and_no_generation_have_none() -> None:
    made = machine("gpt2", max_new_tokens=2, use_cache=False)
    trace = cyclesim.trace(made, PROMPT, measure=False)
    assert len(trace.cache) == 0 and trace.cache.nbytes == trace.cache.reused == 0


def test_a_saved_trace_and_a_running_clock_have_it(tmp_path: object) -> None:
    made = machine("gpt2", max_new_tokens=3)
    with cyclesim.Clock(made, PROMPT, measure=False) as clock:
        clock.tick("token")
        assert len(clock.trace.cache) == 0
        clock.tick("token")
        assert {s.token for s in clock.trace.cache} == {0}
        trace = clock.finish()
    assert {s.token for s in trace.cache} == {0, 1, 2}
    path = tmp_path / "run.safetensors"  # type: ignore[operator]
    trace.save(path, keep="stats")
    assert list(cyclesim.open_trace(path).cache) == list(trace.cache)


@pytest.mark.parametrize("family", ["gpt2", "t5", "bart"])
def test_what_is_held_is_what_the_last_tensors_hold(family: str) -> None:
    trace = cyclesim.trace(machine(family, max_new_tokens=3), PROMPT, measure=False)
    held = trace.cache.held()
    assert len({step.path for step in held}) == len(held) > 0
    assert sum(step.nbytes for step in held) == trace.cache.nbytes
    for step in held:
        grown = [c for c in trace if c.path == step.path and c.step in ("key_cache", "value_cache")]
        key, value = grown[-2].outputs[0], grown[-1].outputs[0]
        assert step.positions == key.shape[-2] == value.shape[-2]
        assert step.nbytes == key.nbytes + value.nbytes
    assert any(step.cross for step in held) == (family != "gpt2")
