"""Everything a person can do, said once: keys, footer, palette and help are made from this list."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

__all__ = ["COMMANDS", "GROUPS", "Command", "bindings"]


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the app can do.

    Attributes:
        action: name of the action method; also the id for a user's keymap.
        keys: Textual's names of the keys, comma-separated; the first is the one shown.
        shown: the key as a person would name it.
        label: one or two words for the footer.
        help: one sentence.
        group: where help lists it.
        rank: place in the footer, 1 first; 0 is not shown there.
        everywhere: also works while a dialog is open.
        runs: needs a model that can run, so a saved trace cannot do it.
    """

    action: str
    keys: str
    shown: str
    label: str
    help: str
    group: str
    rank: int = 0
    everywhere: bool = False
    runs: bool = False


GROUPS = ("Run", "Change", "Look", "Tensor", "App")

COMMANDS: tuple[Command, ...] = (
    Command("step", "n", "n", "step", "Run the next cycle (or layer, module: see c).", "Run", 1),
    Command(
        "back", "b", "b", "back", "Look one step back. Nothing runs, nothing is lost.", "Run", 2
    ),
    Command(
        "next_layer",
        "]",
        "]",
        "next layer",
        "Run on to the first cycle of the next layer.",
        "Run",
        4,
    ),
    Command(
        "previous_layer", "[", "[", "layer back", "Look back to the start of a layer.", "Run", 10
    ),
    Command(
        "play", "space", "space", "play", "Let the clock tick by itself; again to pause.", "Run", 3
    ),
    Command("faster", "plus,equals_sign", "+", "faster", "Tick faster.", "Run"),
    Command("slower", "minus", "-", "slower", "Tick slower.", "Run"),
    Command("finish", "f", "f", "finish", "Run to the end: answer, verdict and times.", "Run", 6),
    Command(
        "restart",
        "r",
        "r",
        "restart",
        "Start again before cycle 0, with the same text.",
        "Run",
        12,
        runs=True,
    ),
    Command(
        "resolution", "c", "c", "clock", "How far one step goes: step, module, layer.", "Run", 9
    ),
    Command(
        "goto",
        "g",
        "g",
        "goto",
        "Go to a cycle by its number, running up to it if need be.",
        "Look",
        7,
    ),
    Command(
        "find",
        "slash",
        "/",
        "find",
        "Find a cycle: softmax and layer 1, max > 0.9, or any words.",
        "Look",
        8,
    ),
    Command(
        "stops",
        "B",
        "B",
        "break",
        "Breakpoints: conditions that stop the run; list, switch, delete.",
        "Run",
        9,
        runs=True,
    ),
    Command(
        "rewind",
        "w",
        "w",
        "what if",
        "What if: run again from this cycle. The future that was is kept as a branch.",
        "Change",
        10,
        runs=True,
    ),
    Command(
        "edit",
        "e",
        "e",
        "edit",
        "Change what this cycle wrote: zero a head, scale, add noise; and run on.",
        "Change",
        9,
        runs=True,
    ),
    Command("next_panel", "tab", "tab", "panel", "Go to the next panel.", "Look", 10),
    Command("previous_panel", "shift+tab", "shift+tab", "panel", "Go to the panel before.", "Look"),
    Command(
        "next_tensor",
        "o",
        "o",
        "tensor",
        "Show another tensor of this cycle: its output, an input, a weight.",
        "Tensor",
        11,
    ),
    Command("previous_tensor", "O", "O", "tensor", "Show the tensor before.", "Tensor"),
    Command("next_head", "h", "h", "head", "Show the next attention head.", "Tensor", 11),
    Command("previous_head", "H", "H", "head", "Show the head before.", "Tensor"),
    Command(
        "next_batch", "full_stop", ".", "batch", "Show the next sequence of the batch.", "Tensor"
    ),
    Command("previous_batch", "comma", ",", "batch", "Show the sequence before.", "Tensor"),
    Command("new_text", "t", "t", "text", "Run another text.", "App", 13, runs=True),
    Command("help", "question_mark,f1", "?", "help", "This page.", "App", 14),
    Command("quit", "q,ctrl+q,ctrl+c", "q", "quit", "Stop the run and leave.", "App", 15),
)


def bindings(*, app: bool) -> list[BindingType]:
    """Key bindings: of the app (they work in dialogs too) or of the main screen."""
    found: list[BindingType] = []
    for command in COMMANDS:
        leaves = command.action == "quit"
        if leaves:
            # `q` is a letter in a dialog; Ctrl-C and Ctrl-Q leave from anywhere.
            keys = "ctrl+q,ctrl+c" if app else "q"
        elif app:
            continue
        else:
            keys = command.keys
        for place, key in enumerate(keys.split(",")):
            found.append(
                Binding(
                    key, f"app.{command.action}" if leaves else command.action, command.label,
                    show=False, priority=app or key in ("tab", "shift+tab"),
                    tooltip=command.help, id=command.action if place == 0 and not app else None,
                )
            )  # fmt: skip
    return found
