"""Rewinding and editing: resumed from any cycle, the run ends as if it had never stopped."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

import cyclesim
from cyclesim import Clock, CyclesimError, edits
from cyclesim.engine.recording.functions import op_name
from cyclesim.engine.running.verdict import compare, output_tensors
from cyclesim.trace import Cycle, Trace
from tests.engine.all_families import FAMILIES, build, inputs


def same_cycles(ours: Trace, theirs: Trace) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert (a.number, a.unit, a.step, a.path, a.call, a.layer, a.nop, a.sources) == (
            b.number, b.unit, b.step, b.path, b.call, b.layer, b.nop, b.sources,
        ), b  # fmt: skip
        for x, y in zip(a.outputs, b.outputs, strict=True):
            assert np.array_equal(x.numpy(), y.numpy(), equal_nan=x.dtype.startswith("float")), b


class Intervene(TorchFunctionMode):
    """Doubles the output of one call of a function: an intervention without cyclesim."""

    def __init__(self, op: str, nth: int) -> None:
        super().__init__()
        self.op, self.left = op, nth

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if op_name(func).strip("_") == self.op:
            self.left -= 1
            if self.left == -1:
                return output * 2
        return output


def each_place(trace: Trace) -> list[int]:
    """One cycle of each place in the model, whatever its layer; every third besides, and the ends.

    A second layer does again what the first one does: only what is written into it is another.
    """
    seen, numbers = set(), []
    for cycle in trace:
        place = (cycle.op, cycle.unit, cycle.step, re.sub(r"\.\d+", "", cycle.path))
        ends = cycle.number < 3 or cycle.number > len(trace) - 4
        if place not in seen or cycle.number % 3 == 0 or ends:
            numbers.append(cycle.number)
        seen.add(place)
    return numbers


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_resuming_from_every_place_gives_the_same_run(family: str, attention: str) -> None:
    if attention == "sdpa" and family == "xlnet":
        attention = "eager"  # XLNet has no other
    model, batch = build(family, attention), inputs(family)
    straight = cyclesim.trace(model, inputs=batch, measure=False)
    numbers = each_place(straight) if attention == "eager" else range(0, len(straight), 7)
    with Clock(model, inputs=batch, measure=False) as clock:
        clock.finish()
        for number in numbers:
            cycle = clock.rewind(number)
            assert cycle is not None
            assert cycle.number == number
            assert clock.executed == number + 1
            assert not clock.finished
            assert clock.finish().verdict.bit_identical is True
            if number % 5 == 0 or number > len(straight) - 3:
                same_cycles(clock.trace, straight)
        assert len(clock.branches) == len(numbers)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_edit_at_every_place_is_a_straight_run_with_that_intervention(family: str) -> None:
    model, batch = build(family), inputs(family)
    straight = cyclesim.trace(model, inputs=batch, measure=False)
    counts: dict[str, int] = {}
    with Clock(model, inputs=batch, measure=False) as clock:
        clock.finish()
        clock.rewind(0)
        (original,) = clock.branches
        places = set(each_place(straight))
        for number, cycle in enumerate(straight):
            op, nth = cycle.op, counts.get(cycle.op, 0)
            counts[op] = nth + 1
            wired = op in ("to", "getitem", "float", "type_as", "expand", "int", "long")
            if wired or not cycle.stack or not cycle.outputs[0].dtype.startswith("float"):
                continue  # the same name may also be wiring: no telling which call it was
            if number not in places:
                continue
            if cycle.inplace or len(cycle.outputs) > 1:
                continue
            clock.rewind(number, original)
            clock.edit(edits.scale(2))
            edited = clock.finish()
            assert edited.verdict.edited == (number,)
            assert edited.verdict.bit_identical is None
            with torch.no_grad(), Intervene(op, nth):
                expected = model(**batch)
            last = clock._session.run.outputs.parts[0]
            assert compare(last, expected).bit_identical is True, cycle
            assert edited[number].edited
            assert not straight[number].edited
            downstream = {c.number for c in edited if c.downstream}
            reached: set[int] = set()
            for later in edited:
                if {number, *reached} & set(later.sources):
                    reached.add(later.number)
            assert downstream == reached
            for later in edited:
                if later.number > number and later.number not in downstream:
                    assert np.array_equal(
                        later.outputs[0].numpy(), straight[later.number].outputs[0].numpy()
                    )


@pytest.fixture
def model() -> nn.Module:
    return build("bert")


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    return inputs("bert")


def softmax(cycle: Cycle) -> bool:
    return cycle.step == "softmax"


def test_ready_made_edits(model: Any, batch: Any) -> None:
    other = cyclesim.trace(model, inputs={**batch, "input_ids": batch["input_ids"].flip(0)})
    with Clock(model, inputs=batch, measure=False) as clock:
        cycle = clock.run_to(softmax)
        assert cycle is not None
        before = cycle.outputs[0].numpy()
        number = cycle.number

        changed = clock.edit(edits.zero_head(1)).outputs[0].numpy()
        assert not changed[:, 1].any()
        assert np.array_equal(changed[:, 0], before[:, 0])
        clock.edit(edits.zero_position(2))
        assert not clock.trace[number].outputs[0].numpy()[:, :, 2].any()
        clock.edit(before)
        assert np.array_equal(clock.trace[number].outputs[0].numpy(), before)
        noisy = clock.edit(edits.add_noise(0.1, seed=5)).outputs[0].numpy()
        clock.edit(before)
        assert np.array_equal(clock.edit(edits.add_noise(0.1, seed=5)).outputs[0].numpy(), noisy)
        assert not np.array_equal(noisy, before)
        swapped = clock.edit(edits.swap(other)).outputs[0].numpy()
        assert np.array_equal(swapped, other[number].outputs[0].numpy())
        clock.edit(0.25, index=(0, 0, 1))
        clock.edit(lambda tensor, cycle: tensor + 1, index=(0, 0, 2))
        row = clock.trace[number].outputs[0].numpy()[0, 0]
        assert (row[1] == 0.25).all()
        assert np.allclose(row[2], swapped[0, 0, 2] + 1)
        assert str(clock.finish().verdict) == f"edited at {number}"
        assert clock.branches == []  # it was edited where it stood


def test_editing_what_is_looked_at_rewinds_and_keeps_the_old_future(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch, measure=False) as clock:
        old = clock.finish()
        answer = old[-1].outputs[0].numpy()
        number = old.find(step="key")[0].number
        clock.goto(number)
        clock.edit(edits.scale(3))
        assert clock.executed == number + 1
        new = clock.finish()
        (branch,) = clock.branches
        assert branch.at == number
        assert branch.trace is old
        assert old.verdict.bit_identical is True
        assert not old[number].edited
        assert np.array_equal(old[-1].outputs[0].numpy(), answer)
        assert not np.array_equal(new[-1].outputs[0].numpy(), answer)


def test_an_edit_of_the_latest_cycle_can_keep_what_was_too(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch, measure=False) as clock:
        clock.run_to(lambda c: c.step == "key")
        number, before = clock.position, clock.current.outputs[0].numpy()
        clock.edit(edits.scale(3), branch=True)
        (branch,) = clock.branches
        assert (branch.at, len(branch.trace)) == (number, number + 1)
        assert np.array_equal(branch.trace[number].outputs[0].numpy(), before)
        with pytest.raises(CyclesimError):
            clock.edit(np.zeros((1, 1)), branch=True)
        assert len(clock.branches) == 1  # what is refused keeps nothing
        clock.rewind(number, branch)
        assert np.array_equal(clock.current.outputs[0].numpy(), before)


def test_an_edit_that_does_not_fit_says_so_and_changes_nothing(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch, measure=False) as clock:
        with pytest.raises(CyclesimError, match="nothing has run yet"):
            clock.edit(0)
        clock.step()
        with pytest.raises(CyclesimError, match="outside the model"):
            clock.edit(0)
        clock.run_to(softmax)
        for wrong, words in [
            (torch.zeros(3), r"shape \[2, 2, 6, 6\], not \[3\]"),
            (torch.zeros(2, 2, 6, 6, dtype=torch.float64), "float32, not float64"),
            (torch.zeros(2, 2, 6, 6, device="meta"), "on cpu, not on meta"),
            ("x", "not str"),
            (edits.zero_head(2), "a head 2"),
            (edits.zero_position(6), "a position 6"),
        ]:
            with pytest.raises(CyclesimError, match=words):
                clock.edit(wrong)
        with pytest.raises(CyclesimError, match="index does not fit"):
            clock.edit(0, index=(9, 9))
        with pytest.raises(CyclesimError, match="has 1 output"):
            clock.edit(0, output=1)
        with pytest.raises(CyclesimError, match="has not run"):
            clock.rewind(60)
        assert clock.finish().verdict.bit_identical is True


class Sums(nn.Module):
    """Overwrites what it computed, before and after the place it is resumed from."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 2
        z = y + 1
        y.add_(z)
        y[0] = z[0] * 5
        w = y * 3
        y.mul_(w)
        return y + w + z


