"""The live clock: the model runs in a worker thread and really waits between cycles.

    with cyclesim.Clock(machine, text) as clock:
        clock.step()                                   # one cycle
        clock.run_to(lambda c: c.step == "softmax")    # runs until that cycle has run
        clock.current.outputs[0].numpy()
        clock.back()                                   # look back: nothing runs
        clock.finish()

Nothing executes before it is asked for. The worker pauses right after a cycle has run, before its
output is handed on; a coarser tick pauses right before the first cycle of the next group.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

import torch

from cyclesim.engine.building.increments import GrownData
from cyclesim.engine.clock.branches import Branch, Owner
from cyclesim.engine.clock.edits import Edit, apply
from cyclesim.engine.clock.session import Session
from cyclesim.engine.clock.stepping import Stepping
from cyclesim.engine.recording.data import TorchData
from cyclesim.engine.running.tracing import new_run
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine import Machine, Training
from cyclesim.trace import Cycle, Trace, Value

__all__ = ["Clock"]


class Clock(Stepping):
    """Steps one run of `machine`.

    Args:
        machine: from `cyclesim.load`, or any `torch.nn.Module`.
        text: what to run it on.
        inputs: tensors instead of a text (see `cyclesim.trace`).
        tokenizer: for a bare Hugging Face model that is given text.
        train: make it a training step (see `cyclesim.Training`); pausing, edits and rewinding work
            in backward and update too.
        measure: repeat the run at full speed when it has ended, for the times.
        plan: a rehearsal of the same run, for views that show what will come.
        memory: bytes of tensors to keep in memory; beyond it the oldest go to a temporary file.

    Attributes:
        plan: the rehearsal that was given, if any.
        branches: futures that were left behind by `rewind` or `edit`, oldest first.
        breakpoints: where `resume`, `tick`, `step_over`, `step_out` and `run_to` stop early.
        stopped_at: the breakpoint that ended the last of these, or None.

    Use it as a context manager, or call `close`: a clock that is dropped stops its run as well,
    leaving no thread and no hook.
    """

    def __init__(
        self,
        machine: Machine | torch.nn.Module,
        text: Any = None,
        *,
        inputs: Any = None,
        tokenizer: Any = None,
        train: Training | bool | None = None,
        measure: bool = True,
        plan: Trace | None = None,
        memory: int | None = None,
    ) -> None:
        run = new_run(
            machine, text, inputs, train, tokenizer=tokenizer, memory=memory, resumable=True
        )
        super().__init__(Owner(Session(run, measure)), plan)
        self.branches: list[Branch] = []
        # The sessions know nothing of the clock, so a forgotten clock can be collected.
        self._finalizer = weakref.finalize(self, self._owner.stop)

    # -- changing the run --------------------------------------------------------------------

    def rewind(self, number: int, branch: Branch | None = None) -> Cycle | None:
        """Stand right after cycle `number` again, with everything after it yet to run.

        What ran up to there is handed back from the record, so no kernel runs again. The future
        that is left behind is kept in `branches`.

        Args:
            number: a cycle that has run.
            branch: go back into this earlier future instead of the present one.

        Raises:
            CyclesimError: that cycle has not run.

        Example:
            >>> with cyclesim.Clock(machine, text) as clock:
            ...     trace = clock.finish()
            ...     cycle = clock.rewind(20)
            ...     clock.executed, clock.branches[0].trace is trace
            ...     cyclesim.diff(clock.finish(), trace).equal
            (21, True)
            True
        """
        source = self._session if branch is None else branch.session
        executed = len(source.run.trace.cycles)
        if not 0 <= number < executed:
            said = tr("cycle {number} has not run: cycles 0 to {last} can be rewound to.")
            raise CyclesimError(said.format(number=number, last=executed - 1))
        self._resume(source, number)
        return self.current

    def _resume(
        self, source: Session, number: int, edit: Mapping[int, torch.Tensor] | None = None
    ) -> None:
        """Stand after cycle `number` of `source`; with `edit`, it has written these instead."""
        self._open()
        left = self._session
        self._owner.stop()
        self.branches.append(Branch(len(self.branches), number, left.run.trace, left))
        self._owner.session = source.resumed(number, edit)
        left.run.shelve()
        self._go(after=lambda c: c.number == number, breaks=False)

    def edit(self, new: Edit, *, index: Any = None, output: int = 0, branch: bool = False) -> Cycle:
        """Change what the current cycle wrote; the run goes on from the changed numbers.

        Looking back, the run is first rewound to the cycle that is looked at.

        Args:
            new: a tensor, an array, a number, or a function `(tensor, cycle) -> tensor` such as
                those of `cyclesim.edits`.
            index: the slice to change; the whole tensor otherwise.
            output: which output, where the cycle has several.
            branch: keep the unedited run in `branches` even if nothing has run after the cycle.

        Raises:
            CyclesimError: nothing has run yet, or shape, type or device do not fit.

        Example:
            >>> with cyclesim.Clock(machine, text) as clock:
            ...     cycle = clock.run_to("layer 1 and softmax")
            ...     cycle = clock.edit(cyclesim.edits.zero_head(2))
            ...     print(clock.finish().verdict)
            edited at ...
        """
        number = self._position
        if number is None:
            raise CyclesimError(tr("nothing has run yet: step to a cycle first, then edit it."))
        cycle = self.trace.cycles[number]
        if not 0 <= output < len(cycle.outputs):
            said = tr("cycle {number} has {count} output(s), from 0.")
            raise CyclesimError(said.format(number=number, count=len(cycle.outputs)))
        run = self._session.run
        rewrite, again = run.builder.rewrites.get(number), run.must_run_again(cycle)
        if run.is_host(cycle) and rewrite is None and not again:
            said = tr(
                "cycle {number} ({step}) is a step outside the model: edit a cycle of the model, "
                "or run another text."
            )
            raise CyclesimError(said.format(number=number, step=cycle.step))
        tensors = [_tensor(v) for v in cycle.outputs]
        tensors[output] = apply(new, tensors[output], cycle, index)  # before anything is undone
        if rewrite is not None:
            rewrite(tuple(tensors))  # says what is wrong with them, if anything is
        if again:
            self._resume(self._session, number, {output: tensors[output]})
            return self.trace.cycles[number]
        if branch or self.looking_back or not self._session.can_edit:
            self.rewind(number)
        self._session.replace(tensors)
        return self.trace.cycles[number]

    # -- ending ------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Stop the run at the next pause point. May be called from any thread; does not wait."""
        self._session.rendezvous.cancel()

    def close(self) -> None:
        """Stop the run and wait until its thread and hooks are gone. The trace stays."""
        self._finalizer()

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _open(self) -> None:
        if not self._finalizer.alive:
            raise CyclesimError(tr("this clock is closed: make a new one to run again."))


def _tensor(value: Value) -> torch.Tensor:
    if isinstance(value.data, (TorchData, GrownData)):
        return value.data.tensor
    said = tr("the values of {name!r} were not kept, so they cannot be edited.")
    raise CyclesimError(said.format(name=value.name))
