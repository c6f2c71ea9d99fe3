"""The dataflow of the run that the exercise is held against."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    sources = [list(cycle.sources) for cycle in trace]
    busy = max(range(len(trace)), key=lambda n: len(trace.consumers(n)))
    for number in (busy, len(trace) - 1):
        yield Case("readers", "readers", (sources, number), list(trace.consumers(number)))
    yield Case("depth", "depth", (sources,), int(trace.totals["depth"]))
    yield Case("depth", "depth", ([[], [], [0], [1, 2], []],), 3)
    yield Case("ilp", "ilp", (sources,), float(trace.totals["ilp"]))
