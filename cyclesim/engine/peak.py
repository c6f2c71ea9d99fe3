"""The most that this machine can do, measured once with torch itself: the two roofs of a roofline.

    peak = peak_of(machine)            # about a second, the first time; from a file afterwards
    peak.flops, peak.bandwidth         # FLOP/s and byte/s, of the model's own device and dtype

Arithmetic is a square matrix product, 2·n³ FLOPs: of several sizes, and several rounds, the best.
Other work on the machine can only slow a round down. Memory is a copy of more than caches hold,
counted as `cost.traffic` counts: every byte read once and written once. The measured numbers, not a
data sheet's, because it is torch that runs the model.

The file is keyed by everything that may change the numbers. It is a convenience: a broken one is
measured again and written anew, and where none can be written nothing is lost but a second.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from cyclesim.cost.roofline import Peak
from cyclesim.engine.running.timing import Stopwatch
from cyclesim.errors import CyclesimError
from cyclesim.folders import cache_folder, read_json, write_json
from cyclesim.language import tr
from cyclesim.machine import Machine

__all__ = ["known_peak", "measure_peak", "peak_of", "processor"]

#: Matrices of n × n, smallest first; one that is going to take longer than `LONGEST_NS` is not
#: begun.
SIZES = (256, 512, 1024, 2048, 4096, 8192)
#: Bytes to copy: the largest that finds room. Caches hold less.
COPIES = (1 << 29, 1 << 28, 1 << 27, 1 << 26)
COPIES_CPU = COPIES[2:]
LONGEST_NS = 120_000_000
#: Each size is repeated this often, or until so much time has gone.
REPEATS = 7
BUDGET_NS = 250_000_000

_FILE = "peaks.json"
_SCHEMA = 1

GivenUp = Callable[[], bool]


def peak_of(
    machine: Machine | torch.nn.Module,
    *,
    again: bool = False,
    given_up: GivenUp = lambda: False,
) -> Peak | None:
    """The peak of the device and dtype that `machine` runs with: known, or measured now.

    Args:
        again: measure even if it is known; the better of the two is remembered.
        given_up: asked between two measurements; where True, nothing is measured.

    Returns:
        The peak; None if it was given up.

    Raises:
        CyclesimError: torch cannot multiply matrices of this dtype on this device.
    """
    machine = Machine.of(machine)
    known = known_peak(machine)
    if known is not None and not again:
        return known
    device, dtype = _where(machine)
    found = measure_peak(device, dtype, given_up=given_up)
    if found is not None:
        found = found if known is None else found.better(known)
        _remember(_key(device, dtype), found)
    return found


def known_peak(machine: Machine | torch.nn.Module) -> Peak | None:
    """The peak that was measured before, on this machine and for the same kind of work."""
    return Peak.from_json(_remembered().get(_key(*_where(Machine.of(machine)))))


def measure_peak(
    device: torch.device, dtype: torch.dtype, *, given_up: GivenUp = lambda: False
) -> Peak | None:
    """Measure, whatever is known. None if it was given up."""
    flops = nbytes = 0.0
    for size in SIZES:
        try:
            ns = _product(size, device, dtype, given_up)
        except RuntimeError as error:  # no kernel for this dtype, or no room
            if not flops:
                name, said = str(dtype).removeprefix("torch."), str(error).partition("\n")[0]
                told = tr("{device} has no peak to measure in {dtype}: {why}")
                raise CyclesimError(told.format(device=device, dtype=name, why=said)) from None
            break
        if ns is None:
            return None
        flops = max(flops, 2 * size**3 / ns * 1e9)
        if 8 * ns > LONGEST_NS:  # the next has twice the side
            break
    for count in COPIES_CPU if device.type == "cpu" else COPIES:
        try:
            ns = _copy(count, device, given_up)
        except RuntimeError:
            continue
        if ns is None:
            return None
        nbytes = 2 * count / ns * 1e9
        break
    if not nbytes:
        told = tr("{device} has no room for measuring its memory.")
        raise CyclesimError(told.format(device=device))
    threads = torch.get_num_threads() if device.type == "cpu" else 0
    return Peak(flops, nbytes, processor(device), str(dtype).removeprefix("torch."), threads)


def _product(
    size: int, device: torch.device, dtype: torch.dtype, given_up: GivenUp
) -> float | None:
    # Plain numbers: drawing random ones would change what a model in training mode draws next.
    left = torch.full((size, size), 0.5, device=device, dtype=dtype)
    right, out = left.t().contiguous(), torch.empty_like(left)
    return _best_ns(lambda: torch.mm(left, right, out=out), device, given_up)


def _copy(count: int, device: torch.device, given_up: GivenUp) -> float | None:
    source = torch.zeros(count // 4, device=device, dtype=torch.float32)
    target = torch.empty_like(source)
    return _best_ns(lambda: target.copy_(source), device, given_up)


def _best_ns(work: Callable[[], Any], device: torch.device, given_up: GivenUp) -> float | None:
    """Shortest time of `work`, nanoseconds, after a first round that counts for nothing."""
    times: list[int] = []
    with torch.no_grad():
        for ns in _rounds(work, device):
            if given_up():
                return None
            times.append(ns)
            if len(times) > REPEATS or sum(times) > BUDGET_NS:
                break
    return max(min(times[1:] or times), 1)


def _rounds(work: Callable[[], Any], device: torch.device) -> Iterator[int]:
    while True:
        watch = Stopwatch(device)
        with watch:
            work()
        yield watch.elapsed_ns


# -- what is remembered ------------------------------------------------------------------------


def _where(machine: Machine) -> tuple[torch.device, torch.dtype]:
    return machine.device, getattr(torch, machine.dtype)


def _file() -> Path:
    return cache_folder() / _FILE


def _key(device: torch.device, dtype: torch.dtype) -> str:
    threads = torch.get_num_threads() if device.type == "cpu" else 0
    parts = (platform.node(), platform.machine(), processor(device), device.type,
             torch.__version__, str(dtype), f"{threads} threads")  # fmt: skip
    return " · ".join(map(str, parts))


def _remember(key: str, peak: Peak) -> None:
    peaks = {**_remembered(), key: peak.as_json()}
    write_json(_file(), {"schema": _SCHEMA, "peaks": peaks})


def _remembered() -> dict[str, Any]:
    """The peaks in the file, unchecked; none where it is missing or broken."""
    content = read_json(_file())
    if not isinstance(content, dict) or content.get("schema") != _SCHEMA:
        return {}
    peaks = content.get("peaks")
    return peaks if isinstance(peaks, dict) else {}


def processor(device: torch.device) -> str:
    """The processor's name, as it calls itself; what torch says where it does not."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            named = (line for line in file if line.startswith("model name"))
            return next(named).partition(":")[2].strip()
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
