"""Runs of small models with a head, for the tests of the tasks."""

from __future__ import annotations

from typing import Any

import cyclesim
from cyclesim import Machine
from cyclesim.trace import Trace
from tests.machine.folders import small, wordpiece

TOKENIZER = wordpiece()


def machine_of(architecture: str, task: str | None = None, **config: Any) -> Machine:
    """A machine around a small BERT with random weights."""
    return cyclesim.load(model=small(architecture, **config), tokenizer=TOKENIZER, task=task)


def run(machine: Machine, given: Any) -> Trace:
    """A run that must be bit-identical, gapless, and as readable from a file as before."""
    trace = cyclesim.trace(machine, given, measure=False)
    assert trace.verdict.bit_identical, str(trace.verdict)
    assert [cycle.number for cycle in trace] == list(range(len(trace)))
    assert all(source < cycle.number for cycle in trace for source in cycle.sources)
    host = [cycle for cycle in trace if not cycle.stack]
    assert {cycle.unit for cycle in host} == {"input", "output"}
    # What an output step reads was written by the model or by a step before it.
    assert all(cycle.sources for cycle in host if cycle.unit == "output"), host
    return trace
