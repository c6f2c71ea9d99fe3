"""What can be saved from the screen: a picture of it, a page with the numbers, the session.

A file gets a name that is not taken, in the current folder, and is there whole or not at all.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cyclesim.language import tr
from cyclesim.tui.backstage.jobs import Desk
from cyclesim.tui.messages import Report

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["Exported", "HtmlExport", "next_path", "screen_svg", "write_new"]

MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Exported(Report):
    """A file was written to `path`, or was not, for the reason in `sentence`."""

    handler: ClassVar[str] = "exported"

    path: Path
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class HtmlExport:
    """The cycle `at` and the whole run, as one page of HTML."""

    kind: ClassVar[str] = "export"

    at: int | None

    def __call__(self, desk: Desk) -> Report | None:
        from cyclesim.render.page import page_html

        trace = desk.clock.trace
        cycle = None if self.at is None else trace.cycles[self.at]
        return write_new("html", page_html(trace, cycle))

    def failed(self, desk: Desk, sentence: str) -> Report | None:
        return Exported(next_path("html"), sentence)


def next_path(ending: str) -> Path:
    """The first name in the current folder that is not taken: `cyclesim-001.svg`, `-002`, …"""
    for number in range(1, MOST_FILES):
        path = Path(f"cyclesim-{number:03}.{ending}")
        if not os.path.lexists(path):
            return path
    return Path(f"cyclesim-{MOST_FILES}.{ending}")


def write_new(ending: str, content: str) -> Exported:
    """Put `content` into a new file; it never overwrites one."""
    path = next_path(ending)
    beside = None
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
        os.chmod(beside, 0o666 & ~_umask())
        os.link(beside, path)  # unlike a rename, it fails where a file has come in between
    except OSError as error:
        why = error.strerror or type(error).__name__
        said = tr("{file} cannot be written: {why}.").format(file=path, why=why)
        return Exported(path, said)
    finally:
        if beside is not None:
            with suppress(OSError):
                os.unlink(beside)
    return Exported(path.absolute())


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def screen_svg(app: App) -> str:
    """The screen as SVG that needs no network: the fonts are the reader's own."""
    picture = app.export_screenshot(title="cyclesim")
    # Of two sources of a font one is on this computer, the other far away.
    return re.sub(r',?\s*url\("https?://[^"]*"\)\s*format\("[^"]*"\)', "", picture)
