"""Resuming from a cycle: what was recorded is handed back, and the rest runs live.

The model's Python code runs again from its beginning, but the torch functions up to the cycle
return the tensors they returned before, so no kernel runs. Three sorts of call do run again,
because their effect is more than their result and costs little: wiring, overwrites, and calls that
hand back the memory they were given. A tensor that was overwritten later in the old run is handed
back as a copy of what it was, so that old and new run share no memory that either may change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from cyclesim.engine.recording.events import Event, HostEvent
from cyclesim.engine.recording.functions import (
    is_wiring,
    overwritten,
    same_view,
    tensors_in,
    written,
)
from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["Recorded", "Script", "Tape", "put", "rebuild"]


class Recorded(NamedTuple):
    """One torch call of an earlier run: its output, or that it must run again.

    `edits` are the numbers that the user put into memory that the call overwrites.
    """

    func: Callable[..., Any]
    output: Any
    again: bool
    edits: tuple[torch.Tensor, ...] | None
    started: int
    ended: int


class Tape:
    """The torch calls of one run, as far as they are needed to resume it.

    It can be extended while the run goes on, and outlives the run's events.

    Args:
        saved: the recorder's copies of what was overwritten later.
        known: the calls that the run replays, by event index: they need not be taken in again.
    """

    def __init__(
        self,
        saved: dict[int, dict[int, torch.Tensor]],
        known: Sequence[tuple[int, Recorded]] = (),
    ) -> None:
        self._saved = saved
        self._calls = list(known)
        self._read = known[-1][0] + 1 if known else 0

    def extend(self, events: Sequence[Event | HostEvent]) -> None:
        """Take in the events that were not there at the last call."""
        for index in range(self._read, len(events)):
            event = events[index]
            if isinstance(event, Event):
                again = _runs_again(event)
                output = None if again else event.output
                edits = event.edits if again else None
                call = Recorded(event.func, output, again, edits, event.started, event.ended)
                self._calls.append((index, call))
        self._read = max(self._read, len(events))

    def reread(self, event: int) -> None:
        """Event number `event` was edited after it was taken in: take it in again."""
        self._calls = [entry for entry in self._calls if entry[0] < event]
        self._read = min(self._read, event)

    def release(self, events: Sequence[int]) -> None:
        """The outputs of these events were let go of: what they copied is copied again."""
        gone = set(events)
        for place in range(len(self._calls) - 1, -1, -1):
            index, call = self._calls[place]
            if index in gone:
                self._calls[place] = index, call._replace(output=None, again=True)
            elif gone and index < min(gone):
                break

    def until(self, event: int) -> list[tuple[int, Recorded]]:
        """The calls up to and with event number `event`, ready to be handed back."""
        calls = []
        for index, call in self._calls:
            if index > event:
                break
            if index in self._saved and not call.again:
                call = call._replace(output=_as_it_was(call.output, self._saved[index]))
            calls.append((index, call))
        return calls


class Script:
    """Hands back recorded calls in order; `restore` is called when the last has been."""

    def __init__(self, calls: Sequence[Recorded], restore: Callable[[], None]) -> None:
        self._calls = calls
        self._next = 0
        self.restore = restore

    @property
    def done(self) -> bool:
        """Whether everything has been handed back: from here on the run is live."""
        return self._next >= len(self._calls)

    def play(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        output: Any = None,
    ) -> tuple[Any, int, int]:
        """The next recorded output, with the clock readings of the time when it was computed.

        `output` is what a module that cannot be kept from running has returned just now; the
        recorded one is handed on in its place.

        Raises:
            CyclesimError: the model does not take the path it took before.
        """
        call = self._calls[self._next]
        if call.func != func:
            raise CyclesimError(
                tr(
                    "the model took another path when it ran again, so the run cannot be resumed "
                    "from here: step through it from the start."
                )
            )
        self._next += 1
        if not call.again:
            return call.output, call.started, call.ended
        if output is None:
            output = func(*args, **kwargs)
        if call.edits is not None:
            put(call.edits, written(func, args, output))
        return output, call.started, call.ended


def put(numbers: Sequence[torch.Tensor], tensors: Sequence[torch.Tensor]) -> None:
    """Write `numbers` into the memory of `tensors`, one for one."""
    with torch.no_grad():
        for tensor, new in zip(tensors, numbers, strict=True):
            # `data`, so that a backward that has kept this memory takes these for its own.
            tensor.data.copy_(new)


def rebuild(nest: Any, tensors: Sequence[torch.Tensor]) -> Any:
    """`nest` with its tensors, in order, replaced by `tensors`."""
    pending = iter(tensors)

    def replaced(item: Any) -> Any:
        if isinstance(item, torch.Tensor):
            return next(pending)
        if isinstance(item, tuple):
            made = [replaced(i) for i in item]
            # Named tuples take their fields one by one; torch's own (`max`, `topk`) take a list.
            return type(item)(*made) if hasattr(item, "_fields") else type(item)(made)
        if isinstance(item, list):
            return [replaced(i) for i in item]
        return item

    return replaced(nest)


def _as_it_was(output: Any, saved: dict[int, torch.Tensor]) -> Any:
    return rebuild(
        output,
        [saved[p].clone() if p in saved else t for p, t in enumerate(tensors_in(output))],
    )


def _runs_again(event: Event) -> bool:
    if overwritten(event.func, event.args, event.kwargs):
        return True
    if event.edits is not None:
        return False
    if is_wiring(event.func, event.args, tensors_in(event.output)):
        return True
    given = tensors_in((event.args, event.kwargs))
    results = written(event.func, event.args, event.output)
    return all(any(same_view(r, g) for g in given) for r in results)
