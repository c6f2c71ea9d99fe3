"""What an expression sees of a run: cycles and tensors, with axes and tokens called by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cyclesim.explain import axes_of, explain, worked
from cyclesim.lessons.expression import ExpressionError, View
from cyclesim.trace import Cycle, Trace, Value
from cyclesim.trace.words import places_of

__all__ = ["CycleView", "EntityView", "TensorView", "apart", "axes_of_input", "token_place"]

#: Axes whose places are tokens.
_TOKENS = frozenset({"token", "query", "key"})
#: What the two operands of an attention matmul count, which the cycles that wrote them do not say.
_OPERANDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "scores": (("batch", "head", "query", "channel"), ("batch", "head", "channel", "key")),
    "context": (("batch", "head", "query", "key"), ("batch", "head", "key", "channel")),
}


def token_place(word: str, trace: Trace) -> int:
    """Where `word` stands among the tokens.

    Raises:
        ExpressionError: nowhere, or in more than one place.
    """
    places = places_of(word, trace.header)
    if len(places) != 1:
        where = "nowhere" if not places else f"at {places}"
        raise ExpressionError(f"the token {word!r} stands {where} in the text")
    return places[0]


def axes_of_input(cycle: Cycle, place: int, trace: Trace) -> tuple[str, ...]:
    """The names of the axes of input `place` of `cycle`."""
    value = cycle.inputs[place]
    known = _OPERANDS.get(cycle.step, ((), ()))
    if place < 2 and len(known[place]) == len(value.shape):
        return known[place]
    if value.kind == "parameter" and value.name == "weight" and len(value.shape) == 2:
        return ("row", "hidden") if cycle.op == "embedding" else ("out", "in")
    if value.source is not None and 0 <= value.source < len(trace):
        source = trace[value.source]
        for output, axes in zip(source.outputs, axes_of(source, trace), strict=True):
            if output.shape == value.shape:
                return axes
    return tuple(f"axis{i}" for i in range(len(value.shape)))


class TensorView(View):
    """The numbers of a tensor, or of a part of it, with the names of its axes."""

    FIELDS = frozenset(
        "at sum mean min max argmax std norm nan shape size dtype nbytes axes name numbers "
        "labels".split()
    )

    def __init__(
        self,
        numbers: np.ndarray,
        axes: tuple[str, ...],
        trace: Trace,
        name: str = "",
        dtype: str = "",
        nbytes: int = 0,
    ) -> None:
        self._numbers, self.axes, self._trace = numbers, axes, trace
        self.name, self.dtype, self.nbytes = name, dtype, nbytes

    @classmethod
    def of(cls, value: Value, axes: tuple[str, ...], trace: Trace) -> TensorView:
        """All of `value`."""
        if len(axes) != len(value.shape):
            axes = tuple(f"axis{i}" for i in range(len(value.shape)))
        return cls(value.numpy(), axes, trace, value.name, value.dtype, value.nbytes)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self._numbers.shape)

    @property
    def size(self) -> int:
        return int(self._numbers.size)

    @property
    def numbers(self) -> tuple[Any, ...]:
        """The numbers of a vector, in order."""
        if self._numbers.ndim != 1:
            raise ExpressionError(f"numbers are of a vector, not of {list(self.shape)}")
        return tuple(self._numbers.tolist())

    def at(self, **places: Any) -> Any:
        """The number, or the part, at these places: a number, or a token's word.

        The axes that are not named stay, except a batch of one.
        """
        index: list[Any] = [slice(None)] * len(self.axes)
        for axis, place in places.items():
            index[self._axis(axis)] = self._place(axis, place)
        if "batch" in self.axes and "batch" not in places and self.shape[0] == 1:
            index[self.axes.index("batch")] = 0
        left = tuple(a for a, i in zip(self.axes, index, strict=True) if isinstance(i, slice))
        found = self._numbers[tuple(index)]
        if not left:
            return found.item()
        return TensorView(found, left, self._trace, self.name, self.dtype)

    def _axis(self, name: str) -> int:
        if name not in self.axes:
            raise ExpressionError(f"the axes are {', '.join(self.axes) or 'none'}, not {name!r}")
        return self.axes.index(name)

    def _place(self, axis: str, place: Any) -> int:
        size = self.shape[self._axis(axis)]
        if isinstance(place, str):
            if axis == "label":
                labels = self._trace.header.labels
                if place not in labels:
                    raise ExpressionError(f"there is no label {place!r}")
                return labels.index(place)
            if axis not in _TOKENS:
                raise ExpressionError(f"a place on the axis {axis!r} is a number")
            place = token_place(place, self._trace)
        if not isinstance(place, int) or not -size <= place < size:
            raise ExpressionError(f"{axis} has the places 0 to {size - 1}, not {place}")
        return place

    def _reduced(self, made: Any, axis: str | None) -> Any:
        if axis is None:
            return made(self._numbers.astype(np.float64)).item()
        place = self._axis(axis)
        left = self.axes[:place] + self.axes[place + 1 :]
        found = made(self._numbers.astype(np.float64), axis=place)
        return TensorView(np.asarray(found), left, self._trace, self.name, self.dtype)

    def sum(self, axis: str | None = None) -> Any:
        return self._reduced(np.sum, axis)

    def mean(self, axis: str | None = None) -> Any:
        return self._reduced(np.mean, axis)

    def min(self, axis: str | None = None) -> Any:
        return self._reduced(np.min, axis)

    def max(self, axis: str | None = None) -> Any:
        return self._reduced(np.max, axis)

    def std(self, axis: str | None = None) -> Any:
        """Population standard deviation, as LayerNorm has it."""
        return self._reduced(np.std, axis)

    def norm(self) -> float:
        return float(np.linalg.norm(self._numbers.astype(np.float64)))

    @property
    def nan(self) -> int:
        """How many of the numbers are none."""
        return int(np.isnan(self._numbers).sum())

    def argmax(self) -> Any:
        """Where the largest number of a vector is: a token's word, a label, or a number."""
        if self._numbers.ndim != 1:
            raise ExpressionError(f"argmax is of a vector, not of {list(self.shape)}")
        place = int(self._numbers.argmax())
        header = self._trace.header
        if self.axes[0] in _TOKENS and len(header.tokens) == self.size:
            return header.tokens[place]
        return self.labels[place] if self.labels else place

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each number, if it is a vector over the labels."""
        known = self._trace.header.labels
        return known if self.axes == ("label",) and len(known) == self.size else ()


class CycleView(View):
    """A cycle, as an expression sees it."""

    FIELDS = frozenset(
        "number unit step path op module layer label where note nop edited flops bytes_read "
        "bytes_written shape dtype output outputs input inputs weight bias sources readers "
        "argument downstream worked formula sentence phase token forward wrote".split()
    )

    def __init__(self, cycle: Cycle, trace: Trace) -> None:
        self._cycle, self._trace = cycle, trace

    def field(self, name: str) -> Any:
        own = {"nop", "edited", "downstream"} | {
            "number", "unit", "step", "path", "op", "module", "layer", "label", "where", "note",
            "flops", "bytes_read", "bytes_written", "phase", "token", "forward",
        }  # fmt: skip
        return getattr(self._cycle, name) if name in own else super().field(name)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._cycle.outputs[0].shape

    @property
    def dtype(self) -> str:
        return self._cycle.outputs[0].dtype

    @property
    def output(self) -> TensorView:
        return self.outputs[0]

    @property
    def outputs(self) -> tuple[TensorView, ...]:
        axes = axes_of(self._cycle, self._trace)
        pairs = zip(self._cycle.outputs, axes, strict=True)
        return tuple(TensorView.of(value, names, self._trace) for value, names in pairs)

    @property
    def inputs(self) -> tuple[TensorView, ...]:
        return tuple(self._input(i) for i in range(len(self._cycle.inputs)))

    def input(self, name: str) -> TensorView:
        """The input of that name: `input("grad output")`."""
        return self._input(self._place(self._cycle.inputs, "reads", name))

    def wrote(self, name: str) -> TensorView:
        """The output of that name: `wrote("grad weight")`."""
        return self.outputs[self._place(self._cycle.outputs, "writes", name)]

    def _place(self, values: Sequence[Value], does: str, name: str) -> int:
        names = [value.name for value in values]
        if name not in names:
            listed = ", ".join(names)
            raise ExpressionError(f"cycle {self._cycle.number} {does} {listed}, and no {name!r}")
        return names.index(name)

    @property
    def weight(self) -> TensorView:
        return self.input("weight")

    @property
    def bias(self) -> TensorView:
        return self.input("bias")

    def _input(self, place: int) -> TensorView:
        axes = axes_of_input(self._cycle, place, self._trace)
        return TensorView.of(self._cycle.inputs[place], axes, self._trace)

    @property
    def sources(self) -> tuple[int, ...]:
        return self._cycle.sources

    @property
    def readers(self) -> tuple[int, ...]:
        return tuple(self._trace.consumers(self._cycle.number))

    def worked(self, **places: Any) -> str:
        """One number of the output, worked out of what was read: the formula with its numbers."""
        output = self.output
        index = [0] * len(output.axes)
        for axis, place in places.items():
            index[output._axis(axis)] = output._place(axis, place)
        line = worked(self._cycle, self._trace, index)
        if line is None:
            raise ExpressionError(f"no formula gives that number of cycle {self._cycle.number}")
        return line

    @property
    def formula(self) -> str:
        return explain(self._cycle, self._trace).formula

    @property
    def sentence(self) -> str:
        return explain(self._cycle, self._trace).sentence

    def argument(self, name: str) -> str:
        """An argument of the torch function that is no tensor, as text."""
        if name not in self._cycle.arguments:
            names = ", ".join(self._cycle.arguments) or "none"
            raise ExpressionError(f"its arguments are {names}, and no {name!r}")
        return self._cycle.arguments[name]


class EntityView(View):
    """A name that was found in the text."""

    FIELDS = frozenset({"text", "label", "score", "start", "end"})

    def __init__(self, entity: Mapping[str, Any]) -> None:
        self._entity = entity

    def field(self, name: str) -> Any:
        return self._entity[name] if name in self.FIELDS else super().field(name)


def is_number(value: Any) -> bool:
    """Whether `value` is a number, and not true or false."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def apart(a: Any, b: Any) -> float:
    """How far the numbers of two tensors of one shape are from each other, at most."""
    if not isinstance(a, TensorView) or not isinstance(b, TensorView) or a.shape != b.shape:
        raise ExpressionError("apart compares two tensors of one shape")
    return float(np.max(np.abs(a._numbers.astype(np.float64) - b._numbers.astype(np.float64))))


def close(a: Any, b: Any, within: float) -> bool:
    """Whether two numbers, or all numbers of a tensor and one, are at most `within` apart."""
    if isinstance(a, TensorView):
        values = np.asarray(a._numbers, np.float64)
    elif is_number(a):
        values = np.asarray(float(a))
    else:
        raise ExpressionError("near compares numbers")
    other = np.asarray(b._numbers, np.float64) if isinstance(b, TensorView) else float(b)
    return bool(np.all(np.abs(values - other) <= within)) and not math.isnan(values.sum())
