"""Interleaved rounds: everything drawn once a round, in shuffled order, the baseline twice.

Whatever slows the machine down for a while then slows every row, and what is first in a round is
not always the same. Shuffling has a random state of its own: torch's and Python's stay as they are.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns

from cyclesim.language import tr
from cyclesim.versus import FEWEST, Times

__all__ = ["MOST", "Drawn", "draw"]

#: How many rounds there are at most, where nobody says how many; at least it is `FEWEST`.
MOST = 30

#: Does one timed run; nanoseconds.
Runner = Callable[[], int]


@dataclass
class Drawn:
    """What the rounds gave.

    Attributes:
        times: for each name, its raw list in the order of the rounds.
        order: for each round, the names as they were drawn.
        failed: names that raised, with the exception; they are in no further round, and have no
            times.
    """

    times: dict[str, list[int]] = field(default_factory=dict)
    order: list[tuple[str, ...]] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)

    def of(self, name: str) -> Times:
        """The raw list of `name`, with how often a round drew it; empty where it failed."""
        raw = tuple(self.times.get(name, ()))
        return Times(raw, max(len(raw) // max(len(self.order), 1), 1))


def draw(
    runners: Mapping[str, Runner],
    *,
    twice: Sequence[str] = (),
    rounds: int | None = None,
    fewest: int = FEWEST,
    most: int = MOST,
    budget_ns: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Drawn:
    """Run every runner once a round.

    Args:
        runners: by name.
        twice: names that are drawn twice a round.
        rounds: how many; without it as many as fit into `budget_ns`, from `fewest` to `most`.
        say: told about the progress.
    """
    drawn = Drawn({name: [] for name in runners})
    shuffler = random.Random(0)
    began = perf_counter_ns()
    while True:
        done = len(drawn.order)
        if rounds is not None:
            planned = rounds
        else:
            each = (perf_counter_ns() - began) / done if done else 0
            fit = int(budget_ns / each) if each else fewest
            planned = min(max(fit, fewest), most)
        if done >= planned:
            break
        say(tr("round {number} of about {count}").format(number=done + 1, count=planned))
        names = [n for n in (*runners, *twice) if n not in drawn.failed]
        shuffler.shuffle(names)
        for name in names:
            if name in drawn.failed:
                continue
            try:
                drawn.times[name].append(runners[name]())
            except Exception as error:
                if name in twice:  # without a baseline there is nothing to compare
                    raise
                drawn.failed[name] = error
                drawn.times[name].clear()
        drawn.order.append(tuple(names))
    return drawn
