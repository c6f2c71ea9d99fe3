"""The form that opens another machine: model, task, attention, device, type, text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from cyclesim.language import tr
from cyclesim.machine.catalog import ATTENTION, DEFAULT, DTYPES, EMBEDDED
from cyclesim.tui.backstage.engine import Offers
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.settings.recent import Recent, RecentMachine
from cyclesim.tui.widgets.choice import Choice

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["MachineDialog"]


class MachineDialog(ModalScreen[LaunchOptions | None]):
    """One field a row; what this machine cannot do is not offered.

    Args:
        options: what is open now.
        present: what that is, in words.
        offers: what can be chosen here.
        recent: what was opened lately: up and down walk through it.
        confined: only the models that come with cyclesim may be opened.
    """

    BINDINGS = [
        Binding("escape", "dismiss(None)", "cancel", show=False),
        Binding("enter", "load", show=False, priority=True),
        Binding("up", "walk(1)", show=False),
        Binding("down", "walk(-1)", show=False),
    ]

    def __init__(
        self,
        options: LaunchOptions,
        present: str,
        offers: Offers,
        recent: Recent,
        *,
        confined: bool = False,
    ) -> None:
        super().__init__()
        self.options, self.present, self.offers, self.confined = options, present, offers, confined
        self._models = _models(options, () if confined else recent.machines)
        self._texts = [options.text, *(t for t in recent.texts if t != options.text)]
        self._places = {"model": 0, "text": 0}

    def compose(self) -> ComposeResult:
        options, offers = self.options, self.offers
        tasks = [(None, tr("as the model says")), *((task, task) for task in offers.tasks)]
        devices = ("auto", *offers.devices)
        with Vertical(id="dialog"):
            yield Label(tr("Open another model, task, attention or device"), id="question")
            yield Label(self._text(self.present), id="present", markup=False)
            yield from self._row(
                tr("model"), Input(self._models[0].model or DEFAULT, id="model", compact=True)
            )
            yield from self._row(tr("task"), Choice(tasks, options.task, id="task"))
            for name, label, values, value in (
                ("attention", tr("attention"), ATTENTION, options.attention),
                ("device", tr("device"), devices, options.device),
                ("dtype", tr("numbers"), DTYPES, options.dtype),
            ):
                yield from self._row(label, Choice([(v, v) for v in values], value, id=name))
            yield from self._row(tr("text"), Input(options.text, id="text", compact=True))
            yield Label(self._text(self._hint()), id="hint", markup=False)

    @staticmethod
    def _row(name: str, field: Input | Choice) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Label(name, classes="field", markup=False)
            yield field

    def _text(self, text: str) -> str:
        return cast("CyclesimApp", self.app).glyphs.text(text)

    def _hint(self) -> str:
        keys = tr("tab: next field · up, down: known values · Enter: open · escape")
        if self.confined:
            return keys
        said = tr("Model: one of ours ({models}), a folder, or a Hugging Face name.")
        return f"{said.format(models=', '.join(EMBEDDED))}\n{keys}"

    def on_mount(self) -> None:
        for line in self.query(Input):
            line.cursor_blink = not self.app.is_headless
        self.query_one("#model").focus()

    # -- walking through what is known ---------------------------------------------------------

    def action_walk(self, by: int) -> None:
        """Put an earlier or a later value into the line."""
        line = self.focused
        if not isinstance(line, Input) or line.id not in self._places:
            return
        known: Sequence[object] = self._models if line.id == "model" else self._texts
        place = max(0, min(self._places[line.id] + by, len(known) - 1))
        self._places[line.id] = place
        if line.id == "model":
            machine = self._models[place]
            line.value = machine.model or DEFAULT
            # What a task is, the model decides; how it runs stays as chosen.
            self.query_one("#task", Choice).choose(machine.task)
            filled = {"model": line.value, "task": machine.task}
        else:
            line.value = self._texts[place]
            filled = {"text": line.value}
        line.cursor_position = len(line.value)
        cast("CyclesimApp", self.app).filled(filled)

    # -- opening -------------------------------------------------------------------------------

    def action_load(self) -> None:
        """Open what the form says."""
        model = self.query_one("#model", Input).value.strip()
        text = self.query_one("#text", Input).value
        if not model:
            self._complain(tr("There is no model: give a name or a folder."), "model")
        elif not text.strip():
            self._complain(tr("The text is empty: give at least one word."), "text")
        else:
            self.dismiss(self._chosen(model, text))

    def _chosen(self, model: str, text: str) -> LaunchOptions:
        options = self.options
        if model != (options.model or DEFAULT):
            # Trust and lengths were given for that model, and not for any other.
            options = replace(
                options, model=model, trust_remote_code=False, random_init=False,
                max_length=None, pad_to=None, prompts=(), example=text == options.text,
            )  # fmt: skip
        choice = {name: self.query_one(f"#{name}", Choice).value for name in
                  ("task", "attention", "device", "dtype")}  # fmt: skip
        return replace(options.saying(text), **choice)  # type: ignore[arg-type]

    def _complain(self, text: str, field: str) -> None:
        hint = self.query_one("#hint", Label)
        hint.update(self._text(text))
        hint.add_class("bad")
        self.query_one(f"#{field}").focus()


def _models(options: LaunchOptions, recent: Sequence[RecentMachine]) -> list[RecentMachine]:
    """The present model, the ones that were opened lately, and those that come with cyclesim."""
    found = {options.model or DEFAULT: RecentMachine.of(options)}
    for machine in (*recent, *(RecentMachine(name) for name in EMBEDDED)):
        found.setdefault(machine.model or DEFAULT, machine)
    return list(found.values())
