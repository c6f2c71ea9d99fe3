"""The text of a run, read off its cycles."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import pytest

import cyclesim
from cyclesim.trace.generated import Generated
from tests.machine.generation.models import PROMPT, machine


@cache
def run(family: str, **settings: Any) -> cyclesim.Trace:
    return cyclesim.trace(machine(family, max_new_tokens=4, **settings), PROMPT, measure=False)


@pytest.mark.parametrize("family", ["gpt2", "llama", "t5"])
def test_the_tokens_are_those_of_the_result(family: str) -> None:
    trace = run(family)
    tokens = Generated(trace).tokens()
    said = [(token.text, token.score) for token in tokens]
    assert said == [(t["text"], pytest.approx(t["score"])) for t in trace.result["tokens"]]
    assert [t.token for t in tokens] == list(range(len(tokens)))
    assert [t.phase for t in tokens] == ["prefill"] + ["decode"] * (len(tokens) - 1)


def test_a_decode_step_reuses_all_that_was_there_and_adds_one() -> None:
    tokens = Generated(run("gpt2")).tokens()
    prompt = tokens[0]
    assert prompt.reused == 0 and prompt.computed > 1
    for before, token in pairwise(tokens):
        assert token.computed == 1
        assert token.reused == before.computed + before.reused
        # Each position takes the same room.
        assert token.nbytes * (before.computed + before.reused) == before.nbytes * (
            token.computed + token.reused
        )


def test_without_a_cache_everything_is_computed_again() -> None:
    cached, bare = Generated(run("gpt2")), Generated(run("gpt2", use_cache=False))
    assert bare.trace.cache.held() == []
    for with_cache, without in zip(cached.tokens(), bare.tokens(), strict=True):
        assert without.text == with_cache.text
        assert without.reused == without.nbytes == 0
        assert without.computed == with_cache.computed + with_cache.reused
    assert bare.tokens()[-1].flops > 2 * cached.tokens()[-1].flops


def test_it_stands_at_any_cycle() -> None:
    trace = run("gpt2")
    text = Generated(trace)
    whole = text.tokens()
    for token in whole:
        here = text.tokens(token.last)
        assert here[-1].token == token.token and here[-1].text == token.text
        before = text.tokens(token.first)
        assert before[-1].text is None and before[-1].first == before[-1].last == token.first
    assert text.tokens(0) == [] and trace.cache.held(0) == []
    assert sum(t.flops for t in whole) <= trace.totals["flops"]
