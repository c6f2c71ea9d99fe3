"""The timeline with keys: zoom, data order, cursor, marks; jumps, bookmarks, the whole screen."""

from __future__ import annotations

import re

import pytest

from cyclesim.tui.scene import Other
from cyclesim.tui.widgets.timeline import Timeline
from tests.tui import fake
from tests.tui.conftest import press, ready, settled, text_of, until


def numbers(step: str) -> list[int]:
    """The cycles of the hand-made run that are called `step`."""
    return [c.number for c in fake.make_cycles() if c.step == step]


async def goto(pilot, number: int) -> None:
    await press(pilot, "g", *str(number), "enter")
    assert pilot.app.main.scene.at == number


def rows(pilot) -> list[str]:
    """The titles of the rows that are seen."""
    timeline = pilot.app.main.query_one(Timeline)
    lines = text_of(pilot, "#timeline").split("\n")
    return [line[: timeline._label].strip(" >▶") for line in lines]


async def test_rows_zoom_from_the_model_to_the_steps(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 60)) as pilot:
        await ready(pilot)
        await goto(pilot, numbers("scores")[0])
        assert {"layer 0", "layer 1"} < set(rows(pilot))
        await press(pilot, "l")
        assert "steps of layer 0" in text_of(pilot, "#now")
        assert {"4 query", "5 key", "6 value", "7 scores"} < set(rows(pilot))
        assert "layer 1" not in rows(pilot)
        await press(pilot, "]")
        # The steps go along with the run.
        assert f"{numbers('query')[1]} query" in rows(pilot)
        assert "4 query" not in rows(pilot)
        await press(pilot, "l")
        assert {"input", "attention", "residual", "output"} < set(rows(pilot))
        await press(pilot, "l")
        assert {"layer 0", "layer 1"} < set(rows(pilot))


