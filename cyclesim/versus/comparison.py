"""What `cyclesim.compare` found: one run stepped, traced and at full speed, in several forms.

Pure data. Every figure that a view shows is here as a raw list, or is a property that reads one;
`to_json` has them all. Sentences (`note`, `failed`, `reason`) are English, and told in the spoken
language by `remark`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from cyclesim.cost.roofline import Mark, Peak
from cyclesim.language import retell
from cyclesim.versus.attention import AttentionMap
from cyclesim.versus.overhead import Overhead
from cyclesim.versus.scaling import Sweep
from cyclesim.versus.sentences import FORMS
from cyclesim.versus.statistics import NO_TIMES, Ratio, Times, halves, noise_floor, ratio
from cyclesim.versus.work import CycleWork, PhaseWork, UnitWork, mark_of, phases_of, units_of

__all__ = [
    "SCHEMA", "Answer", "Change", "Comparison", "Difference", "First", "Kind",
    "Memory", "Preparation", "Row", "Setup", "remark",
]  # fmt: skip

#: Of `Comparison.to_json`.
SCHEMA = 1

#: `stepped`: a clock stepped to the end. `traced`: recorded, without pauses. `baseline`: the
#: machine's own setting, with nothing watching. `variant`: another setting, nothing watching.
Kind = Literal["stepped", "traced", "baseline", "variant"]


def remark(sentence: str) -> str:
    """One of this room's English sentences, or several, in the language that is spoken."""
    return "; ".join(retell(part, FORMS) for part in sentence.split("; "))


@dataclass(frozen=True, slots=True)
class Setup:
    """What was measured, and where.

    Attributes:
        model, task, device, dtype, attention, text, tokens: as in a trace's header.
        parameters: how many.
        random_weights: the weights were drawn, not trained: times mean something, answers do not.
        length: tokens of the sequence.
        threads: torch's; the baseline's.
        processor: name of the CPU or GPU.
        torch, python, system: versions.
        input_note: where the input came from, if not from the text.
        generated: tokens that were written; 0 where what is compared is one forward.
    """

    model: str
    task: str
    device: str
    dtype: str
    attention: str
    text: str | None
    tokens: tuple[str, ...]
    parameters: int
    random_weights: bool
    length: int
    threads: int
    processor: str
    torch: str
    python: str
    system: str
    input_note: str = ""
    generated: int = 0


@dataclass(frozen=True, slots=True)
class Preparation:
    """Something done once, before any round: `compile`, `quantize`, `convert`. Never in `times`.

    For `compile` it is the first call: compiling, and one run.
    """

    name: str
    ns: int


@dataclass(frozen=True, slots=True)
class Difference:
    """The model's outputs beside the baseline's, over all of their numbers.

    Attributes:
        max_abs: largest absolute difference; NaN where shapes or NaNs differ.
        relative: `max_abs` ÷ the largest absolute value of the baseline.
        bit_identical: whether every bit is the same.
    """

    max_abs: float
    relative: float
    bit_identical: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One answer that is another than the baseline's: where (`token 3 'Ada'`), and what it was."""

    where: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answers (labels, tokens) beside the baseline's.

    Attributes:
        kind: what was compared: `labels`, the `tokens` of a text that was written, or `argmax` of
            the logits where no task reads them.
        compared: how many answers.
        changes: those that differ.
    """

    kind: str
    compared: int
    changes: tuple[Change, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether any answer differs."""
        return bool(self.changes)


