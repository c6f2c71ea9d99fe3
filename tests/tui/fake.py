"""A hand-made run: the same cycles, numbers and times on every machine, and no torch.

The pictures are compared with it, so nothing in it may depend on the clock, on a library or on the
`explain` room.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from cyclesim.cost import Peak
from cyclesim.trace import (
    ArrayData,
    Call,
    Cycle,
    Header,
    Timing,
    Trace,
    Unit,
    Value,
    Verdict,
)
from cyclesim.tui.backstage.engine import Offers

TEXT = "Ada met Bob in Rome."
TOKENS = ("[CLS]", "Ada", "met", "Bob", "in", "Rome", ".", "[SEP]")
OFFSETS = (None, (0, 3), (4, 7), (8, 11), (12, 14), (15, 19), (19, 20), None)
LABELS = ("O", "PER", "ORG", "LOC", "MISC")
GIVEN = ("O", "PER", "O", "PER", "O", "LOC", "O", "O")
RESULT = {
    "entities": [
        {"text": "Ada", "label": "PER", "start": 0, "end": 3, "score": 0.93},
        {"text": "Bob", "label": "PER", "start": 8, "end": 11, "score": 0.88},
        {"text": "Rome", "label": "LOC", "start": 15, "end": 19, "score": 0.97},
    ],
    "tokens": [],
}
HIDDEN, HEADS = 32, 2


def _wave(*shape: int, seed: int) -> np.ndarray:
    count = int(np.prod(shape))
    return np.round(np.sin(np.arange(count) * 0.37 + seed) * 2, 3).reshape(shape)


class Maker:
    """Writes cycles one after another."""

    def __init__(self, tokens: tuple[str, ...] = TOKENS) -> None:
        self.cycles: list[Cycle] = []
        self.tokens = tokens

    def add(
        self,
        unit: Unit,
        step: str,
        op: str,
        array: np.ndarray,
        reads: tuple[int, ...] = (),
        *,
        name: str = "output",
        words: tuple[str, ...] | None = None,
        weight: str | None = None,
        stack: tuple[Call, ...] = (),
        layer: int | None = None,
        nop: bool = False,
        arguments: dict[str, str] | None = None,
        note: str = "",
    ) -> int:
        number = len(self.cycles)
        inputs = []
        for place, source in enumerate(reads):
            given = self.cycles[source].outputs[0]
            inputs.append(replace(given, name=("input", "other")[place], source=source, words=None))
        if weight is not None:
            data = _wave(HIDDEN, HIDDEN, seed=number)
            inputs.append(
                Value(
                    "weight",
                    data.shape,
                    "float32",
                    nbytes=data.size * 4,
                    kind="parameter",
                    parameter=weight,
                    data=ArrayData(data),
                )
            )
        output = Value(
            name,
            array.shape,
            str(array.dtype).replace("float64", "float32"),
            nbytes=array.size * 4,
            data=ArrayData(array),
            words=words,
        )
        self.cycles.append(
            Cycle(
                number=number,
                unit=unit,
                step=step,
                path=stack[-1].path if stack else "",
                call=1,
                op=op,
                inputs=tuple(inputs),
                outputs=(output,),
                arguments=arguments or {},
                stack=stack,
                layer=layer,
                nop=nop,
                self_ns=12_000 + 700 * number,
                flops=0 if nop or unit == "input" else 1000 * (number + 1),
                bytes_read=sum(v.nbytes for v in inputs),
                bytes_written=output.nbytes,
                where="modeling_fake.py:42 forward" if stack else "",
                note=note,
            )
        )
        return number


def make_cycles(tokens: tuple[str, ...] = TOKENS) -> list[Cycle]:
    """Two layers of a small BERT, each cycle with numbers of its own."""
    make, n = Maker(tokens), len(tokens)
    body = tokens[1:-1]
    spans = np.array([[i * 2, i * 2 + 2] for i in range(len(body))])
    cut = make.add(
        "input",
        "tokenize",
        "tokenizer.tokenize",
        spans,
        name="offsets",
        words=body,
        note=f"{len(body)} tokens",
    )
    ids = make.add(
        "input", "ids", "tokenizer.ids", np.arange(100, 100 + n), (cut,), name="ids", words=tokens
    )
    root = Call("", 1, "FakeModel")
    embeddings = (root, Call("embeddings", 1, "FakeEmbeddings"))
    leaf = Call("embeddings.word_embeddings", 1, "Embedding", True)
    state = make.add(
        "embedding",
        "word_embeddings",
        "embedding",
        _wave(1, n, HIDDEN, seed=1),
        (ids,),
        weight="embeddings.word_embeddings.weight",
        stack=(*embeddings, leaf),
    )
    state = make.add(
        "embedding",
        "dropout",
        "dropout",
        _wave(1, n, HIDDEN, seed=1),
        (state,),
        stack=embeddings,
        nop=True,
    )
    for layer in range(2):
        block = (root, Call(f"encoder.layer.{layer}", 1, "FakeLayer"))
        attention = (*block, Call(f"encoder.layer.{layer}.attention", 1, "FakeAttention"))
        output = (*block, Call(f"encoder.layer.{layer}.output", 1, "FakeOutput"))
        before = state
        made = {}
        for name in ("query", "key", "value"):
            leaf = Call(f"encoder.layer.{layer}.attention.{name}", 1, "Linear", True)
            made[name] = make.add(
                "attention",
                name,
                "linear",
                _wave(1, n, HIDDEN, seed=layer + len(name)),
                (before,),
                weight=f"encoder.layer.{layer}.attention.{name}.weight",
                stack=(*attention, leaf),
                layer=layer,
            )
        scores = make.add(
            "attention",
            "scores",
            "matmul",
            _wave(1, HEADS, n, n, seed=layer),
            (made["query"], made["key"]),
            stack=attention,
            layer=layer,
        )
        values = make.cycles[scores].outputs[0].numpy()
        probabilities = np.exp(values) / np.exp(values).sum(-1, keepdims=True)
        softmax = make.add(
            "attention",
            "softmax",
            "softmax",
            probabilities,
            (scores,),
            stack=attention,
            layer=layer,
            arguments={"dim": "-1"},
        )
        context = make.add(
            "attention",
            "context",
            "matmul",
            _wave(1, n, HIDDEN, seed=7),
            (softmax, made["value"]),
            stack=attention,
            layer=layer,
        )
        residual = make.add(
            "residual",
            "residual",
            "add",
            _wave(1, n, HIDDEN, seed=8),
            (context, before),
            stack=output,
            layer=layer,
        )
        state = make.add(
            "layernorm",
            "layernorm",
            "layer_norm",
            _wave(1, n, HIDDEN, seed=9),
            (residual,),
            stack=output,
            layer=layer,
        )
    logits = make.add(
        "classifier",
        "logits",
        "linear",
        _wave(1, n, len(LABELS), seed=3),
        (state,),
        weight="classifier.weight",
        stack=(root, Call("classifier", 1, "Linear", True)),
    )
    values = make.cycles[logits].outputs[0].numpy()
    shares = np.exp(values) / np.exp(values).sum(-1, keepdims=True)
    chances = make.add(
        "output",
        "probabilities",
        "softmax",
        shares,
        (logits,),
        name="probabilities",
        words=tokens,
        arguments={"dim": "-1"},
    )
    given = GIVEN if len(tokens) == len(GIVEN) else ("O",) * n
    labels = make.add(
        "output", "labels", "argmax", np.arange(n) % 5, (chances,), name="labels", words=given
    )
    make.add(
        "output",
        "entities",
        "merge",
        np.array([[0, 3], [8, 11], [15, 19]]),
        (labels,),
        name="spans",
        words=("Ada · PER", "Bob · PER", "Rome · LOC"),
    )
    return make.cycles


def header(text: str = TEXT, tokens: tuple[str, ...] = TOKENS) -> Header:
    return Header(
        "fake-ner",
        "token-classification",
        "cpu",
        "float32",
        "eager",
        text,
        tokens,
        OFFSETS,
        LABELS,
        1234,
    )


class FakeClock:
    """Hands out the cycles one by one. `gate`, if given, is waited for before each."""

    def __init__(
        self,
        cycles: list[Cycle],
        text: str,
        result: dict[str, Any],
        gate: threading.Event | None = None,
        fails_at: int | None = None,
    ) -> None:
        self._cycles, self._result = cycles, result
        self._gate, self._fails_at = gate, fails_at
        self._cancelled = threading.Event()
        tokens = cycles[1].outputs[0].words or ()
        self.trace = Trace(header(text, tokens))
        self.closed = False

    @property
    def executed(self) -> int:
        return len(self.trace.cycles)

    @property
    def finished(self) -> bool:
        return self.trace.complete

    def step(self) -> Cycle | None:
        if self.finished or self._cancelled.is_set():
            return None
        while self._gate is not None and not self._gate.wait(0.01):
            if self._cancelled.is_set():
                return None
        if self.executed == self._fails_at:
            from cyclesim.errors import ModelError

            raise ModelError(f"the model failed at cycle {self.executed}: boom.", self.trace)
        self.trace.cycles.append(self._cycles[self.executed])
        if self.executed == len(self._cycles):
            self.trace.result = self._result
            self.trace.verdict = Verdict(True, 0.0)
            self.trace.timing = Timing(2_400_000, 2_000_000, stepped=True)
            self.trace.complete = True
        return self.trace.cycles[-1]

    def cancel(self) -> None:
        self._cancelled.set()

    def close(self) -> None:
        self.cancel()
        self.closed = True


class FakeProbe:
    """Says more of the labels right with every layer."""

    names_tokens = False

    def __init__(self, cycles: list[Cycle]) -> None:
        ends = {c.layer: c for c in cycles if c.unit in ("embedding", "layernorm")}
        self.hidden_states = list(ends.values())
        self.tokens = cycles[1].outputs[0].words or ()
        self.asked: list[int] = []

    def at(self, cycle: Cycle) -> SimpleNamespace:
        self.asked.append(cycle.number)
        layer = -1 if cycle.layer is None else cycle.layer
        body = list(zip(self.tokens, GIVEN, strict=False))[1:-1]
        tokens = [
            {"text": token, "label": label if place < 2 * layer + 3 else "MISC",
             "score": 0.4 + 0.2 * (layer + 1)}
            for place, (token, label) in enumerate(body)
        ]  # fmt: skip
        result = {"entities": [], "tokens": tokens}
        return SimpleNamespace(
            number=cycle.number, layer=cycle.layer, result=result, results=(result,)
        )


class FakeEngine:
    """Rehearses and makes clocks of the hand-made run."""

    live = True

    def __init__(self, tokens: tuple[str, ...] = TOKENS, result: Any = None, **clock: Any) -> None:
        self.tokens, self.result, self.options = tokens, result or RESULT, clock
        self.clocks: list[FakeClock] = []

    def rehearse(self, machine: Any, text: str, train: Any = None) -> Trace:
        cycles = make_cycles(self.tokens)
        for cycle in cycles:
            cycle.outputs = tuple(replace(v, data=None) for v in cycle.outputs)
            cycle.inputs = tuple(replace(v, data=None) for v in cycle.inputs)
        speeds = tuple(9_000 + 600 * c.number for c in cycles)
        return Trace(
            header(text, self.tokens),
            cycles,
            Verdict(True, 0.0),
            Timing(2_100_000, 2_000_000, speeds),
            complete=True,
        )

    def offers(self) -> Offers:
        return Offers(("forward", "token-classification"), ("cpu",))

    def known_peak(self, machine: Any) -> Peak | None:
        return None

    def peak(self, machine: Any, given_up: Callable[[], bool]) -> Peak | None:
        return Peak(85e9, 12e9, "a fake processor", "float32", 2)

    def measure(
        self,
        machine: Any,
        text: str,
        repeats: int,
        seconds: float,
        going: Callable[[int], bool],
        train: Any = None,
    ) -> SimpleNamespace:
        done = next((n for n in range(repeats) if not going(n)), repeats)
        middles = tuple(8_000 + 500 * c.number for c in make_cycles(self.tokens))
        spread = tuple((m - 300, m, m + 400) for m in middles)
        return SimpleNamespace(medians=middles, spread=spread, repeats=done, wall_ns=1_900_000)

    def check_edit(self, clock: FakeClock, number: int, output: int) -> None:
        """Every cycle may be edited."""

    def probe(self, machine: Any, text: str) -> FakeProbe:
        return FakeProbe(make_cycles(self.tokens))

    def clock(self, machine: Any, text: str, plan: Trace, train: Any = None) -> FakeClock:
        made = FakeClock(make_cycles(self.tokens), text, self.result, **self.options)
        self.clocks.append(made)
        return made


def open_fake(options: Any, progress: Any) -> object:
    progress("loading fake-ner")
    return object()


def explain(cycle: Cycle, trace: Trace, cell: tuple[int, ...] | None = None) -> SimpleNamespace:
    """Stands in for the explain room."""
    shape = list(cycle.outputs[0].shape)
    axes = {4: ("batch", "head", "query", "key"), 3: ("batch", "token", "hidden")}
    return SimpleNamespace(
        sentence=f"This is what {cycle.step} does, in one plain sentence.",
        formula="y = f(x)",
        formula_ascii="",
        shapes=f"→ {shape}",
        axes=(axes.get(len(shape), ()),),
    )


def work_out(
    cycle: Cycle, trace: Trace, index: tuple[int, ...], output: int = 0
) -> SimpleNamespace:
    """Stands in for the explain room: the cycles of this run do not compute what they say."""
    number = f"{float(cycle.outputs[output].numpy(index)):.4g}"
    return SimpleNamespace(
        line=lambda ascii: f"y{list(index)} = f(x) = {number}",
        agrees=not cycle.edited,
        int8=False,
        recomputed=0.5,
    )
