"""What is read: a row for each field of a prompt that a task has, and the form of them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, tr
from cyclesim.trace import Prompt
from cyclesim.trace.prompt import span_of
from cyclesim.tui.backstage.engine import Reads
from cyclesim.tui.screens.dialogs.form import Form

__all__ = ["BESIDE", "FieldError", "ReadingDialog", "name_of", "prompt_of", "written"]

#: What a task may read beside a text.
BESIDE = ("question", "pair", "choices", "entities")

_NAMES: Mapping[str, str] = {
    "text": N_("text"),
    "question": N_("question"),
    "pair": N_("second text"),
    "choices": N_("choices"),
    "entities": N_("entities"),
}
_HINTS: Mapping[str, str] = {
    "choices": N_("Choices: two or more, with | between them."),
    "entities": N_("Entities: 0:3 8:15 in characters, or [E1]…[/E1] and [E2]…[/E2] in the text."),
}


class FieldError(CyclesimError):
    """What is written in a field cannot be read.

    Attributes:
        field: which one.
    """

    def __init__(self, said: str, field: str) -> None:
        super().__init__(said)
        self.field = field


def name_of(field: str) -> str:
    """What a field is called on its row."""
    return tr(_NAMES[field])


def written(prompt: Prompt, field: str) -> str:
    """The content of a field as a person writes it on one line."""
    if field == "choices":
        return " | ".join(prompt.choices)
    if field == "entities":
        return " ".join(f"{start}:{end}" for start, end in prompt.entities)
    return getattr(prompt, field) or ""


def prompt_of(said: Mapping[str, str], needs: Sequence[str] = ()) -> Prompt:
    """The prompt that the lines of a form make; an empty line gives nothing.

    Raises:
        FieldError: a line that the task needs is empty, or one cannot be read.
    """
    made: dict[str, Any] = {}
    for name in said:
        content = said[name]
        if not content.strip():
            if name == "text":
                raise FieldError(tr("The text is empty: give at least one word."), name)
            if name in needs:
                missing = tr("This task needs it: {field}.").format(field=name_of(name))
                raise FieldError(missing, name)
        elif name == "choices":
            made[name] = tuple(part.strip() for part in content.split("|") if part.strip())
        elif name == "entities":
            made[name] = _spans(content)
        else:
            made[name] = content
    return Prompt(**made)


def _spans(content: str) -> tuple[tuple[int, int], ...]:
    found = [span_of(part) for part in content.replace(",", " ").split()]
    spans = tuple(span for span in found if span is not None)
    if len(spans) < len(found):
        raise FieldError(tr("An entity is written like 0:3, in characters."), "entities")
    return spans


class ReadingDialog(Form[Prompt | None]):
    """Asks for another text, and for what else the task reads.

    Args:
        prompt: the present one.
        reads: what the task reads.
    """

    def __init__(self, prompt: Prompt, reads: Reads) -> None:
        super().__init__()
        self.prompt, self.reads = prompt, reads

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label(tr("Run another text"), id="question", markup=False)
            for field in self.reads.fields:
                line = Input(written(self.prompt, field), id=f"field-{field}", compact=True)
                yield from self.row(name_of(field), line)
            yield Label(self.plain_text(self._hint()), id="hint", markup=False)

    def _hint(self) -> str:
        hints = [tr(_HINTS[field]) for field in self.reads.fields if field in _HINTS]
        keys = tr("tab: next field · Enter starts again before cycle 0; escape keeps this run.")
        return "\n".join([*hints, keys])

    def on_mount(self) -> None:
        super().on_mount()
        self.query(Input).first().focus()

    def action_done(self) -> None:
        said = {field: self.said(f"field-{field}") for field in self.reads.fields}
        try:
            self.dismiss(prompt_of(said, self.reads.needs))
        except FieldError as error:
            self.complain(str(error), f"field-{error.field}")
