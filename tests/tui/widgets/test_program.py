"""The program tree: states, shares, shapes, and whether it follows."""

from __future__ import annotations

import pytest

from cyclesim.tui.widgets.program import Program
from tests.tui import fake
from tests.tui.conftest import press, ready, settled, text_of
from tests.tui.widgets.test_timeline import goto, marked_trace, numbers


def line_of(pilot, title: str) -> str:
    return next(x for x in text_of(pilot, "#program").split("\n") if title in x)


async def test_states_of_the_nodes(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await goto(pilot, numbers("softmax")[0])
        assert "✓ embedding" in line_of(pilot, "embedding")
        assert "▶ softmax" in line_of(pilot, "softmax")
        assert "✓ scores" in line_of(pilot, "scores")
        assert "· context" in line_of(pilot, "context")
        scene = app.main.scene
        title = str(app.main.query_one(Program).border_title)
        assert f"{scene.executed} of {scene.total}" in title


async def test_marks_of_the_nodes(fake_app):
    app = fake_app(saved=marked_trace())
    async with app.run_test(size=(120, 60)) as pilot:
        app.session.stops.add("layernorm", ["layernorm"])
        await ready(pilot)
        await goto(pilot, numbers("scores")[0])
        assert "softmax *" in text_of(pilot, "#program")
        assert "context !~" in text_of(pilot, "#program")
        # A closed node stands for what is in it.
        assert "layer 1 ●~" in line_of(pilot, "layer 1")
        assert line_of(pilot, "layer 0").split("layer 0")[1].startswith(" ●!*")


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_shares_add_up(fake_app, width):
    app = fake_app()
    async with app.run_test(size=(width, 60)) as pilot:
        await ready(pilot)
        if width < 100:
            app.main._focus("program")
        await goto(pilot, numbers("softmax")[1])
        shares = {}
        for line in text_of(pilot, "#program").split("\n"):
            words = line.split()
            percent = [w for w in words if w.endswith("%")]
            if percent and ("▸" in words or "▾" in words) and line[0] in "▸▾":
                shares[line] = int(percent[0].strip("%"))
        spent = [c.self_ns for c in app.main.scene.trace.cycles]
        assert len(shares) == 4
        assert abs(sum(shares.values()) - 100) <= 2
        first = sum(spent[:2]) / sum(spent)
        assert next(iter(shares.values())) == round(first * 100)
        here = line_of(pilot, "softmax")
        assert ("[1,2,8,8]" in here) == (width == 80)
        assert ("µs" in here) == (width != 120)


async def test_the_tree_stays_when_it_is_told_to(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await goto(pilot, numbers("query")[0])
        program = app.main.query_one(Program)
        await press(pilot, "F")
        assert not program.following
        assert "stays (F)" in str(program.border_title)
        await press(pilot, "]", "n")
        assert app.main.scene.at == numbers("query")[1] + 1
        # The first layer is open still, and the second is not.
        assert [line for line in text_of(pilot, "#program").split("\n") if "query" in line] != []
        assert text_of(pilot, "#program").count("query") == 1
        assert "✓ query" in line_of(pilot, "query")
        assert app.main.scene.following
        await press(pilot, "F")
        assert program.following
        assert "stays" not in str(program.border_title)
        assert "▶ key" in line_of(pilot, "key")
        await settled(pilot)


async def test_it_is_as_wide_as_its_panel(fake_app):
    from rich.cells import cell_len

    app = fake_app(fake.FakeEngine(("[CLS]", "日本語", "東京", "[SEP]")))
    for size in ((80, 24), (100, 30), (150, 50), (200, 60)):
        async with app.run_test(size=size) as pilot:
            await ready(pilot)
            app.main._focus("program")
            await press(pilot, "f")
            program = app.main.query_one(Program)
            width = program.scrollable_content_region.width
            for line in program.lines:
                assert sum(cell_len(s.text) for s in line) <= width
        app = fake_app(fake.FakeEngine(("[CLS]", "日本語", "東京", "[SEP]")))
