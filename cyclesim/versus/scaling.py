"""How time, FLOPs and memory grow with the length of the sequence.

    sweep.fit("flops", "attention", "scores").exponent      # 2.0: every token with every token
    sweep.fit("flops", "ffn").exponent                      # 1.0: every token by itself

A *power law* y = c·nᵏ is a straight line on log–log paper; its exponent k is the slope of the least
squares line through the points (ln n, ln y), and R² says how straight they lie. A unit that holds
both kinds of work (attention: projections grow as n, scores as n²) has an exponent between theirs,
and a step by itself has its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from cyclesim.trace.cycle import UNITS, Unit
from cyclesim.versus.statistics import NO_TIMES, Times

__all__ = ["QUANTITIES", "Fit", "Part", "Point", "Quantity", "Sweep", "fit_power"]

#: `ns`: time at full speed. `flops`: from shapes. `nbytes`: logical traffic, read and written.
#: `kept`: bytes of what the cycles wrote, each storage once.
Quantity = Literal["ns", "flops", "nbytes", "kept"]
QUANTITIES: tuple[Quantity, ...] = ("ns", "flops", "nbytes", "kept")


@dataclass(frozen=True, slots=True)
class Part:
    """What the cycles of one step of one unit take together, at one length.

    Attributes:
        unit, step: which cycles (`attention`, `scores`), over all layers.
        cycles: how many they are.
        times: their summed time at full speed, one entry a repetition; nanoseconds.
        flops, nbytes, kept: see `Quantity`.
    """

    unit: str
    step: str
    cycles: int
    times: Times
    flops: int
    nbytes: int
    kept: int

    def value(self, quantity: Quantity) -> int:
        """The number that a curve goes through."""
        if quantity == "ns":
            return self.times.median_ns
        return {"flops": self.flops, "nbytes": self.nbytes, "kept": self.kept}[quantity]


@dataclass(frozen=True, slots=True)
class Point:
    """One length of the sweep.

    Attributes:
        length: tokens of the sequence.
        wall: the untraced forward, raw.
        parts: what ran, by unit and step, in the order of the run.
        failed: why there is no measurement, one sentence in English, or "".
    """

    length: int
    wall: Times = NO_TIMES
    parts: tuple[Part, ...] = ()
    failed: str = ""

    def value(self, quantity: Quantity, unit: str | None = None, step: str | None = None) -> int:
        """The sum over the parts of `unit` (all without one) and `step` (all without one)."""
        return sum(
            part.value(quantity)
            for part in self.parts
            if unit in (None, part.unit) and step in (None, part.step)
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """A power law y = factor · n^exponent.

    Attributes:
        points: the (n, y) it was fitted to.
        r2: 1.0 where they lie on the line; None where y is the same everywhere.
    """

    exponent: float
    factor: float
    r2: float | None
    points: tuple[tuple[int, float], ...]

    def __call__(self, n: float) -> float:
        """What the law says at `n`."""
        return self.factor * math.pow(n, self.exponent)


def fit_power(points: Sequence[tuple[int, float]]) -> Fit | None:
    """The least squares line on log–log paper; None for fewer than two lengths with y above 0.

    Example:
        >>> from cyclesim.versus import fit_power
        >>> fit = fit_power([(16, 256.0), (32, 1024.0), (64, 4096.0)])
        >>> round(fit.exponent, 6), round(fit.r2, 6), round(fit(128))
        (2.0, 1.0, 16384)
    """
    used = tuple((n, y) for n, y in points if n > 0 and y > 0)
    if len({n for n, _ in used}) < 2:
        return None
    xs, ys = [math.log(n) for n, _ in used], [math.log(y) for _, y in used]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - mean_x) ** 2 for x in xs
    )
    total = sum((y - mean_y) ** 2 for y in ys)
    rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in zip(xs, ys, strict=True))
    r2 = 1 - rest / total if total > 1e-18 else None
    return Fit(slope, math.exp(mean_y - slope * mean_x), r2, used)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A run of lengths, shortest first.

    Attributes:
        axis: what grows: `seq`.
        points: one for each length asked for, those that failed among them.
        note: how the sequences were made, one sentence in English.
    """

    axis: str
    points: tuple[Point, ...]
    note: str = ""

    @property
    def measured(self) -> tuple[Point, ...]:
        """The points that have numbers."""
        return tuple(point for point in self.points if not point.failed)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units that the model has, in the usual order."""
        there = {part.unit for point in self.points for part in point.parts}
        return tuple(unit for unit in UNITS if unit in there)

    def steps(self, unit: str) -> tuple[str, ...]:
        """The steps of `unit`, in the order of the run."""
        found = (p.step for point in self.points for p in point.parts if p.unit == unit)
        return tuple(dict.fromkeys(found))

    def curve(
        self, quantity: Quantity, unit: str | None = None, step: str | None = None
    ) -> tuple[tuple[int, float], ...]:
        """(length, value) of a quantity; `ns` of everything is the sum of the cycles' times."""
        return tuple((p.length, float(p.value(quantity, unit, step))) for p in self.measured)

    def wall(self) -> tuple[tuple[int, float], ...]:
        """(length, median nanoseconds of the untraced forward)."""
        return tuple((p.length, float(p.wall.median_ns)) for p in self.measured)

    def fit(
        self, quantity: Quantity, unit: str | None = None, step: str | None = None
    ) -> Fit | None:
        """The power law through `curve`."""
        return fit_power(self.curve(quantity, unit, step))

    def fit_wall(self) -> Fit | None:
        """The power law through `wall`."""
        return fit_power(self.wall())

    def to_json(self) -> dict[str, Any]:
        """Every point with its raw lists, and every fit of a unit and of a step."""
        names: list[tuple[str | None, str | None]] = [(None, None)]
        for unit in self.units:
            names += [(unit, None), *((unit, step) for step in self.steps(unit))]
        fits = [
            {"quantity": quantity, "unit": unit, "step": step, **_fit_json(found)}
            for quantity in QUANTITIES
            for unit, step in names
            if (found := self.fit(quantity, unit, step)) is not None
        ]
        wall = self.fit_wall()
        return {
            "axis": self.axis,
            "note": self.note,
            "points": [
                {
                    "length": point.length,
                    "failed": point.failed,
                    "wall": point.wall.to_json(),
                    "parts": [
                        {**_without_times(part), "times": part.times.to_json()}
                        for part in point.parts
                    ],
                }
                for point in self.points
            ],
            "fits": fits,
            "wall_fit": None if wall is None else _fit_json(wall),
        }


def _without_times(part: Part) -> dict[str, Any]:
    content = asdict(part)
    del content["times"]
    return content


def _fit_json(fit: Fit) -> dict[str, Any]:
    content = asdict(fit)
    content["points"] = [list(point) for point in fit.points]
    return content