def test_resuming_around_overwrites() -> None:
    model, data = Sums(), torch.arange(6.0).reshape(2, 3)
    straight = cyclesim.trace(model, inputs=data)
    with Clock(model, inputs=data) as clock:
        clock.finish()
        for number in [*range(len(straight)), *reversed(range(len(straight)))]:
            clock.rewind(number)
            same_cycles(clock.finish(), straight)
        for branch in clock.branches:  # nothing that was left behind has changed either
            same_cycles(branch.trace, straight)
        clock.rewind(3)
        clock.edit(100.0)  # the overwrite itself is edited
        after = clock.finish()
        assert (after[3].outputs[0].numpy() == 100).all()
        assert (after[5].outputs[0].numpy()[1] == 100).all()
        same_cycles(clock.branches[-1].trace, straight)
        clock.rewind(5)  # in the edited future: the edit stays
        again = clock.finish()
        assert again.verdict.edited == (3,)
        same_cycles(again, after)


@pytest.mark.parametrize("norm", [False, True])
def test_a_training_run_replays_exactly(norm: bool) -> None:
    layers = [nn.Linear(6, 32), nn.Dropout(0.5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 4)]
    if norm:
        layers.insert(1, nn.BatchNorm1d(32))
    model, data = nn.Sequential(*layers).train(), torch.randn(8, 6)
    torch.manual_seed(5)
    straight = cyclesim.trace(model, inputs=data, measure=False)
    if norm:
        model[1].reset_running_stats()
    torch.manual_seed(5)
    with Clock(model, inputs=data, measure=False) as clock:
        clock.finish()
        for number in range(len(straight)):
            clock.rewind(number)
            torch.rand(3)  # what the user does meanwhile must not matter
            clock.finish()
            same_cycles(clock.trace, straight)
            assert clock.trace.verdict.bit_identical is True


