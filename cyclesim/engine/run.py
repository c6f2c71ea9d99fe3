"""One run of a machine under the recorder: preprocessing, forward, output, verdict, times.

`Run` is what the script path and the live clock share. `trace` runs it to the end in the caller's
thread, with nothing in between; a `Clock` runs it in a worker thread with a gate at every event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import torch

from cyclesim.engine.builder import Builder
from cyclesim.engine.recorder import Event, Gate, HostEvent, Recorder
from cyclesim.engine.timing import Stopwatch, full_speed, untraced_times
from cyclesim.engine.verdict import compare
from cyclesim.errors import CyclesimError, ModelError
from cyclesim.machine import Encoding, HostResult, HostStep, Machine, drive
from cyclesim.trace import Timing, Trace, Verdict

__all__ = ["Run", "rehearse", "trace"]


class Run:
    """One run, with its recorder, its builder and its growing trace.

    Args:
        machine: what runs.
        text, inputs: one of the two.
        gate: called around every event (see `recorder.Gate`).
        keep: keep the tensors.
    """

    def __init__(
        self,
        machine: Machine,
        text: str | None = None,
        inputs: Any = None,
        *,
        gate: Gate | None = None,
        keep: bool = True,
    ) -> None:
        if text is not None and inputs is not None:
            raise CyclesimError("give a text or inputs, not both.")
        self.machine = machine
        self.text, self.inputs = text, inputs
        self.recorder = Recorder(machine.model, gate)
        self.builder = Builder(self.recorder, keep=keep)
        self.trace = Trace(machine.header(text), self.builder.cycles)
        self.encoding: Encoding | None = None
        self.stopwatch = Stopwatch(machine.device)
        self._state = _State(machine.model)
        self._untraced: Any = None

    def execute(self, *, warm: bool = False) -> Any:
        """Run everything; return the model's outputs. The trace has all but verdict and times.

        With `warm`, the untraced run that the verdict needs goes first, so that the traced one is
        not the one that pays for a cold start. A live clock leaves it for the end: nothing runs
        before it is asked for.
        """
        try:
            self.encode()
            self._state.note()
            if warm:
                with suppress(Exception):  # the traced run will fail too, and can say where
                    self._untraced = self._reference()
            outputs = self.forward()
            self.decode(outputs)
        except CyclesimError:
            raise
        except Exception as error:
            self.builder.update()
            raise ModelError(self._failed(error), self.trace) from error
        self.builder.update()
        return outputs

    def encode(self) -> Encoding:
        """Input preprocessing, as cycles."""
        steps = self.machine.preprocess(self.text, self.inputs)
        self.encoding = drive(steps, self._host)
        self.trace.header = self.machine.header(self.text, self.encoding)
        return self.encoding

    def forward(self) -> Any:
        """The model's forward, as cycles."""
        assert self.encoding is not None
        with self.recorder, self.stopwatch:
            outputs = self.machine.forward(self.encoding)
        return outputs

    def decode(self, outputs: Any) -> None:
        """Output, as cycles."""
        assert self.encoding is not None
        self.trace.result = drive(self.machine.decode(self.encoding, outputs), self._host)

    def certify(self, outputs: Any) -> None:
        """Compute the verdict against an untraced run from the same state."""
        try:
            untraced = self._reference() if self._untraced is None else self._untraced
        except Exception as error:
            reason = f"the untraced run failed: {type(error).__name__}"
            self.trace.verdict = Verdict(reason=reason)
            return
        self.trace.verdict = compare(outputs, untraced)
        if self.trace.verdict.bit_identical is False:
            self.trace.verdict = self._locate(self.trace.verdict)

    def measure(self, *, stepped: bool = False) -> None:
        """Fill in the three clocks."""
        assert self.encoding is not None
        with self._state.again():
            speeds = full_speed(self.machine, self.encoding, self.builder, self.recorder.events)
            untraced = untraced_times(self.machine, self.encoding)
        self.trace.timing = Timing(
            traced_ns=self.stopwatch.elapsed_ns if stepped else speeds.wall_ns,
            untraced_ns=untraced,
            full_speed=speeds.medians,
            stepped=stepped,
            repeats=speeds.repeats,
            clock="cuda events" if self.machine.device.type == "cuda" else "perf_counter_ns",
        )

    def close(self) -> None:
        """Drop everything that only the run needed."""
        self.builder.close()
        self._untraced = None
        self._state.forget()

    def _reference(self) -> Any:
        assert self.encoding is not None
        with self._state.again():
            return self.machine.forward(self.encoding)

    def _host(self, step: HostStep) -> HostResult:
        return self.recorder.host(step)

    def _failed(self, error: Exception) -> str:
        cycles = self.builder.cycles
        last = cycles[-1] if cycles else None
        after = f" after cycle {last.number} ({last.path or last.step})" if last else ""
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        return f"the model failed{after}: {type(error).__name__}: {first.strip() or 'no message'}"

    def _locate(self, verdict: Verdict) -> Verdict:
        """Find the first cycle that differs, by what two recorded runs and the hooks can tell."""
        again = Run(self.machine, self.text, self.inputs)
        again.encoding = self.encoding
        try:
            with self._state.again(), again.recorder:
                again.machine.forward(self.encoding)  # type: ignore[arg-type]
            first = _first_difference(self.recorder.events, again.recorder.events)
        finally:
            again.close()
        if first is None:
            reason = "two traced runs agree: this model takes another path when it is observed"
            return replace(verdict, reason=reason)
        number = next(
            (n for n, event in enumerate(self.builder.event_of) if event >= first), None
        )
        reason = "two traced runs differ as well: this model is not deterministic"
        return replace(verdict, first_difference=number, reason=reason)


