"""FLOPs of backward, clip and update: against torch's own count, and by hand."""

from __future__ import annotations

from math import prod

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import cyclesim
from cyclesim.cost import count_flops, flops_kind, is_counted
from cyclesim.trace import Trace, Value
from tests.engine.training.models import build, inputs


@pytest.fixture(scope="module", params=["BERT", "GPT-2", "T5", "BERT sdpa"])
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def trace(family: str) -> Trace:
    train = cyclesim.Training(clip=0.5, schedule="linear")
    return cyclesim.trace(
        build(*family.split()), inputs=inputs(family.split()[0]), train=train, measure=False
    )


def test_products_are_those_that_torch_counts(trace: Trace, family: str) -> None:
    model = build(*family.split()).train()
    with FlopCounterMode(display=False) as counter:
        model(**inputs(family.split()[0])).loss.backward()
    ours = sum(c.flops for c in trace if flops_kind(c.op) == "matmul")
    assert ours == counter.get_total_flops()


def test_fused_attention_is_counted_like_its_products() -> None:
    shapes = dict.fromkeys(("grad output", "query", "key", "value"), (2, 4, 6, 8))
    values = [Value(name, shape, "float32") for name, shape in shapes.items()]
    made = count_flops("scaled_dot_product_attention_backward", values, [])
    q = torch.zeros(2, 4, 6, 8, requires_grad=True, device="meta")
    from torch.utils.flop_counter import sdpa_backward_flop_count

    assert made == sdpa_backward_flop_count(*(q.shape for _ in range(4)))


def test_every_cycle_of_the_step_is_counted(trace: Trace) -> None:
    unknown = {c.op for c in trace if c.phase != "forward" and not is_counted(c.op)}
    assert not unknown


def test_a_softmax_a_norm_and_an_update_by_hand(trace: Trace) -> None:
    for softmax in trace.find("backward and softmax", op="softmax_backward"):
        assert softmax.flops == 4 * prod(softmax.outputs[0].shape)
    for adamw in trace.find(step="adamw"):
        assert adamw.flops == 14 * prod(adamw.outputs[0].shape)
    norms = trace.find(step="clip.norms")[0]
    assert norms.flops == 2 * sum(prod(v.shape) for v in norms.inputs)
    for norm in trace.find("backward and layernorm", op="layer_norm_backward"):
        assert norm.flops == (10 + 2 + 1) * prod(norm.inputs[0].shape)


def test_sums_of_several_gradients_are_read_once(trace: Trace) -> None:
    met = [c for c in trace.find(phase="backward") if "sum of" in c.note]
    for cycle in met:
        parts = [v for v in cycle.inputs if v.name.startswith("grad output[")]
        assert len(parts) > 1
        assert cycle.bytes_read == sum(v.nbytes for v in cycle.inputs if v not in parts)
