"""What to press to do what a step asks for: for demonstrations, and for tests of a tour.

@goto CONDITION   go to such a cycle, by its condition
@cell             put the tensor's cursor where the step wants it
@panel            go to the panel that the step wants
@answer           give the right answer in the open dialog
@wait             until nothing is going on any more
=words            type them
step, enter       a command, by its name; or a key of the keyboard
"""

from __future__ import annotations

from cyclesim.lessons.lesson import Step

__all__ = ["keys_of"]

_ALWAYS = {
    "predict": ("predict", "@answer"),
    "cell": ("@cell",),
    "ended": ("finish",),
    "panel": ("@panel",),
}


def keys_of(step: Step) -> tuple[str, ...]:
    """What does the deed of `step`; () where nobody can know, or nothing is to be done."""
    goal = step.goal
    if step.keys or goal is None:
        return step.keys
    if goal.kind in _ALWAYS:
        return _ALWAYS[goal.kind]
    if goal.kind == "press":
        return (str(goal.value),)
    if not isinstance(goal.value, str):
        return ()
    if goal.kind in ("arrive", "ran"):
        return (f"@goto {goal.value}",)
    return ("stops", f"={goal.value}", "enter", "enter") if goal.kind == "stop" else ()
