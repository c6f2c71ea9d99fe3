"""The tokens that an axis counts depend on the pass: which token is being made, by which half."""

from __future__ import annotations

import pytest

import cyclesim
from cyclesim.explain import axes_of
from cyclesim.explain.labels import tokens_of_axis
from cyclesim.trace import Cycle, Trace
from tests.machine.generation.models import PROMPT, machine


def named(trace: Trace, cycle: Cycle) -> dict[str, tuple[str, ...]]:
    """The tokens of each axis of a cycle's first output that counts some."""
    axes, shape = axes_of(cycle, trace)[0], cycle.outputs[0].shape
    return {
        axis: tokens_of_axis(axis, size, cycle, trace.header)
        for axis, size in zip(axes, shape, strict=True)
        if axis in ("token", "query", "key")
    }


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_keys_are_all_tokens_so_far_and_queries_the_new_ones(family: str, cached: bool) -> None:
    made = machine(family, max_new_tokens=3, use_cache=cached)
    trace = cyclesim.trace(made, PROMPT, measure=False)
    tokens = trace.header.tokens
    for token in range(3):
        read = tokens[: len(tokens) - 3 + token]
        new = read if token == 0 or not cached else read[-1:]
        for step in ("scores", "softmax"):
            cycle = trace.find(step=step, token=token, layer=1)[0]
            assert named(trace, cycle) == {"query": new, "key": read}
        embedded = trace.find(step="word_embeddings", token=token)[0]
        assert named(trace, embedded) == {"token": new}
        appended = trace.find(step="append", token=token)[0]
        assert named(trace, appended) == {"token": tokens[: len(read) + 1]}
    assert named(trace, trace.find("tensors")[0]) == {"token": tokens[:-3]}


@pytest.mark.parametrize(("family", "cross"), [("t5", "EncDecAttention"), ("bart", "encoder_attn")])
def test_a_cross_attention_has_the_tokens_of_both_sides(family: str, cross: str) -> None:
    trace = cyclesim.trace(machine(family, max_new_tokens=3), PROMPT, measure=False)
    read, written = trace.header.tokens, trace.header.target_tokens
    for token in range(3):
        own, other = trace.find(step="softmax", token=token, layer=0)
        assert cross in other.path
        new = written[token : token + 1]
        assert named(trace, own) == {"query": new, "key": written[: token + 1]}
        assert named(trace, other) == {"query": new, "key": read}
    inside = trace.find(step="softmax", token=None, layer=1)[0]
    assert named(trace, inside) == {"query": read, "key": read}


def test_beams_have_no_tokens_in_common_but_the_prompt() -> None:
    trace = cyclesim.trace(machine("gpt2", num_beams=2, max_new_tokens=3), PROMPT, measure=False)
    keys = named(trace, trace.find(step="softmax", token=2, layer=0)[0])["key"]
    assert keys[-2:] == ("+1", "+2") and keys[0] == "<s>"
