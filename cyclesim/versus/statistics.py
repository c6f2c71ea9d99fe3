"""Times of a noisy machine: raw lists, their median and spread, and ratios with an interval.

Rounds are interleaved: every round draws each row once, in shuffled order, and the baseline twice.
So whatever slows the machine down for a while slows all rows, and the two draws of the baseline,
which should be equal, say how far apart equal things are measured here: the *noise floor*.

    median, spread      of a raw list: middle value, and the quartiles around it
    ratio               median(baseline) ÷ median(row), each per sequence
    interval            rounds are drawn with replacement `RESAMPLES` times (bootstrap), the middle
                        95 % of the ratios; never narrower than the noise floor around the ratio
    noise floor         the larger end of the same interval of first ÷ second draw of the baseline

Of fewer than `FEWEST` rounds no interval of 95 % can be drawn (all of three hold the median between
them three times in four), and whoever shows one says so.

A ratio is *significant* where its interval leaves out 1. Two ratios *agree* where their intervals
overlap. The resampling is seeded: the same raw lists give the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["FEWEST", "NO_TIMES", "Ratio", "Times", "halves", "medians", "noise_floor", "ratio"]

RESAMPLES = 2000
#: Per cent of the resampled ratios that an interval leaves out at each end.
TAIL = 2.5
#: So many rounds lie on both sides of the median 15 times in 16: 1 − 2 · ½ⁿ.
FEWEST = 5


@dataclass(frozen=True, slots=True)
class Times:
    """Wall times of one row, in nanoseconds.

    Attributes:
        ns: the raw list, in the order of the rounds.
        draws: how many of them belong to one round.
    """

    ns: tuple[int, ...] = ()
    draws: int = 1

    @property
    def median_ns(self) -> int:
        """The middle value; 0 for an empty list."""
        return round(float(np.median(self.ns))) if self.ns else 0

    @property
    def quartiles(self) -> tuple[int, int]:
        """A quarter of the times are below the first, a quarter above the second."""
        if not self.ns:
            return 0, 0
        low, high = np.percentile(self.ns, (25, 75))
        return round(float(low)), round(float(high))

    @property
    def spread_ns(self) -> int:
        """The interquartile range."""
        low, high = self.quartiles
        return high - low

    @property
    def rounds(self) -> npt.NDArray[np.float64]:
        """One line a round, one column a draw."""
        return np.asarray(self.ns, dtype=np.float64).reshape(-1, self.draws)

    def to_json(self) -> dict[str, Any]:
        """The raw list, and what is derived from it."""
        return {
            "ns": list(self.ns),
            "draws_a_round": self.draws,
            "median_ns": self.median_ns,
            "quartiles_ns": list(self.quartiles),
            "spread_ns": self.spread_ns,
        }


#: Nothing was measured.
NO_TIMES = Times()


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as fast, and between which bounds that is known.

    Attributes:
        value: above 1 is faster.
        low, high: the 95 % interval, never narrower than the noise floor.
    """

    value: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 1; otherwise the ratio is within noise."""
        return not self.low <= 1.0 <= self.high

    def agrees(self, other: Ratio) -> bool:
        """Whether the two intervals overlap."""
        return self.low <= other.high and other.low <= self.high

    def to_json(self) -> dict[str, Any]:
        """Value, interval and whether it leaves out 1."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "within_noise": not self.significant,
        }


def ratio(base: Times, other: Times, *, per: float = 1.0, floor: float = 1.0) -> Ratio | None:
    """How many times as fast `other` is as `base`; None where one of them has no times.

    Args:
        per: sequences in one call of `other` for each one in a call of `base`.
        floor: the noise floor, 1 for none (see `noise_floor`).
    """
    count = min(len(base.rounds), len(other.rounds))
    if not count:
        return None
    value = base.median_ns * per / max(other.median_ns, 1)
    low, high = _interval(base.rounds[:count], other.rounds[:count] / per)
    return Ratio(value, min(low, value / floor), max(high, value * floor))


def noise_floor(base: Times) -> float:
    """How far apart two equal things are measured: a factor, 1 or more.

    It is the larger end of the interval of the first ÷ the second draw of the baseline.
    """
    rounds = base.rounds
    if base.draws < 2 or not len(rounds):
        return 1.0
    low, high = _interval(rounds[:, :1], rounds[:, 1:2])
    return max(high, 1 / low, 1.0)


def _interval(base: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of median(base) ÷ median(other), over rounds drawn with replacement."""
    picks = np.random.default_rng(0).integers(0, len(base), (RESAMPLES, len(base)))
    tops = np.median(base[picks].reshape(RESAMPLES, -1), axis=1)
    bottoms = np.median(other[picks].reshape(RESAMPLES, -1), axis=1)
    ratios = tops / np.maximum(bottoms, 1e-9)
    low, high = np.percentile(ratios, (TAIL, 100 - TAIL))
    return max(float(low), 1e-9), float(high)


def halves(times: Times) -> tuple[Times, Times]:
    """The first and the second half of the rounds."""
    middle = len(times.rounds) // 2 * times.draws
    return Times(times.ns[:middle], times.draws), Times(times.ns[middle:], times.draws)


def medians(lists: Sequence[Sequence[int]]) -> list[int]:
    """The median of each list."""
    return [Times(tuple(values)).median_ns for values in lists]
