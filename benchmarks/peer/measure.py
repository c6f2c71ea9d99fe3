"""Measures one tool, in a process of its own: `python benchmarks/peer/measure.py TOOL OUT …`.

Everything is appended to the file OUT, one JSON object a line, as soon as it is known: what is
there stays, should the tool run out of time.

What a round is: a garbage collection and one forward that is not counted; then the plain forward
twice and every way of the tool once, in random order. Anything else flatters someone: a plain
forward right after a collection is slow, and a fixed order gives one side the warm caches. The
ratio of a round is against the mean of its two plain ones; the two against each other say how
noisy the machine is. Python collects garbage as it always does, but for what was there before.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # the folder above, and not this one
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import torch
import transformers

from peer.subject import CASES, QUICK, Case, Subject, subject
from peer.tools import ENGINE, TOOLS
from peer.way import Way

__all__ = ["main"]

#: Traces longer than this are not saved: a gigabyte says no more than a hundred megabytes.
SAVED_TOKENS = 128


class Sink:
    """Where results go, each as soon as it is there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, **result: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=(*TOOLS, "engine"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, help="instead of as many as the case has")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--longest", type=int, help="tokens; longer cases are left out")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    sink, tool = Sink(options.out), TOOLS.get(options.tool, ENGINE)
    sink.put(kind="versions", version=tool.version, torch=torch.__version__,
             transformers=transformers.__version__)  # fmt: skip
    case_subject: Subject | None = None
    cases = QUICK if options.quick else CASES
    for case in (c for c in cases if c.tokens <= (options.longest or c.tokens)):
        case = case._replace(rounds=options.rounds or case.rounds)
        case_subject = subject(case, tool.head, case_subject)
        try:
            ways = tool.ways(case_subject)
        except Exception as error:
            sink.put(kind="way", case=case.name, way="", error=sentence(error))
            continue
        plain = case_subject.plain()
        speeds = [first(way, case, case_subject, plain, sink) for way in ways]
        good = [(way, once) for way, once in zip(ways, speeds, strict=True) if once is not None]
        if good:
            rounds(good, case, case_subject, sink)
        for way, _ in good:
            if way.save is not None and case.tokens <= SAVED_TOKENS:
                saving(way, case, sink)


def first(way: Way, case: Case, subject: Subject, plain: torch.Tensor, sink: Sink) -> float | None:
    """Run a way, and put down what it captured; seconds of a run, or None if it failed."""
    # The first time, a process also grows by what it will go on using.
    repeats = 1 if case.tokens > SAVED_TOKENS else 3
    grown: list[int | None] = []
    seconds: list[float] = []
    try:
        for repeat in range(repeats):
            with way.around():
                before, start = resident(), time.perf_counter()
                logits, kept = way.run()
                seconds.append(time.perf_counter() - start)
                after = resident()
                grown.append(None if before is None or after is None else after - before)
                if repeat == repeats - 1:
                    logits = logits() if callable(logits) else logits
                    same = same_bits(plain, logits)
                    difference = 0.0 if same else float((plain - logits).abs().max())
                    found = describe(way.tensors(kept), subject)
                del kept, logits
        sink.put(
            kind="way",
            case=case.name,
            way=way.name,
            note=way.note,
            same_bits=same,
            max_abs_diff=difference,
            plain_same_after=same_bits(plain, subject.plain()),
            kept_bytes=grown,
            **found,
        )
        return min(seconds)
    except Exception as error:
        traceback.print_exc()
        sink.put(kind="way", case=case.name, way=way.name, error=sentence(error))
        return None


def describe(tensors: list[torch.Tensor], subject: Subject) -> dict[str, int]:
    """How many different tensors there are among these, and the bytes of the memory they are in.

    Two looks at the same numbers (the output of a dropout that did nothing, and its input) are one;
    the weights are none.
    """
    model = subject.model
    weights = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
    storages: dict[int, int] = {}
    different = set()
    for tensor in tensors:
        storage = tensor.untyped_storage()
        place = storage.data_ptr()
        if place not in weights:
            storages[place] = storage.nbytes()
            layout = (tuple(tensor.shape), tensor.stride(), tensor.storage_offset(), tensor.dtype)
            different.add((place, layout))
    return {"tensors": len(different), "bytes": sum(storages.values())}


def resident() -> int | None:
    """Bytes of this process in memory, without what its allocator only has in reserve."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, AttributeError):
        return None  # not on Linux
    return pages * os.sysconf("SC_PAGE_SIZE")


def rounds(speeds: list[tuple[Way, float]], case: Case, subject: Subject, sink: Sink) -> None:
    """The timing proper. A slow way takes part in the first rounds only: three, or the first."""
    ways = [way for way, _ in speeds]
    times: dict[str, int] = {}
    for way, once in speeds:
        fewest = 3 if once <= case.seconds / 2 else 1
        times[way.name] = max(fewest, min(case.rounds, round(case.seconds / once)))
    raw: dict[str, list[dict[str, Any]]] = {way.name: [] for way in ways}
    order = random.Random(0)
    failed: set[str] = set()
    gc.collect()
    gc.freeze()
    for number in range(max(times.values())):
        gc.collect()
        subject.plain()
        draws: list[Way | None] = [None, None]
        draws += [way for way in ways if number < times[way.name] and way.name not in failed]
        order.shuffle(draws)
        plain: list[tuple[int, int]] = []
        drawn: dict[str, tuple[int, int]] = {}
        for way in draws:
            if way is None:
                plain.append(clocked(subject.plain))
                continue
            try:
                drawn[way.name] = clocked(way.run, way)
            except Exception as error:
                failed.add(way.name)
                sink.put(kind="way", case=case.name, way=way.name, error=sentence(error))
        for name, took in drawn.items():
            raw[name].append({"plain": plain, "took": took})
    gc.unfreeze()
    for way in ways:
        if way.name not in failed:
            sink.put(kind="times", case=case.name, way=way.name, rounds=raw[way.name])


def clocked(run: Callable[[], Any], way: Way | None = None) -> tuple[int, int]:
    """CPU and wall nanoseconds of one run; what it returns is dropped off the clock."""
    if way is not None:
        with way.around():
            return clocked(run)
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    kept = run()
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    del kept
    return cpu, wall


def saving(way: Way, case: Case, sink: Sink) -> None:
    """How long it takes to write a run, and to have all its numbers in memory again."""
    assert way.save is not None
    try:
        with way.around(), tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _, kept = way.run()
            start = time.perf_counter()
            way.save(kept, folder)
            saved = time.perf_counter() - start
            size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
            loaded = None
            if way.load is not None:
                start = time.perf_counter()
                back = way.load(folder)
                loaded = time.perf_counter() - start
                del back
        sink.put(kind="saved", case=case.name, way=way.name, save=saved, load=loaded, size=size)
    except Exception as error:
        traceback.print_exc()
        sink.put(kind="saved", case=case.name, way=way.name, error=sentence(error))


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors hold the same bits, a NaN and the sign of a zero included."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    one, other = one.detach().contiguous(), other.detach().contiguous()
    return torch.equal(one.view(torch.uint8), other.view(torch.uint8))


def sentence(error: BaseException) -> str:
    """What went wrong, in a line."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")
    return f"{type(error).__name__}: {first}"


if __name__ == "__main__":
    main()
