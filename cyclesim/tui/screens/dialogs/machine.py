"""The form that opens another machine: model, task, attention, device, type, text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, Label

from cyclesim.language import tr
from cyclesim.machine.catalog import ATTENTION, DEFAULT, DTYPES, EMBEDDED
from cyclesim.tui.backstage.engine import Offers, Reads
from cyclesim.tui.launch import LaunchOptions
from cyclesim.tui.screens.dialogs.form import Form
from cyclesim.tui.screens.dialogs.reading import BESIDE, FieldError, name_of, prompt_of, written
from cyclesim.tui.settings.recent import Recent, RecentMachine
from cyclesim.tui.widgets.choice import Choice

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["MachineDialog"]


class MachineDialog(Form[LaunchOptions | None]):
    """One field a row; what this machine cannot do is not offered.

    Args:
        options: what is open now.
        present: what that is, in words.
        offers: what can be chosen here.
        recent: what was opened lately: up and down walk through it.
        draft: what the form says at first, where it is not what is open now.
        doing: the present task.
        confined: only the models that come with cyclesim may be opened.
    """

    BINDINGS = [
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
        draft: LaunchOptions | None = None,
        doing: str = "",
        confined: bool = False,
    ) -> None:
        super().__init__()
        self.options, self.present, self.offers, self.confined = options, present, offers, confined
        self.doing, self.draft = doing, draft or options
        self.prompt = options.reads[0]
        self._models = _models(options, () if confined else recent.machines)
        self._texts = [options.text, *(t for t in recent.texts if t != options.text)]
        self._places = {"model": 0, "text": 0}

    def compose(self) -> ComposeResult:
        draft, offers = self.draft, self.offers
        tasks = [(None, tr("as the model says")), *((task, task) for task in offers.tasks)]
        devices = ("auto", *offers.devices)
        with Vertical(id="dialog"):
            yield Label(tr("Open another model, task, attention or device"), id="question")
            yield Label(self.plain_text(self.present), id="present", markup=False)
            yield from self.row(
                tr("model"), Input(draft.model or DEFAULT, id="model", compact=True)
            )
            yield from self.row(tr("task"), Choice(tasks, draft.task, id="task"))
            for name, label, values, value in (
                ("attention", tr("attention"), ATTENTION, draft.attention),
                ("device", tr("device"), devices, draft.device),
                ("dtype", tr("numbers"), DTYPES, draft.dtype),
            ):
                yield from self.row(label, Choice([(v, v) for v in values], value, id=name))
            yield from self.row(tr("text"), Input(draft.text, id="text", compact=True))
            for field in BESIDE:
                line = Input(written(draft.reads[0], field), id=f"field-{field}", compact=True)
                yield from self.row(name_of(field), line)
            yield Label(self.plain_text(self._hint()), id="hint", markup=False)

    def _hint(self) -> str:
        keys = tr("tab: next field · up, down: known values · Enter: open · escape")
        if self.confined:
            return keys
        said = tr("Model: one of ours ({models}), a folder, or a Hugging Face name.")
        return f"{said.format(models=', '.join(EMBEDDED))}\n{keys}"

    def on_mount(self) -> None:
        super().on_mount()
        self._offer_fields()
        self.query_one("#model").focus()

    # -- what the task reads -------------------------------------------------------------------

    @property
    def reads(self) -> Reads:
        """What the chosen task reads; only a text where the model alone can tell."""
        model, task = self.said("model").strip(), self.chosen("task")
        if task is None and model == (self.options.model or DEFAULT):
            task = self.doing
        elif task is None and model in EMBEDDED:
            task = EMBEDDED[model].task
        return self.offers.reads.get(task or "", Reads())

    @on(Choice.Changed)
    @on(Input.Changed, "#model")
    def _offer_fields(self) -> None:
        """Show the rows of what the chosen task reads beside a text."""
        fields = self.reads.fields
        for field in BESIDE:
            self.query_one(f"#row-field-{field}").display = field in fields
        lines = sum(row.display for row in self.query(".row")) * 2 + 8
        self.set_class(self.app.size.height < lines, "-tight")

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

    def action_done(self) -> None:
        """Open what the form says."""
        model = self.said("model").strip()
        if not model:
            self.complain(tr("There is no model: give a name or a folder."), "model")
            return
        try:
            self.dismiss(self._chosen(model))
        except FieldError as error:
            self.complain(str(error), error.field if error.field == "text" else
                          f"field-{error.field}")  # fmt: skip

    def _chosen(self, model: str) -> LaunchOptions:
        options, reads = self.options, self.reads
        said = {name: self.said(f"field-{name}") for name in reads.fields if name != "text"}
        given = {"text": self.said("text"), **said}
        other = model != (options.model or DEFAULT)
        if other:
            # Trust and lengths were given for that model, and not for any other.
            options = replace(
                options, model=model, trust_remote_code=False, random_init=False,
                max_length=None, pad_to=None, prompts=(),
            )  # fmt: skip
        names = ("task", "attention", "device", "dtype")
        options = replace(options, **{name: self.chosen(name) for name in names})  # type: ignore[arg-type]
        # Of another model, its own example tells more than the text that was there.
        if other and given["text"] == self.options.text and not any(said.values()):
            return replace(options, example=True)
        prompt, others = prompt_of(given, reads.needs), options.prompts[1:]
        made = options.reading([prompt, *others] if others else prompt)
        return made if prompt == self.prompt else made.unlabelled


def _models(options: LaunchOptions, recent: Sequence[RecentMachine]) -> list[RecentMachine]:
    """The present model, the ones that were opened lately, and those that come with cyclesim."""
    found = {options.model or DEFAULT: RecentMachine.of(options)}
    for machine in (*recent, *(RecentMachine(name) for name in EMBEDDED)):
        found.setdefault(machine.model or DEFAULT, machine)
    return list(found.values())
