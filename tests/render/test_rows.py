"""What is said beside the times of a comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyclesim.render.rows import doubts
from cyclesim.versus import FEWEST, Comparison
from tests.render.comparisons import comparison, times


def of_rounds(count: int) -> Comparison:
    whole = comparison()
    rows = tuple(
        replace(row, times=times(*[2.0] * count * draws, draws=draws))
        for row, draws in ((row, 2 if row.kind == "baseline" else 1) for row in whole.rows)
        if row.ok
    )
    return replace(whole, rows=rows, order=whole.order[:1] * count)


@pytest.mark.parametrize("count", [1, FEWEST - 1, FEWEST])
def test_too_few_rounds_are_said(count: int) -> None:
    said = "\n".join(doubts(of_rounds(count)))
    assert ("too few for a 95 % interval" in said) == (count < FEWEST)
    assert ("1 round is" in said) == (count == 1)
