"""The session log: what is recorded, and that a replay arrives where the session was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events

from cyclesim.errors import CyclesimError
from cyclesim.tui.classroom.log import Log
from cyclesim.tui.classroom.reading import read_log
from cyclesim.tui.settings.recent import Recent, recent_path
from tests.tui.conftest import gone, inside, press, ready, settled, text_of, until

SIZE = (120, 40)
#: Steps, looking back, a breakpoint that stops a run, an edit, another future, a layer's clock.
SESSION = (
    "n n n b n ] g 7 enter n B s o f t m a x enter escape g 2 0 enter b b w n n c n "
    "tab down down enter slash v a l u e enter escape b"
).split()


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def record(app, keys, *, size=SIZE):
    """Press `keys` in `app`; where the run stood at the end."""
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        standing = app.main.standing
    return standing


async def replayed(app, *, size=SIZE):
    """Where the run stands when the replay is over, and what is said then."""
    async with app.run_test(size=size) as pilot:
        await inside(pilot)
        assert app.replay is not None
        await until(pilot, lambda: app.replay is None, 60)
        await ready(pilot)
        return app.main.standing, text_of(pilot, "#now")


async def click(pilot, x, y):
    """A click as a terminal sends it: the pilot's own goes round the app."""
    for kind in (events.MouseDown, events.MouseUp):
        pilot.app.post_message(
            kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y)
        )
    await pilot.pause()
    await settled(pilot)


@pytest.fixture(params=["fake_app", "real_app"])
def make(request):
    """Apps on the hand-made run, and on the real engine."""
    return request.getfixturevalue(request.param)


def options_of(log: Log) -> dict:
    return {"text": log.options.text, "replay": log, "pace": 0.0}


async def test_a_replay_arrives_where_the_session_was(make, tmp_path):
    file = tmp_path / "session.jsonl"
    before = await record(make(log=file), SESSION)
    log = read_log(file)
    assert log.size == SIZE and len(log.entries) > len(SESSION) // 2
    after, said = await replayed(make(**options_of(log)))
    assert after == before
    assert "where the session was" in said


async def test_a_replay_arrives_with_the_same_edit_and_branch(real_app, tmp_path):
    file = tmp_path / "session.jsonl"
    keys = "g s o f t m a x enter e enter f g 9 enter w n n".split()
    before = await record(real_app(log=file), keys)
    assert before.branch > 1
    after, _ = await replayed(real_app(**options_of(read_log(file))))
    assert after == before


async def test_a_text_of_lately_is_replayed_where_nobody_ran_it(fake_app, tmp_path):
    """What a key fills in is this person's own: the log says what it was."""
    file = tmp_path / "session.jsonl"
    assert Recent(("Bob met Ada.", "Rome")).write()
    await record(fake_app(log=file), ["t", "up", "up", "down", "enter"])
    log = read_log(file)
    assert [e.value for e in log.entries if e.deed == "fill"][-1] == {"answer": "Bob met Ada."}
    recent_path().unlink()
    app = fake_app(**options_of(log))
    _, said = await replayed(app)
    assert "where the session was" in said
    assert app.session.options.text == "Bob met Ada."


async def test_playing_stops_where_it_was_stopped(real_app, tmp_path):
    """How many cycles a clock that ticks by itself had run is in the log, not in its speed."""
    file = tmp_path / "session.jsonl"
    app = real_app(log=file)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("plus", "plus", "space")
        await until(pilot, lambda: app.main.standing.executed > 4)
        await pilot.press("space")
        await settled(pilot)
        await pilot.press("f")  # the end comes while another key is pressed
        await pilot.press("b", "n")
        await settled(pilot)
        before = app.main.standing
    after, _ = await replayed(real_app(**options_of(read_log(file))))
    assert after == before


async def test_a_replay_of_an_export_arrives_too(fake_app, tmp_path, monkeypatch):
    """What is exported in the middle ends where it was exported; the export is no part of it."""
    monkeypatch.chdir(tmp_path)
    app = fake_app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n", "b", "E", "3")
        before = app.main.standing
    log = read_log(tmp_path / "cyclesim-001.jsonl")
    assert [e.value for e in log.entries] == ["step", "step", "step", "back", True]
    after, _ = await replayed(fake_app(**options_of(log)))
    assert after == before


