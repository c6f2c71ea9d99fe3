"""Hand-made comparisons: known numbers, rows that failed, names as bad as names can be."""

from __future__ import annotations

from dataclasses import replace

from cyclesim.cost import Peak
from cyclesim.trace import Unit
from cyclesim.versus import (
    Answer,
    AttentionMap,
    Change,
    Comparison,
    CycleWork,
    Difference,
    First,
    Memory,
    Overhead,
    Part,
    Point,
    Preparation,
    Row,
    Setup,
    Sweep,
    Times,
)

PEAK = Peak(1e11, 1e10, "a processor", "float32", 2)


def times(*ms: float, draws: int = 1) -> Times:
    return Times(tuple(round(x * 1e6) for x in ms), draws)


def cycle(number: int, unit: Unit, step: str, flops: int | None, nbytes: int, us: int,
          layer: int | None = None) -> CycleWork:  # fmt: skip
    ns = us * 1000
    return CycleWork(number, unit, step, f"{unit} · {step}", layer, flops, nbytes,
                     Times((ns, ns + 100, ns - 100)))  # fmt: skip


def sweep(failed: str = "") -> Sweep:
    def point(n: int) -> Point:
        def part(unit: Unit, step: str, ns: int, flops: int) -> Part:
            return Part(unit, step, 1, Times((ns, ns, ns)), flops, 9 * n, 4 * n)

        parts = (
            part("attention", "scores", 3 * n * n, 2 * n * n),
            part("attention", "query", 50 * n, 100 * n),
            part("ffn", "intermediate", 70 * n, 400 * n),
            part("layernorm", "layernorm", 5 * n, 8 * n),
        )
        return Point(n, Times((9 * n * n, 10 * n * n, 11 * n * n)), parts)

    return Sweep("seq", (point(16), point(32), point(64), Point(999, failed=failed or "too long")))


def comparison(bad: str = "") -> Comparison:
    """`bad` is put wherever a text of a model, a person or a machine is shown."""
    setup = Setup(
        model="tiny" + bad, task="token-classification", device="cpu", dtype="float32",
        attention="eager", text="Ada lives" + bad, tokens=("[CLS]", "Ada" + bad, "lives", "[SEP]"),
        parameters=1_322_501, random_weights=False, length=4, threads=2,
        processor="a processor" + bad, torch="2.13.0", python="3.12.1", system="Linux",
    )  # fmt: skip
    overhead = Overhead(
        ((10_000, 10_100, 9_900), (20_000,) * 3), times(2, 2.2, 2.1, 1.9, draws=2),
        times(1.8, 1.9, 1.85), times(4, 4.2, 4.1), times(0.5, 0.5, 0.6), times(5, 5.5, 5.2),
    )  # fmt: skip
    rows = (
        Row("stepped", "stepped", times(5, 5.5, 5.2, 5.1), "stepped" + bad,
            difference=Difference(0.0, 0.0, True), memory=Memory(4_000_000, 600_000, "kept")),
        Row("traced", "traced", times(1.8, 1.9, 1.85, 1.9)),
        Row("baseline", "baseline",
            times(2, 2.2, 2.1, 1.9, 2.05, 2.0, 2.1, 1.95, draws=2), memory=Memory(4_000_000)),
        Row("bf16", "variant", times(0.9, 1.0, 0.95, 0.97), "converted" + bad,
            difference=Difference(0.0233, 0.0062, False),
            answer=Answer("labels", 4, (Change("token 1 Ada" + bad, "B-PER", "O" + bad),)),
            first=First(3, 3, "softmax" + bad, "layer.0", 0.0021, 7),
            preparations=(Preparation("convert", 138_000_000),)),
        Row("batch=4", "variant", times(4, 4.1, 4.05, 4.2), sequences=4),
        Row("compile", "variant", failed="no compiler" + bad),
    )  # fmt: skip
    cycles = (
        cycle(0, "embedding", "word_embeddings", 0, 5_000, 9),
        cycle(1, "attention", "query", 900_000, 60_000, 40, 0),
        cycle(2, "attention", "scores", 40_000, 9_000, 8, 0),
        cycle(3, "layernorm", "layernorm", 8_000, 9_000, 6, 0),
        cycle(4, "ffn", "intermediate", 3_600_000, 200_000, 70, 1),
        cycle(5, "other", "strange", None, 1_000, 3, 1),
    )
    shown = AttentionMap(
        2, 0, 1, 2, "observed", ("a", "b" + bad), ("a", "b" + bad), (2, 2),
        ((0.75, 0.25), (0.0, 1.0)),
    )  # fmt: skip
    order = (("stepped", "traced", "baseline", "bf16", "batch=4", "baseline"),) * 4
    return Comparison(setup, rows, order, overhead, cycles, PEAK, sweep(bad), (shown,))


def bare() -> Comparison:
    """The least there can be: nothing but the baseline, and everything else failed."""
    whole = comparison()
    rows = tuple(
        row if row.kind == "baseline" else replace(row, times=Times(), failed="it failed")
        for row in whole.rows
    )
    return Comparison(whole.setup, rows, (("baseline", "baseline"),) * 4, None)
