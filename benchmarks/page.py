"""What the scripts put into README.md: tables, between two markers."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["README", "markdown", "processor", "put"]

README = Path(__file__).resolve().parent / "README.md"


def put(parts: Iterable[str], script: str, path: Path = README) -> None:
    """Replace what `script` has put into the page at `path` by `parts`, its paragraphs."""
    begin, end = f"<!-- {script} begins -->", f"<!-- {script} ends -->"
    made = "\n\n".join([begin, *parts, end])
    text = path.read_text(encoding="utf-8")
    between = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    if not between.search(text):
        raise SystemExit(f"{path.name} has no markers to write between.")
    path.write_text(between.sub(lambda _: made, text), encoding="utf-8")


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]], words: int = 2) -> str:
    """A table, of which the first columns, `words` of them, are no figures."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    aligned = ["---" if place < words else "---:" for place in range(len(headings))]
    return "\n".join([line(headings), line(aligned), *map(line, rows)])


def processor() -> str:
    """What this machine's processor calls itself."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()
