"""The worked line states the recorded number, and its parts give it."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import torch

import cyclesim
from cyclesim.explain import worked
from cyclesim.explain.numbers import number
from cyclesim.trace import ArrayData, Cycle, Trace, Value

#: Every torch function of a BERT, under eager and sdpa, that computes numbers of its own.
WORKED = {
    "linear", "matmul", "mul", "add", "softmax", "layer_norm", "gelu", "embedding",
    "scaled_dot_product_attention", "tanh", "pow", "addmm", "dropout",
}  # fmt: skip


def cells(cycle: Cycle, most: int = 4) -> list[tuple[int, ...]]:
    shape = cycle.outputs[0].shape
    corners = itertools.product(*({0, n // 2, n - 1} for n in shape))
    return [*itertools.islice(corners, most), tuple(n - 1 for n in shape)]


@pytest.mark.parametrize("name", ["eager", "sdpa", "padded", "decoder"])
def test_every_cell_states_what_was_recorded(name: str, request: pytest.FixtureRequest) -> None:
    trace: Trace = request.getfixturevalue(name)
    seen = set()
    for cycle in trace:
        if cycle.op not in WORKED or not cycle.outputs[0].dtype.startswith("float"):
            continue
        for index in cells(cycle):
            text = worked(cycle, trace, index)
            assert text is not None, (cycle.label, cycle.op, index)
            stated = text.rpartition(" = ")[2].replace("−", "-")
            recorded = float(cycle.outputs[0].numpy(index))
            assert stated == f"{recorded:.4g}"
            seen.add(cycle.op)
    assert {"softmax", "matmul"} <= seen or "scaled_dot_product_attention" in seen


def test_a_softmax_cell_reads_like_its_formula(eager: Trace) -> None:
    softmax = eager.find(unit="attention", step="softmax", layer=0)[0]
    text = worked(softmax, eager, (0, 1, 1, 2))
    assert text is not None and text.startswith("p(Ada, Love) = e^")
    row = softmax.inputs[0].numpy((0, 1, 1))
    exact = np.exp(row[2]) / np.exp(row).sum()
    assert float(text.rpartition(" = ")[2]) == pytest.approx(exact, rel=1e-3)
    assert f"+ … + {len(row) - 3} more)" in text


def test_a_linear_cell_shows_products_and_how_many_more(eager: Trace) -> None:
    query = eager.find(unit="attention", step="query", layer=0)[0]
    text = worked(query, eager, (0, 2, 5))
    assert text is not None and text.startswith("q(Love, 5) = ") and "+ 29 more +" in text
    x, weight = query.inputs[0].numpy((0, 2)), query.inputs[1].numpy(5)
    first = re.findall(r"[−\d.e]+", text.partition(" = ")[2])[:2]
    assert [f.replace("−", "-") for f in first] == [f"{x[0]:.4g}", f"{weight[0]:.4g}"]


def test_short_sums_are_written_out_and_add_up() -> None:
    torch.manual_seed(3)
    trace = cyclesim.trace(torch.nn.Linear(3, 2).eval(), inputs=torch.rand(4, 3), measure=False)
    linear = trace.find(op="linear")[0]
    text = worked(linear, trace, (1, 1))
    assert text is not None and "…" not in text
    middle = text.split(" = ")[1].replace("−", "-").replace("·", "*")
    assert eval(middle) == pytest.approx(float(linear.outputs[0].numpy((1, 1))), rel=2e-3)


def test_a_masked_score_is_shown_as_it_is(padded: Trace) -> None:
    softmax = padded.find(unit="attention", step="softmax", layer=0)[0]
    text = worked(softmax, padded, (1, 0, 0, 5))
    assert text is not None and text.endswith("= 0")


def test_negative_indices_count_back(eager: Trace) -> None:
    query = eager.find(step="query", layer=0)[0]
    assert worked(query, eager, (0, -1, -1)) == worked(query, eager, (0, 11, 31))


def test_ascii(eager: Trace) -> None:
    for cycle in eager:
        for index in cells(cycle, 1):
            text = worked(cycle, eager, index, ascii=True)
            assert text is None or text.isascii(), text


def test_nothing_rather_than_something_untrue(eager: Trace) -> None:
    query = eager.find(step="query", layer=0)[0]
    assert worked(query, eager, (0, 99, 0)) is None
    assert worked(query, eager, (0, 0)) is None
    assert worked(eager[0], eager, (0, 0)) is None
    forgotten = Cycle(0, "other", "add", "", 1, "add", outputs=(Value("y", (2,), "float32"),))
    assert worked(forgotten, None, (0,)) is None
    # An add that was not only an add (`alpha=2`) does not give the recorded number.
    one, two = (Value(n, (2,), "float32", data=ArrayData(np.ones(2))) for n in "ab")
    wrong = Value("y", (2,), "float32", data=ArrayData(np.full(2, 3.0)))
    other = Cycle(0, "other", "add", "", 1, "add", inputs=(one, two), outputs=(wrong,))
    assert worked(other, None, (0,)) is None


def test_causal_and_grouped_attention() -> None:
    class Attention(torch.nn.Module):
        def forward(self, q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
            attend = torch.nn.functional.scaled_dot_product_attention
            return attend(q, k, k, is_causal=True, enable_gqa=True)

    torch.manual_seed(0)
    inputs = (torch.rand(1, 4, 5, 8), torch.rand(1, 2, 5, 8))
    trace = cyclesim.trace(Attention(), inputs=inputs, measure=False)
    fused = trace.find(op="scaled_dot_product_attention")[0]
    for index in cells(fused, 20):
        text = worked(fused, trace, index)
        assert text is not None and text.endswith(number(float(fused.outputs[0].numpy(index))))
