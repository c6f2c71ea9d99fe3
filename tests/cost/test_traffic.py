"""Logical bytes, and `annotate` on real runs."""

from __future__ import annotations

import numpy as np
import torch

import cyclesim
from cyclesim.cost import annotate, traffic
from cyclesim.trace import ArrayData, Cycle, Value


def value(name: str, *shape: int, dtype: str = "float32") -> Value:
    width = {"float32": 4, "int64": 8, "bool": 1, "bfloat16": 2}[dtype]
    return Value(name, shape, dtype, nbytes=int(np.prod(shape)) * width)


def cycle(op: str, inputs: list[Value], outputs: list[Value], **more: object) -> Cycle:
    return Cycle(0, "other", op, "", 1, op, inputs=tuple(inputs), outputs=tuple(outputs), **more)  # type: ignore[arg-type]


def test_an_embedding_reads_rows_not_the_table() -> None:
    ids, table = value("input", 1, 9, dtype="int64"), value("weight", 30522, 64)
    moved = traffic(cycle("embedding", [ids, table], [value("output", 1, 9, 64)]))
    assert moved == (9 * 8 + 9 * 64 * 4, 9 * 64 * 4)


def test_a_nop_moves_nothing() -> None:
    x = value("input", 4, 4)
    nop = cycle("dropout", [x], [x], nop=True)
    nop.flops = nop.bytes_read = 7
    annotate(nop)
    assert (nop.flops, nop.bytes_read, nop.bytes_written) == (0, 0, 0)


def test_a_broadcast_operand_is_read_once_at_its_own_size() -> None:
    big, small = value("input", 3, 9, 32), value("other", 32)
    assert traffic(cycle("add", [big, small], [big])).read == 4 * (3 * 9 * 32 + 32)
    # An expanded view claims more elements than its memory holds.
    row = np.zeros(32, dtype=np.float32)
    wide = Value("other", (3, 9, 32), "float32", nbytes=3 * 9 * 32 * 4, data=ArrayData(row))
    assert traffic(cycle("add", [big, wide], [big])).read == 4 * (3 * 9 * 32 + 32)


def test_bytes_are_known_without_nbytes() -> None:
    x = Value("input", (5, 4), "bfloat16")
    assert traffic(cycle("relu", [x], [x])) == (40, 40)
    strange = Value("input", (5,), "quint4x2")
    assert traffic(cycle("relu", [strange], [strange])) == (0, 0)


def test_annotate_never_raises() -> None:
    for op in ("linear", "einsum", "embedding", "setitem", "matmul", "made_up"):
        annotate(cycle(op, [], []))
        annotate(cycle(op, [Value("x", (), "float32")], [Value("y", (), "float32")]))


def test_a_traced_module_is_annotated() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.GELU()).eval()
    trace = cyclesim.trace(model, inputs=torch.rand(3, 6), measure=False)
    linear, gelu = (trace.find(op=op)[0] for op in ("linear", "gelu"))
    assert linear.flops == 2 * 3 * 6 * 4
    assert linear.bytes_read == 4 * (18 + 24 + 4) and linear.bytes_written == 4 * 12
    assert gelu.flops == 8 * 12 and gelu.bytes_read == gelu.bytes_written == 4 * 12
