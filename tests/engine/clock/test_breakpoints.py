"""Breakpoints and conditions on a live clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

import cyclesim
from cyclesim import Clock, CyclesimError, Probe
from cyclesim.trace import QueryError
from tests.engine.all_families import build, inputs


@pytest.fixture
def clock() -> Iterator[Clock]:
    with Clock(build("bert"), inputs=inputs("bert"), measure=False) as made:
        yield made


def test_run_to_an_expression(clock: Clock) -> None:
    cycle = clock.run_to('unit == "attention" and step == "softmax" and layer == 1 and max > 0.1')
    assert cycle is not None
    assert (cycle.step, cycle.layer) == ("softmax", 1)
    assert clock.run_to("nan") is None
    assert clock.finished


def test_a_wrong_expression_points_at_the_word_and_runs_nothing(clock: Clock) -> None:
    with pytest.raises(QueryError, match="sofmax") as caught:
        clock.run_to("layer 3 and sofmax")
    assert caught.value.position == 12
    assert clock.executed == 0
    with pytest.raises(QueryError):
        clock.add_breakpoint("max >")
    assert len(clock.breakpoints) == 0


def test_breakpoints_stop_everything_but_finish(clock: Clock) -> None:
    first = clock.add_breakpoint("scores")
    second = clock.add_breakpoint(lambda c: c.step == "logits")
    third = clock.add_breakpoint(8)
    assert [b.number for b in clock.breakpoints] == [1, 2, 3]

    cycle = clock.resume()
    assert cycle is not None
    assert cycle.number == 8
    assert clock.stopped_at is third
    clock.breakpoints.remove(3)
    cycle = clock.tick("layer")
    while clock.stopped_at is None:
        cycle = clock.tick("layer")
    assert cycle is not None
    assert cycle.step == "scores"
    assert clock.stopped_at is first
    assert first.hits == 1
    assert clock.run_to("layer 1 and context") is None
    assert clock.current is not None
    assert (clock.current.step, clock.current.layer) == ("scores", 1)
    first.enabled = False
    clock.add_breakpoint(3)
    clock.rewind(5)  # no breakpoint on the way stops that
    assert clock.executed == 6
    clock.resume()
    assert clock.stopped_at is second
    assert str(first) == "breakpoint 1: scores (off)"
    clock.finish()
    assert clock.finished
    assert clock.stopped_at is None
    with pytest.raises(CyclesimError, match="no breakpoint 3"):
        clock.breakpoints[3]


def test_break_where_the_edit_has_arrived(clock: Clock) -> None:
    clock.run_to("layer 0 and softmax")
    clock.edit(0)
    clock.add_breakpoint("downstream and layernorm")
    cycle = clock.resume()
    assert cycle is not None
    assert (cycle.unit, cycle.layer, cycle.downstream) == ("layernorm", 0, True)


def test_break_where_the_answer_of_the_probe_changes() -> None:
    machine = cyclesim.load()
    text = "Ada Lovelace worked with Charles Babbage in London."
    answers = Probe(machine, text).over_layers()
    said = [[t["label"] for t in a.result["tokens"]] for a in answers]
    changed = [new != old for old, new in pairwise(said)]
    expected = answers[1 + changed.index(True)].number
    with Clock(machine, text, measure=False) as clock:
        cycle = clock.run_to(Probe(machine, text).changes())
        assert cycle is not None
        assert cycle.number == expected
