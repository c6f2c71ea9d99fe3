"""A generated text: as a table, as sentences, as a page, and in the formats of other programs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.console import Console

import cyclesim
from cyclesim.export import FORMATS
from cyclesim.render.generation import passes
from cyclesim.render.plain import plain_lines
from cyclesim.render.table import trace_table
from cyclesim.trace import Trace
from tests.machine.generation.models import PROMPT, machine


@pytest.fixture(scope="module")
def trace() -> Trace:
    return cyclesim.trace(machine("gpt2", max_new_tokens=3), PROMPT)


def printed(trace: Trace, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(trace_table(trace, "token", width))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_table_shows_the_text_its_tokens_and_what_the_cache_spared(trace: Trace) -> None:
    text = printed(trace)
    assert "3 tokens generated: as many tokens as were asked for" in text
    for token in trace.result["tokens"]:
        assert f"{token['score']:.3f}" in text and f"{token['id']}" in text
    assert f"{trace.cache.appended} positions computed, {trace.cache.reused} reused" in text
    assert "prefill" in text and "a token, in the model's cycles" in text
    again = cyclesim.trace(machine("gpt2", max_new_tokens=2, use_cache=False), PROMPT)
    assert "none: every token computes all positions again" in printed(again)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_line_is_wider_than_the_screen(trace: Trace, width: int) -> None:
    assert max(map(len, printed(trace, width).splitlines())) <= width


def test_the_phases_add_up_to_the_model_s_cycles(trace: Trace) -> None:
    found = passes(trace)
    assert found is not None and found.decode is not None
    times = trace.cycle_ns
    prefill = sum(times[c.number] for c in trace.find("prefill") if c.stack)
    assert found.prefill == prefill > 0
    of = [sum(times[c.number] for c in trace.find(token=t) if c.stack) for t in (1, 2)]
    assert min(of) <= found.decode <= max(of)


def test_plain_sentences_tell_the_same(trace: Trace) -> None:
    lines = list(plain_lines(trace, "token"))
    prompt = len(trace.header.tokens) - 3
    assert f"reads {prompt} tokens" in lines[0]
    assert any(line.startswith("Key-value cache: ") for line in lines)
    assert lines[-1] == "3 tokens generated: as many tokens as were asked for."


def test_a_page_shows_the_text(trace: Trace) -> None:
    assert "3 tokens generated" in trace._repr_html_()


def test_phase_and_token_are_exported(trace: Trace) -> None:
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].content(trace).decode())))
    assert [(r["phase"], r["token"]) for r in rows] == [
        (c.phase, "" if c.token is None else str(c.token)) for c in trace
    ]
    events = json.loads(FORMATS["perfetto"].content(trace))["traceEvents"]
    told = {e["args"]["cycle"]: e["args"] for e in events if "cycle" in e.get("args", {})}
    for cycle in trace:
        assert told[cycle.number].get("token") == cycle.token
