"""Traces to export: of the embedded model, and small ones of every odd kind, with times."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from cyclesim.trace import Call, Timing, Trace
from tests.render.runs import FORBIDDEN
from tests.trace.samples import traces

TEXT = "Ada Lovelace worked with Charles Babbage in London."
ns = st.integers(0, 3) | st.integers(0, 10**9)


def harmless(text: str) -> bool:
    """One line, without what could steer a screen."""
    return not (FORBIDDEN | {"\n"}) & {*text}


@st.composite
def timed(draw: st.DrawFn) -> Trace:
    """Any trace, with times of any kind, model cycles anywhere and overwrites of memory."""
    trace = draw(traces())
    for cycle in trace.cycles:
        cycle.self_ns = draw(ns)
        cycle.inplace = draw(st.booleans())
        cycle.stack = (Call("", 1, "Model"),) if draw(st.booleans()) else ()
    full = tuple(draw(ns) for _ in trace) if draw(st.booleans()) else ()
    timing = Timing(draw(ns), draw(st.none() | ns), full, draw(st.booleans()))
    return replace(trace, timing=timing)
