"""The clock in a training step: it waits in every phase, and leaves nothing behind."""

from __future__ import annotations

import threading

import pytest
import torch

import cyclesim
from cyclesim import CyclesimError
from tests.engine.training.models import build, gradients, inputs, weights

TRAIN = cyclesim.Training(lr=1e-2, clip=0.5, seed=7, schedule="linear")


def clock(model: torch.nn.Module, family: str = "BERT") -> cyclesim.Clock:
    return cyclesim.Clock(model, inputs=inputs(family), train=TRAIN, measure=False)


def state(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in model.state_dict().items()}


def untouched(model: torch.nn.Module, before: dict[str, torch.Tensor]) -> None:
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert not [t for t in threading.enumerate() if t.name == "cyclesim-clock"]


def test_pausing_at_every_cycle_changes_nothing() -> None:
    model = build("GPT-2")
    before, randomness = state(model), torch.get_rng_state()
    with clock(model, "GPT-2") as stepped:
        for number, cycle in enumerate(stepped):
            assert cycle.number == number
            if not stepped.finished:
                torch.rand(3)  # whoever draws during a pause does not disturb dropout
        trace = stepped.trace
    assert trace.complete and trace.verdict.bit_identical
    whole = cyclesim.trace(model, inputs=inputs("GPT-2"), train=TRAIN, measure=False)
    assert cyclesim.diff(trace, whole).equal and len(trace) == len(whole)
    untouched(model, before)
    assert torch.equal(torch.get_rng_state(), randomness)


def test_the_model_can_be_used_while_the_clock_waits_in_the_update() -> None:
    model = build("BERT")
    given = {k: v for k, v in inputs("BERT").items() if k != "labels"}
    plain = cyclesim.trace(model, inputs=given, measure=False)
    with clock(model) as stepped:
        assert stepped.run_to('phase == "update" and adamw and layer 1').layer == 1
        beside = cyclesim.trace(model, inputs=given, measure=False)
        assert cyclesim.diff(beside, plain).equal and beside.verdict.bit_identical
        assert stepped.finish().verdict.bit_identical


@pytest.mark.parametrize(
    "where", ["softmax and layer 1", "backward and softmax", "clip.norms", "adamw and layer 0"]
)
def test_cancelling_anywhere_leaves_nothing_behind(where: str) -> None:
    model = build("BERT")
    before = state(model)
    with clock(model) as stepped:
        found = stepped.run_to(where)
        assert found is not None
    untouched(model, before)
    assert not stepped.finished and len(stepped.trace) == found.number + 1
    again = cyclesim.trace(model, inputs=inputs("BERT"), train=TRAIN, measure=False)
    assert again.verdict.bit_identical


def test_ticks_follow_layers_through_all_phases() -> None:
    with clock(build("BERT")) as stepped:
        titles = []
        while (cycle := stepped.tick("layer")) is not None:
            titles.append((cycle.phase, cycle.layer))
        groups = stepped.trace.groups("layer")
    assert [g.last for g in groups] == sorted({g.last for g in groups})
    assert len(titles) == len(groups)
    layers = [(phase, layer) for phase, layer in titles if layer is not None]
    assert layers == [
        ("forward", 0), ("forward", 1), ("backward", 1), ("backward", 0), ("update", 0),
        ("update", 1),
    ]  # fmt: skip


def test_stepping_out_of_a_module_in_backward() -> None:
    with clock(build("BERT")) as stepped:
        cycle = stepped.run_to("backward and softmax and layer 1")
        inside = cycle.stack[-1]
        after = stepped.step_out()
        assert inside in after.stack or after.phase == "backward"
        following = stepped.step()
        assert inside not in following.stack


def test_breakpoints_stop_in_backward_and_update() -> None:
    with clock(build("BERT")) as stepped:
        stepped.add_breakpoint("backward and layernorm and layer 1")
        stepped.add_breakpoint("clip.coefficient and max < 1")
        stepped.add_breakpoint("update and layer 1")
        stops = [stepped.resume() for _ in range(4)]
    assert [(c.phase, c.step) for c in stops] == [
        ("backward", "layernorm"), ("backward", "layernorm"), ("update", "clip.coefficient"),
        ("update", "adamw"),
    ]  # fmt: skip


def test_the_schedule_is_the_last_cycle() -> None:
    trace = cyclesim.trace(build("BERT"), inputs=inputs("BERT"), train=TRAIN, measure=False)
    last = trace[-1]
    assert (last.phase, last.unit, last.step) == ("update", "optimizer", "schedule")
    before, after = last.inputs[0].numpy(), last.outputs[0].numpy()
    assert before == 1e-2 and after == pytest.approx(1e-2 * 99 / 100)
    assert trace.result["lr"] == 1e-2 and trace.result["next_lr"] == after[0]


