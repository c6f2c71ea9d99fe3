"""What a person can do in a lesson, beside everything else."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from cyclesim.language import N_
from cyclesim.tui.commands import Command

__all__ = ["LESSON_COMMANDS", "lesson_bindings"]

LESSON_COMMANDS: tuple[Command, ...] = (
    Command("lesson_on", "j", "j", N_("go on"), N_("Answer, or go on to the next step."), "Ask"),
    Command("lesson_back", "k", "k", N_("step back"), N_("The step of the lesson before."), "Ask"),
    Command("lesson_hint", "y", "y", N_("hint"), N_("A hint; one more each time."), "Ask"),
    Command("lesson_fold", "J", "J", N_("fold"), N_("Fold the lesson, or unfold it."), "Ask"),
)  # fmt: skip


def lesson_bindings() -> list[BindingType]:
    """Their key bindings."""
    return [
        Binding(c.keys, c.action, c.label, show=False, tooltip=c.help, id=c.name)
        for c in LESSON_COMMANDS
    ]
