"""A recorded run: its cycles in order, its verdict, its times, its answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, retell, tr
from cyclesim.trace.cache import KeyValueCache
from cyclesim.trace.cycle import Cycle, Resolution
from cyclesim.trace.dataflow import Dataflow
from cyclesim.trace.groups import Group, group
from cyclesim.trace.learning import Learning, Moved
from cyclesim.trace.prompt import TokenSequence
from cyclesim.trace.query import Query, compile_query

if TYPE_CHECKING:
    from cyclesim.trace.file.manifest import Keep

__all__ = ["NOT_COMPARED", "Header", "Timing", "Trace", "Verdict"]

#: The reason of a verdict whose comparison could not be made.
NOT_COMPARED = N_("the comparison with an untraced run failed: {error}")


@dataclass(frozen=True, slots=True)
class Header:
    """What ran, on what.

    Attributes:
        model, task, device, dtype, attention: what ran, and how.
        text: what was typed: of several texts the one that results point into.
        tokens: one string per position of the sequence that is looked at.
        offsets: character span of each token in its text; None for special tokens.
        labels: names of the head's classes.
        parameters: how many numbers the model has learnt.
        target_tokens: of an encoder–decoder, the tokens that the decoder has: its start token and
            what it wrote.
        generated: how many at the end of `tokens` (of an encoder–decoder, of `target_tokens`) were
            generated.
        sequences: every row of the model's input; empty where no text was read.
        sequence: which of them `text`, `tokens` and `offsets` are of.
    """

    model: str
    task: str
    device: str
    dtype: str
    attention: str
    text: str | None = None
    tokens: tuple[str, ...] = ()
    offsets: tuple[tuple[int, int] | None, ...] = ()
    labels: tuple[str, ...] = ()
    parameters: int = 0
    target_tokens: tuple[str, ...] = ()
    generated: int = 0
    sequences: tuple[TokenSequence, ...] = ()
    sequence: int = 0

    @property
    def looked_at(self) -> TokenSequence:
        """The sequence that is looked at."""
        if self.sequences:
            return self.sequences[self.sequence]
        texts = (("text", self.text),) if self.text is not None else ()
        return TokenSequence(texts, self.tokens, self.offsets)

    def at(self, sequence: int) -> Header:
        """The same, looking at another sequence.

        Raises:
            CyclesimError: there is no such sequence.
        """
        count = max(len(self.sequences), 1)
        if not 0 <= sequence < count:
            raise CyclesimError(
                tr("there is no sequence {number}: this run has {count}, from 0.").format(
                    number=sequence, count=count
                )
            )
        if not self.sequences:
            return self
        chosen = self.sequences[sequence]
        return replace(
            self,
            text=chosen.text,
            tokens=chosen.tokens,
            offsets=chosen.offsets,
            sequence=sequence,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the traced run computed, bit for bit, what an untraced run computes.

    Attributes:
        bit_identical: True, False, or None where no comparison could be made (`reason` says why).
        max_abs_diff: largest absolute difference over the outputs; 0.0 when identical, NaN where
            the shapes differ.
        first_difference: number of the first cycle known to differ, or None.
        reason: one sentence, or ""; in English, translated where it is shown.
        edited: numbers of the cycles that the user edited; such a run is not compared.
    """

    bit_identical: bool | None = None
    max_abs_diff: float | None = None
    first_difference: int | None = None
    reason: str = ""
    edited: tuple[int, ...] = ()

    def __str__(self) -> str:
        if self.edited:
            cycles = ", ".join(map(str, self.edited))
            return tr("edited at {cycles}").format(cycles=cycles)
        if self.bit_identical:
            return tr("bit-identical to the untraced run")
        if self.bit_identical is None:
            return self._reason or tr("not compared yet")
        text = tr("differs from the untraced run by up to {amount}")
        if self.first_difference is not None:
            text = tr("differs from the untraced run by up to {amount}, first at cycle {number}")
        text = text.format(amount=f"{self.max_abs_diff:g}", number=self.first_difference)
        return f"{text} ({self._reason})" if self.reason else text

    @property
    def _reason(self) -> str:
        return tr(retell(self.reason, (NOT_COMPARED,)))


