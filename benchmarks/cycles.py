"""What observing costs, as ratios: run `python benchmarks/cycles.py`.

Both sides of every ratio run in one process, one after the other, round after round, and the
medians are compared: a busy machine slows both. The floor is the least that could do the same,
measured beside; the goals are those of the project's design.
Options: `--rounds N`, `--quick` (small models only), `--app` (also the terminal app, in a pty),
`--write` (renew the table of README.md, with `--app`).
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
from page import markdown, processor, put
from peer.process import measured
from peer.table import noise, ratio
from peer.tools import ENGINE
from rich.console import Console
from rich.table import Table
from transformers import BertConfig, BertForTokenClassification

import cyclesim
from cyclesim.engine.building.builder import Builder
from cyclesim.engine.clock.rendezvous import Rendezvous
from cyclesim.engine.recording.events import Event
from cyclesim.engine.recording.functions import traits
from cyclesim.engine.recording.recorder import Recorder

now = time.perf_counter_ns


class Row(NamedTuple):
    """One line of the table: what was measured, the figure, and the goal it is held against.

    `floor` is the same of the least that could do it, measured beside it; "" where that is nothing.
    `within`: the middle half of what was measured reaches down to the goal, whether the median does
    or not.
    """

    what: str
    measured: str
    goal: str
    met: bool
    floor: str = ""
    within: bool = False

    @property
    def verdict(self) -> str:
        return "reached" if self.met else "within the noise" if self.within else "missed"


class Handing(torch.overrides.TorchFunctionMode):
    """Hands back what was recorded and keeps no account: the least that resuming can cost."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__()
        self._events = iter(events)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if traits[func].reads:
            return func(*args, **(kwargs or {}))
        return next(self._events).output


