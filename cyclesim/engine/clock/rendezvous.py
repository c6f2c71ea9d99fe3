"""Two threads, one of which runs at a time: the model waits while the person thinks.

The caller *resumes* the worker and sleeps until the worker *pauses* (or ends); the worker pauses
and sleeps until it is resumed. A round trip costs some 20 µs. Greenlets would be cheaper, but then
the caller would live inside the model's gradient and function modes.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from time import perf_counter_ns
from typing import Literal

__all__ = ["Cancelled", "Rendezvous"]


class Cancelled(BaseException):
    """Raised in the worker where it pauses, to unwind the model's forward.

    Not an `Exception`: a model that catches those must not survive its own cancellation.
    """


class Rendezvous:
    """Strict alternation between a caller and a worker.

    Each side sleeps on a lock of its own, which is held unless that side has been called. A
    `Condition` would do the same, and take twice as long.
    """

    def __init__(self) -> None:
        self._caller, self._worker = Lock(), Lock()
        self._caller.acquire()
        self._worker.acquire()
        self._turn: Literal["caller", "worker"] = "caller"
        self._cancelled = False
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the worker has left for good."""
        return self._ended

    # -- the caller's side -------------------------------------------------------------------

    def resume(self) -> None:
        """Let the worker go on; return when it pauses or ends.

        Interrupted by Ctrl-C, the worker keeps its turn; the next call waits for it again.
        """
        if self._ended:
            return
        if self._turn == "caller":
            self._caller.acquire(blocking=False)  # a call that Ctrl-C kept from being heard
            self._turn = "worker"
        _call(self._worker)
        while self._turn == "worker" and not self._ended:
            self._caller.acquire()

    def cancel(self) -> None:
        """Make the worker raise `Cancelled` at its present or next pause point. Does not wait."""
        self._cancelled = True
        self._turn = "worker"
        _call(self._worker)

    # -- the worker's side -------------------------------------------------------------------

    def check(self) -> None:
        """Raise `Cancelled` if the run was cancelled."""
        if self._cancelled:
            raise Cancelled

    def start(self) -> None:
        """Wait for the first turn."""
        self._wait_for_turn()

    def pause(self) -> int:
        """Give the turn to the caller and wait for it to come back; nanoseconds waited."""
        began = perf_counter_ns()
        self.check()  # a cancel that came before the wait must not be slept through
        self._turn = "caller"
        _call(self._caller)
        self._wait_for_turn()
        return perf_counter_ns() - began

    def end(self) -> None:
        """The worker leaves; the caller must not wait for it any more."""
        self._ended = True
        self._turn = "caller"
        _call(self._caller)

    def _wait_for_turn(self) -> None:
        while self._turn != "worker" and not self._cancelled:
            self._worker.acquire()
        self.check()


def _call(side: Lock) -> None:
    with suppress(RuntimeError):  # it has been called already
        side.release()
