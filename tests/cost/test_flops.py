"""The count from shapes equals what torch's own counter sees, for the whole matmul family."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from cyclesim.cost import count_flops, flops_kind, is_counted
from cyclesim.trace import Value

size = st.integers(1, 7)
#: torch turns an einsum over axes of length 1 into multiplications, which its counter leaves out.
several = st.integers(2, 6)


def value(name: str, *shape: int, kind: str = "observed") -> Value:
    return Value(name, shape, "float32", kind=kind)  # type: ignore[arg-type]


def torch_count(run: Callable[[], torch.Tensor]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return counter.get_total_flops()


def check(
    op: str,
    run: Callable[..., torch.Tensor],
    arguments: Mapping[str, str] | None = None,
    /,
    **tensors: torch.Tensor,
) -> None:
    output = run(*tensors.values())
    ours = count_flops(
        op,
        [value(n, *t.shape) for n, t in tensors.items()],
        [value("output", *output.shape)],
        arguments,
    )
    assert ours == torch_count(lambda: run(*tensors.values()))
    assert flops_kind(op) == "matmul"


@settings(max_examples=25)
@given(batch=st.lists(size, max_size=2), m=size, k=size, n=size, bias=st.booleans())
def test_linear(batch: list[int], m: int, k: int, n: int, bias: bool) -> None:
    tensors = {"input": torch.rand(*batch, m, k), "weight": torch.rand(n, k)}
    if bias:  # adding it is not counted, by the convention
        tensors["bias"] = torch.rand(n)
    check("linear", F.linear, **tensors)


@settings(max_examples=25)
@given(batch=st.lists(size, max_size=2), m=size, k=size, n=size, own=st.booleans())
def test_matmul_with_broadcasting(batch: list[int], m: int, k: int, n: int, own: bool) -> None:
    right = torch.rand(*batch, k, n) if own else torch.rand(k, n)
    check("matmul", torch.matmul, input=torch.rand(*batch, m, k), other=right)


@settings(max_examples=15)
@given(b=size, m=size, k=size, n=size)
def test_batched_products(b: int, m: int, k: int, n: int) -> None:
    left, right = torch.rand(b, m, k), torch.rand(b, k, n)
    check("bmm", torch.bmm, input=left, mat2=right)
    check("baddbmm", torch.baddbmm, input=torch.rand(b, m, n), batch1=left, batch2=right)
    check("addmm", torch.addmm, input=torch.rand(n), mat1=left[0], mat2=right[0])
    check("mm", torch.mm, input=left[0], mat2=right[0])


@settings(max_examples=15)
@given(b=several, h=several, q=several, k=several, d=several, dv=several)
def test_einsum(b: int, h: int, q: int, k: int, d: int, dv: int) -> None:
    for equation, left, right in (
        ("bhqd,bhkd->bhqk", (b, h, q, d), (b, h, k, d)),
        ("bhqk,bhkd->bhqd", (b, h, q, k), (b, h, k, dv)),
        ("ibh,hnd->ibnd", (q, b, h), (h, k, d)),
        ("...ij,jk", (b, h, q), (q, k)),
    ):
        check(
            "einsum",
            lambda x, y, e=equation: torch.einsum(e, x, y),
            {"equation": repr(equation)},
            **{"operands[0]": torch.rand(left), "operands[1]": torch.rand(right)},
        )


@settings(max_examples=15)
@given(b=size, h=size, q=size, k=size, d=size, dv=size)
def test_attention(b: int, h: int, q: int, k: int, d: int, dv: int) -> None:
    query, key, weights = torch.rand(b, h, q, d), torch.rand(b, h, k, d), torch.rand(b, h, k, dv)
    # torch's counter misses the fused kernel on a CPU: count the two products it stands for.
    by_hand = torch_count(lambda: torch.softmax(query @ key.transpose(2, 3), -1) @ weights)
    values = [
        value("query", *query.shape),
        value("key", *key.shape),
        value("value", *weights.shape),
    ]
    out = [value("output", b, h, q, dv)]
    assert count_flops("scaled_dot_product_attention", values, out) == by_hand
    assert by_hand == 2 * b * h * q * k * (d + dv)


@settings(max_examples=10)
@given(b=size, groups=st.sampled_from([1, 2]), c=st.integers(1, 3), width=st.integers(4, 7))
def test_convolutions(b: int, groups: int, c: int, width: int) -> None:
    image, kernel = torch.rand(b, c * groups, width, width), torch.rand(4, c, 3, 3)
    check("conv2d", lambda x, w: F.conv2d(x, w, groups=groups), input=image, weight=kernel)
    row, filter_ = torch.rand(b, c * groups, width), torch.rand(4, c, 3)
    check("conv1d", lambda x, w: F.conv1d(x, w, groups=groups), input=row, weight=filter_)
    back = torch.rand(c, 2, 3)
    check("conv_transpose1d", F.conv_transpose1d, input=torch.rand(b, c, width), weight=back)


def test_recurrent_layers_count_their_gates() -> None:
    lstm = torch.nn.LSTM(5, 7, num_layers=2, bidirectional=True, batch_first=True)
    tokens, total = 3 * 4, 0
    inputs = [value("input", 3, 4, 5), value("hx[0]", 4, 3, 7), value("hx[1]", 4, 3, 7)]
    for place, weight in enumerate(lstm.parameters()):
        inputs.append(value(f"params[{place}]", *weight.shape, kind="parameter"))
        total += 2 * tokens * weight.numel() if weight.dim() == 2 else 0
    assert count_flops("lstm", inputs, [value("output", 3, 4, 14)]) == total
    cell = [value("input", 3, 5), value("hx", 3, 7), value("w_ih", 21, 5), value("w_hh", 21, 7)]
    assert count_flops("gru_cell", cell, [value("output", 3, 7)]) == 2 * 3 * 21 * 12


@pytest.mark.parametrize(
    ("op", "each"),
    [("add", 1), ("__iadd__", 1), ("mul_", 1), ("gelu", 8), ("softmax", 5), ("layer_norm", 8),
     ("where", 1), ("masked_fill", 1), ("__rsub__", 1), ("tanh", 1), ("gt", 1)],
)  # fmt: skip
def test_elementwise_by_the_stated_convention(op: str, each: int) -> None:
    shape = (2, 3, 5)
    assert count_flops(op, [value("input", *shape)], [value("output", *shape)]) == each * 30
    assert flops_kind(op) == "elementwise"


def test_what_moves_data_costs_nothing_and_is_known() -> None:
    for op in ("embedding", "cat", "__getitem__", "to", "tokenizer.tokenize", "torch.tensor"):
        assert count_flops(op, [value("input", 3)], [value("output", 3, 4)]) == 0
        assert flops_kind(op) == "none" and is_counted(op)


def test_the_unknown_is_known_to_be_unknown() -> None:
    assert count_flops("fft_of_tomorrow", [value("input", 3)], [value("output", 3)]) == 0
    assert flops_kind("fft_of_tomorrow") == "unknown" and not is_counted("fft_of_tomorrow")


@pytest.mark.parametrize("op", ["linear", "matmul", "einsum", "conv2d", "lstm", "softmax", "sum"])
def test_shapes_that_make_no_sense_count_nothing(op: str) -> None:
    assert count_flops(op, [], []) == 0
    assert count_flops(op, [value("input")], [value("output")]) <= 5