# -- edits and rewinding -------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["BERT", "GPT-2"])
def test_rewinding_anywhere_arrives_at_the_same_step(family: str) -> None:
    with clock(build(family), family) as stepped:
        whole = stepped.finish()
        for number in (3, len(whole) // 2, len(whole) * 3 // 4, len(whole) - 2):
            assert stepped.rewind(number).number == number
            assert stepped.executed == number + 1
            again = stepped.finish()
            assert cyclesim.diff(again, whole).equal and again.verdict.bit_identical


def test_an_edit_of_the_forward_lets_the_gradient_pass() -> None:
    """The numbers of a cycle are replaced; its own backward is as it was (straight-through)."""
    model = build("BERT")
    with clock(model) as stepped:
        cycle = stepped.run_to("context and layer 0")
        edited = stepped.edit(0.0)
        trace = stepped.finish()
    assert trace.verdict.edited == (cycle.number,) and edited.edited
    back = trace.find(phase="backward", forward=cycle.number)[0]
    assert back.outputs[0].stats.max != 0  # the gradient passed
    dense = trace.find(phase="backward", step="output.dense", layer=0, unit="attention")[0]
    weight = next(v for v in dense.outputs if v.name == "grad weight")
    assert weight.stats.max == weight.stats.min == 0  # what the layer read was 0


def test_an_edited_gradient_flows_on() -> None:
    model = build("BERT")
    with clock(model) as stepped:
        whole = stepped.finish()
        target = whole.find(phase="backward", op="gelu_backward", layer=1)[0]
        stepped.goto(target.number)
        cycle = stepped.edit(0.0)
        assert cycle.number == target.number and cycle.edited
        assert cycle.outputs[0].stats.max == 0
        trace = stepped.finish()
    assert trace.verdict.edited == (target.number,)
    ours, theirs = gradients(trace), gradients(whole)
    zero = [n for n, g in ours.items() if not g.any() and theirs[n].any()]
    assert zero == [
        "bert.encoder.layer.1.intermediate.dense.weight",
        "bert.encoder.layer.1.intermediate.dense.bias",
    ]
    changed = {n for n in ours if not torch.equal(ours[n], theirs[n])}
    assert "classifier.weight" not in changed and any("layer.0" in n for n in changed)
    assert not torch.equal(
        weights(trace)["bert.embeddings.word_embeddings.weight"],
        weights(whole)["bert.embeddings.word_embeddings.weight"],
    )


def test_an_edited_gradient_of_a_weight_reaches_the_update() -> None:
    model = build("GPT-2")
    name = "transformer.h.0.mlp.c_fc.weight"
    with cyclesim.Clock(
        model,
        inputs=inputs("GPT-2"),
        train=cyclesim.Training(optimizer="sgd", lr=0.5, clip=None, weight_decay=0),
        measure=False,
    ) as stepped:
        whole = stepped.finish()
        cycle = next(c for c in whole.find(phase="backward") if name in {v.of for v in c.outputs})
        place = [v.of for v in cycle.outputs].index(name)
        stepped.goto(cycle.number)
        stepped.edit(2.0, output=place)
        trace = stepped.finish()
    old = dict(model.named_parameters())[name].detach()
    assert torch.equal(weights(trace)[name], old - 0.5 * torch.full_like(old, 2.0))


def test_an_edited_update_stays() -> None:
    with clock(build("BERT")) as stepped:
        cycle = stepped.run_to("adamw and layer 0")
        edited = stepped.edit(lambda tensor, cycle: tensor * 0 + 3)
        assert edited.number == cycle.number and edited.edited
        assert edited.outputs[0].stats.min == 3
        trace = stepped.finish()
    assert trace.verdict.edited == (cycle.number,)


def test_edits_in_every_phase_survive_a_rewind() -> None:
    with clock(build("BERT")) as stepped:
        first = stepped.run_to("softmax and layer 0")
        stepped.edit(cyclesim.edits.zero_head(1))
        second = stepped.run_to("backward and activation and layer 1")
        stepped.edit(cyclesim.edits.scale(0.5))
        third = stepped.run_to("adamw and layer 1")
        stepped.edit(0.0)
        whole = stepped.finish()
        assert whole.verdict.edited == (first.number, second.number, third.number)
        stepped.rewind(third.number + 1)
        again = stepped.finish()
        assert again.verdict.edited == whole.verdict.edited
        assert cyclesim.diff(again, whole).equal
        stepped.rewind(second.number - 1)
        assert stepped.finish().verdict.edited == (first.number,)


def test_a_step_outside_the_model_cannot_be_edited() -> None:
    with clock(build("BERT")) as stepped:
        whole = stepped.finish()
        for number in (0, len(whole) - 1):
            stepped.goto(number)
            with pytest.raises(CyclesimError, match="outside the model"):
                stepped.edit(0.0)


def test_keep_update_leaves_the_new_weights_and_only_when_complete() -> None:
    model = build("BERT")
    before = state(model)
    kept = cyclesim.Training(lr=1e-2, keep_update=True)
    with cyclesim.Clock(model, inputs=inputs("BERT"), train=kept, measure=False) as stepped:
        stepped.run_to('phase == "update" and adamw')
    untouched(model, before)
    with cyclesim.Clock(model, inputs=inputs("BERT"), train=kept, measure=False) as stepped:
        trace = stepped.finish()
        new = weights(trace)
        named = dict(model.named_parameters())
        assert all(torch.equal(named[n], new[n]) for n in new)
        # The trace still shows what the forward read, and the same step can be run again.
        query = trace.find(step="query", phase="forward")[0]
        shown = next(v for v in query.inputs if v.name == "weight")
        assert torch.equal(torch.from_numpy(shown.numpy()), before[shown.parameter])
        stepped.rewind(20)
        again = stepped.finish()
        assert cyclesim.diff(again, trace).equal and again.verdict.bit_identical
    second = cyclesim.trace(model, inputs=inputs("BERT"), train=True, measure=False)
    assert second.result["loss"] != trace.result["loss"]
