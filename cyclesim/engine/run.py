"""One run of a machine under the recorder: preprocessing, its program, verdict, times.

`Run` is what the script path and the live clock share. `trace` runs it to the end in the caller's
thread, with nothing in between; a `Clock` runs it in a worker thread with a gate at every event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from typing import Any, Literal

import torch

from cyclesim.engine.builder import Builder
from cyclesim.engine.events import AnyEvent, Event, Gate, HostEvent, Node
from cyclesim.engine.functions import only_rearranges, written
from cyclesim.engine.keeper import Keep, Keeper
from cyclesim.engine.layout import Layout
from cyclesim.engine.recorder import Recorder
from cyclesim.engine.replay import Recorded, Script, Tape
from cyclesim.engine.state import ModelState
from cyclesim.engine.timing import Speeds, Stopwatch, full_speed, untraced_times
from cyclesim.engine.verdict import Outputs, compare, snapshot
from cyclesim.errors import CyclesimError, ModelError
from cyclesim.language import N_, tr
from cyclesim.machine import (
    Encoding,
    HostResult,
    HostStep,
    Machine,
    ModelCall,
    Named,
    Training,
    Work,
    copied,
    drive,
)
from cyclesim.trace import Cycle, Timing, TokenSequence, Trace, Verdict
from cyclesim.trace.trace import NOT_COMPARED

__all__ = ["Run", "measure", "new_run", "rehearse", "trace"]


class Run:
    """One run, with its recorder, its builder and its growing trace.

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
        resume: tuple[Run, int] | None = None,
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
        # The first run has the caller's own tensors; whatever runs again has copies of what they
        # were, because a model may write to its inputs.
        self._given = copied(inputs)
        self.encoding: Encoding | None = None
        self._fresh: Encoding | None = None
        self.stopwatch = Stopwatch(machine.device)
        self._untraced: Any = None
        self._random: list[tuple[int, Any]] = []
        layout: Any = machine.model
        script: Script | None = None
        known: Sequence[Cycle] = ()
        calls: Sequence[tuple[int, Recorded]] = ()
        if resume is None:
            self.state = ModelState(machine.model)
            header = machine.header(text)
        else:
            earlier, number = resume
            self.inputs, self._given = copied(earlier._given), earlier._given
            layout, self.state = earlier.layout, earlier.state
            header = earlier.trace.header
            script, known, calls = earlier.script(number)
        self.recorder: Recorder
        self.builder: Builder
        self.recorder, self.builder = self._recording(layout, gate, script, keep, known)
        if resume is not None:
            last = resume[0].builder.event_of[resume[1]]
            rewrites = resume[0].recorder.rewrites
            self.recorder.rewrites = {at: new for at, new in rewrites.items() if at <= last}
            self._random = [(at, state) for at, state in resume[0]._random if at <= last]
        self.keeper: Keeper | None = None
        if memory is not None or keep in ("outputs", "stats"):
            self.keeper = Keeper(self.recorder, self.builder, _kept(keep), memory)
            if gate is None:
                self.recorder.gate = _KeepingGate(self)
        self.tape = Tape(self.recorder.saved, calls)
        self.outputs = Outputs()
        self.trace: Trace = Trace(header, self.builder.cycles)

    def _recording(
        self,
        layout: Any,
        gate: Gate | None,
        script: Script | None,
        keep: str,
        known: Sequence[Cycle],
    ) -> tuple[Recorder, Builder]:
        """What watches this run, and what makes cycles of it."""
        recorder = Recorder(layout, gate, script)
        return recorder, Builder(recorder, keep=keep != "nothing", known=known)

    def resumed(self, number: int, edit: Mapping[int, torch.Tensor] | None = None) -> Run:
        """A run that hands back cycles 0 to `number` of this one and then goes on.

        With `edit`, cycle `number` writes these numbers as its outputs: only for a run that says
        that an edit of it `must_run_again`.
        """
        assert edit is None
        return Run(
            self.machine,
            self.text,
            self.inputs,
            memory=self.memory,
            resume=(self, number),
            resumable=True,
        )

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
            raise ModelError(self._failed(error), self.trace) from error
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

    def certify(self) -> None:
        """Compute the verdict against an untraced run from the same state."""
        edited = tuple(c.number for c in self.trace.cycles if c.edited)
        if edited:
            self.trace.verdict = Verdict(
                reason=N_("the run was edited, so it was not compared"), edited=edited
            )
            return
        try:
            computed = self._computed()
            untraced = self._reference() if self._untraced is None else self._untraced
            self.trace.verdict = compare(computed, untraced)
        except Exception as error:
            reason = NOT_COMPARED.format(error=type(error).__name__)
            self.trace.verdict = Verdict(reason=reason)
            return
        if self.trace.verdict.bit_identical is False:
            self.trace.verdict = self._locate(self.trace.verdict)

    def measure(self, *, stepped: bool = False) -> None:
        """Fill in the three clocks."""
        assert self._fresh is not None
        with self.state.again():
            if self.keeper is not None and self.keeper.let_go:
                # Repeating the run, recorded, would need the memory that there is not.
                speeds = Speeds((), self.stopwatch.elapsed_ns, 0)
            else:
                speeds = self.repeat()
            untraced = self._untraced_ns()
        self.trace.timing = Timing(
            traced_ns=self.stopwatch.elapsed_ns if stepped else speeds.wall_ns,
            untraced_ns=untraced,
            full_speed=speeds.medians,
            stepped=stepped,
            repeats=speeds.repeats,
            clock="cuda events" if self.machine.device.type == "cuda" else "perf_counter_ns",
        )

    def repeat(self, **how: Any) -> Speeds:
        """Run the forward again at full speed (see `timing.full_speed`)."""
        assert self._fresh is not None
        return full_speed(self.machine, self._fresh, self.builder, self.recorder.events, **how)

    def _untraced_ns(self) -> int:
        assert self._fresh is not None
        return untraced_times(self.machine, self._fresh)

    def complete(self) -> None:
        """Verdict and times are known: the trace is whole."""
        self.trace.complete = True

    # -- edits -------------------------------------------------------------------------------

    def can_edit(self, event: Any) -> bool:
        """Whether the run, paused right after `event`, can go on with other numbers."""
        if isinstance(event, HostEvent):
            return event.step.rewrite is not None
        return isinstance(event, Event)

    def is_host(self, cycle: Cycle) -> bool:
        """Whether `cycle` is a step outside the model."""
        return cycle.unit in ("input", "output") and not cycle.stack

    def must_run_again(self, cycle: Cycle) -> bool:
        """Whether an edit of `cycle` needs the run to begin again (see `resumed`)."""
        return False

    def edit_again(self, new: Sequence[Cycle], event: Any) -> list[torch.Tensor] | None:
        """The edit that an earlier run had at the cycle that `event` has just become, if any."""
        return None

    def go_on(self, edited: Event, event: Event) -> Event:
        """The event to go on with, where the user has edited `event`."""
        return edited

    # ----------------------------------------------------------------------------------------

    def note_randomness(self, *, sure: bool = True) -> Any:
        """Remember torch's random state after the latest event; the state.

        With `sure`, only if it is another than before. Without, that is not asked: at a pause,
        asking would take longer than keeping it twice.
        """
        now = self.state.randomness.now()
        if not (sure and self._random and all(map(torch.equal, now, self._random[-1][1]))):
            self._random.append((len(self.recorder.events) - 1, now))
        return now

    def script(
        self, number: int
    ) -> tuple[Script | None, Sequence[Cycle], Sequence[tuple[int, Recorded]]]:
        """What a new run needs to hand back cycles 0 to `number` of this one.

        Kernels that also update buffers (running statistics) cannot be left out: then nothing is
        handed back, and the run starts again from the same state.
        """
        if self.keeper is not None and self.keeper.let_go:
            self.state.rewind()  # the record is not whole: run again from the start
            return None, (), ()
        last = self.builder.event_of[number]
        self.tape.extend(self.recorder.events)
        calls = self.tape.until(last)
        if self.state.changed or not calls:
            if self.state.noted:
                self.state.rewind()
            return None, (), ()
        states = [state for event, state in self._random if event <= last]

        def restore() -> None:
            if states:
                self.state.randomness.put(states[-1])

        script = Script([call for _, call in calls], restore)
        return script, self.trace.cycles[: number + 1], calls

    def shelve(self) -> None:
        """The run is left behind: with a limit on memory, it goes to disk as a whole."""
        if self.keeper is not None and self.memory is not None:
            self.keeper.shelve()
            self.tape = Tape({})

    def close(self, *, resumable: bool = False) -> None:
        """Drop everything that only the run itself needed, and what resuming it would need."""
        if resumable and not (self.keeper is not None and self.keeper.let_go):
            self.tape.extend(self.recorder.events)
        if self.keeper is not None:
            self.keeper.settle()
        self.recorder.events.clear()
        self.builder.close()
        self._untraced = None

    def _computed(self) -> Any:
        """Copies of what was computed: the untraced run may write to the same memory."""
        return snapshot(self.outputs)

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
            self.tape.extend(self.recorder.events)
        self.tape.release(self.builder.release(freed, parts[max(len(parts) - 2, 0)].first))

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

    def _failed(self, error: Exception) -> str:
        cycles = self.builder.cycles
        last = cycles[-1] if cycles else None
        stack, _ = self.builder.place(self.recorder.failed_in)
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

    def _locate(self, verdict: Verdict) -> Verdict:
        """Find the first cycle that differs, by what another recorded run can tell."""
        if self.keeper is not None and self.keeper.let_go:
            reason = N_("the numbers to compare cycle by cycle were not kept")
            return replace(verdict, reason=reason)
        assert self._fresh is not None
        again = Recorder(self.layout)

        def call(model_call: ModelCall) -> Any:
            with again.of(model_call):
                return self.machine.call(model_call)

        with self.state.again():
            drive(self.machine.program(self._fresh.copied()), call=call)
        first = _first_difference(self.recorder, again)
        if first is None:
            reason = N_("two traced runs agree: this model takes another path when it is observed")
            return replace(verdict, reason=reason)
        number = next((n for n, event in enumerate(self.builder.event_of) if event >= first), None)
        reason = N_("two traced runs differ too: the model is not deterministic, or keeps a state")
        return replace(verdict, first_difference=number, reason=reason)


