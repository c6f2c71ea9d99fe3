"""A training step in the app: forward, backward and update, with everything that a forward has."""

from __future__ import annotations

from cyclesim import Training
from tests.tui.backstage.test_change import edit, goto
from tests.tui.backstage.test_stops import add
from tests.tui.conftest import press, ready, settled, text_of, until

LABELS = "PER O PER O LOC O"


async def finish(pilot) -> None:
    """Run to the end, on from each breakpoint."""
    main = pilot.app.main
    for _ in range(4):
        ran = main.scene.executed
        await press(pilot, "f")
        await until(pilot, lambda ran=ran: main.scene.executed > ran)
        await settled(pilot)
        if main.scene.ended:
            return
    raise AssertionError(main.scene.executed)


async def test_a_training_step_is_stepped_stopped_looked_back_at_and_edited(real_app):
    app = real_app(training=Training(labels=LABELS, clip=0.1, lr=1e-2))
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        main = app.main
        assert {c.phase for c in main.scene.plan} == {"forward", "backward", "update"}
        await press(pilot, "n", "n")
        assert main.scene.executed == 2
        await add(pilot, "backward and softmax and layer 1")
        await add(pilot, "clip.coefficient and max < 1")
        last = main.scene.total - 1
        for phase, step, layer in (
            ("backward", "softmax", 1),
            ("update", "clip.coefficient", None),
        ):
            await pilot.press("g", *str(last), "enter")
            await until(pilot, lambda phase=phase: main.scene.current.phase == phase)
            await settled(pilot)
            at = main.scene.current
            assert (at.phase, at.step, at.layer) == (phase, step, layer)
            assert not main.scene.ended
        await finish(pilot)
        whole = main.scene.trace
        assert main.scene.ended and whole.verdict.bit_identical
        softmax = whole.find("backward and softmax and layer 1")[0].number
        await goto(pilot, softmax)
        assert f"CYCLE {softmax}" in text_of(pilot)
        await press(pilot, "b")
        assert main.scene.at == softmax - 1 and main.scene.looking_back
        await press(pilot, "n")
        assert "∂L/∂s" in text_of(pilot, "#card")
        await press(pilot, "Y")
        shown = text_of(pilot, "#tensor")
        assert f"← {main.scene.current.forward}" in shown and "gradient" in shown
        await press(pilot, "Y")
        rows = [row.title for row in main.query_one("#timeline")._picture.rows]
        assert rows == [
            "input", "embedding", "  backward", "layer 0", "  backward", "layer 1", "  backward",
            "classifier", "  backward", "update",
        ]  # fmt: skip
        await goto(pilot, last)
        await press(pilot, "U")
        learnt = text_of(pilot, "#learning")
        assert "layer 0" in learnt and "clipped, times" in learnt and "classifier.bias" in learnt
        await press(pilot, "U")
        await goto(pilot, softmax)
        await edit(pilot, "set 0")
        await until(pilot, lambda: main.scene.branch == 2)
        assert main.scene.current.number == softmax and main.scene.current.edited
        await finish(pilot)
        assert main.scene.verdict.edited == (softmax,)
        await press(pilot, "r")
        assert main.scene.executed == 0  # the same step again
        await finish(pilot)
        assert main.scene.trace.result["loss"] == whole.result["loss"]
        await press(pilot, "A")
        assert "gives no answer" in text_of(pilot)


async def test_another_text_is_trained_on_its_own_labels(real_app):
    app = real_app(training=Training(labels=LABELS))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.session.restart("[Ada](PER) met Rome .")
        await until(pilot, lambda: app.session.options.text.startswith("["))
        await ready(pilot)
        await finish(pilot)
        trace = app.main.scene.trace
        assert trace.header.text == "Ada met Rome ."
        labels = trace.find(step="labels")[0].outputs[-1].numpy()[0].tolist()
        assert labels == [-100, 1, 0, 0, 0, -100]
        # Where the tensor is not seen, the key that draws its gradient beside it shows it.
        await goto(pilot, trace.find("backward and softmax and layer 1")[0].number)
        assert not app.main.query_one("#tensor").display
        await press(pilot, "Y")
        assert app.main.query_one("#tensor").display
        assert "gradient" in text_of(pilot, "#tensor")
