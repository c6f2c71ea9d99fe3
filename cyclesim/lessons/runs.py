"""The runs that lessons speak of: each made once in a process, and shared by all lessons.

The engine makes them, through the public face of the package; what a lesson gets is a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.lessons.lesson import Lesson, RunSpec
from cyclesim.trace import Cycle, Trace

__all__ = ["EDITS", "LessonRun", "load_machine", "run_of", "run_on", "runs_of", "training_of"]


class LessonRun:
    """One run: its trace, and on demand what the head would have said on the way."""

    def __init__(self, trace: Trace, probe: Callable[[], Sequence[Any]] | None = None) -> None:
        self.trace = trace
        self._probe = probe

    @cached_property
    def answers(self) -> Sequence[Any]:
        """The probe's answers: of the embeddings, then after each layer."""
        if self._probe is None:
            raise CyclesimError("nothing was probed in this run.")
        return self._probe()


@lru_cache(maxsize=16)
def _machine(
    model: str,
    attention: str,
    seed: int,
    pad_to: int | None,
    max_length: int | None,
    generation: tuple[tuple[str, Any], ...],
) -> Any:
    import cyclesim

    return cyclesim.load(
        model, attn=attention, seed=seed, pad_to=pad_to, max_length=max_length, device="cpu",
        generation=dict(generation) or None,
    )  # fmt: skip


def load_machine(spec: RunSpec) -> Any:
    """The machine that `spec` runs on; the same one for the same settings."""
    return _machine(
        spec.model, spec.attention, spec.seed, spec.pad_to, spec.max_length, spec.generation
    )


@lru_cache(maxsize=64)
def run_of(spec: RunSpec) -> LessonRun:
    """The run that `spec` describes; traced once in this process."""
    machine = load_machine(spec)
    if spec.edits:
        return LessonRun(_edited(machine, spec))
    return run_on(machine, spec)


def run_on(machine: Any, spec: RunSpec) -> LessonRun:
    """The run of `spec`, without its edits, on a machine that is there already."""
    import cyclesim

    trace = cyclesim.trace(machine, spec.text, measure=False, train=training_of(spec))
    return LessonRun(trace, lambda: cyclesim.Probe(machine, spec.text).over_layers())


def training_of(spec: RunSpec) -> Any:
    """The training step that `spec` runs, as `cyclesim.Training`; None for an answer."""
    import cyclesim

    return None if spec.train is None else cyclesim.Training(**dict(spec.train))


def runs_of(lesson: Lesson) -> dict[str, LessonRun]:
    """The other runs of a lesson, by name."""
    return {name: run_of(spec) for name, spec in lesson.runs.items()}


def _edited(machine: Any, spec: RunSpec) -> Trace:
    import cyclesim

    with cyclesim.Clock(machine, spec.text, train=training_of(spec)) as clock:
        for condition, name, argument in spec.edits:
            clock.run_to(condition)
            clock.edit(EDITS[name](argument))
        trace: Trace = clock.finish()
    return trace


def _engines(name: str) -> Callable[[Any], Any]:
    """An edit that `cyclesim.edits` has."""

    def made(argument: Any) -> Any:
        from cyclesim import edits

        return getattr(edits, name)(argument)

    return made


def _reversed(axis: Any) -> Callable[[Any, Cycle], Any]:
    """The vectors of the positions in the opposite order."""
    return lambda tensor, cycle: tensor.flip(-2)


def _nan(place: Any) -> Callable[[Any, Cycle], Any]:
    """Not a number, in one cell."""

    def edit(tensor: Any, cycle: Cycle) -> Any:
        tensor[tuple(place)] = np.nan
        return tensor

    return edit


#: What `edits:` of a run may name.
EDITS: dict[str, Callable[[Any], Any]] = {
    "zero_head": _engines("zero_head"),
    "zero_position": _engines("zero_position"),
    "scale": _engines("scale"),
    "noise": _engines("add_noise"),
    "reversed": _reversed,
    "nan": _nan,
}