class Wanders(nn.Module):
    """Takes another path at every call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return (x.exp() if self.calls % 2 else x.sin()) + 1


class Seeding(nn.Module):
    """Seeds torch in the middle of its forward, and draws some cycles later."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(7)
        return nn.functional.dropout((x + 1) * 2, 0.5, training=True)


def test_random_numbers_are_the_same_however_often_and_wherever_it_is_rewound() -> None:
    dropouts = [nn.Linear(4, 64), nn.Dropout(0.5), nn.ReLU(), nn.Dropout(0.5)]
    model = nn.Sequential(*dropouts, Seeding(), nn.Dropout(0.5)).train()
    data = torch.randn(2, 4)
    before = torch.get_rng_state()
    with Clock(model, inputs=data, measure=False) as clock:
        while clock.step():
            torch.rand(3)  # whoever looks may draw, too
        first = clock.finish()
        for stops in ((5, 2), (len(first) - 2, 4, 3), (0,), (6,)):
            for number in stops:
                clock.rewind(number)
                torch.rand(1)
            assert cyclesim.diff(clock.finish(), first).equal
    torch.set_rng_state(before)
    assert cyclesim.diff(cyclesim.trace(model, inputs=data, measure=False), first).equal


def test_a_model_that_takes_another_path_cannot_be_resumed() -> None:
    with Clock(Wanders(), inputs=torch.ones(2), measure=False) as clock:
        clock.step(3)
        with pytest.raises(CyclesimError, match="another path"):
            clock.rewind(2)
        assert len(clock.branches[0].trace) == 3


def test_outputs_of_one_run_are_found_in_any_nest() -> None:
    a, b = torch.ones(1), torch.zeros(2)
    assert [t.numel() for t in output_tensors({"x": (a, [b, None, 3]), "y": a})] == [1, 2]


class Best(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values, places = torch.topk(x, 2)
        return values + places


def test_swapping_takes_the_output_that_is_meant() -> None:
    one, two = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[9.0, 2.0, 8.0]])
    other = cyclesim.trace(Best(), inputs=two)
    with Clock(Best(), inputs=one) as clock:
        clock.step(2)
        edited = clock.edit(edits.swap(other, output=1), output=1)
        assert edited.outputs[1].numpy().tolist() == [[0, 2]]
        assert edited.outputs[0].numpy().tolist() == [[3, 2]]
        assert clock.finish()[-1].outputs[0].numpy().tolist() == [[3, 4]]
        clock.goto(1)
        with pytest.raises(CyclesimError, match="int64 numbers"):
            clock.edit(edits.swap(other), output=1)


def test_an_edited_nop_is_none_and_odd_values_are_refused(model: Any, batch: Any) -> None:
    with Clock(model, inputs=batch, measure=False) as clock:
        cycle = clock.run_to("nop")
        assert cycle is not None
        assert not clock.edit(edits.scale(0.5)).nop
        clock.edit(np.float32(2))
        for wrong in (torch.zeros(cycle.outputs[0].shape).to_sparse(), np.array([object()])):
            with pytest.raises(CyclesimError):
                clock.edit(wrong)


def test_branches_stay_within_the_limit_on_memory(model: Any, batch: Any) -> None:
    whole = cyclesim.trace(model, inputs=batch, measure=False)
    limit = whole.kept_bytes // 4
    with Clock(model, inputs=batch, measure=False, memory=limit) as clock:
        clock.finish()
        for number in (40, 20, 30):
            clock.rewind(number)
            clock.finish()
            same_cycles(clock.trace, whole)
        for branch in clock.branches:
            assert branch.trace.kept_bytes == 0
            same_cycles(branch.trace, whole)
        assert clock.trace.kept_bytes <= limit * 1.5
