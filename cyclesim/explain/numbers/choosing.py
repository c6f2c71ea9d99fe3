"""Rules for the cells of the steps that choose the next token."""

from __future__ import annotations

import math

import numpy as np

from cyclesim.explain.numbers.cell import Cell, Found, Rule, factor, number

__all__ = ["CHOOSING"]


def _logit(cell: Cell) -> float:
    return float(cell.read(cell.cycle.inputs[0], *cell.where))


def _row(cell: Cell) -> np.ndarray:
    """All logits beside this one."""
    return cell.read(cell.cycle.inputs[0], cell.where[0], slice(None))


def _temperature(cell: Cell) -> Found:
    z, t = _logit(cell), float(cell.argument("temperature"))
    return Found(f"{number(z)} / {number(t)}", z / t, abs(z / t), "z")


def _top_k(cell: Cell) -> Found:
    z, row, k = _logit(cell), _row(cell), int(cell.argument("top_k"))
    least = float(np.sort(row)[-min(k, len(row))])
    kept = z >= least
    sign = "≥" if kept else "<"
    return Found(f"{number(z)} {sign} {number(least)}", z if kept else -math.inf, abs(z), "z")


def _top_p(cell: Cell) -> Found:
    z, row, p = _logit(cell), _row(cell), float(cell.argument("top_p"))
    powers = np.exp(row - row.max())
    above = float(powers[row > z].sum() / powers.sum())
    kept = math.isfinite(z) and above < p
    sign = "<" if above < p else "≥"
    value = z if kept else -math.inf
    return Found(f"{number(z)}, {number(above)} {sign} {number(p)}", value, abs(z), "z")


def _penalty(cell: Cell) -> Found:
    z, theta = _logit(cell), float(cell.argument("penalty"))
    ids = cell.read(cell.cycle.inputs[1], cell.where[0], slice(None))
    if cell.where[1] not in ids:
        return Found(number(z), z, abs(z), "z")
    if z < 0:
        return Found(f"{factor(z)} · {number(theta)}", z * theta, abs(z * theta), "z")
    return Found(f"{number(z)} / {number(theta)}", z / theta, abs(z / theta), "z")


def _draw(cell: Cell) -> Found:
    row = cell.where[0]
    p = cell.read(cell.cycle.inputs[0], row, slice(None))
    e = cell.read(cell.cycle.outputs[1], row, slice(None))
    race = p / e
    first, second = np.argsort(race)[::-1][:2]
    won = f"{number(p[first])} / {number(e[first])} = {number(race[first])}"
    return Found(f"{won} > {number(race[second])}", float(first), 0.0, "t")


CHOOSING: dict[str, Rule] = {
    "TemperatureLogitsWarper": _temperature,
    "TopKLogitsWarper": _top_k,
    "TopPLogitsWarper": _top_p,
    "RepetitionPenaltyLogitsProcessor": _penalty,
    "multinomial": _draw,
}
