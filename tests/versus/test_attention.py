"""The attention maps of a report: numbers of the run, of the head that looks most sharply."""

from __future__ import annotations

import numpy as np
import pytest

import cyclesim
from cyclesim.trace import Trace
from cyclesim.trace.attention import attention_probabilities
from cyclesim.versus import attention_maps
from cyclesim.versus.attention import SIDE

TEXT = "Ada Lovelace worked with Charles Babbage in London."


@pytest.fixture(scope="module", params=["eager", "sdpa"])
def trace(request: pytest.FixtureRequest) -> Trace:
    return cyclesim.trace(cyclesim.load(attn=request.param), TEXT)


def test_the_first_and_the_last_layer(trace: Trace) -> None:
    found = attention_maps(trace)
    kind = "observed" if trace.header.attention == "eager" else "recomputed"
    assert [(m.layer, m.kind, m.heads) for m in found] == [(0, kind, 4), (3, kind, 4)]


def test_numbers_are_those_of_the_cycle(trace: Trace) -> None:
    for found in attention_maps(trace):
        value = attention_probabilities(trace[found.cycle])
        assert value is not None
        every = np.asarray(value.numpy(), dtype=np.float64)[0]
        assert np.array_equal(every[found.head], np.array(found.values))
        assert np.allclose(np.array(found.values).sum(-1), 1, atol=1e-5)
        assert found.rows == found.columns == trace.header.tokens
        entropy = -(every * np.log(np.maximum(every, 1e-300))).sum(-1).mean(-1)
        assert entropy[found.head] == pytest.approx(entropy.min())


def test_a_long_text_is_cut_and_says_so() -> None:
    found = attention_maps(cyclesim.trace(cyclesim.load(), "Ada met Bob in Rome. " * 12))
    for shown in found:
        assert min(shown.whole) > SIDE == len(shown.rows) == len(shown.values)
        assert all(len(row) == SIDE for row in shown.values)


def test_without_attention_there_is_none() -> None:
    import torch

    plain = cyclesim.trace(torch.nn.Linear(4, 2), inputs={"input": torch.ones(1, 4)})
    assert attention_maps(plain) == ()
