"""What a step waits for: something that a person does in the app, whatever way they choose.

    expect: {arrive: layer 0 and softmax}     stand at a cycle for which this is true
    expect: {ran: layer 0}                    have run a cycle for which this is true
    expect: {press: back}                     give a command, by the name it has in the key map
    expect: {predict: layer 0 and softmax}    answer the app's own question about such a cycle
    expect: {cell: {query: London, key: in}}  put the tensor's cursor there
    expect: {edited: layer 1 and softmax}     change what such a cycle wrote
    expect: {stop: nan}                       set a breakpoint
    expect: {panel: program}                  look at a panel
    expect: ended                             the run is over
    expect: text                              another text is open

A goal is asked of a `Deeds`, which says where the app stands and what was done since the step
began. It knows no widget, so a tour can be replayed without a screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from cyclesim.errors import CyclesimError
from cyclesim.trace import Cycle, Trace

__all__ = ["CONDITIONS", "Deeds", "Goal", "GoalKind", "goal_of"]

GoalKind = Literal[
    "arrive", "ran", "press", "predict", "cell", "edited", "stop", "panel", "ended", "text"
]
#: Goals that a condition on cycles says more of.
CONDITIONS = frozenset({"arrive", "ran", "predict", "edited"})
#: Goals that need no more words.
_ALONE = frozenset({"ended", "text", "predict", "edited", "stop"})


@dataclass(frozen=True, slots=True)
class Deeds:
    """Where the app stands, and what was done since the step began.

    Attributes:
        trace: the run on the screen.
        executed: how many of its cycles have run.
        at: the number of the cycle being looked at, or None.
        ended: whether the run is over.
        text: what it is a run of.
        panel: the panel with the focus.
        cell: where the tensor's cursor is, by the names of the axes.
        stops: the conditions of the breakpoints.
        pressed: the commands given since the step began.
        predicted: numbers of the cycles that were predicted since then.
    """

    trace: Trace
    executed: int = 0
    at: int | None = None
    ended: bool = False
    text: str = ""
    panel: str = ""
    cell: Mapping[str, int] = field(default_factory=dict)
    stops: tuple[str, ...] = ()
    pressed: tuple[str, ...] = ()
    predicted: tuple[int, ...] = ()

    @property
    def cycles(self) -> list[Cycle]:
        """The cycles that have run."""
        return self.trace.cycles[: self.executed]


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be done: its kind, and what more there is to say of it."""

    kind: GoalKind
    value: Any = True

    def met(self, deeds: Deeds, text: str = "") -> bool:
        """Whether it has been done.

        Args:
            text: the lesson's own text, which `text` is another than.
        """
        check = getattr(self, f"_{self.kind}")
        return bool(check(deeds, text) if self.kind == "text" else check(deeds))

    # -- one for each kind -------------------------------------------------------------------

    def _arrive(self, deeds: Deeds) -> bool:
        at = deeds.at
        return at is not None and at < deeds.executed and self._true_of([deeds.trace[at]], deeds)

    def _ran(self, deeds: Deeds) -> bool:
        return self._true_of(deeds.cycles, deeds)

    def _press(self, deeds: Deeds) -> bool:
        return self.value in deeds.pressed

    def _predict(self, deeds: Deeds) -> bool:
        ran = [deeds.trace[n] for n in deeds.predicted if n < deeds.executed]
        return self._true_of(ran, deeds)

    def _cell(self, deeds: Deeds) -> bool:
        return all(deeds.cell.get(axis) == place for axis, place in self.value.items())

    def _edited(self, deeds: Deeds) -> bool:
        return self._true_of([c for c in deeds.cycles if c.edited], deeds)

    def _stop(self, deeds: Deeds) -> bool:
        if self.value is True:
            return bool(deeds.stops)
        return any(_plain(self.value) == _plain(stop) for stop in deeds.stops)

    def _panel(self, deeds: Deeds) -> bool:
        return bool(deeds.panel == self.value)

    def _ended(self, deeds: Deeds) -> bool:
        return deeds.ended

    def _text(self, deeds: Deeds, text: str) -> bool:
        return bool(deeds.text) and deeds.text != text

    def _true_of(self, cycles: list[Cycle], deeds: Deeds) -> bool:
        if self.value is True:
            return bool(cycles)
        query = deeds.trace.query(self.value)
        try:
            return any(query(cycle, deeds.trace) for cycle in cycles)
        except CyclesimError:  # it asks for numbers that are not kept
            return False


def goal_of(written: Any) -> Goal:
    """The goal that stands after `expect:`.

    Raises:
        CyclesimError: it is none.
    """
    if isinstance(written, str) and written in _ALONE:
        return Goal(written)  # type: ignore[arg-type]
    if isinstance(written, Mapping) and len(written) == 1:
        ((kind, value),) = written.items()
        if kind in get_args(GoalKind):
            fits = isinstance(value, Mapping) if kind == "cell" else isinstance(value, str)
            if fits or (kind in _ALONE and value is True):
                return Goal(kind, value)
    kinds = ", ".join(get_args(GoalKind))
    raise CyclesimError(
        f"expect says what is waited for, as in {{arrive: softmax}}; one of {kinds}"
    )


def _plain(condition: str) -> str:
    return " ".join(condition.split())
