"""The same work by the tools people would pick instead: run `python benchmarks/peers.py`.

Each tool captures everything it can of the same forward passes, in a process of its own, and is
held against the plain forward of the same round (`peer/measure.py` says how). A tool that is not
installed gets a virtual environment in the cache folder, at the newest version that goes with our
torch and transformers (`peer/environment.py`). One that does not install, fails or takes too long
is a row with the reason.

    python benchmarks/peers.py                                  # everything, about ten minutes
    python benchmarks/peers.py --tools cyclesim,hooks --quick   # a look, half a minute
    python benchmarks/peers.py --write                          # and README.md's tables made anew
    python benchmarks/peers.py --json peers.json                # and every raw number
    python benchmarks/peers.py --json peers.json --resume       # go on where that was left
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from page import processor
from peer.environment import NotInstalled, python_for
from peer.subject import CASES, QUICK
from peer.table import show, write
from peer.tools import TOOLS
from rich.console import Console

from cyclesim.folders import cache_folder

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tools", default=",".join(TOOLS), metavar="A,B",
                        help=f"which: {', '.join(TOOLS)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="the small model only, few rounds")
    parser.add_argument("--rounds", type=int, help="of each case (default 40 to 3, by its size)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default 1)")
    parser.add_argument("--timeout", type=float, default=240, help="seconds a tool may take")
    parser.add_argument("--env", type=Path, metavar="DIR", default=cache_folder() / "peers",
                        help="where the tools are installed")  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="install the tools anew")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every raw number")
    parser.add_argument("--resume", action="store_true",
                        help="leave out the tools that the --json file has, if it is of this "
                        "machine and these cases")  # fmt: skip
    parser.add_argument("--write", action="store_true", help="renew the tables of README.md")
    options = parser.parse_args()
    names = [name.strip() for name in options.tools.split(",")]
    unknown = [name for name in names if name not in TOOLS]
    if unknown:
        parser.error(f"there is no tool {', '.join(unknown)}: choose from {', '.join(TOOLS)}")
    console = Console(width=None if sys.stdout.isatty() else 200)
    report: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": _machine(options.threads),
        "cases": [case.name for case in (QUICK if options.quick else CASES)],
        "tools": [],
    }
    if options.resume and options.json and options.json.exists():
        earlier = json.loads(options.json.read_text(encoding="utf-8"))
        if any(earlier[key] != report[key] for key in ("machine", "cases")):
            parser.error(f"{options.json} is of another machine, or of other cases")
        report = earlier
    done = {tool["name"] for tool in report["tools"]}
    for name in (name for name in names if name not in done):
        console.print(f"· {name}", highlight=False)
        report["tools"].append(_measured(name, options))
        report["tools"].sort(key=lambda tool: list(TOOLS).index(tool["name"]))
        if options.json:  # after each, so that nothing is lost
            options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    show(report, console)
    if options.write:
        write(report)


def _measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one tool, as the report has it."""
    tool = TOOLS[name]
    found: dict[str, Any] = {"name": name, "package": tool.package, "version": ""}
    found |= {"ways": [], "reasons": []}
    options.env.mkdir(parents=True, exist_ok=True)
    log = options.env / f"{name}.log"
    log.write_text("", encoding="utf-8")
    try:
        python = python_for(tool, options.env, log, fresh=options.fresh)
    except NotInstalled as error:
        found["reasons"].append(f"{error}.")
        return found
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results"
        out.touch()
        reason = _run(python, name, out, folder, log, options)
        lines = out.read_text(encoding="utf-8").splitlines()
    for line in lines:
        _take(json.loads(line), found)
    if reason:
        found["reasons"].append(reason)
    return found


def _run(
    python: Path, name: str, out: Path, folder: str, log: Path, options: argparse.Namespace
) -> str:
    """Measure in a process of its own; why it came to no good end, or nothing."""
    threads = str(options.threads)
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
    command = [python, HERE / "peer" / "measure.py", name, out, "--threads", threads]
    command += ["--quick"] if options.quick else []
    command += ["--rounds", str(options.rounds)] if options.rounds else []
    with log.open("a", encoding="utf-8") as output:
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=options.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"It was stopped after {options.timeout:g} s; what is missing, it did not reach."
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


def _machine(threads: int) -> dict[str, str]:
    import torch
    import transformers

    return {
        "processor": processor(),
        "cores": f"{os.cpu_count()} cores",
        "threads": f"{threads} thread" + ("s" if threads > 1 else ""),
        "system": platform.system(),
        "python": f"Python {platform.python_version()}",
        "torch": f"torch {torch.__version__}",
        "transformers": f"transformers {transformers.__version__}",
    }


if __name__ == "__main__":
    main()