async def test_data_order_says_its_parallelism(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        totals = app.main.scene.plan.totals
        ilp = f"ILP {totals['ilp']:.2f} = {totals['cycles']} cycles ÷ {totals['depth']} deep"
        assert ilp in text_of(pilot, "#timeline")
        await goto(pilot, numbers("value")[0])
        await press(pilot, "d")
        assert "level" in text_of(pilot, "#timeline").split("\n")[1]
        assert ilp in text_of(pilot, "#now")
        assert "3 side by side" in text_of(pilot, "#timeline")
        await press(pilot, "l")
        timeline = app.main.query_one(Timeline)
        lines = dict(zip(rows(pilot), text_of(pilot, "#timeline").split("\n"), strict=True))
        # The value waits, in a stretch, until the context reads it.
        waits = (numbers("context")[0] - numbers("scores")[0]) * timeline._cell_width
        assert "=" * waits in lines["6 value"]
        assert "=" not in lines["4 query"]
        assert "its result waits" in text_of(pilot, "#timeline")
        await press(pilot, "d")
        lines = dict(zip(rows(pilot), text_of(pilot, "#timeline").split("\n"), strict=True))
        assert "=" in lines["5 key"]  # it could have gone with the query
        assert "cycle" in text_of(pilot, "#timeline").split("\n")[1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_arrows_lead_to_a_cycle(fake_app, size):
    app = fake_app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await goto(pilot, 7)
        app.main._focus("result")
        await press(pilot, "tab")
        timeline = app.main.query_one(Timeline)
        assert app.focused is timeline
        await press(pilot, "left", "left")
        assert timeline.cursor == 5
        now = text_of(pilot, "#now")
        assert "Enter goes to 5 layer 0 · attention · key" in now
        assert "waits 1 cycle" in now
        assert app.main.scene.at == 7
        await press(pilot, "up")
        assert app.main.scene.plan.cycles[timeline.cursor].unit == "embedding"
        await press(pilot, "down", "down")
        assert timeline.cursor == numbers("query")[1]
        await press(pilot, "home", "right", "enter")
        assert (app.main.scene.at, timeline.cursor) == (1, None)
        await press(pilot, "end", "enter")
        await until(pilot, lambda: app.main.scene.ended)
        assert app.main.scene.at == len(fake.make_cycles()) - 1
        await press(pilot, "left")
        assert "Enter goes to" in text_of(pilot, "#now")
        await press(pilot, "tab")
        assert timeline.cursor is None
        assert "Enter goes to" not in text_of(pilot, "#now")
        assert app.focused.id == "card"


async def test_the_cursor_walks_from_part_to_part(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await goto(pilot, numbers("query")[0])
        await press(pilot, "l", "d")
        app.main._focus("timeline")
        timeline = app.main.query_one(Timeline)
        await press(pilot, "left")
        assert timeline.cursor == numbers("query")[0] - 1
        assert "3 dropout" in rows(pilot)
        await press(pilot, "right", "down")
        assert timeline.cursor == numbers("key")[0]


async def test_a_click_goes_to_the_cycle_of_that_cell(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f", "d")
        timeline = app.main.query_one(Timeline)
        picture = timeline._picture
        query = numbers("query")[0]
        place = picture.column[query] - timeline._left
        offset = (timeline._label + place * timeline._cell_width, 2 + picture.row[query])
        for expected in (query, query + 1, query + 2, query):
            await pilot.click("#timeline", offset=offset)
            await settled(pilot)
            assert app.main.scene.at == expected


def marked_trace():
    """A run with everything that can be marked."""
    trace = fake.FakeEngine().rehearse(None, fake.TEXT)
    trace.cycles[:] = fake.make_cycles()
    trace.result = fake.RESULT
    trace.cycles[8].edited = True
    for number in trace.downstream(8):
        trace.cycles[number].downstream = True
    trace.cycles[9].outputs[0].data.array[0, 0] = float("nan")
    return trace


@pytest.mark.parametrize("ascii", [False, True])
async def test_every_mark_has_a_sign_and_a_meaning(fake_app, ascii):
    app = fake_app(saved=marked_trace(), ascii=ascii)
    async with app.run_test(size=(200, 60)) as pilot:
        app.session.stops.add("layernorm", ["layernorm"])
        await ready(pilot)
        await goto(pilot, 2)
        await press(pilot, "5")
        app.main._other = Other("another", app.main._trace, {}, first=6)
        app.main._stale()
        app.main._focus("timeline")
        await press(pilot, "right", "right")
        g = app.glyphs
        shown = text_of(pilot, "#timeline")
        legend = shown.split("\n")[-1]
        for sign, meaning in (
            (g.edited, "edited"), (g.downstream, "after an edit"), (g.nan, "NaN"),
            (g.stop, "breakpoint"), (g.bookmark, "bookmark"), (g.differs, "first difference"),
            (g.cursor, "cursor"), (g.now, "now"), ("-", "NOP"),
        ):  # fmt: skip
            assert f"{sign} {meaning}" in legend
        body = dict(zip(rows(pilot), shown.split("\n"), strict=True))
        cells = body["layer 0"].removeprefix("layer 0").replace(" ", "")
        for sign in (g.edited, g.downstream, g.nan, g.stop, g.differs):
            assert sign in cells
        assert f"{g.bookmark}5" in body["embedding"]
        assert f"{g.now}2" in shown.split("\n")[1]
        assert len({g.edited, g.downstream, g.nan, g.stop, g.differs, g.bookmark, g.cursor, g.now,
                    g.wait, "-"}) == 10  # fmt: skip
        if ascii:
            assert shown.isascii()


async def test_a_long_run_says_which_part_is_seen(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        assert not re.search(r"cycles \d+–\d+ of", text_of(pilot, "#timeline"))
        timeline = app.main.query_one(Timeline)
        cycles = fake.make_cycles()
        many = [
            fake.replace(c, number=c.number + k * len(cycles), inputs=())
            for k in range(20)
            for c in cycles
        ]
        plan = app.main._plan
        plan.cycles[:] = many
        app.main._at = None
        app.main._paint()
        first = re.search(r"cycles 0–(\d+) of (\d+)", text_of(pilot, "#timeline"))
        assert first is not None
        assert int(first[2]) == len(many)
        app.main._focus("timeline")
        await press(pilot, "end")
        assert timeline.cursor == len(many) - 1
        assert f"–{len(many) - 1} of {len(many)}" in text_of(pilot, "#timeline")


async def test_source_and_reader_are_jumps(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "less_than_sign")
        assert "Nothing has run yet" in text_of(pilot, "#now")
        softmax, scores = numbers("softmax")[0], numbers("scores")[0]
        await goto(pilot, softmax)
        await press(pilot, "less_than_sign")
        assert app.main.scene.at == scores
        assert f"Cycle {scores}, scores, read by softmax" in text_of(pilot, "#now")
        await press(pilot, "less_than_sign")
        assert app.main.scene.at == numbers("query")[0]
        await press(pilot, "backspace")
        assert app.main.scene.at == scores
        await press(pilot, "backspace")
        assert app.main.scene.at == softmax
        # What has not run yet runs.
        await press(pilot, "greater_than_sign")
        context = numbers("context")[0]
        assert app.main.scene.at == context == app.session.executed - 1
        assert f"Cycle {context}, context, reads softmax" in text_of(pilot, "#now")
        await goto(pilot, 0)
        await press(pilot, "less_than_sign")
        assert app.main.scene.at == 0
        assert "read nothing that another cycle wrote" in text_of(pilot, "#now")
        await press(pilot, "f", "greater_than_sign")
        assert "No cycle reads" in text_of(pilot, "#now")


async def test_each_reader_gets_its_turn(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        dropout = numbers("dropout")[0]
        readers = app.main.scene.readers(dropout)
        assert len(readers) == 4
        await goto(pilot, dropout)
        for place, reader in enumerate((*readers, readers[0])):
            await press(pilot, "greater_than_sign")
            assert app.main.scene.at == reader
            assert f"reader {place % 4 + 1} of 4" in text_of(pilot, "#now")
            await press(pilot, "backspace")
            assert app.main.scene.at == dropout


async def test_return_leads_back_through_all_jumps(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "backspace")
        assert "no jump to return from" in text_of(pilot, "#now")
        await goto(pilot, 9)
        await goto(pilot, 3)
        await press(pilot, "slash", *"key", "enter", "escape")
        assert app.main.scene.at == numbers("key")[0]
        await press(pilot, "n", "b", "b")  # steps are no jumps
        await press(pilot, "backspace")
        assert app.main.scene.at == 3
        await press(pilot, "backspace")
        assert app.main.scene.at == 9
        await press(pilot, "backspace")
        assert "no jump to return from" in text_of(pilot, "#now")


async def test_bookmarks(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "3")
        assert not app.main.scene.marks.bookmarks
        await goto(pilot, 7)
        await press(pilot, "3")
        assert app.main.scene.marks.bookmarks == {3: 7}
        assert "7'3" in text_of(pilot, "#timeline").split("\n")[1]
        await press(pilot, "n", "n")
        assert " '3" in text_of(pilot, "#timeline").split("\n")[1]
        await press(pilot, "3")
        assert app.main.scene.at == 7
        await press(pilot, "backspace")
        assert app.main.scene.at == 9
        await pilot.press("r")
        await ready(pilot)
        assert app.main.scene.marks.bookmarks == {3: 7}
        await press(pilot, "3")  # it runs to it
        assert (app.main.scene.at, app.session.executed) == (7, 8)
        await press(pilot, "3")
        assert not app.main.scene.marks.bookmarks


async def test_bookmarks_outlive_a_shorter_run(fake_app):
    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f", "0")
        last = app.main.scene.at
        app.main._marks.bookmarks[0] = last + 50
        await pilot.press("r")
        await ready(pilot)
        assert app.main.scene.marks.bookmarks == {0: last}


async def test_one_panel_gets_the_whole_screen(fake_app):
    def shown() -> list[str]:
        return [p.id for p in app.main.query("Panel") if p.display and p.id != "timeline"]

    app = fake_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        everything = shown()
        wide = app.main.query_one("#tensor").size
        assert app.focused.id == "tensor"
        await press(pilot, "z")
        assert shown() == ["tensor"]
        assert app.main.query_one("#tabs").size.height == 1
        assert app.main.query_one("#tensor").size.width == 120
        await press(pilot, "tab")
        assert shown() == ["program"]
        assert app.focused.id == "program"
        assert "layer 0" in text_of(pilot, "#program")
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert shown() == ["program"]
        await pilot.resize_terminal(120, 40)
        await settled(pilot)
        assert shown() == ["program"]
        await press(pilot, "z")
        assert shown() == everything
        assert app.focused.id == "program"
        assert app.main.query_one("#tensor").size == wide


async def test_the_timeline_gets_the_whole_screen(fake_app):
    app = fake_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await goto(pilot, numbers("query")[0])
        await press(pilot, "l")
        app.main._focus("timeline")
        timeline = app.main.query_one(Timeline)
        before = timeline.size.height
        await press(pilot, "z")
        assert timeline.size.height > before
        assert "Rows: steps of layer 0" in text_of(pilot, "#timeline")
        assert {f"{n} {s}" for s in ("query", "layernorm") for n in numbers(s)[:1]} < set(
            rows(pilot)
        )
        await press(pilot, "z")
        assert timeline.size.height == before


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_picture_of_the_data_order(snap_compare, fake_app, size):
    """The steps of a layer in data order, with all marks, over the enlarged program."""

    async def drive(pilot):
        pilot.app.session.stops.add("layernorm", ["layernorm"])
        await ready(pilot)
        await goto(pilot, numbers("softmax")[0])
        await press(pilot, "7", "l", "d", "b")
        pilot.app.main._focus("program")
        if size[0] >= 100:
            await press(pilot, "z")

    assert snap_compare(fake_app(saved=marked_trace()), terminal_size=size, run_before=drive)
