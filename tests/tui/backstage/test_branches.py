"""Branches: every edit and rewind keeps what was, to go on with or to look at beside the run."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input, OptionList

import cyclesim
from cyclesim.tui.backstage.branches import branch_title
from cyclesim.tui.backstage.futures import Futures
from cyclesim.tui.compare.other import Pairing, other_of
from cyclesim.tui.screens.dialogs.branches import BranchesDialog
from tests.tui.conftest import TEXT, press, ready, settled, text_of, until


async def edit(pilot, text: str) -> None:
    branch = pilot.app.main.scene.branch
    await pilot.press("e")
    await pilot.pause()
    pilot.app.screen.query_one("#answer", Input).value = text
    await pilot.press("enter")
    await until(pilot, lambda: pilot.app.main.scene.branch != branch)
    await settled(pilot)
    await until(pilot, lambda: pilot.app.main.scene.other is not None)


async def branches(pilot) -> OptionList:
    await pilot.press("W")
    await until(pilot, lambda: isinstance(pilot.app.screen, BranchesDialog))
    await pilot.pause()
    return pilot.app.screen.query_one(OptionList)


async def at_softmax(pilot) -> int:
    """Run to the end, and look at the first softmax of an attention layer."""
    await ready(pilot)
    await press(pilot, "f")
    number = pilot.app.main.scene.plan.find(step="softmax")[0].number
    await pilot.press("g", *str(number), "enter")
    await until(pilot, lambda: pilot.app.main.scene.at == number)
    await settled(pilot)
    return number


async def test_one_branch_is_no_list(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "W")
        await until(pilot, lambda: "one branch only" in text_of(pilot, "#now"))
        assert app.screen is app.main


async def test_an_edit_stands_beside_what_was(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        number = await at_softmax(pilot)
        whole = app.main.scene.trace
        await edit(pilot, "zero head 1")
        other = app.main.scene.other
        assert other.trace is whole
        assert other.first == number
        assert other.partner(number) is whole[number]
        await press(pilot, "f")
        await until(pilot, lambda: len(app.main.scene.other.partners) == len(whole))
        assert app.main.scene.other.first == number


async def test_every_edit_is_a_branch(real_app):
    """Also where nothing had run after the cycle: the numbers it had are kept."""
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        number = app.main.scene.plan.find(step="softmax")[0].number
        await pilot.press("g", *str(number), "enter")
        await until(pilot, lambda: app.main.scene.at == number)
        await settled(pilot)
        before = app.main.scene.current.outputs[0].numpy()
        await edit(pilot, "scale 0.5")
        scene = app.main.scene
        assert (scene.branch, scene.at, scene.executed) == (2, number, number + 1)
        assert np.array_equal(scene.other.partner(number).outputs[0].numpy(), before)
        assert np.array_equal(scene.current.outputs[0].numpy(), before * np.float32(0.5))
        await edit(pilot, "undo")
        scene = app.main.scene
        assert np.array_equal(scene.current.outputs[0].numpy(), before)
        assert scene.marks.edited == ()
        await press(pilot, "f")
        assert app.main.scene.verdict.bit_identical


async def test_go_on_with_another_branch(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        number = await at_softmax(pilot)
        whole = app.main.scene.trace
        await edit(pilot, "zero head 1")
        await press(pilot, "n", "n")
        there = await branches(pilot)
        page = text_of(pilot)
        assert f"from branch 1, cycle {number}: zero head 1 at {number}" in page
        assert "this is where you are" in page
        assert f"differs from cycle {number} on" in page
        assert "beside this run" in page
        assert there.highlighted == 0
        await pilot.press("enter")
        await until(pilot, lambda: app.main.scene.branch == 1)
        await settled(pilot)
        scene = app.main.scene
        assert scene.ended
        assert scene.executed == len(whole)
        assert scene.verdict.bit_identical
        for ours, theirs in zip(scene.trace, whole, strict=True):
            assert np.array_equal(ours.outputs[0].numpy(), theirs.outputs[0].numpy())
        await branches(pilot)
        await pilot.press("enter")  # and back again, where it was left
        await until(pilot, lambda: app.main.scene.branch == 2)
        await settled(pilot)
        scene = app.main.scene
        assert (scene.executed, scene.marks.edited) == (number + 3, (number,))
        await press(pilot, "f")
        assert app.main.scene.verdict.edited == (number,)
        assert len((await branches(pilot)).options) == 2  # still the same two
        await pilot.press("escape")


async def test_beside_or_no_more(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_softmax(pilot)
        await edit(pilot, "zero head 1")
        await branches(pilot)
        await pilot.press("x")
        await until(pilot, lambda: app.main.scene.other is None)
        await branches(pilot)
        await pilot.press("x")
        await until(pilot, lambda: app.main.scene.other is not None)
        assert app.main.scene.other.title == branch_title(1)
        await pilot.press("r")
        await ready(pilot)
        assert app.main.scene.other is None
        assert app.main.scene.branch == 1


async def test_a_refused_edit_makes_no_branch(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_softmax(pilot)
        await pilot.press("e")
        await pilot.pause()
        app.screen.query_one("#answer", Input).value = "zero head 99"
        await pilot.press("enter")
        await until(pilot, lambda: "zero_head needs" in text_of(pilot, "#now"))
        assert app.main.scene.branch == 1
        await press(pilot, "W")
        await until(pilot, lambda: "one branch only" in text_of(pilot, "#now"))


# -- which cycles two branches share ----------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=12))
def test_shared_cycles_are_those_that_ran_once(story):
    """Against a model that keeps, for every branch, the list of the cycles that ran in it."""
    futures = Futures()
    ran, serial = {1: list(range(40))}, 1000
    left: list[int] = []
    for place, (at, into) in enumerate(story):
        left.append(futures.present)
        earlier = [f.number for f in futures.listed if f.place is not None]
        if into and earlier:
            futures.leave(place, 0, earlier[into % len(earlier)])
        else:
            parent = futures.present
            futures.leave(place, at)
            ran[futures.present] = [*ran[parent][: at + 1], *range(serial, serial + 39 - at)]
            serial += 100
    for one in futures.listed:
        assert (one.place is None) == (one.number == futures.present)
        if one.place is not None:
            assert left[one.place] == one.number
        for other in futures.listed:
            shared = futures.shared(one.number, other.number)
            mine, theirs = ran[one.number], ran[other.number]
            assert mine[:shared] == theirs[:shared]
            if one is not other:  # the cycle they part at may be edited, and no more is left out
                assert mine[shared + 1] != theirs[shared + 1]


# -- two runs side by side --------------------------------------------------------------------


def test_a_pairing_grows_with_its_runs(tiny_machine):
    whole = cyclesim.trace(tiny_machine, TEXT, measure=False)
    with cyclesim.Clock(tiny_machine, TEXT, measure=False) as clock:
        pairing = Pairing("again", clock.trace, whole)
        while clock.step() is not None:
            assert pairing.behind
            pairing.update()
            assert not pairing.behind
            other = pairing.other
            assert dict(other.partners) == {n: n for n in range(clock.executed)}
            assert other.first is None
        assert other == other_of("again", clock.trace, whole)


def test_another_text_differs_from_the_start(tiny_machine):
    ours = cyclesim.trace(tiny_machine, TEXT, measure=False)
    theirs = cyclesim.trace(tiny_machine, "Bob met Ada", measure=False)
    other = other_of("another text", ours, theirs)
    assert other.first == 0
    assert len(other.partners) == len(ours)


def test_a_pairing_can_be_given_up(tiny_machine):
    ours = cyclesim.trace(tiny_machine, TEXT, measure=False)
    pairing = Pairing("again", ours, ours)
    pairing.update(lambda: True)
    assert pairing.behind
    pairing.update()
    assert not pairing.behind
    assert pairing.other.first is None
