"""What a run keeps of itself so that it can be resumed: its calls, and torch's random state.

Runs that go on from one another share memory: who writes over some of it tells the others first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

import torch

from cyclesim.engine.building.builder import Builder
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.engine.running.replay import Recorded, Script, Tape
from cyclesim.engine.running.state import ModelState

__all__ = ["Past"]


class Past:
    """The past of one run.

    Args:
        recorder, builder: of the run.
        state: what its model's forward may change.
        calls: those that the run itself hands back from an earlier one, by event index.

    Attributes:
        tape: the torch calls so far (as far as `extend` has been called).
    """

    def __init__(
        self,
        recorder: Recorder,
        builder: Builder,
        state: ModelState,
        calls: Sequence[tuple[int, Recorded]],
    ) -> None:
        self._recorder = recorder
        self._builder = builder
        self._state = state
        self.tape = Tape(recorder.overwrites.saved, calls)
        #: Random states, and the events after which they were so.
        self._random: list[tuple[int, Any]] = []
        #: This run and all that share memory with it, because one has gone on from another.
        self._kin: WeakSet[Past] = WeakSet([self])

    def go_on_from(self, earlier: Past, last: int) -> None:
        """The run hands back what `earlier` did up to event number `last`."""
        self._random = [(at, state) for at, state in earlier._random if at <= last]
        self._kin = earlier._kin
        self._kin.add(self)
        self._recorder.overwrites.before = self._warn

    def _warn(self, address: int) -> None:
        """This run writes over what lies there: those that share it must keep what it was."""
        if self.tape.hands_back(address):
            for other in self._kin:
                if other is not self:
                    other.tape.save(address)
                    other._builder.part_with(address)

    def note_randomness(self, *, sure: bool = True) -> Any:
        """Remember torch's random state after the latest event; the state.

        With `sure`, only if it is another than before. Without, that is not asked: at a pause,
        asking would take longer than keeping it twice.
        """
        now = self._state.randomness.now()
        if not (sure and self._random and all(map(torch.equal, now, self._random[-1][1]))):
            self._random.append((len(self._recorder.events) - 1, now))
        return now

    def extend(self) -> None:
        """Take in what has run since the last call."""
        self.tape.extend(self._recorder.events)

    def clear(self) -> None:
        """The run will not be resumed from its record."""
        self.tape = Tape({})

    def script(self, last: int) -> tuple[Script | None, Sequence[tuple[int, Recorded]]]:
        """What hands back the events up to number `last`, and the calls that it hands back.

        Kernels that also update buffers (running statistics) cannot be left out: then nothing is
        handed back, and the run starts again from the same state.
        """
        self.extend()
        calls = self.tape.until(last)
        if self._state.changed or not calls:
            if self._state.noted:
                self._state.rewind()
            return None, ()
        states = [state for event, state in self._random if event <= last]

        def restore() -> None:
            if states:
                self._state.randomness.put(states[-1])

        return Script([call for _, call in calls], restore), calls
