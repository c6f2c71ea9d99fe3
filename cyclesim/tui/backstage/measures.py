"""What is measured beside the run: full speed over more repeats, and the peak of this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import Any, ClassVar

from cyclesim.cost import Peak
from cyclesim.language import tr
from cyclesim.trace import Trace
from cyclesim.tui.backstage.answers import Answers
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.messages import Report

__all__ = ["REPEATS", "MeasureJob", "Measured", "Measures", "PeakJob", "Progress"]

#: Runs that `T` makes, as many as fit into `SECONDS`.
REPEATS = 25
SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Measures:
    """What the views show of it.

    Attributes:
        peak: the most that this machine can do, if it was measured.
        repeats: how many runs the full-speed medians are of; 0 where it is as rehearsed.
        spread: low, median and high quartile of each cycle, nanoseconds; or nothing.
        answers: what the head says of the hidden states; None if it was not asked.
        automatic: it is asked without a key.
    """

    peak: Peak | None = None
    repeats: int = 0
    spread: tuple[tuple[int, int, int], ...] = ()
    answers: Answers | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Progress(Report):
    """How far the measuring is, in one sentence."""

    handler: ClassVar[str] = "measuring"

    sentence: str


@dataclass(frozen=True, slots=True)
class Measured(Report):
    """What came of it.

    Attributes:
        plan: the rehearsal of the run that it was measured for.
        peak: of this machine; None if not known.
        speeds: medians and quartiles of each cycle, as `engine.timing.Speeds`; None if not asked.
        sentence: what to say about it; `bad` if it is an error.
        asked: a person waits for it.
    """

    handler: ClassVar[str] = "measured"

    plan: Trace | None
    peak: Peak | None = None
    speeds: Any = None
    sentence: str = ""
    bad: bool = False
    asked: bool = True


@dataclass(frozen=True, slots=True)
class PeakJob:
    """Look whether this machine's peak is known. Measures nothing."""

    kind: ClassVar[str] = "peak"

    def __call__(self, desk: Desk) -> Report | None:
        peak = desk.engine.known_peak(desk.machine)
        return None if peak is None else Measured(desk.plan, peak, asked=False)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return None  # nobody asked; `T` says what is wrong


@dataclass(frozen=True, slots=True)
class MeasureJob:
    """Measure this machine (the best ever seen counts), and repeat the run at full speed.

    Gives up as soon as cycles are wanted, or `stop` is set.
    """

    kind: ClassVar[str] = "measure"

    stop: Event = field(default_factory=Event)

    def __call__(self, desk: Desk) -> Report | None:
        def given_up() -> bool:
            return self.stop.is_set() or desk.hurried()

        def going(done: int) -> bool:
            said = tr("Full speed: {done} of {count} runs. T stops.")
            desk.report(Progress(said.format(done=done, count=REPEATS)))
            return not given_up()

        desk.report(Progress(tr("Measuring what this machine can do…")))
        peak = desk.engine.peak(desk.machine, given_up)
        stopped = tr("Measuring was stopped; nothing has changed. T begins again.")
        if peak is None:
            return Measured(desk.plan, sentence=stopped)
        speeds = desk.engine.measure(
            desk.machine, desk.text, REPEATS, SECONDS, going, desk.options.training
        )
        if given_up():
            return Measured(desk.plan, peak, sentence=stopped)
        if not speeds.repeats:
            said = tr("Two runs of this model do not call the same functions: there is no median.")
            return Measured(desk.plan, peak, sentence=said, bad=True)
        return Measured(desk.plan, peak, speeds)

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Measured(desk.plan, sentence=sentence, bad=True)