class _KeepingGate:
    """Builds the cycles as the run goes, so that the keeper can look after each of them."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def before(self, node: Node | None, call: Any, args: tuple[Any, ...]) -> None:
        pass

    def after(self, event: AnyEvent) -> AnyEvent:
        if self._run.builder.update() and self._run.keeper is not None:
            self._run.keeper.update()
        return event


def _kept(keep: str) -> Keep:
    return "outputs" if keep == "outputs" else "stats" if keep == "stats" else "all"


def new_run(
    machine: Machine | torch.nn.Module,
    text: str | None = None,
    inputs: Any = None,
    train: Training | bool | None = None,
    *,
    tokenizer: Any = None,
    **how: Any,
) -> Run:
    """A run of `machine`, or a training step of it (see `Run` for `how`)."""
    known = Machine.of(machine, tokenizer)
    if train is None or train is False:
        return Run(known, text, inputs, **how)
    # Only here, because it is a run itself.
    from cyclesim.engine.training import TrainingRun

    return TrainingRun.start(known, text, inputs, Training() if train is True else train, **how)


def trace(
    machine: Machine | torch.nn.Module,
    text: Any = None,
    *,
    inputs: Any = None,
    tokenizer: Any = None,
    train: Training | bool | None = None,
    measure: bool = True,
    keep: Keep = "all",
    memory: int | None = None,
) -> Trace:
    """Run `machine` on `text` (or on `inputs`) and record every cycle.

    Args:
        machine: from `cyclesim.load`, or any `torch.nn.Module`.
        text: what it reads: a text; two as a tuple; a mapping such as `{"question": …, "context":
            …}` (`machine.inputs` names what the task reads); or a list of these: a batch.
        inputs: keyword tensors (a mapping), positional ones (a tuple) or one tensor, instead.
        tokenizer: for a bare Hugging Face model that is given text.
        train: make it a training step: forward and loss, backward, clip and update.
        measure: also repeat the run at full speed, for the times (a few runs, half a second).
        keep: which numbers stay readable: `all`, only `outputs`, or only their `stats`.
        memory: bytes of tensors to keep in memory; beyond it the oldest go to a temporary file.

    Returns:
        The complete trace: its cycles with their tensors, verdict, times and result.

    Raises:
        CyclesimError: the input makes no sense.
        ModelError: the model raised; its `trace` holds the cycles up to there.

    Example:
        >>> trace = cyclesim.trace(machine, text, memory=100_000)
        >>> trace.kept_bytes <= 100_000, trace[20].outputs[0].numpy().size > 0
        (True, True)
        >>> cyclesim.trace(torch.nn.Linear(4, 2), inputs=torch.ones(1, 4)).verdict.bit_identical
        True
    """
    run = new_run(machine, text, inputs, train, tokenizer=tokenizer, keep=keep, memory=memory)
    try:
        run.execute(warm=True)
        run.certify()
        if measure:
            run.measure()
        else:
            run.trace.timing = Timing(traced_ns=run.stopwatch.elapsed_ns)
        run.complete()
    finally:
        run.close()
    return run.trace


def rehearse(
    machine: Machine | torch.nn.Module,
    text: Any = None,
    *,
    inputs: Any = None,
    train: Training | bool | None = None,
) -> Trace:
    """Run once at full speed to learn what will come: a complete trace without tensors.

    The live views draw the cycles to come from it, and its times are the full-speed times.
    """
    run = new_run(machine, text, inputs, train, keep="nothing")
    try:
        run.execute(warm=True)
        run.certify()
        run.measure()
        run.trace.complete = True  # a rehearsal leaves no updated weights
    finally:
        run.close()
    return run.trace


def measure(
    machine: Machine | torch.nn.Module,
    text: Any = None,
    *,
    inputs: Any = None,
    train: Training | bool | None = None,
    repeats: int = 25,
    seconds: float = 5.0,
    going: Callable[[int], bool] = lambda done: True,
) -> Speeds:
    """Repeat the forward at full speed, recorded but unpaused; leave the model as it was.

    Args:
        machine, text, inputs, train: as for `trace`.
        repeats, seconds: stop after so many runs, or after the run that uses up the time.
        going: told how many runs are done, before each; False stops here.

    Returns:
        The median and quartiles of each cycle, over the runs there were: perhaps none.

    Example:
        >>> speeds = cyclesim.engine.measure(machine, text, repeats=3)
        >>> speeds.repeats, speeds.spread[20].low <= speeds.medians[20] <= speeds.spread[20].high
        (3, True)
    """
    run = new_run(machine, text, inputs, train, keep="nothing")
    run.state.note()
    try:
        with run.state.again():
            run.execute()
            return run.repeat(repeats=repeats, budget_ns=round(seconds * 1e9), going=going)
    finally:
        run.close()


def _first_difference(ours: Recorder, theirs: Recorder) -> int | None:
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
            saved = recorder.saved.get(index, {})
            results = written(event.func, event.args, event.output)
            yield index, event.func, [saved.get(p, t) for p, t in enumerate(results)]
