"""The same weights with another attention implementation, beside the machine there is."""

from __future__ import annotations

import pytest
import torch

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.machine.machine import Machine
from cyclesim.machine.variant import with_attention

TEXT = "Ada met Bob in Rome."


def test_it_computes_what_a_machine_loaded_that_way_computes():
    machine = cyclesim.load()
    made = cyclesim.trace(with_attention(machine, "sdpa"), TEXT)
    loaded = cyclesim.trace(cyclesim.load(attn="sdpa"), TEXT)
    assert made.header.attention == "sdpa"
    assert made.verdict.bit_identical
    assert cyclesim.diff(made, loaded).equal


def test_the_machine_is_left_as_it_is_even_in_the_middle_of_a_run():
    machine = cyclesim.load()
    alone = cyclesim.trace(machine, TEXT)
    with cyclesim.Clock(machine, TEXT, measure=False) as clock:
        clock.step(20)
        other = with_attention(machine, "sdpa")
        cyclesim.trace(other, TEXT)
        assert clock.finish().verdict.bit_identical
    assert machine.attention == "eager"
    assert cyclesim.diff(clock.trace, alone).equal
    mine, theirs = machine.model.parameters(), other.model.parameters()
    assert all(a is b for a, b in zip(mine, theirs, strict=True))  # shared, not copied


def test_what_cannot_be_is_one_sentence():
    with pytest.raises(CyclesimError, match="cannot use nonsense attention"):
        with_attention(cyclesim.load(), "nonsense")
    with pytest.raises(CyclesimError, match="one attention implementation only"):
        with_attention(Machine(torch.nn.Linear(2, 2)), "sdpa")