def bert(layers: int, width: int) -> torch.nn.Module:
    torch.manual_seed(0)
    config = BertConfig(
        num_hidden_layers=layers,
        hidden_size=width,
        num_attention_heads=max(2, width // 64),
        intermediate_size=4 * width,
        num_labels=5,
    )
    return BertForTokenClassification._from_config(config, attn_implementation="eager").eval()


def tokens(length: int) -> dict[str, torch.Tensor]:
    ids = torch.randint(1000, 30000, (1, length))
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def interleaved(sides: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median nanoseconds of each side, the sides taking turns."""
    for side in sides.values():
        side()
    times: dict[str, list[int]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            start = now()
            side()
            times[name].append(now() - start)
    return {name: median(t) for name, t in times.items()}


def capturing(rounds: int, *, quick: bool) -> dict[str, Row]:
    """All cycles captured, against the plain forward: a row for each model and length.

    It is CPU time of one thread, measured as for the table of other tools (see `peer/measure.py`).
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        found = measured(
            *("engine", ENGINE, Path(sys.executable), log),
            rounds=None if quick else rounds, quick=quick, longest=128, timeout=600,
        )  # fmt: skip
    if found["reasons"]:
        raise SystemExit(" ".join(found["reasons"]))
    rows = {}
    for case in dict.fromkeys(way["case"] for way in found["ways"]):
        raw = [way["rounds"] for way in found["ways"] if way["case"] == case]
        bare, keeping, hooked, captured, built = (ratio(times, 0) for times in raw)
        plain = median(wall for times in raw[2] for _, wall in times["plain"]) / 1e6
        goal = 1.08 if case.startswith("BERT-base") else 1.45
        rows[case] = Row(
            f"all cycles captured ÷ plain forward, {case} ({plain:.1f} ms)",
            f"{captured}  (with cycles {built}; the noise, plain ÷ plain: "
            f"{noise({'tools': [found]}, case, 0)})",
            f"≤ {goal:.2f}",
            captured.median <= goal,
            f"{hooked}  (a mode that keeps references, and hooks that do nothing; without the "
            f"hooks: {keeping}; without keeping: {bare})",
            within=captured.low <= goal,
        )
    return rows


def training(name: str, model: torch.nn.Module, length: int, goal: float) -> Row:
    """A training step with all its cycles recorded, against the plain step of the same optimizer.

    It clones what AdamW changes in place, to show it before and after, and calls the optimizer
    once for each parameter.
    """
    batch = tokens(length)
    batch["labels"] = torch.randint(0, 5, batch["input_ids"].shape)
    # The first is for the process to grow: whoever keeps what a step computes needs fresh memory.
    timings = [cyclesim.trace(model, inputs=batch, train=True).timing for _ in range(8)][1:]
    ratios = sorted(timing.overhead or 0.0 for timing in timings)
    ratio, plain = median(ratios), median(timing.untraced_ns or 0 for timing in timings) / 1e6
    return Row(
        f"training step recorded ÷ plain step, {name}, {length} tokens ({plain:.0f} ms)",
        f"{ratio:.2f}  (of {len(ratios)} steps; {ratios[0]:.2f} to {ratios[-1]:.2f})",
        f"≤ {goal:.2f}",
        0 < ratio <= goal,
    )


def memory(name: str, model: torch.nn.Module, length: int) -> Row:
    """Bytes that the trace keeps alive ÷ unique bytes of what the cycles wrote."""
    trace = cyclesim.trace(model, inputs=tokens(length), measure=False)
    unique: dict[object, int] = {}
    for cycle in trace:
        for value in cycle.outputs:
            if value.data is not None:
                key, nbytes = value.data.storage
                unique[key] = nbytes
    ratio = trace.kept_bytes / sum(unique.values())
    return Row(
        f"memory kept ÷ unique bytes captured, {name}, {length} tokens "
        f"({sum(unique.values()) / 1e6:.1f} MB)",
        f"{ratio:.3f}",
        "≤ 1.05",
        ratio <= 1.05,
    )


def stepping(model: torch.nn.Module, length: int) -> Row:
    """One step of the live clock, from resume to pause, without the time inside the function."""
    costs = []
    handover = turns(200)
    for _ in range(3):
        with cyclesim.Clock(model, inputs=tokens(length), measure=False) as clock:
            clock.step(20)
            while True:
                start = now()
                cycle = clock.step()
                took = now() - start
                if cycle is None:
                    break
                costs.append(took - cycle.self_ns)
    handover = (handover + turns(200)) / 2
    between, building, again = unstepped(model, length)
    micro = median(costs) / 1e3
    floor = (
        f"{(handover + between) / 1e3:.0f} µs  (threads take turns {handover / 1e3:.0f}, the "
        f"model's own code {between / 1e3:.0f}; a cycle built right after the forward: "
        f"{building / 1e3:.0f}, the same over and over: {again / 1e3:.0f})"
    )
    return Row("one step, engine side, without the operation", f"{micro:.0f} µs", "≤ 100 µs",
               micro <= 100, floor)  # fmt: skip


def unstepped(model: torch.nn.Module, length: int) -> tuple[float, float, float]:
    """Median nanoseconds for each cycle of a run without pauses.

    What the plain forward takes without the operations themselves; what building takes where all
    cycles are built one after another; and the same again at once, with caches that hold it all.
    """
    batch, between, building, again = tokens(length), [], [], []
    with torch.no_grad():
        for _ in range(10):
            start = now()
            model(**batch)
            plain = now() - start
            with Recorder(model) as recorder:
                model(**batch)
            for times in (building, *[again] * 10):
                start = now()
                cycles = Builder(recorder).update()
                times.append((now() - start) / len(cycles))
            between.append((plain - sum(cycle.self_ns for cycle in cycles)) / len(cycles))
    return median(between), median(building), median(again)


def turns(count: int) -> float:
    """Median nanoseconds of handing the turn to a thread that hands it back at once."""
    rendezvous = Rendezvous()

    def work() -> None:
        rendezvous.start()
        for _ in range(count):
            rendezvous.pause()
        rendezvous.end()

    thread = threading.Thread(target=work)
    thread.start()
    times = []
    while not rendezvous.ended:
        start = now()
        rendezvous.resume()
        times.append(now() - start)
    thread.join()
    return median(times)


def resuming(name: str, model: torch.nn.Module, length: int) -> Row:
    """Standing after a cycle again, from the record, against running the forward."""
    batch = tokens(length)

    def plain() -> None:
        with torch.no_grad():
            model(**batch)

    with torch.no_grad(), Recorder(model) as recorder:
        model(**batch)
    events = [event for event in recorder.events if isinstance(event, Event)]

    def handing() -> None:
        with torch.no_grad(), Handing(events):
            model(**batch)

    with cyclesim.Clock(model, inputs=batch, measure=False) as clock:
        count = len(clock.finish())
        whole = clock.branches
        forward, costs, least = [], [], []
        for number in range(5, count, max(1, count // 24)):
            start = now()
            plain()
            forward.append(now() - start)
            start = now()
            handing()
            least.append(now() - start)
            start = now()
            clock.rewind(number, whole[0] if whole else None)
            costs.append(now() - start)
    ratio, worst = median(costs) / median(forward), max(costs) / median(forward)
    # Half of it, because half of the cycles come before the one in the middle.
    floor = median(least) / 2 / median(forward)
    return Row(
        f"resume from a cycle ÷ forward, {name}, {length} tokens ({median(forward) / 1e6:.0f} ms)",
        f"{ratio:.3f}  (slowest of {len(costs)} cycles {worst:.3f})",
        "≤ 0.05",
        ratio <= 0.05,
        f"{floor:.3f}  (outputs handed back, to the middle)",
    )


def opening(model: torch.nn.Module) -> Row:
    """Open a large trace and read a part of one cycle, without reading the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.safetensors")
        ids = torch.randint(1000, 30000, (2, 384))
        batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        cyclesim.trace(model, inputs=batch, measure=False).save(path)
        size = os.path.getsize(path)
        start = now()
        trace = cyclesim.open_trace(path)
        softmax = trace.find("softmax and layer 7")[0]
        softmax.outputs[0].numpy((0, 3, slice(0, 60), slice(0, 120)))
        seconds = (now() - start) / 1e9
    return Row(f"open a trace of {size / 1e9:.2f} GB and show a cycle", f"{seconds:.3f} s", "≤ 1 s",
               seconds <= 1)  # fmt: skip


def importing(rounds: int) -> Row:
    """`import cyclesim` over bare Python, in fresh processes."""
    sides = {
        name: lambda code=code: subprocess.run([sys.executable, "-c", code], check=True)
        for name, code in {"bare": "pass", "import": "import cyclesim"}.items()
    }
    medians = interleaved(sides, rounds)
    extra = (medians["import"] - medians["bare"]) / 1e9
    return Row("import cyclesim, over bare Python", f"{extra:.3f} s", "≤ 0.1 s", extra <= 0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="small models only")
    parser.add_argument("--app", action="store_true", help="also the terminal app, in a pty")
    parser.add_argument("--write", action="store_true", help="renew the table of README.md")
    options = parser.parse_args()
    if options.write and (options.quick or not options.app):
        parser.error("--write takes the whole table: with --app, without --quick")

    captured = capturing(options.rounds, quick=options.quick)
    small = bert(4, 128)
    step = stepping(
        small, 32
    )  # first: what this thread computes makes torch's helpers sleep sooner
    rows = [captured["4×128, 32 tokens"], memory("4×128", small, 32), step]
    rows.append(training("4×128", small, 32, 2.0))
    if not options.quick:
        base = bert(12, 768)
        for length in (32, 128):
            rows.append(captured[f"BERT-base, {length} tokens"])
            rows.append(memory("BERT-base", base, length))
            rows.append(resuming("BERT-base", base, length))
        rows.append(opening(base))
    rows.append(importing(max(5, options.rounds // 3)))
    if options.app:
        from app import app_rows  # beside this file

        rows += [Row(*row) for row in app_rows()]

    headings = ("what", "measured", "floor", "goal", "")
    cells = [(r.what, r.measured, r.floor, r.goal, r.verdict) for r in rows]
    table = Table(*headings, title=_machine())
    for row in cells:
        table.add_row(*row)
    Console(width=int(os.environ.get("COLUMNS", "150"))).print(table)
    if options.write:
        measured = f"Measured on {date.today().isoformat()}: {_machine()}."
        put([measured, markdown(headings, cells, words=len(headings))], "cycles.py")


def _machine() -> str:
    import transformers

    return (
        f"{processor()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, Python "
        f"{platform.python_version()}, torch {torch.__version__}, transformers "
        f"{transformers.__version__}"
    )


if __name__ == "__main__":
    main()
