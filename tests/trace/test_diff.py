"""Two traces compared: by what cycles are, not by their numbers."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.render.diff import diff_table
from cyclesim.trace import ArrayData, Cycle, Diff, Header, Trace, Value
from tests.engine.families import build, inputs

SPEC: dict[str, Any] = {
    "family": "Bert", "layers": 3, "heads": 2, "width": 16, "ffn": 24, "labels": 3,
    "attention": "eager", "batch": 1, "length": 6, "padded": False, "seed": 1,
}  # fmt: skip


def ran(**changes: Any) -> Trace:
    spec = {**SPEC, **changes}
    return cyclesim.trace(build(spec), inputs=inputs(spec), measure=False)


@pytest.fixture(scope="module")
def eager() -> Trace:
    return ran()


def one(array: Any, *, step: str = "step", tokens: tuple[str, ...] = (), **more: Any) -> Trace:
    array = np.asarray(array)
    value = Value("output", array.shape, str(array.dtype), data=ArrayData(array))
    cycle = Cycle(0, "other", step, "", 1, "op", outputs=(value,), **more)
    return Trace(Header("m", "forward", "cpu", "float32", "", tokens=tokens), [cycle])


def shown(found: Diff, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(diff_table(found))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def every_form(found: Diff) -> str:
    """All that can be made of a diff can be made of this one."""
    json.dumps(found.to_json(), allow_nan=False)
    shown(found, 60)
    return str(found)


def test_a_run_equals_its_repetition_and_its_file(eager: Trace, tmp_path: Path) -> None:
    eager.save(tmp_path / "a")
    for other in (ran(), cyclesim.open_trace(tmp_path / "a")):
        found = cyclesim.diff(eager, other)
        assert found.equal and found.agrees and found.first_difference is None
        assert str(found).startswith(f"equal: every number of all {len(eager)} cycles")
        assert {p.cosine for p in found.by_layer.values()} == {1.0}
        assert list(found.by_layer) == [0, 1, 2]
        every_form(found)


def test_the_first_difference_is_where_the_change_was(eager: Trace) -> None:
    model = build(SPEC)
    with torch.no_grad():
        model.bert.encoder.layer[1].attention.self.value.bias[0] += 0.5
    changed = cyclesim.trace(model, inputs=inputs(SPEC), measure=False)
    found = cyclesim.diff(eager, changed)
    first = found.first_difference
    assert first is not None and (first.a.layer, first.a.step) == (1, "value")
    assert first.max_abs == pytest.approx(0.5) and first.cosine is not None and first.cosine < 1
    assert not found.equal and not found.agrees
    assert cyclesim.diff(eager, changed, tolerance=100).equal
    assert found.by_unit["embedding"].max_abs == 0 < (found.by_unit["residual"].max_abs or 0)
    assert found.by_layer[0].cosine == 1 > (found.by_layer[1].cosine or 2)
    assert "first difference: cycle" in every_form(found)
    assert "cycles that differ" in shown(found)


def test_another_attention_is_aligned(eager: Trace) -> None:
    fused = ran(attention="sdpa")
    found = cyclesim.diff(eager, fused, tolerance=1e-5)
    assert {c.step for c in found.only_a} == {"scores", "scale", "softmax", "dropout", "context"}
    assert {c.step for c in found.only_b} == {"scaled_dot_product_attention"}
    assert found.agrees and not found.equal
    assert any(p.a.number != p.b.number for p in found.cycles)
    for pair in found.cycles:
        assert (pair.a.path, pair.a.step, pair.a.call) == (pair.b.path, pair.b.step, pair.b.call)
    assert "attention: eager and sdpa" in every_form(found)


def test_another_length_is_aligned_and_says_what_cannot_be_compared(eager: Trace) -> None:
    longer = ran(length=9)
    found = cyclesim.diff(eager, longer, tolerance=1e9)
    assert len(found.cycles) == len(eager) and not found.only_a and not found.only_b
    first = found.first_difference
    assert first is not None and first.outcome == "unlike" and first.max_abs is None
    assert "shapes [1, 6] and [1, 9] cannot be compared" in first.note
    assert not found.agrees
    every_form(found)


def test_a_shared_layer_is_matched_call_by_call() -> None:
    a, b = ran(family="Albert"), ran(family="Albert")
    found = cyclesim.diff(a, b)
    assert found.equal and all(p.a.number == p.b.number for p in found.cycles)
    assert list(found.by_layer) == [0, 1, 2]


def test_what_was_not_kept_says_so(eager: Trace, tmp_path: Path) -> None:
    eager.save(tmp_path / "a", "stats")
    bare = cyclesim.open_trace(tmp_path / "a")
    found = cyclesim.diff(eager, bare)
    assert not found.equal and not found.agrees and len(found.unknown) == len(eager)
    assert "its numbers were not kept in one of the traces" in every_form(found)
    assert "either" in str(cyclesim.diff(bare, bare))
    # Statistics alone can prove a difference.
    other = cyclesim.diff(bare, ran(seed=2))
    assert other.first_difference is not None
    assert "their statistics differ" in every_form(other)


@pytest.mark.parametrize(
    ("a", "b", "amount"),
    [
        ([1.0, math.nan], [1.0, math.nan], 0),
        ([1.0, math.inf], [1.0, math.inf], 0),
        ([1.0, -math.inf], [1.0, math.inf], math.inf),
        ([1.0, math.nan], [1.0, 2.0], math.nan),
        ([0.0], [-0.0], 0),
        ([], [], 0),
        ([True, False], [True, True], 1),
        (np.array([2**62, 1]), np.array([2**62 + 1, 1]), 1),
        (np.array([-(2**63)]), np.array([2**63 - 1]), 2.0**64),
        (np.array([3], np.uint8), np.array([5], np.uint8), 2),
        (np.array([1 + 1j]), np.array([1 - 2j]), 3),
        (np.float32([1, 2]), np.float64([1, 2.5]), 0.5),
        (np.array(3.0), np.array(1.0), 2),
    ],
    ids=lambda x: str(x)[:20],
)
def test_amounts(a: Any, b: Any, amount: float) -> None:
    found = cyclesim.diff(one(a), one(b))
    assert found.cycles[0].max_abs == pytest.approx(amount, nan_ok=True)
    assert found.equal == (amount == 0)
    every_form(found)
    backwards = cyclesim.diff(one(b), one(a))
    assert backwards.cycles[0].max_abs == pytest.approx(amount, nan_ok=True)


def test_nan_differs_at_any_tolerance() -> None:
    assert not cyclesim.diff(one([math.nan]), one([1.0]), tolerance=1e300).agrees


def test_cosine() -> None:
    assert cyclesim.diff(one([1.0, 0]), one([0.0, 2])).cycles[0].cosine == 0
    assert cyclesim.diff(one([1.0, 0]), one([-3.0, 0])).cycles[0].cosine == -1
    assert cyclesim.diff(one([1e200]), one([1e200])).cycles[0].cosine is None  # overflows
    assert cyclesim.diff(one([0.0]), one([0.0])).cycles[0].cosine is None


def test_traces_without_a_common_cycle() -> None:
    for a, b in [(one([1.0]), one([1.0], step="other")), (Trace(one([1.0]).header), one([1.0]))]:
        found = cyclesim.diff(a, b)
        assert not found.equal and not found.agrees
        assert "no cycle in common" in every_form(found)


def test_tokens_that_differ_are_named_without_escapes() -> None:
    a, b = one([1.0], tokens=("x", "\x1b[31m")), one([1.0], tokens=("x", "y"))
    assert "number 1, '\\x1b[31m' and 'y'" in every_form(cyclesim.diff(a, b))
    assert "\x1b" not in shown(cyclesim.diff(a, replace_step(b, "\x1b[2J")))


def replace_step(trace: Trace, step: str) -> Trace:
    return replace(trace, cycles=[replace(trace.cycles[0], step=step)])


@pytest.mark.parametrize("tolerance", [-1, math.nan, math.inf])
def test_a_tolerance_must_make_sense(eager: Trace, tolerance: float) -> None:
    with pytest.raises(CyclesimError, match="makes no sense"):
        cyclesim.diff(eager, eager, tolerance)
