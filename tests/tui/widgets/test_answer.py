"""The answer if the clock stopped here: what the pane shows is what the probe says, and no more."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.tui.widgets.answer import Answer
from cyclesim.tui.words.lines import line_width
from tests.tui import fake
from tests.tui.conftest import TEXT, press, ready, settled, text_of, until


def answers(app: Any) -> Any:
    return app.main._measures.answers


async def asked(pilot: Any) -> None:
    """Wait until the head has been asked about all that ran."""
    main = pilot.app.main
    await until(
        pilot,
        lambda: (
            main._measures.answers is not None
            and main._measures.answers.trace is main._trace
            and not main._measures.answers.missing(main._executed)
        ),
    )
    await settled(pilot)


class Asked(fake.FakeEngine):
    """Remembers its probe; `broken` is what making one raises."""

    def __init__(self, broken: Exception | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.broken = broken
        self.probe_made = fake.FakeProbe(fake.make_cycles())

    def probe(self, machine: Any, text: str) -> fake.FakeProbe:
        if self.broken is not None:
            raise self.broken
        return self.probe_made


async def test_it_is_asked_on_a_key_and_shows_what_has_run(fake_app):
    engine = Asked()
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "]", "]", "]")
        assert engine.probe_made.asked == []
        assert "A asks" in text_of(pilot, "#probe")
        await press(pilot, "A")
        await asked(pilot)
        shown = text_of(pilot, "#probe")
        states = [c.number for c in engine.probe_made.hidden_states]
        ran = [n for n in states if n < app.session.executed]
        assert engine.probe_made.asked == ran and len(ran) < len(states)
        assert f"cycle {ran[-1]}" in shown
        # The table: one column for each state, dots where it has yet to run.
        (row,) = [line for line in shown.splitlines() if line.startswith(" Bob")][-1:]
        assert row.count("·") == len(states) - len(ran)


async def test_columns_fill_as_the_run_goes(fake_app):
    engine = Asked()
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "A", "f")
        await asked(pilot)
        states = [c.number for c in engine.probe_made.hidden_states]
        assert sorted(answers(app).columns) == states
        assert sorted(engine.probe_made.asked) == states, "each is asked once"
        # Looking back: the answer is that of the state up to there.
        for number in (states[0], states[1] + 1, states[1] - 1):
            app.main._go(number)
            await settled(pilot)
            last = max(n for n in states if n <= number)
            assert f"(cycle {last})" in text_of(pilot, "#probe")


async def test_before_the_first_hidden_state_there_is_no_answer(fake_app):
    app = fake_app(Asked())
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "A")
        await asked(pilot)
        assert "nothing to ask yet" in text_of(pilot, "#probe")


@pytest.mark.parametrize("error", [CyclesimError("this model has no blocks."), RuntimeError("no")])
async def test_why_there_is_none_is_one_sentence(fake_app, error):
    app = fake_app(Asked(broken=error))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "A")
        await until(pilot, lambda: answers(app) is not None)
        await settled(pilot)
        assert str(error) in text_of(pilot, "#probe")


async def test_the_corner_shows_the_probe_until_the_labels_are_there(fake_app):
    app = fake_app(Asked())
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)

        def corner() -> list[str]:
            return [p for p in ("probe", "result") if app.main.query_one(f"#{p}").display]

        assert corner() == ["probe"]
        await press(pilot, "]", "]", "]")
        assert corner() == ["probe"]
        await press(pilot, "f")
        assert corner() == ["result"]
        await press(pilot, "A")
        assert corner() == ["probe"], "enlarged"
        await press(pilot, "A")
        assert corner() == ["probe"], "asked for, so it stays"
        app.main._focus("result")
        await settled(pilot)
        assert corner() == ["result"]
        await press(pilot, "r")
        await ready(pilot)
        assert corner() == ["probe"]


async def test_a_saved_trace_cannot_be_asked(fake_app):
    saved = fake.FakeEngine().rehearse(None, fake.TEXT)
    app = fake_app(saved=saved)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "A")
        assert answers(app) is None
        assert "saved trace" in text_of(pilot, "#now")
        app.main._focus("probe")
        await settled(pilot)
        assert "no model" in text_of(pilot, "#probe")


# -- the real head -----------------------------------------------------------------------------


async def test_it_says_what_the_probe_says(real_app, tiny_machine):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        await asked(pilot)  # a small model is asked without a key
        told = {a.number: a.result["tokens"] for a in
                cyclesim.Probe(tiny_machine, TEXT).over_layers()}  # fmt: skip
        found = answers(app)
        assert [n for n, _ in found.states] == list(told)
        for number, tokens in told.items():
            column = found.columns[number]
            assert column.cells == tuple((t["label"], t["score"]) for t in tokens)
        assert found.rows == tuple(t["text"] for t in next(iter(told.values())))
        # The last column is the run's own answer.
        last = found.columns[found.states[-1][0]].cells
        assert [word for word, _ in last] == [
            t["label"] for t in app.main.scene.trace.result["tokens"]
        ]


async def test_after_an_edit_it_is_the_edited_run_that_is_asked(real_app):
    from cyclesim.tui.backstage.edits import EditWish

    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f")
        await asked(pilot)
        before = answers(app)
        first = before.states[0][0]
        trace = app.main.scene.trace
        app.session.edit(first, EditWish("scale", 0.0))
        await until(pilot, lambda: app.main._trace is not trace)
        await press(pilot, "f")
        await asked(pilot)
        after = answers(app)
        assert after.columns[first].cells != before.columns[first].cells
        app.main._focus("probe")
        await settled(pilot)
        assert "Edited run." in text_of(pilot, "#probe")


async def test_holding_the_key_down_never_waits_for_the_probe(fake_app):
    engine = Asked()
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "A")
        total = app.main.scene.total
        for _ in range(total):
            await pilot.press("n")
        await until(pilot, lambda: app.session.executed == total)
        await asked(pilot)
        assert sorted(engine.probe_made.asked) == sorted(set(engine.probe_made.asked))


# -- other tasks -------------------------------------------------------------------------------


class Scores(fake.FakeProbe):
    def at(self, cycle: Any) -> Any:
        answer = super().at(cycle)
        answer.result = {"label": "good", "score": 0.75, "scores": {"bad": 0.25, "good": 0.75}}
        answer.results = (answer.result,)
        return answer


class Tokens(fake.FakeProbe):
    names_tokens = True

    def at(self, cycle: Any) -> Any:
        answer = super().at(cycle)
        answer.result, answer.results = {}, ()
        return answer

    def top_tokens(self, answer: Any, k: int) -> Any:
        assert k == 1
        return [[[(f"w{place}", 0.5)] for place in range(len(self.tokens))]]


class Numbers(Tokens):
    names_tokens = False


@pytest.mark.parametrize(
    ("probe", "expected"),
    [(Scores, r"good.*75%"), (Tokens, r"Bob.*w3.*50%"), (Numbers, r"names no label and no token")],
)
async def test_every_kind_of_head(fake_app, probe, expected):
    engine = Asked()
    engine.probe_made = probe(fake.make_cycles())
    app = fake_app(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f", "A")
        await until(pilot, lambda: answers(app) is not None)
        await settled(pilot)
        assert re.search(expected, text_of(pilot, "#probe"))


@pytest.mark.parametrize("width", [20, 31, 45, 66, 118, 300])
async def test_no_line_is_wider_than_the_pane(fake_app, width):
    engine = Asked(tokens=("[CLS]", "日本語東京", "met", "B" * 60, "in", "Rome", ".", "[SEP]"))
    engine.probe_made = fake.FakeProbe(fake.make_cycles(engine.tokens))
    app = fake_app(engine, ascii=width == 66)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "f", "A")
        await asked(pilot)
        for number in range(app.session.executed):
            scene = replace(app.main.scene, at=number)
            lines = app.main.query_one(Answer).build(scene, width, 30)
            assert max(map(line_width, lines)) <= width


# -- pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_picture(snap_compare, fake_app, size):
    async def drive(pilot):
        await ready(pilot)
        await press(pilot, "]", "]", "]", "n", "A")
        await asked(pilot)

    assert snap_compare(fake_app(Asked()), terminal_size=size, run_before=drive)
