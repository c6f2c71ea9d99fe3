"""Hand-made and real traces for the tests of trace files, and what it means to be equal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args

import numpy as np
import torch
from hypothesis import strategies as st

from cyclesim.engine.recording.data import TorchData, dtype_name
from cyclesim.trace import ArrayData, Call, Cycle, Header, Timing, Trace, Value, Verdict
from cyclesim.trace.cycle import Unit
from cyclesim.trace.tensor import TensorData

TORCH_DTYPES = (
    torch.float32,
    torch.float64,
    torch.float16,
    torch.bfloat16,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int64,
    torch.complex64,
)


def tensor_value(name: str, tensor: torch.Tensor, **more: Any) -> Value:
    return Value(
        name,
        tuple(tensor.shape),
        dtype_name(tensor.dtype),
        nbytes=tensor.numel() * tensor.element_size(),
        data=TorchData(tensor),
        **more,
    )


def array_value(name: str, array: np.ndarray, **more: Any) -> Value:
    return Value(
        name, array.shape, str(array.dtype), nbytes=array.nbytes, data=ArrayData(array), **more
    )


def random_tensor(dtype: torch.dtype, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    """Random bytes, seen as `dtype`: every NaN and every denormal among them."""
    generator = torch.Generator().manual_seed(seed)
    count = math.prod(shape) * torch.empty(0, dtype=dtype).element_size()
    top = 2 if dtype == torch.bool else 256
    raw = torch.randint(0, top, (count,), generator=generator, dtype=torch.uint8)
    return raw.view(dtype).reshape(shape)


text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
small = st.integers(0, 2**63 - 1) | st.integers(0, 100)
floats = st.floats(allow_nan=True, allow_infinity=True)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | floats | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def _views(draw: st.DrawFn) -> list[torch.Tensor]:
    """A tensor and views of it, as wiring makes them."""
    dtype = draw(st.sampled_from(TORCH_DTYPES))
    tensor = random_tensor(dtype, draw(shapes), draw(st.integers(0, 2**16)))
    made = [tensor]
    for way in draw(st.lists(st.sampled_from("tsern"), max_size=3)):
        last = made[-1]
        if way == "t" and last.dim() >= 2:
            made.append(last.transpose(0, -1))
        elif way == "s" and last.dim() and last.shape[0] > 1:
            made.append(last[1:])
        elif way == "e":
            made.append(last.unsqueeze(0).expand(3, *last.shape))
        elif way == "r" and last.numel():
            made.append(last.flatten())
        elif way == "n" and last.dim() and last.shape[-1] > 1:
            made.append(last[..., ::2])
    return made


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Traces of any shape: odd texts, all types, shared memory, empty and 0-d tensors."""
    calls = draw(
        st.lists(st.builds(Call, text, st.integers(1, 9), text, st.booleans()), max_size=3)
    )
    pool = [t for group in draw(st.lists(_views(), min_size=1, max_size=3)) for t in group]
    count = draw(st.integers(0, 5))
    cycles = []
    for number in range(count):

        def value(role: str, limit: int = number) -> Value:
            source = draw(st.none() | st.integers(0, limit - 1)) if limit and role == "i" else None
            kind = draw(st.sampled_from(["observed", "constant", "parameter", "recomputed"]))
            name = draw(st.none() | text) if kind == "parameter" else None
            words = draw(st.none() | st.lists(text, max_size=2).map(tuple))
            more = {"source": source, "kind": kind, "parameter": name, "words": words}
            if draw(st.integers(0, 4)) == 0:
                return array_value(draw(text), np.arange(6.0).reshape(2, 3)[:, ::-1], **more)
            if draw(st.integers(0, 6)) == 0:
                return Value(draw(text), (1, 2), "float32", **more)
            return tensor_value(draw(text), draw(st.sampled_from(pool)), **more)

        cycles.append(
            Cycle(
                number,
                draw(st.sampled_from(get_args(Unit))),
                draw(text),
                draw(text),
                draw(small),
                draw(text),
                inputs=tuple(value("i") for _ in range(draw(st.integers(0, 2)))),
                outputs=tuple(value("o") for _ in range(draw(st.integers(0, 2)))),
                arguments=draw(st.dictionaries(text, text, max_size=2)),
                stack=tuple(calls[: draw(st.integers(0, len(calls)))]),
                layer=draw(st.none() | small),
                nop=draw(st.booleans()),
                flops=draw(small),
                note=draw(text),
            )
        )
    tokens = tuple(draw(st.lists(text, max_size=3)))
    offsets = tuple(draw(st.sampled_from([None, (0, 1), (2, 2)])) for _ in tokens)
    result = draw(st.dictionaries(text.filter(lambda k: k != "entities"), plain, max_size=3))
    return Trace(
        Header(
            draw(text), draw(text), "cpu", "float32", "", draw(st.none() | text), tokens, offsets
        ),
        cycles,
        Verdict(draw(st.none() | st.booleans()), draw(st.none() | floats)),
        Timing(draw(small), draw(st.none() | small), tuple([7] * count)),
        result,
        draw(st.booleans()),
    )


def assert_same(a: Any, b: Any, where: str = "trace", *, keep: str = "all") -> None:
    """Every field of two traces is equal, statistics too, and the numbers are the same bytes."""
    assert type(a) is type(b) or {type(a), type(b)} <= {float, int}, where
    if isinstance(a, Value):
        _assert_same_numbers(a, b, where, keep)
        assert_same(tuple(a.stats), tuple(b.stats), f"{where}.stats")
    if is_dataclass(a) and not isinstance(a, type):
        for field in fields(a):
            if field.name not in ("data", "_stats", "missing"):
                old, new = getattr(a, field.name), getattr(b, field.name)
                assert_same(old, new, f"{where}.{field.name}", keep=keep)
    elif isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}", keep=keep)
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for place, (one, other) in enumerate(zip(a, b, strict=True)):
            assert_same(one, other, f"{where}[{place}]", keep=keep)
    elif isinstance(a, float) and math.isnan(a):
        assert math.isnan(b), where
    else:
        assert a == b, where


def _assert_same_numbers(a: Value, b: Value, where: str, keep: str) -> None:
    belongs = a.kind in ("parameter", "buffer")
    if a.data is None:
        assert b.data is None, where
    elif keep == "stats":
        assert b.data is None or 0 in a.shape, where
    elif keep == "all" and not belongs:
        assert b.data is not None, where
    if b.data is None or a.data is None:
        return
    assert true_bytes(a.data) == true_bytes(b.data), where
    with np.errstate(invalid="ignore"):
        assert np.array_equal(a.numpy(), b.numpy(), equal_nan=a.dtype != "bool"), where
    assert a.numpy().dtype == b.numpy().dtype, where


def true_bytes(data: TensorData) -> bytes:
    """The elements, in order, as the bytes they are: NaN payloads and minus zeros included."""
    raw = data.raw()
    assert raw is not None
    if 0 in raw.shape:
        return b""
    size = 1 if raw.dtype.startswith("float8") else {"bfloat16": 2}.get(raw.dtype, 0)
    size = size or np.dtype(raw.dtype).itemsize
    spread = sum(s * (n - 1) for n, s in zip(raw.shape, raw.strides, strict=True)) + size
    memory = np.array(raw.fetch(raw.offset, raw.offset + spread))
    kind = np.dtype(f"V{size}")
    return np.ndarray(raw.shape, kind, memory, 0, raw.strides).tobytes()


def places(trace: Trace) -> Iterator[tuple[Cycle, Value]]:
    for cycle in trace:
        for value in (*cycle.outputs, *cycle.inputs):
            yield cycle, value
