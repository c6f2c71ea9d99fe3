"""Two threads that take turns: nobody is left waiting, whoever cancels and whenever."""

from __future__ import annotations

import gc
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from cyclesim.engine.clock.rendezvous import Cancelled, Rendezvous

TURNS = 50


def worker(rendezvous: Rendezvous, done: list[int], rest: float = 0.0) -> Thread:
    """A thread that pauses after each piece of work."""

    def work() -> None:
        with suppress(Cancelled):
            rendezvous.start()
            for number in range(TURNS):
                time.sleep(rest)
                done.append(number)
                rendezvous.pause()
        rendezvous.end()

    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_each_turn_is_one_piece_of_work() -> None:
    rendezvous, done = Rendezvous(), list[int]()
    thread = worker(rendezvous, done)
    for turn in range(TURNS):
        rendezvous.resume()
        assert done == list(range(turn + 1)) and not rendezvous.ended
    rendezvous.resume()
    thread.join(5)
    assert rendezvous.ended and not thread.is_alive()
    rendezvous.resume()  # nobody is there any more: it returns at once


@pytest.mark.parametrize("turns", [0, 1, 7])
def test_a_cancel_wakes_whoever_waits(turns: int) -> None:
    for _ in range(30):
        rendezvous, done = Rendezvous(), list[int]()
        thread = worker(rendezvous, done)
        for _ in range(turns):
            rendezvous.resume()
        rendezvous.cancel()
        rendezvous.resume()
        thread.join(5)
        assert rendezvous.ended and len(done) == turns


def test_a_cancel_that_comes_at_any_time_is_heard() -> None:
    for attempt in range(60):
        rendezvous, done = Rendezvous(), list[int]()
        thread = worker(rendezvous, done)

        def cancel(rendezvous: Rendezvous = rendezvous, after: float = attempt * 1e-5) -> None:
            time.sleep(after)
            rendezvous.cancel()

        other = Thread(target=cancel)
        other.start()
        while not rendezvous.ended:
            rendezvous.resume()
        thread.join(5)
        other.join(5)
        assert not thread.is_alive() and len(done) <= TURNS


def test_after_ctrl_c_the_turn_goes_on_where_it_was() -> None:
    rendezvous, done = Rendezvous(), list[int]()
    thread = worker(rendezvous, done, rest=0.004)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        interrupted = 0
        while not rendezvous.ended:
            signal.setitimer(signal.ITIMER_REAL, 0.003)
            try:
                rendezvous.resume()
            except KeyboardInterrupt:
                interrupted += 1
            finally:
                with suppress(KeyboardInterrupt):
                    signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    thread.join(5)
    assert done == list(range(TURNS)) and interrupted


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files cannot be counted here")
@pytest.mark.parametrize("leave", ["close", "drop"])
def test_no_pipe_is_left_open(leave: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        rendezvous, done = Rendezvous(), list[int]()
        thread = worker(rendezvous, done)
        rendezvous.resume()
        rendezvous.cancel()
        thread.join(5)
        if leave == "close":
            rendezvous.close()
            rendezvous.close()
            rendezvous.cancel()  # nobody hears it: nothing happens
            assert len(os.listdir("/proc/self/fd")) == before
    del rendezvous, thread
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
