"""Hand-made traces: known numbers, and text as bad as text can be."""

from __future__ import annotations

import numpy as np

from cyclesim.trace import ArrayData, Call, Cycle, Header, Timing, Trace, Unit, Value, Verdict

#: Escapes, markup, HTML, direction marks, NUL, lone surrogate, stacked accents, wide and emoji.
HOSTILE = (
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "[bold]x[/bold]", "[/]", "<script>alert(1)</script>",
    "a\nb\rc\td", "\u202eevil\u202c", "\u2066x\u2069", "\x00", "\x9b31m", "\ud800", "漢字漢字",
    "👩‍👩‍👧", "e" + "\u0301" * 300, "&amp;\"'", "שלום",
)  # fmt: skip
#: What must never reach a screen or a page.
FORBIDDEN = {chr(c) for c in (*range(0x20), 0x7F, *range(0x80, 0xA0))} - {"\n"}
FORBIDDEN |= set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ud800")


def value(name: str, *shape: int, source: int | None = None, seed: int = 0) -> Value:
    numbers = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return Value(name, shape, "float32", nbytes=numbers.nbytes, source=source,
                 data=ArrayData(numbers))  # fmt: skip


def cycle(number: int, unit: Unit, step: str, op: str, *shape: int, **more: object) -> Cycle:
    inputs = (value("input", *shape, source=number - 1),) if number else ()
    stack: tuple[Call, ...] = () if unit in ("input", "output") else (Call("", 1, "Model"),)
    if "layer" in more:
        stack += (Call("encoder.layer.0", 1, "Layer"),)
    fields: dict[str, object] = {
        "inputs": inputs,
        "outputs": (value("output", *shape),),
        "stack": stack,
        "flops": 1234 * number,
        "bytes_read": 4100,
        "bytes_written": 10,
        "self_ns": 1000 * (number + 1),
    }
    return Cycle(number, unit, step, "", 1, op, **{**fields, **more})  # type: ignore[arg-type]


def run(tokens: tuple[str, ...] = ("[CLS]", "Ada", "lives", "[SEP]"), text: str = "Ada lives",
        model: str = "tiny", label: str = "PER") -> Trace:  # fmt: skip
    n = len(tokens)
    cycles = [
        cycle(0, "input", "tokenize", "tokenizer.tokenize", n, 2, self_ns=900_000),
        cycle(1, "embedding", "word_embeddings", "embedding", 1, n, 8, flops=0),
        cycle(2, "attention", "query", "linear", 1, n, 8, layer=0),
        cycle(3, "attention", "softmax", "softmax", 1, 2, n, n, layer=0),
        cycle(4, "attention", "dropout", "dropout", 1, 2, n, n, layer=0, nop=True, flops=0),
        cycle(5, "classifier", "logits", "linear", 1, n, 3),
        cycle(6, "output", "labels", "argmax", n),
    ]
    entity = {"text": text[:3], "label": label, "start": 0, "end": 3, "score": 0.875}
    return Trace(
        Header(model, "token-classification", "cpu", "float32", "eager", text, tokens,
               labels=("O", label, "LOC"), parameters=1_322_501),
        cycles,
        Verdict(True, 0.0),
        Timing(1_200_000, 1_000_000),
        {"entities": [entity], "tokens": []},
        complete=True,
    )  # fmt: skip


def hostile() -> Trace:
    nasty = "".join(HOSTILE)
    trace = run(HOSTILE, nasty, nasty, nasty)
    for one in trace.cycles:
        one.note = one.op = one.step = one.path = one.where = nasty
        one.arguments = {nasty: nasty}
        one.outputs[0].words = HOSTILE
        one.outputs[0].name = nasty
    trace.verdict = Verdict(None, reason=nasty)
    return trace
