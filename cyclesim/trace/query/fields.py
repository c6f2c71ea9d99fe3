"""What a condition can ask of a cycle. To add a field, add a line to `_all`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Stats, Value

if TYPE_CHECKING:
    from cyclesim.trace.trace import Trace

__all__ = ["FIELDS", "Asked", "Field", "FieldKind"]

#: What can be compared with what. `ns` and `bytes` are numbers that take units (`2ms`, `1MB`);
#: `time` must have one, because 50 could mean anything. A `count` is true by itself above 0.
FieldKind = Literal["number", "count", "ns", "time", "bytes", "text", "truth", "shape"]

#: How many numbers are in memory at once when a tensor is read to be summed.
_CHUNK = 1 << 22


class Asked:
    """One cycle while it is asked: what was computed for one field serves the next."""

    __slots__ = ("_known", "cycle", "trace")

    def __init__(self, cycle: Cycle, trace: Trace | None) -> None:
        self.cycle = cycle
        self.trace = trace
        self._known: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The value of field `name`, or None where the cycle has no such thing."""
        if name not in self._known:
            self._known[name] = FIELDS[name].read(self)
        return self._known[name]

    @property
    def output(self) -> Value | None:
        """The first output: `shape`, `dtype`, `norm` and `entropy` are about it."""
        return next(iter(self.outputs), None)

    @property
    def outputs(self) -> tuple[Value, ...]:
        """What the cycle itself wrote; not what was worked out beside it."""
        return tuple(v for v in self.cycle.outputs if v.kind not in ("recomputed", "probe"))

    @property
    def stats(self) -> list[tuple[Stats, int]]:
        """Summary of each real-valued output whose numbers can be known, and its size."""
        if "" not in self._known:
            self._known[""] = [
                (v.stats, math.prod(v.shape))
                for v in self.outputs
                if _is_real(v) and (v.kept or v._stats is not None)
            ]
        found: list[tuple[Stats, int]] = self._known[""]
        return found

    @property
    def entropies(self) -> tuple[float, float, float] | None:
        """Mean, minimum and maximum entropy of the rows of a softmax."""
        if "entropies" not in self._known:
            self._known["entropies"] = _entropies(self)
        found: tuple[float, float, float] | None = self._known["entropies"]
        return found


class Field(NamedTuple):
    """A field: its kind, what reading it costs (0 a name, 1 a summary, 2 a whole tensor)."""

    name: str
    kind: FieldKind
    cost: int
    help: str
    read: Callable[[Asked], Any]


def _all() -> Iterator[Field]:
    for name, kind, text in (
        ("number", "number", "number of the cycle"),
        ("unit", "text", "functional unit: attention, ffn, …"),
        ("step", "text", "what it is in its unit: softmax, scores, …"),
        ("path", "text", "qualified name of the module"),
        ("call", "number", "which call of that module, from 1"),
        ("op", "text", "torch function: linear, softmax, …"),
        ("layer", "number", "index of the block; none outside the blocks"),
        ("module", "text", "class of the module"),
        ("phase", "text", "forward, prefill, decode, backward or update"),
        ("token", "number", "index of the generated token it works for; none elsewhere"),
        ("nop", "truth", "it ran and changed nothing"),
        ("inplace", "truth", "it overwrote one of its inputs"),
        ("device", "text", "where it ran: cpu, cuda:0"),
        ("rank", "number", "which process; 0 when alone"),
        ("note", "text", "the line about a host step"),
        ("where", "text", "source line of the call"),
        ("self_ns", "ns", "time in this run, nanoseconds or with a unit"),
        ("flops", "number", "floating-point operations, from shapes"),
        ("bytes_read", "bytes", "inputs and weights read"),
        ("bytes_written", "bytes", "outputs written"),
    ):
        yield Field(name, kind, 0, text, _attribute(name))  # type: ignore[arg-type]
    for name, text in (
        ("edited", "its output was replaced by the user"),
        ("downstream", "it read, directly or not, what an edited cycle wrote"),
    ):
        yield Field(name, "truth", 0, text, _mark(name))
    yield Field("time", "time", 0, "time in this run; needs a unit: 50us", _attribute("self_ns"))
    yield Field(
        "full_speed", "time", 0, "median time over unpaused runs; needs a unit", _full_speed
    )
    yield Field("shape", "shape", 0, "shape of the first output: [1, 9, 128]", _shape)
    yield Field("ndim", "number", 0, "number of dimensions of the first output", _ndim)
    yield Field("dtype", "text", 0, "dtype of the first output", _dtype)
    yield Field("min", "number", 1, "smallest number in the outputs, NaN left out", _min)
    yield Field("max", "number", 1, "largest number in the outputs, NaN left out", _max)
    yield Field("mean", "number", 1, "mean of the outputs, NaN left out", _mean)
    yield Field("nan", "count", 1, "how many NaN in the outputs", _nan)
    yield Field("inf", "count", 1, "how many infinities in the outputs", _inf)
    yield Field("norm", "number", 2, "L2 norm of the first output", _norm)
    for place, name in enumerate(("entropy", "entropy_min", "entropy_max")):
        word = ("mean", "smallest", "largest")[place]
        text = f"{word} entropy of the rows of a softmax, in nats"
        yield Field(name, "number", 2, text, _entropy(place))


