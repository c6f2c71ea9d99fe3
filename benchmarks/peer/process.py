"""Measures a tool in a process of its own, and gathers what it has put down."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from peer.tools import Tool

__all__ = ["measured"]


def measured(
    name: str,
    tool: Tool,
    python: Path,
    log: Path,
    *,
    threads: int = 1,
    rounds: int | None = None,
    quick: bool = False,
    longest: int | None = None,
    timeout: float = 240,
) -> dict[str, Any]:
    """Everything about one tool, as a report has it.

    Args:
        name, tool: which.
        python: an interpreter that can import it.
        log: the file that its output is added to.
        threads: of torch.
        rounds: of each case, instead of as many as it has.
        quick: the small model only.
        longest: leave out cases of more tokens.
        timeout: seconds it may take.
    """
    found: dict[str, Any] = {"name": name, "package": tool.package, "version": ""}
    found |= {"ways": [], "reasons": []}
    options = ["--threads", str(threads), *(["--quick"] if quick else [])]
    options += ["--rounds", str(rounds)] if rounds else []
    options += ["--longest", str(longest)] if longest else []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results"
        out.touch()
        command = [python, Path(__file__).parent / "measure.py", name, out, *options]
        reason = _run(command, folder, log, str(threads), timeout)
        lines = out.read_text(encoding="utf-8").splitlines()
    for line in lines:
        _take(json.loads(line), found)
    if reason:
        found["reasons"].append(reason)
    return found


def _run(command: list[Any], folder: str, log: Path, threads: str, timeout: float) -> str:
    """Run `command`; why it came to no good end, or nothing."""
    environment = os.environ | {
        # glibc gives memory back and fetches it again as it sees fit, which costs whoever comes
        # next. It shall keep what it has: the tools are measured, not its habits.
        "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
        "MALLOC_MMAP_MAX_": "0",
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TMPDIR": folder,  # whatever is left behind goes with it
    }
    with log.open("a", encoding="utf-8") as output:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"It was stopped after {timeout:g} s; what is missing, it did not reach."
    if done.returncode:
        lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
        return _sentence(lines[-1]) if lines else f"It ended with code {done.returncode}."
    return ""


def _take(result: dict[str, Any], found: dict[str, Any]) -> None:
    """Put one line of results where it belongs."""
    kind = result.pop("kind")
    if kind == "versions":
        found["version"] = result["version"]
        return
    where = result["case"], result["way"]
    if "error" in result:
        named = ": ".join(part for part in reversed(where) if part)
        doing = "saving, " if kind == "saved" else ""
        found["reasons"].append(f"{doing}{named}: {_sentence(result['error'])}")
        return
    known = [way for way in found["ways"] if (way["case"], way["way"]) == where]
    if kind == "way":
        found["ways"].append(result)
    elif kind == "times":
        known[0]["rounds"] = result["rounds"]
    else:
        known[0]["saved"] = {key: result[key] for key in ("save", "load", "size")}


def _sentence(text: str) -> str:
    """A line of an error message, without the places of this machine in it."""
    text = re.sub(r"(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\":]+[/\\])+", "", text.strip())
    text = text if len(text) <= 200 else text[:199] + "…"
    return text if text.endswith((".", "…")) else f"{text}."
