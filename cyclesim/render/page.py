"""A whole page of HTML: one cycle, and the run it belongs to. It needs nothing from the network."""

from __future__ import annotations

from html import escape

from cyclesim.language import current, tr
from cyclesim.render.html import cycle_html, trace_html
from cyclesim.render.text import safe_text
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.trace import Trace

__all__ = ["page_html"]

#: Nothing may be fetched or run, whatever the text of a run looks like.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page_html(trace: Trace, cycle: Cycle | None = None) -> str:
    """A document with `cycle` (its explanation, its tensor) above the result and the table."""
    title = f"cyclesim: {trace.header.model}"
    parts = [trace_html(trace)]
    if trace.header.text:
        parts.insert(0, f"<p dir='auto'>{escape(safe_text(trace.header.text, 4000))}</p>")
    if cycle is not None:
        title += " · " + tr("cycle {number}").format(number=cycle.number)
        parts.insert(1, cycle_html(cycle, trace) + "<hr>")
    return (
        f"<!doctype html>\n<html lang='{current()}'>\n<head>\n<meta charset='utf-8'>\n"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        "<meta name='viewport' content='width=device-width'>\n"
        f"<title>{escape(safe_text(title, 200))}</title>\n"
        "<style>:root{color-scheme:light dark}body{margin:2em auto;max-width:64em;padding:0 1em;"
        "font:15px/1.5 system-ui,sans-serif}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )
