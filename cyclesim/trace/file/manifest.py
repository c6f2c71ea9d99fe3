"""The manifest of a trace file: how a trace is turned into it and back.

The schema is the dataclasses themselves: `Trace`, `Header`, `Verdict`, `Timing`, `Cycle`, `Value`
(`codec` says how). The writer reads back what it is about to write, so it never makes a file that
would be refused.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from cyclesim._version import __version__
from cyclesim.language import tr
from cyclesim.trace.cycle import Call
from cyclesim.trace.file.checks import check
from cyclesim.trace.file.codec import codec, sequence, text_out
from cyclesim.trace.file.limits import MAX_CYCLES, Wrong, beyond
from cyclesim.trace.file.strict import parse
from cyclesim.trace.trace import Trace

__all__ = ["SCHEMA", "Keep", "decode", "encode"]

#: Raised when an older reader would misread the new form. A new field with a default needs no new
#: number: files without it stay readable, and an older reader names the field it does not know.
SCHEMA = 1

#: What a saved trace keeps the numbers of.
Keep = Literal["all", "outputs", "stats"]


@dataclass(frozen=True, slots=True)
class _Manifest:
    """The outermost mapping. `calls` holds each module call once; stacks are numbers into it."""

    schema: int
    cyclesim: str
    keep: Keep
    calls: tuple[Call, ...]
    trace: Trace


def encode(trace: Trace, keep: Keep) -> str:
    """The manifest of `trace`, in whose values `data` is a `Place` or None.

    Raises:
        Wrong: the trace cannot be written.
    """
    calls: dict[Call, int] = {}
    body = codec(Trace).encode(trace, calls)
    rows = [[*map(_str_or_number, call)] for call in calls]
    manifest = {
        "schema": SCHEMA,
        "cyclesim": __version__,
        "keep": keep,
        "calls": rows,
        "trace": body,
    }
    text = json.dumps(manifest, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    check(decode(text).trace)
    return text


def decode(text: str) -> _Manifest:
    """The manifest in `text`: types, ranges and lengths checked, values with a `Place` as `data`.

    Raises:
        Wrong: it is none.
    """
    raw = parse(text)
    if not isinstance(raw, dict):
        raise Wrong(tr("must be a mapping"))
    # First of all the version: what follows may be of another form.
    schema = raw.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise Wrong(tr("has no schema number"))
    if schema > SCHEMA:
        said = tr("schema {schema} is newer than this cyclesim reads ({known}): upgrade it")
        raise Wrong(said.format(schema=min(schema, 10**6), known=SCHEMA))
    cycles = raw.get("trace", {}).get("cycles", ()) if isinstance(raw.get("trace"), dict) else ()
    if isinstance(cycles, list) and len(cycles) > MAX_CYCLES:
        raise Wrong(beyond(tr("{count:,} cycles; the limit is {limit:,}"), len(cycles), MAX_CYCLES))
    try:
        calls = sequence(tuple, codec(Call)).decode(raw.get("calls"), None)
    except Wrong as wrong:
        wrong.path.append("calls")
        raise
    # The table has been read; from here on it is what stacks are numbers into.
    made: _Manifest = codec(_Manifest).decode({**raw, "calls": []}, calls)
    return made


def _str_or_number(item: Any) -> Any:
    return item if isinstance(item, (bool, int)) else text_out(item, None)
