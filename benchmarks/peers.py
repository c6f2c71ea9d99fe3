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
import sys
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

from cyclesim.folders import cache_folder


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
    options.env.mkdir(parents=True, exist_ok=True)
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
