"""Resuming from a cycle: what was recorded is handed back, and the rest runs live.

The model's Python code runs again from its beginning, but the torch functions up to the cycle
return the tensors they returned before, so no kernel runs. Overwrites do run again, because their
effect is more than their result. A tensor that was overwritten later in the old run is handed back
as a copy of what it was, so that old and new run share no memory that either may change.

What only looks at memory that another call wrote (wiring, a switched-off dropout) is handed back
like what it looks at. It runs again where that is no longer the memory of the old run: where it was
copied or written again, or is an input of the run or a weight.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import torch

from cyclesim.engine.recording.data import storage_key
from cyclesim.engine.recording.events import Event, HostEvent, Node
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

    `edits` are the numbers that the user put into memory that the call overwrites; `looks_at` is
    the event that wrote the memory of its output, where that is not the call itself; `node` is the
    module call that it stands in.
    """

    func: Callable[..., Any]
    output: Any
    again: bool
    edits: tuple[torch.Tensor, ...] | None
    started: int
    ended: int
    looks_at: int | None = None
    node: Node | None = None

    def to_run(self) -> Recorded:
        """The call, to be run again."""
        return self._replace(output=None, again=True, looks_at=None)


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
        #: Which event wrote what is handed back, by the address of the memory.
        self._writers: dict[int, int] = {}
        self._indexed = 0

    def extend(self, events: Sequence[Event | HostEvent]) -> None:
        """Take in the events that were not there at the last call."""
        for index in range(self._read, len(events)):
            event = events[index]
            if isinstance(event, Event):
                self._calls.append((index, self._recorded(event)))
        self._read = max(self._read, len(events))

    def reread(self, event: int) -> None:
        """Event number `event` was edited after it was taken in: take it in again."""
        while self._calls and self._calls[-1][0] >= event:
            self._forget_writer(self._calls.pop()[1])
        self._indexed = min(self._indexed, len(self._calls))
        self._read = min(self._read, event)

    def release(self, events: Sequence[int]) -> None:
        """The outputs of these events were let go of: what they copied is copied again."""
        gone = set(events)
        for place in range(len(self._calls) - 1, -1, -1):
            index, call = self._calls[place]
            if index in gone:
                self._forget_writer(call)
                self._calls[place] = index, call.to_run()
            elif gone and index < min(gone):
                break

    def until(self, event: int) -> list[tuple[int, Recorded]]:
        """The calls up to and with event number `event`, ready to be handed back."""
        calls = self._calls[: bisect_right(self._calls, event, key=itemgetter(0))]
        if not self._saved:  # nearly always
            return calls
        return [(index, self._as_it_was(index, call)) for index, call in calls]

    def _as_it_was(self, index: int, call: Recorded) -> Recorded:
        """The call, such that it hands back nothing that was overwritten since."""
        if call.looks_at is not None:
            return call.to_run() if {index, call.looks_at} & self._saved.keys() else call
        if call.again or index not in self._saved:
            return call
        saved, tensors = self._saved[index], tensors_in(call.output)
        copies = [saved[p].clone() if p in saved else t for p, t in enumerate(tensors)]
        return call._replace(output=rebuild(call.output, copies))

    def _recorded(self, event: Event) -> Recorded:
        func, output, edits, looks_at = event.func, event.output, event.edits, None
        again = bool(overwritten(func, event.args, event.kwargs))
        if not again and edits is None and _hands_on(event):
            looks_at = self._writer_of(output)
            again = looks_at is None
        if again:
            output = None
        else:
            edits = None
        times = event.started, event.ended
        return Recorded(func, output, again, edits, *times, looks_at, event.node)

    def hands_back(self, address: int) -> bool:
        """Whether something that is handed back lies there."""
        self._index()
        return address in self._writers

    def save(self, address: int) -> None:
        """Copy what lies there: it is about to be written to, by a run that was handed it."""
        for index, call in self._calls:
            for place, tensor in enumerate(tensors_in(call.output)):
                if storage_key(tensor)[0] == address:
                    saved = self._saved.setdefault(index, {})
                    saved.setdefault(place, tensor.detach().clone())

    def _index(self) -> None:
        for index, call in self._calls[self._indexed :]:
            if not call.again and call.looks_at is None:
                for tensor in tensors_in(call.output):
                    self._writers.setdefault(storage_key(tensor)[0], index)
        self._indexed = len(self._calls)

    def _writer_of(self, output: Any) -> int | None:
        """The event that wrote all of the memory of `output`, if that is handed back."""
        self._index()
        # A list is the model's to change.
        results = tensors_in(output) if isinstance(output, (torch.Tensor, tuple)) else []
        found = {self._writers.get(storage_key(tensor)[0]) for tensor in results}
        return found.pop() if len(found) == 1 else None

    def _forget_writer(self, call: Recorded) -> None:
        """Its output is held no more: the address may be given to another."""
        for tensor in tensors_in(call.output):
            self._writers.pop(storage_key(tensor)[0], None)


class Script:
    """Hands back recorded calls in order; `restore` is called when the last has been."""

    def __init__(self, calls: Sequence[Recorded], restore: Callable[[], None]) -> None:
        self._calls = calls
        self._next = 0
        self.restore = restore
        #: Whether everything has been handed back: from here on the run is live.
        self.done = not calls
        #: Who must know which module calls are running when the last is handed back need not
        #: look at the others; unless a call was found as one of a module with nothing to be seen.
        opaque = any(isinstance(call.func, type) for call in calls)
        self.watched: Sequence[torch.nn.Module] | None = None
        if calls and not opaque:
            node = calls[-1].node
            self.watched = [] if node is None else [call.module for call in node.outwards()]

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
        known, recorded, again, edits, started, ended, _, _ = self._calls[self._next]
        if known != func:
            raise CyclesimError(
                tr(
                    "the model took another path when it ran again, so the run cannot be resumed "
                    "from here: step through it from the start."
                )
            )
        self._next += 1
        self.done = self._next == len(self._calls)
        if not again:
            return recorded, started, ended
        if output is None:
            output = func(*args, **kwargs)
        if edits is not None:
            put(edits, written(func, args, output))
        return output, started, ended


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


def _hands_on(event: Event) -> bool:
    """Whether the call computed nothing: it gave back what it was given, or rearranged it."""
    results = tensors_in(event.output)
    if is_wiring(event.func, event.args, results):
        return True
    given = tensors_in((event.args, event.kwargs))
    return all(any(same_view(r, g) for g in given) for r in results)
