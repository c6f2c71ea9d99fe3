"""The worker side of a live clock: the thread that the model runs in, and where it pauses.

The clock says how far to go by two conditions: one asked after each cycle, one asked before each
event of what would run next. The session pauses when one is true, and takes the next two with the
next turn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import torch

from cyclesim.engine.building.builder import Builder
from cyclesim.engine.clock.rendezvous import Cancelled, Rendezvous
from cyclesim.engine.recording.events import AnyEvent, Event, HostEvent, Node, Standing
from cyclesim.engine.recording.functions import only_rearranges, overwritten, written
from cyclesim.engine.running.replay import put, rebuild
from cyclesim.engine.running.run import Run
from cyclesim.machine import HostStep
from cyclesim.trace import Call, Cycle, Phase

__all__ = ["Place", "Session", "Upcoming"]


class Place(NamedTuple):
    """What is known of the cycle that would run next.

    The module calls it stands in, the repeated block, the unit of what is outside the model, the
    generated token it works for, and the phase.
    """

    stack: tuple[Call, ...]
    layer: int | None
    unit: str
    token: int | None
    phase: Phase = "forward"


#: Asked of what will run next, whether to pause before it.
Upcoming = Callable[[Place], bool]


class Session:
    """The worker thread of one run, and what it shares with the clock."""

    def __init__(self, run: Run, measure: bool) -> None:
        self.rendezvous = Rendezvous()
        self.run = run
        self.run.recorder.gate = self
        self.can_edit = False
        self._replacement: list[torch.Tensor] | None = None
        self._rewritten: Any = None
        self.error: BaseException | None = None
        self._measure = measure
        self._after: Callable[[Cycle], bool] | None = None
        self._before: Upcoming | None = None
        self._thread = threading.Thread(target=self._work, name="cyclesim-clock", daemon=True)
        self._started = False
        # A new thread would use torch's default number of threads until torch first splits work
        # in it, and a matrix product split in another way adds up to other last bits.
        self._threads = torch.get_num_threads()

    # -- called by the clock -----------------------------------------------------------------

    def go(self, after: Callable[[Cycle], bool] | None, before: Upcoming | None) -> None:
        if not self._started:
            self._started = True
            self._thread.start()
        self._after, self._before = after, before
        self.rendezvous.resume()
        if self.rendezvous.ended:
            self.rendezvous.close()
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def resumed(self, number: int, edit: Mapping[int, torch.Tensor] | None = None) -> Session:
        """A new session of the same run that will hand back cycles 0 to `number`.

        With `edit`, cycle `number` will have written these (see `Run.must_run_again`).
        """
        return Session(self.run.resumed(number, edit), self._measure)

    def replace(self, tensors: list[torch.Tensor]) -> None:
        """The model, paused right after a cycle, shall go on with `tensors` as its outputs."""
        self._replacement = tensors
        if isinstance(self.run.recorder.events[-1], HostEvent):
            self._rewritten = self.run.recorder.rewrite(tuple(tensors))
            self._builder.rewrite(self._rewritten)
        else:
            self._builder.edit(tensors)

    def stop(self) -> None:
        self.rendezvous.cancel()
        if threading.current_thread() is self._thread:
            return
        if self._started:
            # Ctrl-C may have kept it from starting; if it still does, it is cancelled at once.
            with suppress(RuntimeError):
                self._thread.join()
        self.rendezvous.close()

    # -- the worker --------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            torch.set_num_threads(self._threads)
            self.rendezvous.start()
            self.run.execute()
            # The output steps are done; what follows is not part of the stepped run.
            self._after = self._before = None
            self.run.certify()
            if self._measure:
                self.run.measure(stepped=True)
            self.run.complete()
        except Cancelled:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self.run.recorder.gate = None
            self.run.close(resumable=True)
            self.rendezvous.end()

    # -- the gate, in the worker's thread ----------------------------------------------------

    def before(
        self,
        node: Node | None,
        call: Callable[..., Any] | HostStep | Standing,
        args: tuple[Any, ...],
    ) -> None:
        self.rendezvous.check()
        if self._before is None:
            return
        if isinstance(call, HostStep):
            place = Place((), None, call.unit, call.token, call.phase)
        elif isinstance(call, Standing):
            place = Place(*call.place(self._builder), call.unit, None, call.phase)
        elif only_rearranges(call, args):
            return
        else:
            _, phase, token = self.run.recorder.parts[-1]
            # What runs outside of the model's modules is the user's loss, or clips gradients.
            outside = "" if node is not None else "optimizer" if phase == "update" else "loss"
            place = Place(*self._builder.place(node), outside, token, phase)
        # Each new goal is asked too, so that it knows where the event it resumes with stands.
        while self._before is not None and self._before(place):
            self._pause()

    def after(self, event: AnyEvent) -> AnyEvent:
        new = self._builder.update()  # several after what was handed back: the last one is reached
        if not new:
            return event
        if self.run.keeper is not None and self.run.recorder.live:
            self.run.keeper.update()
        if (again := self.run.edit_again(new, event)) is not None:
            self.replace(again)
        reached = self._reached(self._builder.cycles[-1])
        last = isinstance(event, HostEvent) and event.step.last
        if reached and (not last or self.error):  # after the last step, go on to the verdict
            self.can_edit = self.run.can_edit(event)
            self._pause()
            self.can_edit = False
        elif self.run.recorder.live:
            self.run.past.note_randomness()
        if self._replacement is not None:
            if isinstance(event, Event):
                event = self.run.go_on(_edited(event, self._replacement), event)
                self.run.past.tape.reread(len(self.run.recorder.events) - 1)
            else:
                event = self._rewritten
            self._replacement = None
        return event

    def _reached(self, cycle: Cycle) -> bool:
        try:
            return self._after is not None and self._after(cycle)
        except Exception as error:
            # The caller's condition failed, not the model: pause, and let the caller have it.
            self.error = error
            return True

    def _pause(self) -> None:
        # The goal is reached; the next one comes with the next turn.
        self._after = self._before = None
        # Whatever draws random numbers during the pause must not change what the model draws.
        state = self.run.past.note_randomness(sure=False)
        self.run.stopwatch.leave_out(self.rendezvous.pause())
        self.run.state.randomness.put(state)

    @property
    def _builder(self) -> Builder:
        return self.run.builder


def _edited(event: Event, tensors: list[torch.Tensor]) -> Event:
    """The event with `tensors` as its outputs, in the shape the model expects them."""
    edits = tuple(tensors)
    if overwritten(event.func, event.args, event.kwargs):
        # The model goes on with the memory that was overwritten, not with what was returned.
        put(edits, written(event.func, event.args, event.output))
        return event._replace(edits=edits)
    return event._replace(output=rebuild(event.output, edits), edits=edits)
