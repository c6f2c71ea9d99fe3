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
import math
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from page import processor
from peer.environment import NotInstalled, python_for
from peer.process import measured
from peer.subject import CASES, QUICK
from peer.table import show, write
from peer.tools import TOOLS
from rich.console import Console

from cyclesim.errors import CyclesimError
from cyclesim.files import check_target, replace_file
from cyclesim.folders import cache_folder

Report = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.write and options.quick:
        parser.error("--write takes all cases: leave out --quick")
    try:
        names = _names(options.tools)
        report = _begun(options)
        options.env.mkdir(parents=True, exist_ok=True)
    except (CyclesimError, OSError) as error:
        parser.error(str(error))
    console = Console(width=None if sys.stdout.isatty() else 200)
    done = {tool["name"] for tool in report["tools"]}
    for name in (name for name in names if name not in done):
        console.print(f"· {name}", highlight=False)
        report["tools"].append(_measured(name, options))
        report["tools"].sort(key=lambda tool: list(TOOLS).index(tool["name"]))
        if options.json:  # after each, so that nothing is lost
            replace_file(options.json, [json.dumps(report, indent=1).encode() + b"\n"])
    show(report, console)
    if options.write:
        write(report)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tools", default=",".join(TOOLS), metavar="A,B",
                        help=f"which: {', '.join(TOOLS)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="the small model only, few rounds")
    parser.add_argument("--rounds", type=_above_0(int), metavar="N",
                        help="of each case (default 40 to 3, by its size)")  # fmt: skip
    parser.add_argument("--threads", type=_above_0(int), default=1, metavar="N",
                        help="of torch (default 1)")  # fmt: skip
    parser.add_argument("--timeout", type=_above_0(float), default=240, metavar="SECONDS",
                        help="how long a tool may take (default 240)")  # fmt: skip
    parser.add_argument("--env", type=Path, metavar="DIR", default=cache_folder() / "peers",
                        help="where the tools are installed")  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="install the tools anew")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every raw number")
    parser.add_argument("--resume", action="store_true",
                        help="leave out the tools that the --json file has, if it is of this "
                        "machine and these cases")  # fmt: skip
    parser.add_argument("--write", action="store_true", help="renew the tables of README.md")
    return parser


def _above_0(kind: Callable[[str], float]) -> Callable[[str], float]:
    """A number of that kind, for an option."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text} makes no sense: give a number above 0")
        return value

    return read


def _names(wanted: str) -> list[str]:
    names = [name.strip() for name in wanted.split(",")]
    unknown = [name or "without a name" for name in names if name not in TOOLS]
    if unknown:
        known = ", ".join(TOOLS)
        raise CyclesimError(f"there is no tool {', '.join(unknown)}: choose from {known}")
    return names


def _begun(options: argparse.Namespace) -> Report:
    """The report to fill: a new one, or that of an earlier run."""
    report: Report = {
        "date": date.today().isoformat(),
        "machine": _machine(options.threads),
        "cases": [case.name for case in (QUICK if options.quick else CASES)],
        "tools": [],
    }
    if options.json:
        check_target(options.json)
    elif options.resume:
        raise CyclesimError("--resume goes on with a --json file: say which")
    if not options.resume or not options.json.exists():
        return report
    earlier = _read(options.json)
    if any(earlier.get(key) != report[key] for key in ("machine", "cases")):
        raise CyclesimError(f"{options.json} is of another machine, or of other cases")
    return earlier


def _read(file: Path) -> Report:
    """The report in a file."""
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        known = all(tool["name"] in TOOLS for tool in report["tools"])
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise CyclesimError(f"{file} is no report of this script")
    return dict(report)


def _measured(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one tool, as the report has it."""
    tool = TOOLS[name]
    log = options.env / f"{name}.log"
    log.write_text("", encoding="utf-8")
    try:
        python = python_for(tool, options.env, log, fresh=options.fresh)
    except NotInstalled as error:
        nothing = {"name": name, "package": tool.package, "version": "", "ways": []}
        return nothing | {"reasons": [f"{error}."]}
    how = {key: getattr(options, key) for key in ("threads", "rounds", "quick", "timeout")}
    return measured(name, tool, python, log, **how)


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
