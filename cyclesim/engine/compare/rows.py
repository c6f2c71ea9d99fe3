"""The rows of a comparison, but for their times: setting, outputs, answers, memory, reasons."""

from __future__ import annotations

from typing import Any, Literal

from cyclesim.engine.compare.forms import Form
from cyclesim.engine.compare.inputs import length_of, sequences
from cyclesim.engine.compare.memory import measure_memory, weight_bytes
from cyclesim.engine.compare.outputs import Reference, first_difference
from cyclesim.engine.compare.reasons import reason
from cyclesim.engine.running.state import ModelState
from cyclesim.trace import Verdict
from cyclesim.versus import Answer, Difference, First, Memory, Row, Variant
from cyclesim.versus.sentences import OTHER_INPUT, STEPPED, TRACED, UNTRACED

__all__ = ["Rows"]

Observed = Literal["stepped", "traced"]


class Rows:
    """Holds every form against the baseline.

    Args:
        base, reference: the baseline, and what it computed.
        state: lets every forward begin where the first one did.
    """

    def __init__(self, base: Form, reference: Reference, state: ModelState) -> None:
        self._base, self._reference, self._state = base, reference, state
        self._sequences = sequences(base.encoding)

    def beside(self, name: str, form: Form) -> Row:
        """A variant's row, but for its times."""
        with self._state.again():
            outputs = form.run()
        count = sequences(form.encoding)
        apart: Difference | None = None
        answered: Answer | None = None
        if form.same_input:
            apart, answered = self._reference.beside(form, outputs, self._sequences)
        with self._state.again():
            try:
                first = first_difference(self._reference, form, repeated=count != self._sequences)
            except Exception as error:
                first = First(reason=reason(error))
        return Row(
            name,
            "variant",
            note="; ".join(form.notes),
            **_setting(form),
            preparations=tuple(form.preparations),
            difference=apart,
            answer=answered,
            first=first,
            memory=measure_memory(form),
            unlike="" if form.same_input else OTHER_INPUT,
        )

    def failed(self, variant: Variant, error: Exception) -> Row:
        base = self._base
        return Row(
            variant.name,
            "variant",
            failed=reason(error),
            attention=variant.attention or base.machine.attention,
            dtype=variant.dtype or base.machine.dtype,
            threads=variant.threads or base.threads,
            sequences=self._sequences * (variant.batch or 1),
            length=variant.length or length_of(base.encoding),
        )

    def baseline(self) -> Row:
        """The machine's own setting, held against another run of itself."""
        with self._state.again():
            outputs = self._base.run()
        apart, answered = self._reference.beside(self._base, outputs, self._sequences)
        return Row(
            "baseline",
            "baseline",
            note=UNTRACED,
            **_setting(self._base),
            difference=apart,
            answer=answered,
            memory=measure_memory(self._base),
        )

    def observed(self, kind: Observed, verdict: Verdict, error: Exception | None) -> Row:
        """The stepped or the traced run; `error` is what kept it from being measured."""
        if error is not None:
            return Row(kind, kind, failed=reason(error), **_setting(self._base))
        apart = None
        if verdict.bit_identical is not None and verdict.max_abs_diff is not None:
            numbers = [t for t in self._reference.outputs if t.is_floating_point() and t.numel()]
            largest = max((float(t.abs().max()) for t in numbers), default=0.0)
            relative = verdict.max_abs_diff / largest if largest else verdict.max_abs_diff
            apart = Difference(verdict.max_abs_diff, relative, verdict.bit_identical)
        kept = self._reference.trace.kept_bytes
        return Row(
            kind,
            kind,
            note=STEPPED if kind == "stepped" else TRACED,
            **_setting(self._base),
            difference=apart,
            memory=Memory(weight_bytes(self._base.machine.model), kept, "kept tensors"),
        )


def _setting(form: Form) -> dict[str, Any]:
    return {
        "attention": form.machine.attention,
        "dtype": form.machine.dtype,
        "threads": form.threads,
        "sequences": sequences(form.encoding),
        "length": length_of(form.encoding),
    }