@dataclass(frozen=True, slots=True)
class First:
    """The first cycle that differs from the traced baseline, by `cyclesim.diff`.

    Attributes:
        number, other: the cycle in the baseline, and its counterpart; None where none differs, or
            where nothing can be compared (then `reason` says why).
        label, path: what the cycle is.
        max_abs: by how much.
        compared: how many cycles were compared.
    """

    number: int | None = None
    other: int | None = None
    label: str = ""
    path: str = ""
    max_abs: float | None = None
    compared: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes.

    Attributes:
        weights: parameters and buffers, each storage once.
        peak: the most that the forward had allocated at one time, over what was there before.
        how: what said so: `torch.profiler`, `torch.cuda`, or `kept tensors` (of an observed run:
            what its trace keeps, each storage once); "" where nothing did.
    """

    weights: int
    peak: int | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One way to run the same model.

    Attributes:
        name: `stepped`, `traced`, `baseline`, or the variant as it was asked for (`sdpa`,
            `threads=2`, `compile+bf16`).
        kind: see `Kind`.
        times: wall times of the rounds.
        note: what was done, one sentence, or "".
        failed: why there is no measurement, one sentence; "" where there is one.
        attention, dtype, threads: its setting.
        sequences: how many one call computes.
        length: tokens of each.
        preparations: what was done before the rounds.
        difference, answer, first: beside the baseline; None where that makes no sense (`unlike`
            says why).
        memory: None where not measured.
    """

    name: str
    kind: Kind
    times: Times = NO_TIMES
    note: str = ""
    failed: str = ""
    attention: str = ""
    dtype: str = ""
    threads: int = 0
    sequences: int = 1
    length: int = 0
    preparations: tuple[Preparation, ...] = ()
    difference: Difference | None = None
    answer: Answer | None = None
    first: First | None = None
    memory: Memory | None = None
    unlike: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was measured."""
        return not self.failed

    @property
    def sequence_ns(self) -> float:
        """Median time for one sequence."""
        return self.times.median_ns / self.sequences


@dataclass(frozen=True)
class Comparison:
    """The whole.

    Attributes:
        setup: what was measured, and where.
        rows: stepped, traced, baseline, then the variants in the order asked for.
        order: for each round, the names in the order in which they were drawn.
        overhead: where the stepped run's time goes.
        cycles: the model's cycles, for the roofline.
        peak: the machine's two roofs; None where they were not measured.
        sweep: how things grow with length; None where not asked for.
        attention: one or two attention maps of the baseline's run.
    """

    setup: Setup
    rows: tuple[Row, ...]
    order: tuple[tuple[str, ...], ...]
    overhead: Overhead | None
    cycles: tuple[CycleWork, ...] = ()
    peak: Peak | None = None
    sweep: Sweep | None = None
    attention: tuple[AttentionMap, ...] = ()

    def __getitem__(self, name: str) -> Row:
        """The row of that name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    @property
    def baseline(self) -> Row:
        """The machine's own setting, with nothing watching."""
        return next(row for row in self.rows if row.kind == "baseline")

    @property
    def rounds(self) -> int:
        """How many there were."""
        return len(self.order)

    @cached_property
    def noise(self) -> float:
        """The noise floor: a factor, 1 or more (see `statistics.noise_floor`)."""
        return noise_floor(self.baseline.times)

    def speedup(self, row: Row) -> Ratio | None:
        """How many times as fast as the baseline, for each sequence; None for a failed row."""
        return self._ratio(self.baseline.times, row.times, row)

    def steady(self, row: Row) -> bool | None:
        """Whether the first and the second half of the rounds agree; None for under 4 rounds.

        It is the same question as whether two calls in a row agree, asked inside one.
        """
        if self.rounds < 4 or not row.times.ns:
            return None
        pairs = zip(halves(self.baseline.times), halves(row.times), strict=True)
        first, second = (self._ratio(base, times, row) for base, times in pairs)
        return first is None or second is None or first.agrees(second)

    @cached_property
    def drift(self) -> Ratio | None:
        """The baseline's second half of rounds beside its first: above 1, it became faster."""
        first, second = halves(self.baseline.times)
        return ratio(first, second, floor=self.noise) if self.rounds >= 4 else None

    def disagreements(self, other: Comparison) -> tuple[str, ...]:
        """Names of the rows whose speed-up is another in `other`: their intervals do not meet."""
        names = []
        for row in self.rows:
            theirs = next((r for r in other.rows if r.name == row.name), None)
            if theirs is None:
                continue
            one, two = self.speedup(row), other.speedup(theirs)
            if one is not None and two is not None and not one.agrees(two):
                names.append(row.name)
        return tuple(names)

    def place(self, cycle: CycleWork) -> Mark | None:
        """Where a cycle stands under the roof; None without a peak or a FLOP count."""
        return mark_of(cycle.work, self.peak, cycle.times.median_ns)

    @cached_property
    def units(self) -> tuple[UnitWork, ...]:
        """The units of the model, each the sum over its cycles."""
        return units_of(self.cycles, self.peak)

    @cached_property
    def phases(self) -> tuple[PhaseWork, ...]:
        """Reading the prompt, and writing token after token; none where no text is written."""
        return phases_of(self.cycles, self.peak)

    def to_json(self) -> dict[str, Any]:
        """Everything, raw; the mapping that `cyclesim compare --json` prints."""
        from cyclesim._version import __version__

        content = {
            "schema": SCHEMA,
            "cyclesim": __version__,
            "setup": asdict(self.setup),
            "rounds": self.rounds,
            "order": [list(names) for names in self.order],
            "noise": self.noise,
            "drift": None if self.drift is None else self.drift.to_json(),
            "rows": [self._row_json(row) for row in self.rows],
            "overhead": None if self.overhead is None else self.overhead.to_json(),
            "peak": None if self.peak is None else self.peak.as_json(),
            "cycles": [cycle.to_json(self.peak) for cycle in self.cycles],
            "units": [unit.to_json() for unit in self.units],
            "phases": [phase.to_json() for phase in self.phases],
            "attention": [found.to_json() for found in self.attention],
            "sweep": None if self.sweep is None else self.sweep.to_json(),
        }
        made: dict[str, Any] = _finite(content)
        return made

    def html(self) -> str:
        """The report: one page that needs nothing else, with every raw list inside."""
        from cyclesim.render.report import report_html

        return report_html(self)

    def _repr_html_(self) -> str:
        from cyclesim.render.report import report_fragment

        return report_fragment(self)

    def __str__(self) -> str:
        from cyclesim.render.comparison import comparison_text

        return comparison_text(self)

    def _ratio(self, base: Times, times: Times, row: Row) -> Ratio | None:
        return ratio(base, times, per=row.sequences / self.baseline.sequences, floor=self.noise)

    def _row_json(self, row: Row) -> dict[str, Any]:
        faster = self.speedup(row)
        answer = None if row.answer is None else {**asdict(row.answer)}
        if answer is not None and row.answer is not None:
            answer["changed"] = row.answer.changed
        return {
            **asdict(row),
            "times": row.times.to_json(),
            "answer": answer,
            "sequence_ns": row.sequence_ns,
            "speedup": None if faster is None else faster.to_json(),
            "steady": self.steady(row),
        }


def _finite(content: Any) -> Any:
    """JSON has no NaN and no infinity: they are written as text."""
    if isinstance(content, float) and not math.isfinite(content):
        return str(content)
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, Iterable) and not isinstance(content, str):
        return [_finite(value) for value in content]
    return content
