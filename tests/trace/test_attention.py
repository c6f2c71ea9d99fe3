"""Scores and probabilities beside a fused kernel: those that the eager model computes."""

from __future__ import annotations

import numpy as np
import pytest

import cyclesim
from cyclesim.trace.attention import recompute_attention
from tests.engine.all_families import build, inputs


@pytest.mark.parametrize("family", ["bert", "distilbert", "albert", "gpt2", "llama", "t5", "bart"])
def test_recomputed_probabilities_are_those_of_the_eager_model(family: str) -> None:
    batch = inputs(family)
    eager = cyclesim.trace(build(family), inputs=batch, measure=False)
    fused = cyclesim.trace(build(family, "sdpa"), inputs=batch, measure=False)
    softmaxes = eager.find(unit="attention", step="softmax")
    cycles = fused.find(op="scaled_dot_product_attention")
    assert len(cycles) == len(softmaxes) > 0
    for cycle, softmax in zip(cycles, softmaxes, strict=True):
        beside = recompute_attention(cycle)
        assert beside.probabilities.kind == beside.scores.kind == "recomputed"
        assert beside.difference < 1e-5
        mask = np.isfinite(beside.scores.numpy()).any(-1)  # rows that may look at something
        ours, theirs = beside.probabilities.numpy(), softmax.outputs[0].numpy()
        assert np.allclose(ours[mask], np.broadcast_to(theirs, ours.shape)[mask], atol=1e-5)
        assert np.allclose(ours[mask].sum(-1), 1)


def test_other_cycles_have_no_scores_to_recompute() -> None:
    trace = cyclesim.trace(build("bert"), inputs=inputs("bert"), measure=False)
    with pytest.raises(cyclesim.CyclesimError, match="no fused attention"):
        recompute_attention(trace[3])
