"""What to say of a model that failed."""

from __future__ import annotations

from collections.abc import Sequence

from cyclesim.language import tr
from cyclesim.trace import Call, Cycle

__all__ = ["failure"]


def failure(error: Exception, cycles: Sequence[Cycle], stack: Sequence[Call]) -> str:
    """One sentence: what went wrong, in which of the module calls of `stack`, after which cycle."""
    last = cycles[-1] if cycles else None
    call = stack[-1] if stack and stack[-1].path else None
    said = tr("the model failed: {why}")
    if call and last:
        said = tr("the model failed in {call} ({module}) after cycle {number} ({place}): {why}")
    elif call:
        said = tr("the model failed in {call} ({module}): {why}")
    elif last:
        said = tr("the model failed after cycle {number} ({place}): {why}")
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    why = f"{type(error).__name__}: {first.strip() or tr('no message')}"
    return said.format(
        why=why,
        call=call,
        module=call and call.module,
        number=last and last.number,
        place=last and (last.path or last.step),
    )
