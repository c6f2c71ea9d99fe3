"""What a person can do on the compare screen, said once: keys, footer and help are made from it.

A key that does here what it does on the main screen has the same name, so that whoever has chosen
another key for it has that one here as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding, BindingType

from cyclesim.language import N_
from cyclesim.tui.commands import Command

__all__ = ["COMPARE_COMMANDS", "compare_bindings", "shown_keys"]

_GROUP = N_("Compare")

COMPARE_COMMANDS: tuple[Command, ...] = (
    Command("step", "n", "n", N_("step"), N_("One step on in both runs."), _GROUP, 1),
    Command("back", "b", "b", N_("back"), N_("One step back in both runs."), _GROUP, 2),
    Command(
        "next_difference", "d", "d", N_("difference"),
        N_("Go to the next cycle that differs."), _GROUP, 3,
    ),
    Command(
        "previous_difference", "D", "D", N_("difference"),
        N_("Go to the cycle before that differs."), _GROUP,
    ),
    Command("next_layer", "]", "]", N_("layer"), N_("Go to the next layer."), _GROUP, 5),
    Command("previous_layer", "[", "[", N_("layer back"), N_("Go to the layer before."), _GROUP),
    Command(
        "goto", "g", "g", N_("go to"),
        N_("Go to a cycle of A by its number, or of B: b17."), _GROUP, 6,
    ),
    Command(
        "next_tensor", "o", "o", N_("tensor"),
        N_("Show another tensor of the cycle: its output, an input, a weight."), _GROUP, 8,
    ),
    Command("previous_tensor", "O", "O", N_("tensor"), N_("Show the tensor before."), _GROUP),
    Command(
        "next_head", "h", "h", N_("head"),
        N_("Move along the dimensions that are not drawn: the next head."), _GROUP, 9,
    ),
    Command("previous_head", "H", "H", N_("head"), N_("The head before."), _GROUP),
    Command(
        "view", "tab,x", "tab", N_("view"),
        N_("What is shown: A, B, their difference, the answers (x as well)."), _GROUP, 4,
    ),
    Command("view(-1)", "shift+tab", "shift+tab", N_("view"), N_("The view before."), _GROUP),
    Command(
        "finish", "f", "f", N_("finish A"),
        N_("Run A to its end, and compare all of it."), _GROUP, 10,
    ),
    Command(
        "take", "enter", "enter", N_("go there"),
        N_("Close, and look at this cycle on the main screen."), _GROUP, 11,
    ),
    Command("help", "question_mark,f1", "?", N_("help"), N_("This page."), _GROUP, 12),
    Command(
        "close", "escape,C,q", "escape", N_("close"),
        N_("Back to the main screen; it goes on looking at A against B."), _GROUP, 13,
    ),
)  # fmt: skip

#: Commands of the main screen that are the same here.
_SHARED = {
    "step", "back", "next_layer", "previous_layer", "goto", "next_tensor", "previous_tensor",
    "next_head", "previous_head", "finish", "help",
}  # fmt: skip


def compare_bindings() -> list[BindingType]:
    """Key bindings of the compare screen, with the arrows."""
    found: list[BindingType] = [
        Binding(
            c.keys, c.action, c.label, show=False, priority="tab" in c.keys,
            id=c.name if c.name in _SHARED else None, tooltip=c.help,
        )
        for c in COMPARE_COMMANDS
    ]  # fmt: skip
    arrows = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
    found += [Binding(k, f"move({r}, {c})", k, show=False) for k, (r, c) in arrows.items()]
    found += [
        Binding("pageup", "scroll(-5)", show=False),
        Binding("pagedown", "scroll(5)", show=False),
    ]
    return found


def shown_keys(chosen: Iterable[Command]) -> dict[str, str]:
    """The key of each command as a person would name it; `chosen` are those of the main screen."""
    theirs = {c.name: c.shown for c in chosen if c.name in _SHARED}
    return {c.action: theirs.get(c.name, c.shown) for c in COMPARE_COMMANDS}