async def test_a_click_on_a_cycle_is_that_cycle(fake_app, tmp_path):
    """So a log that was recorded on a large screen can be replayed on a small one."""
    file = tmp_path / "session.jsonl"
    app = fake_app(log=file)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n", "n", "n", "n", "n", "n", "n")
        timeline = app.main.query_one("#timeline")
        for x in range(10, 40):
            await click(pilot, x, timeline.region.y + 3)
            if app.main.standing.at != 7:
                break
        assert app.main.standing.at != 7
        await click(pilot, 2, app.size.height - 1)  # the key of a step
        before = app.main.standing
    deeds = [e for line in lines_of(file)[1:] for e in line if e in ("click", "cycle", "command")]
    assert "cycle" in deeds and deeds[-1] == "command"
    after, _ = await replayed(fake_app(**options_of(read_log(file))), size=(80, 24))
    assert after.at == before.at


async def test_the_palette_is_recorded_as_what_was_chosen(fake_app, tmp_path):
    file = tmp_path / "session.jsonl"
    app = fake_app(log=file)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+p", *"Finish")
        await until(pilot, lambda: app.screen.query("OptionList").first().option_count > 0)
        await pilot.pause(0.2)
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.ended)
    assert [line.get("command") for line in lines_of(file)[1:-1]] == ["finish"]


async def test_leaving_is_no_part_of_a_session(fake_app, tmp_path):
    file = tmp_path / "session.jsonl"
    app = fake_app(log=file)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await press(pilot, "n")
        await pilot.press("q")
        await gone(pilot)
    first, step, end = lines_of(file)
    assert first["schema"] == 1 and first["options"]["text"] == app.options.text
    assert step["command"] == "step" and (step["at"], step["ran"]) == (None, 0)
    assert end["end"] and (end["at"], end["ran"]) == (0, 1)


# -- a replay and a person ----------------------------------------------------------------------


@pytest.fixture
async def slow_log(fake_app, tmp_path):
    """Three steps, a long time apart."""
    file = tmp_path / "slow.jsonl"
    await record(fake_app(log=file), ["n", "n", "n"])
    lines = lines_of(file)
    for place, line in enumerate(lines[1:]):
        line["t"] = place * 1000.0
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return read_log(file)


async def test_any_key_takes_over(fake_app, slow_log):
    app = fake_app(replay=slow_log, text=slow_log.options.text)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        await until(pilot, lambda: app.main.standing.executed == 1)
        assert "any other key takes over" in text_of(pilot, "#keys")
        assert "step" in text_of(pilot, "#pressed")
        await pilot.press("n")
        await settled(pilot)
        assert app.replay is None
        assert app.main.standing.executed == 2  # and the key did what it does
        assert "step" in text_of(pilot, "#keys")
        await press(pilot, "n", "n", "n")
        assert app.main.standing.executed == 5  # no limit is left behind


async def test_keys_are_shown_as_they_are_printed(fake_app, slow_log):
    """A demonstration presses keys by Textual's names, and so they stand in its log."""
    first, *others = slow_log.entries
    first = replace(first, value="source", character="less_than_sign")
    log = replace(slow_log, entries=(first, *others))
    app = fake_app(replay=log, text=log.options.text)
    async with app.run_test(size=SIZE) as pilot:
        await inside(pilot)
        await until(pilot, lambda: app.replay.done == 1)
        assert text_of(pilot, "#pressed").split()[0] == "<"


async def test_space_pauses_a_replay(fake_app, slow_log):
    app = fake_app(replay=slow_log, text=slow_log.options.text, pace=1e6)
    async with app.run_test(size=SIZE) as pilot:
        await inside(pilot)
        app.replay.pause()
        await ready(pilot)
        await pilot.pause(0.3)
        assert app.main.standing.executed == 0
        assert "paused" in text_of(pilot, "#keys")
        await pilot.press("space")
        await until(pilot, lambda: app.replay is None)
        await settled(pilot)
        assert app.main.standing.executed == 3
        assert app.main._player is None  # the space was not the clock's


async def test_a_replay_writes_nothing(fake_app, slow_log, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = fake_app(replay=slow_log, text=slow_log.options.text)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot)
        app.main.action_export()
        await pilot.pause()
        assert "no file" in text_of(pilot, "#now")


async def test_a_log_of_another_run_is_noticed(fake_app, tmp_path):
    """The keys lead into a dialog that does not open."""
    file = tmp_path / "session.jsonl"
    await record(fake_app(log=file), ["]", "e", "escape", "n"])
    text = file.read_text(encoding="utf-8").replace('"command": "edit"', '"command": "step"')
    file.write_text(text, encoding="utf-8")
    _, said = await replayed(fake_app(**options_of(read_log(file))))
    assert "The replay stops" in said


def test_a_log_overwrites_nothing(fake_app, tmp_path):
    file = tmp_path / "a"
    file.write_text("mine")
    with pytest.raises(CyclesimError, match="never overwrites"):
        fake_app(log=file)
    assert file.read_text() == "mine"
