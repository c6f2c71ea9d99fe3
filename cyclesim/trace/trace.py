"""A recorded run: its cycles in order, its verdict, its times, its answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cyclesim.language import N_, tr
from cyclesim.trace.cycle import Cycle, Resolution
from cyclesim.trace.dataflow import Dataflow
from cyclesim.trace.groups import Group, group
from cyclesim.trace.query import Query, compile_query

if TYPE_CHECKING:
    from cyclesim.trace.manifest import Keep

__all__ = ["Header", "Timing", "Trace", "Verdict"]


@dataclass(frozen=True, slots=True)
class Header:
    """What ran, on what."""

    model: str
    task: str
    device: str
    dtype: str
    attention: str
    text: str | None = None
    tokens: tuple[str, ...] = ()
    #: Character span of each token in `text`; None for special tokens.
    offsets: tuple[tuple[int, int] | None, ...] = ()
    #: Names of the classes of the head.
    labels: tuple[str, ...] = ()
    parameters: int = 0
    #: Of an encoder–decoder, the tokens that the decoder has: its start token and what it wrote.
    target_tokens: tuple[str, ...] = ()
    #: How many at the end of `tokens` (of an encoder–decoder, of `target_tokens`) were generated.
    generated: int = 0


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
            return tr(self.reason or N_("not compared yet"))
        text = tr("differs from the untraced run by up to {amount}")
        if self.first_difference is not None:
            text = tr("differs from the untraced run by up to {amount}, first at cycle {number}")
        text = text.format(amount=f"{self.max_abs_diff:g}", number=self.first_difference)
        return f"{text} ({tr(self.reason)})" if self.reason else text


@dataclass(frozen=True, slots=True)
class Timing:
    """Three clocks, kept apart, in nanoseconds.

    Attributes:
        traced_ns: wall time of the model's forward when observed: the median over the recorded
            runs, or, in a stepped run, that run's own time without its waits for the user.
        untraced_ns: median wall time of the same forward with nothing watching; None if unknown.
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
    """

    header: Header
    cycles: list[Cycle] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    timing: Timing = field(default_factory=Timing)
    result: Mapping[str, Any] = field(default_factory=dict)
    complete: bool = False

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
        """Write a trace file, to be opened with `cyclesim.open_trace` (see `cyclesim.trace.store`).

        Args:
            path: an existing file is replaced, in one step, when everything is written.
            keep: `all` keeps what the cycles read and wrote, `outputs` what they wrote, `stats` no
                numbers, only their statistics. Weights belong to the model and are never in it.

        Raises:
            CyclesimError: the file cannot be written; an old one is as it was.
        """
        from cyclesim.trace.store import save_trace

        save_trace(self, path, keep)

    def to_json(self) -> dict[str, Any]:
        """The stable mapping that `cyclesim trace --json` prints."""
        from cyclesim.trace.json import trace_to_json

        return trace_to_json(self)

    def _repr_html_(self) -> str:
        from cyclesim.render.html import trace_html

        return trace_html(self)
