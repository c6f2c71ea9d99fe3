"""Where two recorded runs of the same program begin to differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import torch

from cyclesim.engine.recording.data import TorchData
from cyclesim.engine.recording.events import Event
from cyclesim.engine.recording.functions import only_rearranges, written
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.engine.running.verdict import compare
from cyclesim.trace import Cycle, Value

__all__ = ["first_difference", "first_different"]


def first_difference(ours: Recorder, theirs: Recorder) -> int | None:
    """Index (in our events) of the first torch event whose outputs differ; None if none does."""
    pairs = zip_longest(_outputs(ours), _outputs(theirs))
    for index, (one, other) in enumerate(pairs):
        if one is None or other is None or one[1] != other[1]:
            return one[0] if one is not None else index
        # What was let go of is the beginning of what a later event wrote.
        if one[2] and compare(one[2], other[2]).bit_identical is False:
            return one[0]
    return None


def _outputs(recorder: Recorder) -> Iterator[tuple[int, Any, list[torch.Tensor]]]:
    """Event index, function and outputs of each computation, as they were when it had run."""
    for index, event in enumerate(recorder.events):
        if isinstance(event, Event) and not only_rearranges(event.func, event.args):
            saved = recorder.overwrites.saved.get(index, {})
            results = written(event.func, event.args, event.output)
            yield index, event.func, [saved.get(p, t) for p, t in enumerate(results)]


def first_different(ours: Sequence[Cycle], theirs: Sequence[Cycle]) -> int | None:
    """Number of the first cycle that wrote other numbers; None if none did."""
    pairs = zip(ours, theirs, strict=False)
    return next((one.number for one, other in pairs if _differ(one, other)), None)


def _differ(one: Cycle, other: Cycle) -> bool:
    if len(one.outputs) != len(other.outputs):
        return True
    pairs = zip(map(_tensor, one.outputs), map(_tensor, other.outputs), strict=True)
    return any(compare([a], [b]).bit_identical is False for a, b in pairs)


def _tensor(value: Value) -> torch.Tensor:
    return value.data.tensor if isinstance(value.data, TorchData) else torch.empty(0)
