"""The work of the run's cycles, under the roof of a machine."""

from cyclesim.cost import Peak, place, work_of
from cyclesim.lessons.exercises import Case

#: A small machine, between the intensities of this model's cycles.
PEAK = Peak(flops=40e9, bandwidth=20e9)


def cases(trace, runs):
    for condition in ("layer 0 and intermediate", "layer 0 and softmax", "logits"):
        (cycle,) = trace.find(condition)
        work = work_of([cycle])
        mark = place(work, PEAK)
        given = (work.flops, work.nbytes)
        roof = (*given, PEAK.flops, PEAK.bandwidth)
        yield Case("intensity", "intensity", given, mark.intensity)
        yield Case("least", "least_seconds", roof, mark.least_ns / 1e9, within=1e-12)
        yield Case("bound", "waits_for", roof, mark.bound)
    total = sum(cycle.flops for cycle in trace)
    share = sum(cycle.flops for cycle in trace.find("ffn")) / total
    yield Case("amdahl", "speedup", (share, 2.0), total / (total - share * total / 2))
    yield Case("amdahl", "speedup", (0.5, 1e12), 2.0, within=1e-6)
