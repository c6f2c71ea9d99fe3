"""The form that says how a text is generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, tr
from cyclesim.tui.screens.dialogs.form import Form
from cyclesim.tui.widgets.choice import Choice

__all__ = ["GenerationDialog", "Settings"]

#: Settings of `cyclesim.machine.generation.Generation`, by name.
Settings = Mapping[str, Any]

#: The numbers: their names in the settings, what they are called, and what kind they are.
_NUMBERS: tuple[tuple[str, str, type], ...] = (
    ("max_new_tokens", N_("new tokens"), int),
    ("temperature", N_("temperature"), float),
    ("top_k", N_("top-k"), int),
    ("top_p", N_("top-p"), float),
    ("repetition_penalty", N_("repetition penalty"), float),
    ("num_beams", N_("beams"), int),
    ("seed", N_("seed"), int),
)


class GenerationDialog(Form[Settings | None]):
    """One setting a row; an empty one is as the model, or transformers' `generate`, has it.

    Args:
        settings: the present ones.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    def compose(self) -> ComposeResult:
        given = self.settings
        drawn = given.get("sample")
        sample = None if drawn is None else "drawn" if drawn else "likeliest"
        cache = "yes" if given.get("use_cache", True) else "no"
        with Vertical(id="dialog"):
            yield Label(tr("How the text is generated"), id="question", markup=False)
            for place, (name, label, _) in enumerate(_NUMBERS):
                value = given.get(name)
                line = Input("" if value is None else str(value), id=name, compact=True)
                line.placeholder = "20" if name == "max_new_tokens" else ""
                yield from self.row(tr(label), line)
                if place == 0:
                    yield from self.row(tr("next token"), Choice(self._ways(), sample, id="sample"))
            yield from self.row(
                tr("keys, values"),
                Choice([("yes", tr("kept in a cache")), ("no", tr("computed again"))], cache,
                       id="use_cache"),
            )  # fmt: skip
            stop = " | ".join(given.get("stop", ()))
            yield from self.row(tr("stop at"), Input(stop, id="stop", compact=True))
            yield Label(self.plain_text(self._hint()), id="hint", markup=False)

    @staticmethod
    def _ways() -> list[tuple[str | None, str]]:
        return [
            (None, tr("by the numbers below")),
            ("likeliest", tr("likeliest")),
            ("drawn", tr("drawn")),
        ]

    def _hint(self) -> str:
        return tr("tab: next field · left, right: choose · Enter: write anew · escape")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#max_new_tokens").focus()

    def action_done(self) -> None:
        from cyclesim.machine.generation import Generation  # torch is there: a model has run

        made: dict[str, Any] = {}
        for name, label, kind in _NUMBERS:
            text = self.said(name).strip()
            if text:
                try:
                    made[name] = kind(text)
                except ValueError:
                    said = tr("{text} is no number.").format(text=repr(text))
                    self.complain(f"{tr(label)}: {said}", name)
                    return
        if (way := self.chosen("sample")) is not None:
            made["sample"] = way == "drawn"
        if self.chosen("use_cache") == "no":
            made["use_cache"] = False
        if stops := tuple(part for part in self.said("stop").split("|") if part.strip()):
            made["stop"] = stops
        try:
            Generation.of(made)
        except CyclesimError as error:
            self.complain(str(error))
            return
        self.dismiss(made)
