"""Every tour that ships, played to its end in the real app by the keys that it tells of."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual._compositor import Compositor
from textual.widgets import Input

from cyclesim.language import current, speaking
from cyclesim.lessons.course import Course
from cyclesim.lessons.progress import Done, Progress
from cyclesim.lessons.runs import load_machine, run_of, training_of
from cyclesim.tui.app import CyclesimApp
from cyclesim.tui.launch import LaunchOptions, LessonOptions
from cyclesim.tui.lessons.demo import Demo
from cyclesim.tui.widgets.card import Card
from tests.tui.conftest import inside, press, settled, text_of, until

COURSE = Course()
#: A person's own keys: what a lesson says, and what plays it, goes along.
OWN = {"lesson_on": ["f6"], "step": ["s"], "goto": ["f8"], "edit": ["ctrl+e"], "predict": ["f7"]}


def opened(
    number: int, language: str = "en", speed: float | None = 0.0, step: str = "", **options: Any
) -> Any:
    """The app as `cyclesim learn NUMBER --demo` opens it, on a machine that others share."""
    lesson = COURSE.lesson(number, language)
    run = lesson.run
    beside = LessonOptions(number, demo=speed, step=step)
    launch = LaunchOptions(
        text=run.text, model=run.model, attention=run.attention, seed=run.seed,
        pad_to=run.pad_to, max_length=run.max_length, training=training_of(run), lesson=beside,
        generation=dict(run.generation) or None, **options,
    )  # fmt: skip
    load_machine(run)  # here, and not while a test waits for it: it may start torch
    return CyclesimApp(launch, lambda options, progress: load_machine(run))


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is laid out and built, and nothing is put on the terminal: half of the time."""
    monkeypatch.setattr(Compositor, "render_update", lambda *_, **__: None)
    monkeypatch.setattr("cyclesim.tui.backstage.session.SETTLE", 0.0)
    # What the lesson speaks of is run once in this process.
    monkeypatch.setattr("cyclesim.tui.lessons.preparing.run_on", lambda _, spec: run_of(spec))
    # The head is asked where a step says so, and not beside every cycle.
    monkeypatch.setattr("cyclesim.tui.screens.main.measuring.QUICK_NS", 0)


@pytest.mark.parametrize("number", COURSE.numbers)
async def test_a_tour_is_met_by_the_keys_it_tells(
    number: int, unpainted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both languages: each step comes in one of them, and is turned into the other."""
    play, said = Demo._play, set()

    async def in_both(self: Demo, step: Any) -> None:
        said.add((step.name, current()))
        await self.command("language")
        said.add((step.name, current()))
        await play(self, self.screen.tour.step)

    monkeypatch.setattr(Demo, "_play", in_both)
    size, keys = ((120, 40), {}) if number % 2 else ((80, 24), OWN)
    with speaking("en"):
        app = opened(number, keys=keys)
        async with app.run_test(size=size) as pilot:
            await inside(pilot)
            demo = app.replay
            assert isinstance(demo, Demo)
            while app.replay is not None:
                await asyncio.sleep(0.01)
            tour = app.main.tour
            at = "its end" if tour.step is None else tour.step.name
            assert (demo.failed, at) == ("", "its end")
            names = {step.name for step in tour.lesson.steps}
            assert said == {(name, language) for name in names for language in ("en", "zh")}
            done = Progress().of(tour.lesson.name)
            assert done.steps == names
            assert all(done.answers.values())


async def test_a_class_may_pause_and_a_person_takes_over(
    unpainted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(1, speed=1000.0)
    async with app.run_test(size=(120, 40)) as pilot:
        await inside(pilot)
        await pilot.press("space")
        await until(pilot, lambda: app.main.pane.prepared)
        assert app.replay.paused
        assert "demonstration paused" in text_of(pilot, "#keys")
        await pilot.pause(0.1)
        assert app.main.tour.place == 0
        await pilot.press("space")
        await until(pilot, lambda: app.main.tour.place > 1)
        told: list[str] = []
        monkeypatch.setattr(type(app.main), "tell", lambda self, text, **_: told.append(text))
        await pilot.press("x")
        await until(pilot, lambda: app.replay is None)
        place = app.main.tour.place
        assert any("the lesson goes on" in text for text in told)
        await pilot.pause(0.1)
        assert app.main.tour.place <= place + 1  # what was pressed last may have ended a step


async def test_who_comes_back_or_skips_a_step_stands_where_the_lesson_goes_on(
    unpainted: None,
) -> None:
    Progress().add("07-ffn", Done(frozenset({"wide", "alone", "alone.2"})))
    app = opened(7, speed=None)
    async with app.run_test(size=(120, 40)) as pilot:
        await inside(pilot)
        await until(pilot, lambda: app.main.pane.prepared, 120)
        await settled(pilot)
        tour = app.main.tour
        assert tour.step.name == "gelu"
        assert app.main.scene.cycle(app.main.scene.at).step == "intermediate"
        await press(pilot, "j", "j")
        assert tour.step.name == "gelu.2"
        assert app.main.scene.cycle(app.main.scene.at).step == "activation"
        # Somebody tries another text, and comes back with the key that goes on.
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("ctrl+u", *"Bob", "enter")
        await until(pilot, lambda: app.main.pane.abroad, 60)
        await settled(pilot)
        assert "another text" in text_of(pilot)
        await pilot.press("j")
        await until(pilot, lambda: not app.main.pane.abroad, 60)
        await until(pilot, lambda: app.main.scene.at is not None, 60)
        await settled(pilot)
        assert "another text" not in text_of(pilot)
        assert tour.step.name == "gelu.2"
        assert app.main.scene.cycle(app.main.scene.at).step == "activation"


async def test_a_question_leaves_in_sight_what_it_asks_about(unpainted: None) -> None:
    app = opened(1, speed=None, step="parts")
    async with app.run_test(size=(80, 24)) as pilot:
        await inside(pilot)
        await until(pilot, lambda: app.main.pane.prepared)
        await settled(pilot)
        card, pane = app.main.query_one(Card), app.main.pane
        fetch = "".join(segment.text for segment in card.lines[int(card.scroll_offset.y)])
        assert fetch.startswith(" FETCH")
        while pane.more:
            await press(pilot, "j")
        await press(pilot, "j")
        asked, dialog = pane.tour.question(), app.screen.query_one("#dialog").region
        assert dialog.bottom == pane.region.bottom
        assert dialog.y > card.region.y
        await press(pilot, "escape")
        await pilot.resize_terminal(120, 40)
        await settled(pilot)
        await press(pilot, "j")
        assert app.screen.query_one("#dialog").region.x >= pane.region.x
        wrong = (asked.right + 1) % len(asked.choices)
        await press(pilot, str(wrong + 1))
        said = ["".join(segment.text for segment in line) for line in pane.lines]
        assert said[said.index("✗ Not so.") + 1] == asked.choices[wrong]


async def test_a_step_that_its_keys_do_not_do_is_named(
    unpainted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyclesim.tui.lessons.presser.PATIENCE", 0.3)
    monkeypatch.setattr("cyclesim.tui.lessons.presser.keys_of", lambda step: ("enlarge",))
    app = opened(1)
    async with app.run_test(size=(120, 40)) as pilot:
        await inside(pilot)
        demo = app.replay
        await until(pilot, lambda: app.replay is None)
        assert demo.failed == "The demonstration is stuck at the step paused."
        assert demo.failed in text_of(pilot, "#now")
