"""Two threads, one of which runs at a time: the model waits while the person thinks.

The caller *resumes* the worker and sleeps until the worker *pauses* (or ends); the worker pauses
and sleeps until it is resumed. A round trip costs some 10 µs. Greenlets would be cheaper, but then
the caller would live inside the model's gradient and function modes.

Each side sleeps on a pipe of its own. A lock or a `Condition` would do the same, and take two or
three times as long: the kernel knows of whoever writes to a pipe that it will sleep soon, and wakes
the reader where the writer runs. A lock's waiter may be woken on another core, which has to be
woken first.
"""

from __future__ import annotations

import os
import weakref
from threading import Lock
from time import perf_counter_ns
from typing import Literal

__all__ = ["Cancelled", "Rendezvous"]


class Cancelled(BaseException):
    """Raised in the worker where it pauses, to unwind the model's forward.

    Not an `Exception`: a model that catches those must not survive its own cancellation.
    """


class _Bell:
    """Wakes up whoever sleeps on it; rung again before that is heard, it wakes once."""

    def __init__(self) -> None:
        self._heard, self._rung = os.pipe()
        self._guard = Lock()  # nobody may write to a number that names another file by now
        self._open = True
        self._finalizer = weakref.finalize(self, _close, self._heard, self._rung)
        self._finalizer.atexit = False  # a worker may still sleep on it then

    def ring(self) -> None:
        with self._guard:
            if self._open:
                os.write(self._rung, b"!")

    def sleep(self) -> None:
        os.read(self._heard, 4096)

    def close(self) -> None:
        """Nobody sleeps on it any more."""
        with self._guard:
            self._open = False
            self._finalizer()


def _close(*files: int) -> None:
    for file in files:
        os.close(file)


class Rendezvous:
    """Strict alternation between a caller and a worker."""

    def __init__(self) -> None:
        self._caller, self._worker = _Bell(), _Bell()
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
        self._turn = "worker"
        self._worker.ring()
        # A ring that Ctrl-C kept from being heard wakes it too early.
        while self._turn == "worker" and not self._ended:
            self._caller.sleep()

    def cancel(self) -> None:
        """Make the worker raise `Cancelled` at its present or next pause point. Does not wait."""
        self._cancelled = True
        self._turn = "worker"
        self._worker.ring()

    def close(self) -> None:
        """The worker is gone, or will never come: give the pipes back."""
        self._caller.close()
        self._worker.close()

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
        self._caller.ring()
        self._wait_for_turn()
        return perf_counter_ns() - began

    def end(self) -> None:
        """The worker leaves; the caller must not wait for it any more."""
        self._ended = True
        self._turn = "caller"
        self._caller.ring()

    def _wait_for_turn(self) -> None:
        while self._turn != "worker" and not self._cancelled:
            self._worker.sleep()
        self.check()
