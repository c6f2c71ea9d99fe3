"""Two threads, one of which runs at a time: the model waits while the person thinks.

The caller *resumes* the worker and sleeps until the worker *pauses* (or ends); the worker pauses
and sleeps until it is resumed. A condition variable costs some 25 µs a round trip. Greenlets would
be cheaper, but then the caller would live inside the model's gradient and function modes.
"""

from __future__ import annotations

from threading import Condition
from time import perf_counter_ns
from typing import Literal

__all__ = ["Cancelled", "Rendezvous"]


class Cancelled(BaseException):
    """Raised in the worker where it pauses, to unwind the model's forward.

    Not an `Exception`: a model that catches those must not survive its own cancellation.
    """


class Rendezvous:
    """Strict alternation between a caller and a worker."""

    def __init__(self) -> None:
        self._condition = Condition()
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
        with self._condition:
            if self._ended:
                return
            self._turn = "worker"
            self._condition.notify_all()
            while self._turn == "worker" and not self._ended:
                self._condition.wait()

    def cancel(self) -> None:
        """Make the worker raise `Cancelled` at its present or next pause point. Does not wait."""
        with self._condition:
            self._cancelled = True
            self._turn = "worker"
            self._condition.notify_all()

    # -- the worker's side -------------------------------------------------------------------

    def check(self) -> None:
        """Raise `Cancelled` if the run was cancelled."""
        if self._cancelled:
            raise Cancelled

    def start(self) -> None:
        """Wait for the first turn."""
        with self._condition:
            self._wait_for_turn()

    def pause(self) -> int:
        """Give the turn to the caller and wait for it to come back; nanoseconds waited."""
        began = perf_counter_ns()
        with self._condition:
            self.check()  # a cancel that came before the wait must not be slept through
            self._turn = "caller"
            self._condition.notify_all()
            self._wait_for_turn()
        return perf_counter_ns() - began

    def end(self) -> None:
        """The worker leaves; the caller must not wait for it any more."""
        with self._condition:
            self._ended = True
            self._turn = "caller"
            self._condition.notify_all()

    def _wait_for_turn(self) -> None:
        while self._turn != "worker":
            self._condition.wait()
        self.check()
