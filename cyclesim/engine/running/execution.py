"""A machine's program under the recorder: preprocessing, the model's calls, the answer.

This is what happens before the verdict; a `Run` adds the verdict, the times, and what edits need.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

import torch

from cyclesim.engine.building.adopting import NOTHING, Known
from cyclesim.engine.building.builder import Builder
from cyclesim.engine.recording.events import Gate
from cyclesim.engine.recording.layout import Layout
from cyclesim.engine.recording.recorder import Recorder
from cyclesim.engine.running.failing import failure
from cyclesim.engine.running.keeper import Keep, Keeper, KeepingGate
from cyclesim.engine.running.past import Past
from cyclesim.engine.running.replay import Recorded, Script
from cyclesim.engine.running.state import ModelState
from cyclesim.engine.running.timing import Stopwatch
from cyclesim.engine.running.verdict import Outputs, snapshot
from cyclesim.errors import CyclesimError, ModelError
from cyclesim.language import tr
from cyclesim.machine import (
    Encoding,
    HostResult,
    HostStep,
    Machine,
    ModelCall,
    Named,
    Work,
    copied,
    drive,
)
from cyclesim.trace import TokenSequence, Trace

__all__ = ["Execution"]


class Execution:
    """A machine's program under the recorder, and the trace that grows out of it.

    Args:
        machine: what runs.
        text, inputs: one of the two.
        gate: called around every event (see `recorder.Gate`).
        keep: which numbers stay readable (see `keeper.Keep`); "nothing" for a mere plan.
        memory: bytes of tensors to keep in memory, the rest goes to disk; None for no limit.
        resume: an earlier run, and the number of the cycle to go on after; what ran up to it is
            handed back instead of computed.
        resumable: it may be resumed itself.
    """

    def __init__(
        self,
        machine: Machine,
        text: Any = None,
        inputs: Any = None,
        *,
        gate: Gate | None = None,
        keep: Keep | Literal["nothing"] = "all",
        memory: int | None = None,
        resume: tuple[Execution, int] | None = None,
        resumable: bool = False,
    ) -> None:
        if text is not None and inputs is not None:
            raise CyclesimError(tr("give a text or inputs, not both."))
        if memory is not None and (not isinstance(memory, int) or memory < 0):
            said = tr("memory is a number of bytes, not {memory!r}.")
            raise CyclesimError(said.format(memory=memory))
        self.machine = machine
        self.text, self.inputs = text, inputs
        self.memory = memory
        self._resumable = resumable
        self.encoding: Encoding | None = None
        self._fresh: Encoding | None = None
        self._untraced: Any = None
        layout: Any = machine.model
        script: Script | None = None
        known = NOTHING
        calls: Sequence[tuple[int, Recorded]] = ()
        self._given: Any
        self.stopwatch: Stopwatch
        # The first run has the caller's own tensors; whatever runs again has copies of what they
        # were, because a model may write to its inputs.
        if resume is None:
            self._given = copied(inputs)
            self.stopwatch = Stopwatch(machine.device)
            self.state = ModelState(machine.model)
            header = machine.header(text)
        else:
            earlier, number = resume
            self.inputs, self._given = copied(earlier._given), earlier._given
            self.stopwatch = Stopwatch(earlier.stopwatch.device)
            layout, self.state = earlier.layout, earlier.state
            header = earlier.trace.header
            script, known, calls = earlier.script(number)
        self.recorder: Recorder
        self.builder: Builder
        self.recorder, self.builder = self._recording(layout, gate, script, keep, known)
        self.past = Past(self.recorder, self.builder, self.state, calls)
        if resume is not None:
            last = resume[0].builder.event_of[resume[1]]
            rewrites = resume[0].recorder.rewrites
            self.recorder.rewrites = {at: new for at, new in rewrites.items() if at <= last}
            self.past.go_on_from(resume[0].past, last)
        self.keeper: Keeper | None = None
        if memory is not None or keep in ("outputs", "stats"):
            kept: Keep = "all" if keep == "nothing" else keep
            self.keeper = Keeper(self.recorder, self.builder, kept, memory)
            if gate is None:
                self.recorder.gate = KeepingGate(self.builder, self.keeper)
        self.outputs = Outputs()
        self.trace: Trace = Trace(header, self.builder.cycles)

    def _recording(
        self,
        layout: Any,
        gate: Gate | None,
        script: Script | None,
        keep: str,
        known: Known,
    ) -> tuple[Recorder, Builder]:
        """What watches this run, and what makes cycles of it."""
        recorder = Recorder(layout, gate, script)
        return recorder, Builder(recorder, keep=keep != "nothing", known=known)

    @property
    def layout(self) -> Layout:
        """The names of the model's parts, shared by every run that resumes this one."""
        return self.recorder.layout

    def execute(self, *, warm: bool = False) -> Outputs:
        """Run everything; return what the model returned. The trace has all but verdict and times.

        With `warm`, the untraced run that the verdict needs goes first, so that the traced one is
        not the one that pays for a cold start. A live clock leaves it for the end: nothing runs
        before it is asked for.
        """
        # Asking settles, for a thread that has computed nothing yet, how torch splits work in it;
        # settled only halfway through, the same product would have other last bits afterwards.
        torch.get_num_threads()
        try:
            self.encode()
            if not self.state.noted:
                self.state.note()
            if warm:
                with suppress(Exception):  # the traced run will fail too, and can say where
                    self._untraced = self._reference()
            self.forward()
        except CyclesimError:
            raise
        except Exception as error:
            self.builder.update()
            stack, _ = self.builder.place(self.recorder.failed_in)
            raise ModelError(failure(error, self.trace.cycles, stack), self.trace) from error
        self.builder.update()
        return self.outputs

    def encode(self) -> Encoding:
        """Input preprocessing, as cycles."""
        steps = self.machine.preprocess(self.text, self.inputs)
        self.encoding = drive(steps, self._host)
        self._fresh = self.encoding.copied()
        header = replace(self.trace.header, sequences=self.encoding.sequences)
        # A screen may be looking at another row of the batch already.
        self.trace.header = header.at(header.sequence) if header.sequences else header
        return self.encoding

    def forward(self) -> None:
        """The machine's program, as cycles: the model's calls, and the steps up to the answer."""
        assert self.encoding is not None
        program = self.machine.program(self.encoding)
        results = drive(program, self._host, self._call, self._named, self._work)
        self.outputs.end(results)
        self.trace.conclude(results)

    def script(self, number: int) -> tuple[Script | None, Known, Sequence[tuple[int, Recorded]]]:
        """What a new run needs to hand back cycles 0 to `number` of this one (see `Past.script`).

        A run that has let go of numbers starts again.
        """
        if self.keeper is not None and self.keeper.let_go:
            self.state.rewind()
            return None, NOTHING, ()
        script, calls = self.past.script(self.builder.event_of[number])
        if script is None:
            return None, NOTHING, ()
        cycles, built = self.trace.cycles[: number + 1], self.builder
        return script, Known(cycles, built.names, built.event_of, calls[-1][0] + 1), calls

    def shelve(self) -> None:
        """The run is left behind: with a limit on memory, it goes to disk as a whole."""
        if self.keeper is not None and self.memory is not None:
            self.keeper.shelve()
            self.past.clear()

    def _reference(self) -> Any:
        """What the same program computes when nothing watches."""
        assert self._fresh is not None
        found = Outputs()

        def call(model_call: ModelCall) -> Any:
            outputs = self.machine.call(model_call)
            found.add(model_call, outputs)
            return outputs

        with self.state.again():
            found.end(drive(self.machine.program(self._fresh.copied()), call=call))
            return snapshot(found)

    def _call(self, call: ModelCall) -> Any:
        with self.recorder.of(call), self.stopwatch:
            outputs = self.machine.call(call)
        self.outputs.add(call, outputs)
        if call.token is not None:
            self._let_go()
        return outputs

    def _let_go(self) -> None:
        """Free what the next token has made superfluous (see `increments`)."""
        self.builder.update()
        freed, parts = self.builder.increments.freed(), self.recorder.parts
        if not freed:
            return
        if self._resumable:
            self.past.extend()
        self.past.tape.release(
            self.builder.holding.release(freed, parts[max(len(parts) - 2, 0)].first)
        )

    def _work(self, work: Work) -> Any:
        """A piece of the program that no cycle shows."""
        with self.stopwatch:
            return work.run()

    def _named(self, named: Named) -> None:
        header = self.trace.header
        tokens, offsets = named.tokens, named.offsets
        rows = tuple(TokenSequence(row.texts, tokens, offsets) for row in header.sequences[:1])
        self.trace.header = replace(
            header,
            tokens=tokens,
            offsets=offsets,
            target_tokens=named.target_tokens,
            generated=named.generated,
            sequences=rows,
        )

    def _host(self, step: HostStep) -> HostResult:
        return self.recorder.host(step)