def trace(
    machine: Machine | torch.nn.Module,
    text: str | None = None,
    *,
    inputs: Any = None,
    tokenizer: Any = None,
    measure: bool = True,
) -> Trace:
    """Run `machine` on `text` (or on `inputs`) and record every cycle.

    Args:
        machine: from `cyclesim.load`, or any `torch.nn.Module`.
        text: what to run it on.
        inputs: keyword tensors (a mapping), positional ones (a tuple) or one tensor, instead.
        tokenizer: for a bare Hugging Face model that is given text.
        measure: also repeat the run at full speed, for the times (a few runs, half a second).

    Returns:
        The complete trace: its cycles with their tensors, verdict, times and result.

    Raises:
        CyclesimError: the input makes no sense.
        ModelError: the model raised; its `trace` holds the cycles up to there.
    """
    run = Run(Machine.of(machine, tokenizer), text, inputs)
    try:
        outputs = run.execute(warm=True)
        run.certify(outputs)
        if measure:
            run.measure()
        else:
            run.trace.timing = Timing(traced_ns=run.stopwatch.elapsed_ns)
        run.trace.complete = True
    finally:
        run.close()
    return run.trace


def rehearse(
    machine: Machine | torch.nn.Module, text: str | None = None, *, inputs: Any = None
) -> Trace:
    """Run once at full speed to learn what will come: a complete trace without tensors.

    The live views draw the cycles to come from it, and its times are the full-speed times.
    """
    run = Run(Machine.of(machine), text, inputs, keep=False)
    try:
        outputs = run.execute(warm=True)
        run.certify(outputs)
        run.measure()
        run.trace.complete = True
    finally:
        run.close()
    return run.trace


class _State:
    """What a forward may change: random state, and in training mode the buffers.

    A second forward must start where the first one did, and must leave nothing behind.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self._model = model
        self._devices = [d for d in {p.device for p in model.parameters()} if d.type == "cuda"]
        self._random: Any = None
        self._buffers: dict[str, torch.Tensor] = {}

    def note(self) -> None:
        """The first forward starts here."""
        self._random = (
            torch.get_rng_state(),
            [torch.cuda.get_rng_state(d) for d in self._devices],
        )
        self._buffers = self._copies()

    @contextmanager
    def again(self) -> Iterator[None]:
        """Start where the first forward did; afterwards put everything back as it is now."""
        now = self._copies()
        with torch.random.fork_rng(devices=self._devices):
            if self._random is not None:
                torch.set_rng_state(self._random[0])
                for device, state in zip(self._devices, self._random[1], strict=True):
                    torch.cuda.set_rng_state(state, device)
            self._restore(self._buffers)
            try:
                yield
            finally:
                self._restore(now)

    def forget(self) -> None:
        self._random, self._buffers = None, {}

    def _copies(self) -> dict[str, torch.Tensor]:
        if not any(m.training for m in self._model.modules()):
            return {}
        return {n: b.detach().clone() for n, b in self._model.named_buffers()}

    def _restore(self, copies: Mapping[str, torch.Tensor]) -> None:
        if not copies:
            return
        with torch.no_grad():
            for name, buffer in self._model.named_buffers():
                if name in copies:
                    buffer.copy_(copies[name])


def _first_difference(
    ours: list[Event | HostEvent], theirs: list[Event | HostEvent]
) -> int | None:
    """Index (in `ours`) of the first torch event whose outputs differ between two recordings."""
    pairs = [(i, e) for i, e in enumerate(ours) if isinstance(e, Event)]
    others = [e for e in theirs if isinstance(e, Event)]
    for (index, event), other in zip(pairs, others, strict=False):
        if event.func != other.func:
            return index
        verdict = compare(event.output, other.output)
        if verdict.bit_identical is False:
            return index
    return None


