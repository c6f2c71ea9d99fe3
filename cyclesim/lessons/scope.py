"""The names that an expression of a lesson knows.

cycle("layer 0 and softmax")     the one cycle for which that is true
first(…) last(…) cycles(…)       where there are several
count("layer 0")                 how many
run("padded")                    another run of the lesson: run("padded").cycle(…)
token("London")                  where a token stands; word(3) is its text
tokens labels text words model layers heads hidden depth ilp flops parameters
entities entity("London") label("London")
probe(0)                         what the head would say after a layer: probe(0).label("London")
key("step")                      the key of a command
sqrt exp log abs round len max min sum near(a, b, 0.001) apart(a, b)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from cyclesim.lessons.expression import ExpressionError, View, evaluate, parse
from cyclesim.lessons.runs import LessonRun
from cyclesim.lessons.views import CycleView, EntityView, TensorView, apart, close, token_place
from cyclesim.trace import Cycle, Trace

__all__ = ["RunView", "Scope"]


class AnswerView(View):
    """What an answer says of the tokens: of the run, or of a probe of it."""

    FIELDS = frozenset({"label", "entities", "entity", "score"})

    def __init__(self, result: Mapping[str, Any], trace: Trace) -> None:
        self._result, self._trace = result, trace

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(str(e["text"]) for e in self._result.get("entities", ()))

    def entity(self, word: str) -> EntityView:
        for found in self._result.get("entities", ()):
            if word in str(found["text"]):
                return EntityView(found)
        raise ExpressionError(f"no entity holds {word!r}; there are {', '.join(self.entities)}")

    def _token(self, word: str | None) -> Mapping[str, Any]:
        if word is None:
            return self._result
        rows: Sequence[Mapping[str, Any]] = self._result.get("tokens", ())
        place = token_place(word, self._trace)
        offsets = self._trace.header.offsets
        shown = [i for i, o in enumerate(offsets) if o is not None]
        if len(rows) == len(offsets):
            return rows[place]
        if place not in shown or len(rows) != len(shown):
            raise ExpressionError(f"the answer says nothing of {word!r}")
        return rows[shown.index(place)]

    def label(self, word: str | None = None) -> str:
        """The label of a token, or of the text."""
        return str(self._token(word)["label"])

    def score(self, word: str | None = None) -> float:
        """The probability of that label."""
        return float(self._token(word)["score"])


class RunView(AnswerView):
    """One run."""

    FIELDS = AnswerView.FIELDS | frozenset(
        "cycle first last cycles count token word tokens labels text model layers heads hidden "
        "depth ilp flops parameters total probe bytes attention identical pieces wide words "
        "result".split()
    )

    def __init__(self, run: LessonRun) -> None:
        super().__init__(run.trace.result, run.trace)
        self._run = run

    # -- cycles ------------------------------------------------------------------------------

    def _found(self, condition: str) -> list[Cycle]:
        found = self._trace.find(condition)
        if not found:
            raise ExpressionError(f"no cycle of {self.model} makes {condition!r} true")
        return found

    def cycle(self, condition: str) -> CycleView:
        """The one cycle for which `condition` is true."""
        found = self._found(condition)
        if len(found) > 1:
            numbers = ", ".join(str(c.number) for c in found[:8])
            raise ExpressionError(f"{condition!r} is true of several cycles: {numbers}")
        return CycleView(found[0], self._trace)

    def first(self, condition: str) -> CycleView:
        return CycleView(self._found(condition)[0], self._trace)

    def last(self, condition: str) -> CycleView:
        return CycleView(self._found(condition)[-1], self._trace)

    def cycles(self, condition: str) -> tuple[CycleView, ...]:
        return tuple(CycleView(c, self._trace) for c in self._found(condition))

    def count(self, condition: str) -> int:
        """How many cycles; also none."""
        return len(self._trace.find(condition))

    def flops(self, condition: str = "") -> int:
        """FLOPs of all cycles, or of those for which `condition` is true."""
        found = self._found(condition) if condition else self._trace.cycles
        return sum(c.flops for c in found)

    def bytes(self, condition: str = "") -> int:
        """Bytes read and written."""
        found = self._found(condition) if condition else self._trace.cycles
        return sum(c.bytes_read + c.bytes_written for c in found)

    def result(self, name: str) -> Any:
        """A number or a text of what came out: `result("loss")`."""
        known = self._trace.result
        if not isinstance(known.get(name), (int, float, str)):
            raise ExpressionError(f"the result has no {name!r}; it has {', '.join(known)}")
        return known[name]

    @property
    def total(self) -> int:
        return len(self._trace)

    @property
    def depth(self) -> int:
        return int(self._trace.totals["depth"])

    @property
    def ilp(self) -> float:
        return float(self._trace.totals["ilp"])

    # -- the text ----------------------------------------------------------------------------

    def token(self, word: str) -> int:
        return token_place(word, self._trace)

    def word(self, place: int) -> str:
        """The token at `place`."""
        return self._trace.header.tokens[place]

    def pieces(self, word: str) -> tuple[str, ...]:
        """The tokens that a word of the text is cut into."""
        header = self._trace.header
        start = (header.text or "").index(word)
        spans = zip(header.tokens, header.offsets, strict=True)
        return tuple(t for t, o in spans if o and start <= o[0] and o[1] <= start + len(word))

    @property
    def words(self) -> tuple[str, ...]:
        """What blanks part from each other in the text."""
        return tuple(self.text.split())

    @property
    def tokens(self) -> tuple[str, ...]:
        return self._trace.header.tokens

    @property
    def labels(self) -> tuple[str, ...]:
        return self._trace.header.labels

    @property
    def text(self) -> str:
        return self._trace.header.text or ""

    # -- the model ---------------------------------------------------------------------------

    @property
    def model(self) -> str:
        return self._trace.header.model

    @property
    def attention(self) -> str:
        return self._trace.header.attention

    @property
    def parameters(self) -> int:
        return self._trace.header.parameters

    @property
    def identical(self) -> bool:
        return bool(self._trace.verdict.bit_identical)

    @cached_property
    def layers(self) -> int:
        return len({c.layer for c in self._trace if c.layer is not None})

    @cached_property
    def heads(self) -> int:
        """How many heads the attention has."""
        return self.first("attention and ndim == 4").shape[1]

    @cached_property
    def hidden(self) -> int:
        """Numbers in the vector of a token."""
        return self.first("attention and query").shape[-1]

    @cached_property
    def wide(self) -> int:
        """Numbers in it inside the feed-forward network."""
        return self.first("ffn").shape[-1]

    def probe(self, layer: int | None = None) -> AnswerView:
        """What the head would say after `layer`; of the embeddings without one."""
        for answer in self._run.answers:
            if answer.layer == layer:
                return AnswerView(answer.result, self._trace)
        raise ExpressionError(f"nothing was probed after layer {layer}")


class Scope(Mapping[str, Any]):
    """What the expressions of a lesson know.

    Args:
        run: the lesson's own run, whose names stand for themselves.
        others: its other runs, asked for with `run("name")`.
        language: of numbers that are spelt out.
        keys: the key of each command, by its name.
        names: what the lesson itself has named: expressions, read when they are asked for.
    """

    def __init__(
        self,
        run: LessonRun,
        others: Mapping[str, LessonRun] | None = None,
        *,
        language: str = "en",
        keys: Mapping[str, str] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._view = RunView(run)
        self._others = {name: RunView(other) for name, other in (others or {}).items()}
        self._keys = keys
        self._names = dict(names or {})
        self._known: dict[str, Any] = {
            **_FUNCTIONS, "run": self._another, "key": self._key, "language": language,
        }  # fmt: skip

    def __getitem__(self, name: str) -> Any:
        if name in self._names and name not in self._known:
            self._known[name] = evaluate(parse(self._names[name]), self)
        if name in self._known:
            return self._known[name]
        if name in RunView.FIELDS:
            return self._view.field(name)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._names or name in RunView.FIELDS

    def __iter__(self) -> Iterator[str]:
        return iter({*self._known, *self._names, *RunView.FIELDS})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _another(self, name: str) -> RunView:
        if name not in self._others:
            raise ExpressionError(f"this lesson has no run {name!r}")
        return self._others[name]

    def _key(self, name: str) -> str:
        if self._keys is None:
            return f"<{name}>"
        if name not in self._keys:
            raise ExpressionError(f"there is no command {name!r}")
        return self._keys[name]


def _len(value: Any) -> int:
    if isinstance(value, (str, tuple)):
        return len(value)
    raise ExpressionError("only a text or a list has a length")


def _rounded(value: float, digits: int = 0) -> float:
    return round(value, digits) if digits else round(value)


def _extreme(function: Any) -> Any:
    return lambda *values: function(_numbers(values[0]) if len(values) == 1 else values)


def _numbers(value: Any) -> tuple[Any, ...]:
    return value.numbers if isinstance(value, TensorView) else tuple(value)


_FUNCTIONS: Mapping[str, Any] = {
    "near": close, "apart": apart, "len": _len, "sqrt": math.sqrt, "exp": math.exp,
    "log": math.log, "abs": abs,
    "round": _rounded, "max": _extreme(max), "min": _extreme(min),
    "sum": lambda values: sum(_numbers(values)), "str": str,
}  # fmt: skip