@dataclass(frozen=True, slots=True)
class Timing:
    """Three clocks, kept apart, in nanoseconds.

    Attributes:
        traced_ns: wall time of the forward (of a whole training step) observed: the median over the
            recorded runs, or, in a stepped run, its own time without its waits for the user.
        untraced_ns: median wall time of the same with nothing watching; None if unknown.
        full_speed: for each cycle, the median self time over unpaused runs; () if unknown.
        stepped: whether the observed run was stepped by a live clock.
        repeats: how many unpaused runs the medians are of.
        clock: what measured the self times (`perf_counter_ns`, or `cuda events` on a GPU).
    """

    traced_ns: int = 0
    untraced_ns: int | None = None
    full_speed: tuple[int, ...] = ()
    stepped: bool = False
    repeats: int = 0
    clock: str = "perf_counter_ns"

    @property
    def overhead(self) -> float | None:
        """Observed ÷ untraced wall time."""
        return self.traced_ns / self.untraced_ns if self.untraced_ns else None


@dataclass
class Trace(Sequence[Cycle]):
    """The cycles of one run, `trace[17]`, with everything the views need.

    A live clock appends to it while the model waits; `complete` says whether the run has ended.

    Attributes:
        result: the answer about the sequence that is looked at.
        answers: of several prompts in one run, the answer to each; empty where there is one.
        moved: of a training step from a file, the norms of each parameter, whose weights are not in
            it; `learning` reads them.
    """

    header: Header
    cycles: list[Cycle] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    timing: Timing = field(default_factory=Timing)
    result: Mapping[str, Any] = field(default_factory=dict)
    complete: bool = False
    answers: tuple[Mapping[str, Any], ...] = ()
    moved: tuple[Moved, ...] = ()

    def __len__(self) -> int:
        return len(self.cycles)

    def __getitem__(self, number):  # type: ignore[no-untyped-def]
        return self.cycles[number]

    def __iter__(self) -> Iterator[Cycle]:
        return iter(self.cycles)

    def __repr__(self) -> str:
        return (
            f"<Trace of {self.header.model}: {len(self)} cycles, "
            f"{self.header.device} {self.header.attention} {self.header.dtype}, {self.verdict}>"
        )

    def find(
        self, where: Callable[[Cycle], bool] | Query | str | None = None, /, **fields: object
    ) -> list[Cycle]:
        """The cycles for which `where` is true and every named field has the given value.

        `where` is a condition in the language of `cyclesim.trace.query`, or a function.

        Example:
            >>> trace.find(unit="attention", step="softmax", layer=0)
            [<Cycle ...: layer 0 · attention · softmax → [...]>]
            >>> len(trace.find('unit == "attention" and step == "softmax" and max > 0.2'))
            4

        Raises:
            AttributeError: a name is not a field of `Cycle`.
            QueryError: the text is no condition.
            CyclesimError: it asks for the numbers in tensors, and this trace kept none.
        """
        if isinstance(where, str):
            where = self.query(where)
        if isinstance(where, Query):
            where.check(self)
        found = [c for c in self.cycles if all(getattr(c, k) == v for k, v in fields.items())]
        if not found:
            for name in fields:
                if not hasattr(Cycle, name):
                    raise AttributeError(f"a cycle has no field {name!r}")
        if where is None:
            return found
        if isinstance(where, Query):
            query = where
            return [c for c in found if query(c, self)]
        return [c for c in found if where(c)]

    @property
    def results(self) -> tuple[Mapping[str, Any], ...]:
        """The answer to each prompt, in order."""
        return self.answers or ((self.result,) if self.result else ())

    def conclude(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Note the answer to each prompt."""
        self.answers = tuple(results) if len(results) > 1 else ()
        place = self.header.looked_at.answer if self.answers else 0
        self.result = results[place] if results else {}

    def choose(self, sequence: int) -> None:
        """Look at another sequence of a batch: its tokens are the labels, its answer is `result`.

        Raises:
            CyclesimError: there is no such sequence.
        """
        self.header = self.header.at(sequence)
        if self.answers:
            self.result = self.answers[self.header.looked_at.answer]

    def sequence(self, number: int) -> Trace:
        """The same run, looking at sequence `number` of its batch; this one stays as it is.

        Example:
            >>> both = cyclesim.trace(machine, ["Ada met Charles.", "He lived in London."])
            >>> both.sequence(1).header.text, len(both.sequence(1)) == len(both)
            ('He lived in London.', True)

        Raises:
            CyclesimError: there is no such sequence.
        """
        made = copy(self)
        made.choose(number)
        return made

    def query(self, where: str) -> Query:
        """The condition that `where` says, with this trace's own step names as bare words."""
        return compile_query(where, {c.step for c in self.cycles})

    def groups(self, resolution: Resolution = "step") -> list[Group]:
        """The ticks of a clock at `resolution`: consecutive cycles that belong together."""
        return group(self.cycles, resolution)

    @property
    def dataflow(self) -> Dataflow:
        """Who reads whose output, depth and ILP; rebuilt when cycles were added or replaced."""
        known: Dataflow | None = self.__dict__.get("_dataflow")
        if known is None or not known.is_of(self.cycles):
            known = self.__dict__["_dataflow"] = Dataflow(self.cycles)
        return known

    @property
    def cache(self) -> KeyValueCache:
        """What each generated token reused of the key-value cache, and appended to it, by layer.

        Empty for a model that generates nothing, or without a cache.
        """
        known: KeyValueCache | None = self.__dict__.get("_cache")
        if known is None or not known.is_of(self.cycles):
            known = self.__dict__["_cache"] = KeyValueCache(self.cycles)
        return known

    @property
    def learning(self) -> Learning:
        """Of a training step, how large each gradient was and how far each parameter moved."""
        known: Learning | None = self.__dict__.get("_learning")
        if known is None or not known.is_of(self.cycles):
            known = self.__dict__["_learning"] = Learning(self.cycles, self.moved)
        return known

    def consumers(self, number: int) -> tuple[int, ...]:
        """Numbers of the cycles that read what cycle `number` wrote."""
        return self.dataflow.consumers[number]

    def upstream(self, number: int) -> tuple[int, ...]:
        """Numbers of all cycles that went, directly or not, into cycle `number`."""
        return self.dataflow.upstream(number)

    def downstream(self, number: int) -> tuple[int, ...]:
        """Numbers of all cycles that cycle `number` went into, directly or not.

        Example:
            >>> logits = trace.find("logits")[0].number
            >>> trace.downstream(logits) == tuple(range(logits + 1, len(trace)))
            True
        """
        return self.dataflow.downstream(number)

    @property
    def cycle_ns(self) -> Sequence[int]:
        """Time of each cycle: the median at full speed where known, else the one of this run."""
        known = self.timing.full_speed
        return known if len(known) == len(self) > 0 else [c.self_ns for c in self.cycles]

    def critical_path(self, *, timed: bool = False) -> tuple[int, ...]:
        """Numbers of the cycles of the longest dependency chain: what no parallelism shortens.

        It is the longest in cycles or, with `timed`, in time (`cycle_ns`); how long that is, say
        `trace.totals["depth"]` and `trace.dataflow.span(trace.cycle_ns)`.
        """
        return self.dataflow.critical_path(self.cycle_ns if timed else None)

    def schedule(self) -> list[int]:
        """For each cycle, the earliest tick it could run at, as early as its data allows.

        Example: `for tick, number in sorted(zip(trace.schedule(), range(len(trace)))): ...`
        shows what could go side by side, beside the serial order `range(len(trace))`.
        """
        return self.dataflow.schedule()

    @property
    def totals(self) -> dict[str, float]:
        """`cycles`, `flops`, `depth` (longest dependency chain) and `ilp` (cycles ÷ depth)."""
        return {
            "cycles": len(self),
            "flops": sum(c.flops for c in self.cycles),
            "depth": self.dataflow.depth,
            "ilp": self.dataflow.ilp,
        }

    @property
    def first_nan(self) -> int | None:
        """Number of the first cycle that wrote a NaN; None if none did, or no numbers were kept."""
        return next((c.number for c in self.cycles if c.has_nan), None)

    @property
    def kept_bytes(self) -> int:
        """Bytes of tensors the trace keeps alive: once per storage, parameters excluded."""
        storages: dict[object, int] = {}
        for cycle in self.cycles:
            for value in (*cycle.inputs, *cycle.outputs):
                if value.data is not None and value.kind not in ("parameter", "buffer"):
                    key, nbytes = value.data.storage
                    storages[key] = nbytes
        return sum(storages.values())

    def save(self, path: str | os.PathLike[str], keep: Keep = "all") -> None:
        """Write a trace file, to be opened with `cyclesim.open_trace` (see `cyclesim.trace.file`).

        Args:
            path: an existing file is replaced, in one step, when everything is written.
            keep: `all` keeps what the cycles read and wrote, `outputs` what they wrote, `stats` no
                numbers, only their statistics. Weights belong to the model and are never in it.

        Raises:
            CyclesimError: the file cannot be written; an old one is as it was.
        """
        from cyclesim.trace.file import save_trace

        save_trace(self, path, keep)

    def to_json(self) -> dict[str, Any]:
        """The stable mapping that `cyclesim trace --json` prints."""
        from cyclesim.trace.json import trace_to_json

        return trace_to_json(self)

    def _repr_html_(self) -> str:
        from cyclesim.render.html import trace_html

        return trace_html(self)
