"""Pictures of the screen, compared with the ones in `__snapshots__`.

After a change that is meant to show, `pytest tests/tui/test_pictures.py --snapshot-update`, and
look at what changed.
"""

from __future__ import annotations

import pytest

from cyclesim.tui.widgets.loading import LoadingView
from tests.tui import fake
from tests.tui.conftest import press, ready

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize(
    ("panel", "keys"),
    [
        ("card", ()),
        ("tensor", ("n",)),
        ("tensor", ("]", "]", "]", "n", "n", "n", "n", "down", "right", "h")),
        ("program", ("]", "]", "]", "]", "n")),
        ("result", ("f",)),
    ],
    ids=["start", "tokenize", "softmax", "layer1", "end"],
)
def test_moments(snap_compare, fake_app, monkeypatch, size, panel, keys):
    monkeypatch.setattr(LoadingView, "now", staticmethod(lambda: 0.0))

    async def drive(pilot):
        await ready(pilot)
        pilot.app.main._focus(panel if size[0] < 100 else "tensor")
        await press(pilot, *keys)

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)


def test_help(snap_compare, fake_app):
    async def drive(pilot):
        await ready(pilot)
        await pilot.press("question_mark")

    assert snap_compare(fake_app(), terminal_size=(120, 40), run_before=drive)


def test_plain(snap_compare, fake_app):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "]", "]", "]", "n", "n", "n", "n", "down")

    assert snap_compare(fake_app(ascii=True), terminal_size=(120, 40), run_before=drive)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_finding(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "n", "slash", *"sofmax and layer 1")
        await pilot.pause()

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_breakpoints(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "n", "B", *"softmax", "enter", *"max > 0.9", "enter", "down", "space")
        await pilot.pause()

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_edit(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "]", "]", "]", "n", "n", "n", "n", "h", "e")
        await pilot.pause()

    assert snap_compare(fake_app(), terminal_size=size, run_before=drive)


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
def test_marks(snap_compare, fake_app, size):
    """An edited cycle, what it went into, and breakpoints, of a saved trace."""
    engine = fake.FakeEngine()
    trace = engine.rehearse(None, fake.TEXT)
    trace.cycles[:] = fake.make_cycles()
    trace.result = fake.RESULT
    trace.cycles[8].edited = True
    for number in trace.downstream(8):
        trace.cycles[number].downstream = True

    async def drive(pilot):
        pilot.app.session.stops.add("layernorm", ["layernorm"])
        await ready(pilot)
        await press(pilot, "g", "9", "enter")

    assert snap_compare(fake_app(saved=trace), terminal_size=size, run_before=drive)
