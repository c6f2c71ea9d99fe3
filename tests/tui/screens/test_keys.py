"""Keys do what they say, on the real engine with a tiny model."""

from __future__ import annotations

from cyclesim.tui.widgets.tensor import Tensor
from tests.tui.conftest import press, ready, settled, text_of, until


async def test_nothing_runs_before_it_is_asked_for(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.pause(0.2)
        assert app.session.executed == 0
        assert app.main.scene.at is None
        assert "nothing has run" in text_of(pilot, "#now")
        for count in (1, 2, 3):
            await press(pilot, "n")
            assert app.session.executed == count
            assert app.main.scene.at == count - 1


async def test_back_looks_and_does_not_run(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "b")
        assert app.session.executed == 0
        await press(pilot, "n", "n", "n", "b", "b")
        assert (app.main.scene.at, app.session.executed) == (0, 3)
        assert "looking back" in text_of(pilot, "#now")
        await press(pilot, "b")
        assert app.main.scene.at == 0
        await press(pilot, "n", "n")  # through what is recorded
        assert (app.main.scene.at, app.session.executed) == (2, 3)
        await press(pilot, "n")
        assert (app.main.scene.at, app.session.executed) == (3, 4)


async def test_finish_gives_answer_and_verdict(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        total = app.main.scene.total
        app.main._focus("result")  # until then the probe has its place
        await settled(pilot)
        assert f"answer comes at cycle {total - 1}" in text_of(pilot, "#result")
        await press(pilot, "f")
        scene = app.main.scene
        assert scene.ended
        assert (scene.executed, scene.at) == (total, total - 1)
        assert scene.verdict.bit_identical
        assert "bit-identical" in text_of(pilot, "#header")
        assert "comes at" not in text_of(pilot, "#result")
        await press(pilot, "n")
        assert "over" in text_of(pilot, "#now")


async def test_goto_runs_up_to_it_and_back(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("g", "2", "0", "enter")
        await until(pilot, lambda: app.session.executed == 21)
        await settled(pilot)
        assert app.main.scene.at == 20
        await pilot.press("g", "5", "enter")
        await settled(pilot)
        assert (app.main.scene.at, app.session.executed) == (5, 21)
        await pilot.press("g", "9", "9", "9", "9", "enter")
        await pilot.pause()
        assert app.screen is not app.main  # it says what is wrong and keeps asking
        await pilot.press("escape")
        await settled(pilot)
        assert (app.main.scene.at, app.session.executed) == (5, 21)


async def test_layers_and_clock_resolution(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        for _ in range(12):
            await press(pilot, "]")
            if app.main.scene.current.layer == 1:
                break
        first = app.main.scene.at
        assert app.main.scene.current.step == "query"
        assert app.main.scene.cycle(first - 1).layer == 0
        await press(pilot, "n", "n", "[")
        assert app.main.scene.at == first
        await press(pilot, "[")
        assert app.main.scene.current.layer == 0
        assert app.main.scene.current.step == "query"
        await press(pilot, "c", "c")
        assert app.main.scene.resolution == "layer"
        await press(pilot, "n")
        assert app.main.scene.at == first - 1  # the end of layer 0
        await press(pilot, "n")
        assert app.main.scene.coming.layer is None  # the end of layer 1


async def test_find_goes_from_match_to_match(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("slash", *"softmax")
        assert app.session.executed == 0  # typing runs nothing
        await press(pilot, "enter")
        assert app.main.scene.current.step == "softmax"
        assert app.main.scene.current.layer == 0
        await press(pilot, "enter")
        assert app.main.scene.current.layer == 1
        assert "2 of" in text_of(pilot)
        await press(pilot, "escape", "n")
        assert app.main.scene.at == app.session.executed - 1


async def test_tensor_heads_cells_and_inputs(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("slash", *"softmax", "enter")
        await settled(pilot)
        await press(pilot, "escape")
        tensor = app.main.query_one(Tensor)
        values = app.main.scene.current.outputs[0].numpy()
        await press(pilot, "h", "down", "right", "right")
        assert (tensor.head, tensor.cursor) == (1, (1, 2))
        assert f"{values[0, 1, 1, 2]:.7g}" in text_of(pilot, "#tensor")
        assert "row sum 1.0000" in text_of(pilot, "#tensor")
        assert "Ada" in text_of(pilot, "#tensor")
        await press(pilot, "H")
        assert tensor.head == 0
        await press(pilot, "o")
        assert not tensor.slot.output
        await press(pilot, "O")
        assert tensor.slot.output


async def test_program_goes_to_a_step(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        app.main.query_one("#program").focus()
        await press(pilot, "down", "down", "enter")
        assert app.main.scene.at == app.session.executed - 1 >= 1


async def test_play_stops_and_goes_on(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("plus", "space")
        await until(pilot, lambda: app.session.executed > 3)
        await until(pilot, lambda: app.main.scene.playing)
        await press(pilot, "space")
        count = app.session.executed
        await pilot.pause(0.2)
        assert app.session.executed == count
        await pilot.press("space")
        await until(pilot, lambda: app.main.scene.ended)
        await settled(pilot)
        assert not app.main.scene.playing


async def test_restart_and_another_text(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await press(pilot, "n", "n")
        await pilot.press("r")
        await ready(pilot)
        assert (app.main.scene.at, app.session.executed) == (None, 0)
        await pilot.press("t", *"Bob met Ada", "enter")
        await until(pilot, lambda: app.main.scene.trace.header.text == "Bob met Ada")
        await ready(pilot)
        await press(pilot, "f")
        assert app.main.scene.verdict.bit_identical


async def test_every_command_has_an_action_and_help(real_app):
    app = real_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        for command in app.commands:
            owner = app if command.action == "quit" else app.main
            assert callable(getattr(owner, f"action_{command.name}"))
        await pilot.press("question_mark")
        await pilot.pause()
        page = text_of(pilot)
        assert "Run the next cycle" in page
        await pilot.press("escape")
        assert app.screen is app.main
