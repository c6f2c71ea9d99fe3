"""Beside a fused attention kernel: recomputed, said so, computed once."""

from __future__ import annotations

import numpy as np
import pytest

import cyclesim
from cyclesim.trace.attention import recompute_attention
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.tensors import beside
from cyclesim.tui.widgets.tensor import Tensor
from tests.tui.conftest import TEXT, press, ready, settled, text_of


@pytest.fixture
def fused(tiny_machine, tmp_path):
    """A saved run with one fused attention kernel a layer."""
    config = tiny_machine.model.config
    config._attn_implementation = "sdpa"
    try:
        trace = cyclesim.trace(tiny_machine, TEXT)
    finally:
        config._attn_implementation = "eager"
    path = tmp_path / "fused.safetensors"
    trace.save(path)
    return cyclesim.open_trace(path)


async def test_probabilities_and_scores_beside_the_kernel(fused, monkeypatch):
    calls = []

    def counted(cycle):
        calls.append(cycle.number)
        return recompute_attention(cycle)

    monkeypatch.setattr(beside, "recompute_attention", counted)
    number = next(c.number for c in fused if c.op == "scaled_dot_product_attention")
    app = CyclesimApp(LaunchOptions(saved=fused))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("g", *str(number), "enter")
        await settled(pilot)
        assert calls == []  # nothing before somebody looks
        await press(pilot, "o")
        shown = " ".join(text_of(pilot, "#tensor").split())
        tensor = app.main.query_one(Tensor)
        assert tensor.slot.title == "probabilities, recomputed"
        assert "Recomputed, not observed: with V, within" in shown
        assert "of what the kernel wrote" in shown
        assert "row sum 1.0000" in shown or "sum 1.0000" in shown
        assert "Ada" in shown
        made = recompute_attention(fused[number])
        assert made.difference < 1e-5
        assert np.array_equal(tensor.slot.value.numpy(), made.probabilities.numpy())
        await press(pilot, "a", "a")
        said = " ".join(text_of(pilot, "#tensor").split())
        assert "Mean over 2 heads, computed from the recomputed." in said
        assert f"= {made.probabilities.numpy()[0, :, 0, 0].mean():.7g}" in said
        await press(pilot, "a", "o", "h", "O", "n", "b", "o", "o")
        assert tensor.slot.title == "scores, recomputed"
        assert calls == [number]


async def test_too_many_scores_are_not_recomputed(fused, monkeypatch):
    monkeypatch.setattr(beside, "LARGEST", 10)
    number = next(c.number for c in fused if c.op == "scaled_dot_product_attention")
    app = CyclesimApp(LaunchOptions(saved=fused))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("g", *str(number), "enter")
        await settled(pilot)
        await press(pilot, "o")
        assert "too many to recompute" in " ".join(text_of(pilot, "#tensor").split())