def _attribute(name: str) -> Callable[[Asked], Any]:
    return lambda asked: getattr(asked.cycle, name)


def _mark(name: str) -> Callable[[Asked], Any]:
    # Whoever makes cycles may not mark edits (a converted file of another tool).
    return lambda asked: bool(getattr(asked.cycle, name, False))


def _full_speed(asked: Asked) -> int | None:
    times = asked.trace.timing.full_speed if asked.trace is not None else ()
    number = asked.cycle.number
    return times[number] if number < len(times) else None


def _shape(asked: Asked) -> tuple[int, ...] | None:
    return tuple(asked.output.shape) if asked.output is not None else None


def _ndim(asked: Asked) -> int | None:
    return len(asked.output.shape) if asked.output is not None else None


def _dtype(asked: Asked) -> str | None:
    return asked.output.dtype if asked.output is not None else None


def _min(asked: Asked) -> float | None:
    return _best(min, [s.min for s, _ in asked.stats])


def _max(asked: Asked) -> float | None:
    return _best(max, [s.max for s, _ in asked.stats])


def _best(choose: Callable[[list[float]], float], values: list[float]) -> float | None:
    if not values:
        return None
    known = [v for v in values if not math.isnan(v)]
    return choose(known) if known else math.nan


def _mean(asked: Asked) -> float | None:
    if not asked.stats:
        return None
    parts = [(s.mean, size - s.nan) for s, size in asked.stats if size > s.nan]
    count = sum(n for _, n in parts)
    return sum(mean * n for mean, n in parts) / count if count else math.nan


def _nan(asked: Asked) -> int | None:
    return sum(s.nan for s, _ in asked.stats) if asked.stats else None


def _inf(asked: Asked) -> int | None:
    return sum(s.inf for s, _ in asked.stats) if asked.stats else None


def _norm(asked: Asked) -> float | None:
    value = asked.output
    if value is None or not value.kept or not _is_number(value):
        return None
    total = 0.0
    for part in _parts(value, keep=0):
        # In double precision: the square of a large float16 is an infinity.
        wide = np.abs(part).astype(np.float64).ravel()
        total += float(np.dot(wide, wide))
    return math.sqrt(total) if total >= 0 else math.nan


def _entropy(place: int) -> Callable[[Asked], float | None]:
    return lambda asked: asked.entropies[place] if asked.entropies is not None else None


def _entropies(asked: Asked) -> tuple[float, float, float] | None:
    value = asked.output
    if asked.cycle.op != "softmax" or value is None or not value.kept:
        return None
    if not value.dtype.startswith(("float", "bfloat")) or not value.shape or 0 in value.shape:
        return None
    axis = _axis(asked.cycle.arguments.get("dim"), len(value.shape))
    total, count, low, high = 0.0, 0, math.inf, -math.inf
    # A row must not be cut in two, so only axes in front of it are taken apart.
    for part in _parts(value, keep=len(value.shape) - axis):
        p = part.astype(np.float64)
        terms = np.zeros_like(p)
        np.log(p, out=terms, where=p > 0)  # 0·log 0 is 0; a NaN stays out of `where` …
        terms *= p  # … and comes back here
        rows = -terms.sum(axis=axis - len(value.shape))
        total, count = total + float(rows.sum()), count + rows.size
        low, high = min(low, float(rows.min())), max(high, float(rows.max()))
        if math.isnan(total):
            return math.nan, math.nan, math.nan
    # `0.0 - 0.0`: a one-hot row has entropy 0, not −0.
    return max(0.0, total / count), max(0.0, low), max(0.0, high)


def _axis(dim: str | None, dims: int) -> int:
    """The axis that a softmax went along, from 0; the last one unless its arguments say so."""
    try:
        axis = int(dim) if dim is not None else -1
    except ValueError:
        axis = -1
    return axis % dims if -dims <= axis < dims else dims - 1


def _parts(value: Value, keep: int) -> Iterator[np.ndarray]:
    """The numbers in pieces of bounded size; the last `keep` axes are never cut."""
    split = 0
    while math.prod(value.shape[split:]) > _CHUNK and split < len(value.shape) - max(keep, 1):
        split += 1
    for index in np.ndindex(*value.shape[:split]):
        yield value.numpy(index) if split else value.numpy()


def _is_real(value: Value) -> bool:
    return value.dtype.startswith(("float", "bfloat", "int", "uint", "bool"))


def _is_number(value: Value) -> bool:
    return _is_real(value) or value.dtype.startswith("complex")


#: Every field by name, in the order of the documentation.
FIELDS: dict[str, Field] = {field.name: field for field in _all()}
