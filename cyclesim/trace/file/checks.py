"""What no type says: whether the parts of a trace fit together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, get_type_hints

from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.file.limits import MAX_DIMS, Wrong, beyond
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["check", "values_of"]


def values_of(cycle: Cycle) -> list[tuple[str, int, Value]]:
    """Every value of a cycle, with the field that holds it and its place in that field."""
    return [
        (name, place, value)
        for name in _value_fields()
        for place, value in enumerate(getattr(cycle, name))
    ]


@cache
def _value_fields() -> tuple[str, ...]:
    hints = get_type_hints(Cycle)
    found = [f.name for f in fields(Cycle) if hints[f.name] == tuple[Value, ...]]
    # Outputs first: an input that is a view of one then shows up under the output's name.
    return tuple(sorted(found, key=lambda name: name == "inputs"))


def check(trace: Trace) -> None:
    """Whether the parts fit together: numbers without gaps, data that flows forward.

    Raises:
        Wrong: they do not.
    """
    count = len(trace.cycles)
    for place, cycle in enumerate(trace.cycles):
        if cycle.number != place:
            said = tr("number is {number}, not {place}").format(number=cycle.number, place=place)
            raise Wrong(said, f"cycles[{place}]")
        if cycle.forward is not None and cycle.forward >= place:
            said = tr("forward {number} is not an earlier cycle").format(number=cycle.forward)
            raise Wrong(said, f"cycles[{place}]")
        for name, index, value in values_of(cycle):
            where = f"cycles[{place}].{name}[{index}]"
            if value.source is not None and value.source >= place:
                said = tr("source {source} is not an earlier cycle").format(source=value.source)
                raise Wrong(said, where)
            if len(value.shape) > MAX_DIMS:
                said = tr("has {count} dimensions; the limit is {limit}")
                raise Wrong(beyond(said, len(value.shape), MAX_DIMS), where)
    first = trace.verdict.first_difference
    if first is not None and first >= count:
        said = tr("first_difference {number} is not a cycle").format(number=first)
        raise Wrong(said, "verdict")
    if any(number >= count for number in trace.verdict.edited):
        raise Wrong(tr("edited names a cycle that is not there"), "verdict")
    if 0 < len(trace.timing.full_speed) < count:
        raise Wrong(tr("full_speed has fewer times than there are cycles"), "timing")
    if any(number >= count for moved in trace.moved for number in moved.cycles):
        raise Wrong(tr("moved names a cycle that is not there"), "trace")
    header = trace.header
    if header.offsets and len(header.offsets) != len(header.tokens):
        raise Wrong(tr("tokens and {field} differ in number").format(field="offsets"), "header")
    _check_sequences(trace)
    for result in (trace.result, *trace.answers):
        _check_result(result)


def _check_sequences(trace: Trace) -> None:
    header = trace.header
    if header.sequences:
        if header.sequence >= len(header.sequences):
            said = tr("sequence {number} is not there").format(number=header.sequence)
            raise Wrong(said, "header")
    elif header.sequence:
        raise Wrong(tr("names a sequence, and there are none"), "header")
    for place, row in enumerate(header.sequences):
        where = f"header.sequences[{place}]"
        for name in ("offsets", "words", "parts"):
            if getattr(row, name) and len(getattr(row, name)) != len(row.tokens):
                raise Wrong(tr("tokens and {field} differ in number").format(field=name), where)
        if any(part is not None and part >= len(row.texts) for part in row.parts):
            raise Wrong(tr("parts names a text that is not there"), where)
        if row.answer >= max(len(trace.answers), 1) and trace.complete:
            raise Wrong(tr("answer {number} is not there").format(number=row.answer), where)


#: The parts of a result that views read by name.
_RESULT: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "entities": {"text": str, "label": str, "start": int, "end": int, "score": (int, float)},
}


def _check_result(result: Mapping[str, Any]) -> None:
    for key, form in _RESULT.items():
        rows = result.get(key, [])
        if not isinstance(rows, (list, tuple)):
            raise Wrong(tr("must be a list"), f"result.{key}")
        for place, row in enumerate(rows):
            for name, kind in form.items():
                if not isinstance(row, Mapping) or not isinstance(row.get(name), kind):
                    said = tr("{field!r} is missing or of a wrong type").format(field=name)
                    raise Wrong(said, f"result.{key}[{place}]")
