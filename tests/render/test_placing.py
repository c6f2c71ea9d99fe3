"""Units and phases under the roof: figures are whole or left out, and every letter is explained."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyclesim.render.comparison import comparison_text
from cyclesim.trace import Phase
from cyclesim.versus import Comparison
from tests.render.comparisons import comparison


def writing() -> Comparison:
    """A text that is written: long names of phases, and every figure as long as it can be."""
    whole = comparison()
    phases: tuple[tuple[Phase, int], ...] = (("prefill", 0), *(("decode", n) for n in range(1, 13)))
    cycles = [
        replace(cycle, number=i, phase=phase, token=token, flops=cycle.flops and cycle.flops + 111)
        for i, (cycle, phase, token) in enumerate(
            (cycle, *place) for place in phases for cycle in whole.cycles if cycle.unit != "other"
        )
    ]
    return replace(whole, cycles=tuple(cycles), sweep=None)


@pytest.mark.parametrize("width", [60, 72, 80, 96, 120])
def test_no_figure_is_cropped_and_every_letter_is_explained(width: int) -> None:
    found = writing()
    text = comparison_text(found, width)
    shown = text[text.index("the model's units") :]
    lines = shown[: shown.index("time: median")].splitlines()
    assert max(map(len, lines)) <= width and "…" not in "".join(lines)
    for phase, count in (("prefill", "1 token"), ("decode", "12 tokens")):
        assert any(line.startswith(f"{phase}, {count} ") for line in lines)
    legend = shown[shown.index("right: FLOP/byte") :].split("  ")
    said = {word for part in legend for word in part.split("\n")}
    wanted = {unit.unit for unit in found.units} | {phase.phase for phase in found.phases}
    assert wanted == {word.partition(" ")[2] for word in said if len(word.partition(" ")[0]) == 1}
