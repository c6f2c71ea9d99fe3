"""A training step under the recorder: `Run` with a program that goes on after the forward.

A run of a training step cannot be resumed in the middle: autograd needs the graph that the forward
leaves behind. So it is run again from the beginning, with its kernels, on a fresh copy of the
model, and the edits that it had are made again where they were made. What backward or the optimizer
wrote is edited in the same way: those numbers have gone on by the time a clock can pause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import torch

from cyclesim.engine.building.adopting import Known
from cyclesim.engine.recording.events import Event, Gate, Standing
from cyclesim.engine.recording.functions import overwritten, written
from cyclesim.engine.recording.layout import Layout
from cyclesim.engine.running.locating import first_different
from cyclesim.engine.running.replay import Script, rebuild
from cyclesim.engine.running.run import Run
from cyclesim.engine.running.timing import Speeds
from cyclesim.engine.training.backward import Backward
from cyclesim.engine.training.builder import TrainingBuilder
from cyclesim.engine.training.changes import parameter_name
from cyclesim.engine.training.cycles import number_of
from cyclesim.engine.training.edits import Edits
from cyclesim.engine.training.events import BackwardEvent
from cyclesim.engine.training.recorder import StraightThrough, TrainingRecorder
from cyclesim.engine.training.repeating import repeated_steps, untraced_steps
from cyclesim.engine.training.update import UpdateEvent, update
from cyclesim.errors import CyclesimError, ModelError
from cyclesim.language import N_, tr
from cyclesim.machine import (
    Machine,
    ModelCall,
    Training,
    TrainingMachine,
    Work,
    copied,
    drive,
)
from cyclesim.machine.training import BackwardWork, ClipWork, Scored, UpdateWork, unmarked
from cyclesim.trace import Cycle, Verdict

__all__ = ["TrainingRun"]


class TrainingRun(Run):
    """One training step (see `Run`).

    Args:
        edits: edits of an earlier run of the same step, by cycle; they are made again.
    """

    machine: TrainingMachine
    recorder: TrainingRecorder
    builder: TrainingBuilder

    def __init__(
        self,
        machine: TrainingMachine,
        text: str | None = None,
        inputs: Any = None,
        *,
        edits: Edits | None = None,
        **how: Any,
    ) -> None:
        self.edits = Edits() if edits is None else edits
        self._scored: Scored | None = None
        super().__init__(machine, text, inputs, **how)

    @classmethod
    def start(
        cls,
        machine: Machine,
        text: str | None,
        inputs: Any,
        training: Training,
        **how: Any,
    ) -> TrainingRun:
        """A new step of `machine`, whose text may have its labels in it as marks."""
        if not isinstance(training, Training):
            kind = type(training).__name__
            said = tr("train is a cyclesim.Training, or True, not {kind}.")
            raise CyclesimError(said.format(kind=kind))
        if text is not None and training.labels is None:
            text, marked = unmarked(text, machine.task.labels)
            training = training if marked is None else replace(training, labels=marked)
        return cls(TrainingMachine.to_train(machine, training), text, inputs, **how)

    def _recording(
        self,
        layout: Any,
        gate: Gate | None,
        script: Script | None,
        keep: str,
        known: Known,
    ) -> tuple[TrainingRecorder, TrainingBuilder]:
        layout = Layout(self.machine.model)
        layout.remember(self.machine.originals())
        recorder = TrainingRecorder(layout, gate, script)
        return recorder, TrainingBuilder(recorder, keep=keep != "nothing", known=known)

    def resumed(self, number: int, edit: Mapping[int, torch.Tensor] | None = None) -> TrainingRun:
        """The same step from its beginning, with its edits up to cycle `number`."""
        edits = self.edits.until(number)
        if edit is not None:
            cycle = self.trace.cycles[number]
            edits.add(cycle, {cycle.outputs[place].name: new for place, new in edit.items()})
        return self._again(edits=edits, memory=self.memory)

    def _again(self, **how: Any) -> TrainingRun:
        machine = self.machine.fresh()
        again = TrainingRun(machine, self.text, copied(self._given), **how)
        again.trace.header = self.trace.header
        return again

    def execute(self, *, warm: bool = False) -> Any:
        """Run the step (see `Run.execute`); the random state of the caller stays as it is."""
        with torch.random.fork_rng(devices=self.state.randomness.devices):
            return super().execute(warm=warm)

    # -- the pieces of the program -----------------------------------------------------------

    def _call(self, call: ModelCall) -> Scored:
        with self.recorder.of(call), self.stopwatch:
            self._scored = self.machine.call(call)
        if not bool(self._scored.loss.isfinite()):
            self._give_up(float(self._scored.loss.detach()))
        return self._scored

    def _give_up(self, loss: float) -> NoReturn:
        """Such a loss has no gradient that anything can be learnt from: say where it began."""
        self.builder.update()
        if not self.builder.keep:  # the numbers are gone: the same run tells, with them
            self._again(keep="stats").execute()
        first = self.trace.first_nan
        said = tr("the loss is {loss}: there is nothing to learn from.")
        if first is not None:
            said = tr(
                "the loss is {loss}: there is nothing to learn from; the first cycle that wrote a "
                "NaN is {number}, {label}."
            )
        cycle = self.trace.cycles[first or 0]
        said = said.format(loss=f"{loss:g}", number=cycle.number, label=cycle.label)
        raise ModelError(said, self.trace)

    def _work(self, work: Work) -> Any:
        if isinstance(work, BackwardWork):
            return self._backward(work)
        if isinstance(work, ClipWork):
            with self.recorder.of(ModelCall(phase="update")), self.stopwatch:
                return work.run()
        if isinstance(work, UpdateWork):
            with self.stopwatch:
                return update(work.optimizer, self, cuda=self.layout.cuda)
        return super()._work(work)

    def _backward(self, work: BackwardWork) -> None:
        self.builder.update()  # which events are cycles, and which are wiring
        numbered = frozenset(self.builder.event_of)
        backward = Backward(
            self.recorder.graph, self.recorder.events, numbered, self, cuda=self.layout.cuda
        )
        with self.stopwatch:
            backward.run(work.loss)
        self.builder.update()
        for leaf, came in backward.gradients.items():
            name = parameter_name(leaf, self.builder)
            if name is None or leaf.grad is None:
                continue
            self.builder.gradients[id(leaf.grad)] = name
            if came.parts and came.parts[-1].origin.event is not None:
                self.builder.remember(
                    leaf.grad, number_of(came.parts[-1].origin.event, self.builder)
                )

    # -- what backward and the update tell of themselves (see `Watcher`, `Updater`) -----------

    def begins(self, event: BackwardEvent | UpdateEvent) -> None:
        """A cycle is about to run."""
        if self.recorder.gate is not None:
            node = event.node if isinstance(event, BackwardEvent) else None
            self.recorder.gate.before(node, event, ())

    def ended(self, event: BackwardEvent | UpdateEvent) -> None:
        """A cycle has run."""
        if isinstance(event, BackwardEvent):
            event.origin.event = len(self.recorder.events)
        else:
            self.edits.put_into(event, len(self.builder.cycles), self.layout)
        self.recorder.add(event)

    def replacement(self, event: BackwardEvent, name: str) -> torch.Tensor | None:
        """What the user wants in place of a gradient."""
        return self.edits.gradient(number_of(event.of, self.builder), name) if self.edits else None

    # -- edits -------------------------------------------------------------------------------

    def can_edit(self, event: Any) -> bool:
        """What backward and the optimizer wrote has gone on already."""
        return not isinstance(event, Standing) and super().can_edit(event)

    def is_host(self, cycle: Cycle) -> bool:
        """The schedule is a step outside the model too; a loss of the user's is none."""
        return super().is_host(cycle) or cycle.step == "schedule"

    def must_run_again(self, cycle: Cycle) -> bool:
        """Whether `cycle` is one of backward's or of the optimizer's."""
        stepped = cycle.phase == "update" and cycle.op.endswith(".step") and not cycle.where
        return cycle.forward is not None or (stepped and cycle.step != "schedule")

    def edit_again(self, new: Sequence[Cycle], event: Any) -> list[torch.Tensor] | None:
        """The edit that an earlier run of the step had at this function call."""
        return self.edits.written(new[-1], event) if new and isinstance(event, Event) else None

    def go_on(self, edited: Event, event: Event) -> Event:
        """Other numbers in the forward: the gradient passes them as if they were the old ones."""
        number = len(self.builder.cycles) - 1
        cycle = self.builder.cycles[number]
        named = zip(cycle.outputs, edited.edits or (), strict=True)
        self.edits.add(cycle, {value.name: tensor for value, tensor in named})
        if overwritten(event.func, event.args, event.kwargs):
            return edited
        pairs = zip(
            written(event.func, event.args, event.output),
            edited.edits or (),
            strict=True,
        )
        joined = [
            StraightThrough.apply(old, new) if old.requires_grad else new for old, new in pairs
        ]
        for tensor in joined:
            self.builder.remember(tensor, number)
        return edited._replace(output=rebuild(event.output, joined))

    # -- verdict and times -------------------------------------------------------------------

    def _computed(self) -> Any:
        assert self._scored is not None
        return self.machine.computed(self._scored)

    def _reference(self) -> Any:
        assert self._fresh is not None
        machine = self.machine.fresh()
        scored: list[Scored] = []

        def call(model_call: ModelCall) -> Scored:
            scored.append(machine.call(model_call))
            return scored[-1]

        with torch.random.fork_rng(devices=self.state.randomness.devices):
            drive(machine.program(self._fresh.copied()), call=call)
        return machine.computed(scored[-1])

    def _locate(self, verdict: Verdict) -> Verdict:
        if self.keeper is not None and self.keeper.let_go:
            return super()._locate(verdict)
        again = self._again()
        again.execute()
        first = first_different(self.trace.cycles, again.trace.cycles)
        again.close()
        if first is None:
            reason = N_("two traced runs agree: this model takes another path when it is observed")
        else:
            reason = N_("two traced runs differ too: the step is not deterministic")
        return replace(verdict, first_difference=first, reason=reason)

    def repeat(self, *, keep: bool = True, **how: Any) -> Speeds:
        """Run the step again at full speed, recorded but unpaused (see `repeated_steps`)."""
        return repeated_steps(self.trace.cycles, lambda: self._again(keep="nothing"), **how)

    def _untraced_ns(self) -> int:
        assert self._fresh is not None
        with torch.random.fork_rng(devices=self.state.randomness.devices):
            return untraced_steps(self.machine, self._fresh)

    # -- the end -----------------------------------------------------------------------------

    def complete(self) -> None:
        """The trace is whole; now the weights are kept, if they are to be."""
        if self.machine.training.keep_update:
            self.machine.keep()
        super().complete()

    def close(self, *, resumable: bool = False) -> None:
        """Drop everything that only the run itself needed: above all, autograd's graph."""
        super().close()
        self.recorder.graph.clear()
        self._scored = None
