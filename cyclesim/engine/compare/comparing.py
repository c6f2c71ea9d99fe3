"""`cyclesim.compare`: one machine in several settings, beside itself observed.

base, reference         what every other row is held against
forms                   each variant made ready; one that cannot be is a row with the reason
rounds                  everything drawn, interleaved
rows, overhead, sweep   what the raw lists say
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from time import perf_counter_ns
from typing import Any, TypeVar

import torch

from cyclesim.cost.roofline import Peak
from cyclesim.engine.compare.forms import Form, prepare, threads_set
from cyclesim.engine.compare.inputs import input_of, length_of, sequences
from cyclesim.engine.compare.observed import Recorded, Stepped, stepped
from cyclesim.engine.compare.outputs import Reference
from cyclesim.engine.compare.rounds import Drawn, draw
from cyclesim.engine.compare.rows import Rows
from cyclesim.engine.compare.sweep import measure_sweep
from cyclesim.engine.peak import peak_of, processor
from cyclesim.engine.running.state import ModelState
from cyclesim.errors import CyclesimError
from cyclesim.language import speaking, tr
from cyclesim.machine import Machine
from cyclesim.machine.variant import forward_only, writing
from cyclesim.trace import Verdict
from cyclesim.versus import (
    Comparison,
    Overhead,
    Row,
    Setup,
    Times,
    Variant,
    attention_maps,
    check_effort,
    parse_sweep,
    parse_variants,
)

__all__ = ["compare"]

#: Time for the rounds and the sweep together; compiling and the like is not in it.
SECONDS = 20.0
#: Of a forward that takes longer, the caches that another one left cold are no matter.
WARM_NS = 50_000_000

Progress = Callable[[str], None]
T = TypeVar("T")


def compare(
    machine: Machine | torch.nn.Module,
    text: Any = None,
    against: str | Iterable[str] = ("sdpa",),
    *,
    inputs: Any = None,
    tokenizer: Any = None,
    rounds: int | None = None,
    sweep: str | Iterable[int] | None = None,
    seconds: float = SECONDS,
    progress: Progress | None = None,
) -> Comparison:
    """Hold the stepped run against the traced one, the plain one, and other settings of the model.

    Args:
        machine: from `cyclesim.load`, or any `torch.nn.Module`; it is left as it was.
        text: what to run it on. A model that writes texts goes on with it, and the whole of that
            is compared, token by token. A model that has no tokenizer, and is given no `inputs`,
            gets random token ids.
        against: the variants: `eager`, `sdpa`, `compile`, `bf16`, `fp16`, `int8`, `no-cache`,
            `threads=2`, `batch=4`, `seq=64`, or several joined with `+`.
        inputs: tensors instead of a text (see `cyclesim.trace`).
        tokenizer: for a bare Hugging Face model that is given text.
        rounds: how many; as many as fit into `seconds`, from 5 to 30, if not said.
        sweep: lengths to measure growth over, `"seq=16..512"` or the lengths.
        seconds: about how long to measure, without what is done once (compiling).
        progress: called with a short sentence at each stage.

    Returns:
        Every raw list, and what follows from it. A variant that cannot run is a row that says why.

    Raises:
        CyclesimError: the input or a variant makes no sense.
        ModelError: the model itself raised.

    Example:
        >>> found = cyclesim.compare(machine, text, ["sdpa", "batch=2"], rounds=3)
        >>> [row.name for row in found.rows]
        ['stepped', 'traced', 'baseline', 'sdpa', 'batch=2']
        >>> sum(item.ns for item in found.overhead.items) == found.overhead.total_ns
        True
    """
    variants = parse_variants(against)
    lengths = () if sweep is None else parse_sweep(sweep)
    check_effort(rounds, seconds)
    machine = Machine.of(machine, tokenizer)
    state = ModelState(machine.model)
    state.note()
    with state.again():
        comparing = _Comparing(machine, text, inputs, state, progress or (lambda _: None))
        return comparing.run(variants, lengths, rounds, seconds)


class _Comparing:
    """The stages of one comparison."""

    def __init__(
        self, machine: Machine, text: Any, inputs: Any, state: ModelState, say: Progress
    ) -> None:
        self.say, self.state = say, state
        # Tensors are read in one forward; from a text, a model that writes goes on.
        writes = machine.task.generates and text is not None and inputs is None
        machine = writing(machine) if writes else forward_only(machine)
        encoding, self.input_note = input_of(machine, text, inputs)
        # Text is read by who has a tokenizer; what was drawn or given is tensors.
        made_of = None if self.input_note or inputs is not None else text
        self.base = Form(machine, encoding, torch.get_num_threads(), made_of, generates=writes)
        self.sequences = sequences(encoding)
        self.once_ns = 0

    def run(
        self,
        variants: tuple[Variant, ...],
        lengths: tuple[int, ...],
        rounds: int | None,
        seconds: float,
    ) -> Comparison:
        began = perf_counter_ns()
        self.say(tr("recording the run"))
        # First, because a model that fails is best told of by the recorder: it knows where.
        self.recorded = Recorded(self.base)
        with self.state.again():
            reference = Reference(self.base)
        peak = self._peak()
        rows = Rows(self.base, reference, self.state)
        made: dict[str, Row] = {}
        forms: dict[str, Form] = {}
        for variant in variants:
            self.say(tr("preparing {name}").format(name=variant.name))
            try:
                with speaking("en"):  # what a library or a machine answers is part of the data
                    form = self._once(partial(prepare, self.base, variant))
                    made[variant.name] = rows.beside(variant.name, form)
                    forms[variant.name] = form
            except Exception as error:
                made[variant.name] = rows.failed(variant, error)
        spent = perf_counter_ns() - began - self.once_ns
        left = max(round(seconds * 1e9) - spent, 0)
        share = left * 3 // 5 if lengths else left
        self.steps: list[Stepped] = []
        drawn = self._draw(forms, rounds, share)
        swept = None
        if lengths:
            swept = measure_sweep(
                self.base, lengths, rounds=rounds, budget_ns=left - share, say=self.say
            )
        for variant in variants:
            if variant.name in drawn.failed:
                made[variant.name] = rows.failed(variant, drawn.failed[variant.name])
        verdict = self.steps[-1].verdict if self.steps else Verdict()
        every = (
            rows.observed("stepped", verdict, drawn.failed.get("stepped")),
            rows.observed("traced", reference.trace.verdict, drawn.failed.get("traced")),
            rows.baseline(),
            *made.values(),
        )
        return Comparison(
            self._setup(reference),
            tuple(replace(row, times=drawn.of(row.name)) for row in every),
            tuple(drawn.order),
            self._overhead(drawn),
            self.recorded.works(),
            peak,
            swept,
            attention_maps(reference.trace),
        )

    # -- measuring ---------------------------------------------------------------------------

    def _draw(self, forms: dict[str, Form], rounds: int | None, budget_ns: int) -> Drawn:
        base = self.base
        warm = base.time() < WARM_NS

        def timed(form: Form) -> Callable[[], int]:
            def run() -> int:
                # Set once around both: what other number of threads costs to begin with is
                # paid by the forward that is not timed.
                with threads_set(form.threads):
                    if warm:
                        form.time()
                    return form.time()

            return run

        def trace() -> int:
            if warm:
                base.time()
            return self.recorded.time()

        def step() -> int:
            if warm:
                base.time()
            self.recorded.time_cycles()
            self.steps.append(stepped(base))
            return self.steps[-1].wall

        runners = {"stepped": step, "traced": trace, "baseline": timed(base)}
        runners |= {name: timed(form) for name, form in forms.items()}
        return draw(runners, twice=("baseline",), rounds=rounds, budget_ns=budget_ns, say=self.say)

    def _peak(self) -> Peak | None:
        self.say(tr("measuring the peak of this machine"))
        try:
            return self._once(lambda: peak_of(self.base.machine))
        except CyclesimError:
            return None

    def _once(self, work: Callable[[], T]) -> T:
        """Do what is done once; how long it takes is not taken from the time to measure."""
        began = perf_counter_ns()
        try:
            return work()
        finally:
            self.once_ns += perf_counter_ns() - began

    # -- what was measured -------------------------------------------------------------------

    def _overhead(self, drawn: Drawn) -> Overhead | None:
        if {"stepped", "traced"} & set(drawn.failed):
            return None
        return Overhead(
            tuple(self.recorded.times),
            drawn.of("baseline"),
            drawn.of("traced"),
            Times(tuple(step.forward for step in self.steps)),
            Times(tuple(step.host for step in self.steps)),
            drawn.of("stepped"),
        )

    def _setup(self, reference: Reference) -> Setup:
        base, machine = self.base, self.base.machine
        header = machine.header(base.text)
        return Setup(
            model=header.model,
            task=header.task,
            device=header.device,
            dtype=header.dtype,
            attention=header.attention,
            text=header.text,
            tokens=base.encoding.tokens,
            parameters=header.parameters,
            random_weights=machine.random_weights,
            length=length_of(base.encoding),
            threads=base.threads,
            processor=processor(machine.device),
            torch=str(torch.__version__),
            python=platform.python_version(),
            system=platform.system(),
            input_note=self.input_note,
            generated=len(reference.written.tokens) if reference.written is not None else 0,
        )
