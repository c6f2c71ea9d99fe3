"""Chains, schedules and overwrites, against brute force on small random graphs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclesim.errors import CyclesimError
from cyclesim.trace import ArrayData, Cycle, Dataflow, Header, Timing, Trace, Value


def read(source: int | None = None, name: str = "input", **rest: object) -> Value:
    return Value(name, (1,), "float32", source=source, **rest)  # type: ignore[arg-type]


def cycle(number: int, *inputs: Value, inplace: bool = False, nop: bool = False) -> Cycle:
    return Cycle(
        number, "other", f"step{number}", "", 1, "op", inputs=inputs, inplace=inplace, nop=nop,
        self_ns=number,
    )  # fmt: skip


def graph(sources: Sequence[Sequence[int]]) -> list[Cycle]:
    return [cycle(n, *map(read, s)) for n, s in enumerate(sources)]


#: An attention: hidden → query, key, value → scores → softmax → context, and the residual.
ATTENTION = graph([[], [0], [0], [0], [1, 2], [4], [3, 5], [0, 6]])


@st.composite
def graphs(draw: st.DrawFn, most: int = 9) -> list[list[int]]:
    size = draw(st.integers(0, most))
    return [
        draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True)) if n else []
        for n in range(size)
    ]


def chains(sources: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Every chain of dependences there is."""
    ending: list[list[tuple[int, ...]]] = []
    for n, read_from in enumerate(sources):
        ending.append([(n,)] + [(*c, n) for s in read_from for c in ending[s]])
    return list(itertools.chain.from_iterable(ending))


# -- dependences -------------------------------------------------------------------------------


def test_an_attention() -> None:
    trace = Trace(Header("", "", "cpu", "float32", "eager"), ATTENTION)
    assert trace.upstream(4) == (0, 1, 2)
    assert trace.downstream(3) == (6, 7)
    assert trace.upstream(0) == () == trace.downstream(7)
    assert trace.consumers(0) == (1, 2, 3, 7)
    assert trace.critical_path() == (0, 1, 4, 5, 6, 7)
    assert trace.schedule() == [0, 1, 1, 1, 2, 3, 4, 5] == trace.dataflow.level
    assert trace.dataflow.slack() == [0, 0, 0, 2, 0, 0, 0, 0]
    assert trace.totals["depth"] == 6 and trace.dataflow.span() == 6


def test_time_weighs_the_critical_path() -> None:
    trace = Trace(Header("", "", "cpu", "float32", "eager"), ATTENTION)
    assert list(trace.cycle_ns) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert trace.critical_path(timed=True) == (0, 2, 4, 5, 6, 7)
    assert trace.dataflow.span(trace.cycle_ns) == 24
    trace.timing = Timing(full_speed=(1, 1, 1, 100, 1, 1, 1, 1))
    assert trace.critical_path(timed=True) == (0, 3, 6, 7)
    assert trace.dataflow.span(trace.cycle_ns) == 103
    assert trace.dataflow.schedule(trace.cycle_ns) == [0, 1, 1, 1, 2, 3, 101, 102]
    assert trace.dataflow.slack(trace.cycle_ns) == [0, 97, 97, 0, 97, 97, 0, 0]


@given(graphs())
def test_reach_is_what_the_chains_say(sources: list[list[int]]) -> None:
    flow = Dataflow(graph(sources))
    through = chains(sources)
    for k in range(len(sources)):
        before = {c for chain in through if chain[-1] == k for c in chain} - {k}
        after = {c for chain in through if chain[0] == k for c in chain} - {k}
        assert flow.upstream(k) == tuple(sorted(before))
        assert flow.downstream(k) == tuple(sorted(after))


@given(graphs(), st.data())
def test_the_critical_path_is_the_longest_chain(
    sources: list[list[int]], data: st.DataObject
) -> None:
    flow = Dataflow(graph(sources))
    size = len(sources)
    through = chains(sources)
    assert (
        flow.depth == flow.span() == len(flow.critical_path()) == max(map(len, through), default=0)
    )
    assert flow.ilp == (size / flow.depth if size else 0.0)
    times = data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
    path = flow.critical_path(times)
    longest = max((sum(times[k] for k in chain) for chain in through), default=0)
    assert flow.span(times) == longest == sum(times[k] for k in path)
    assert not sources or path in through


def test_nothing_has_no_depth() -> None:
    flow = Dataflow([])
    assert flow.depth == 0 and flow.ilp == 0.0 and flow.span() == 0
    assert flow.critical_path() == () and flow.schedule() == [] == flow.slack()


# -- schedules and overwrites ------------------------------------------------------------------


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, list[int], bool]]:
    """Operations on named buffers: what is read, and whether the first one read is overwritten."""
    program: list[tuple[str, list[int], bool]] = []
    for n in range(draw(st.integers(1, 8))):
        reads = draw(st.lists(st.integers(0, n - 1), max_size=2, unique=True)) if n else []
        kind = draw(st.sampled_from(["new", "new", "nop", "over"])) if reads else "new"
        program.append((kind, reads, kind == "over"))
    return program


def recorded(program: list[tuple[str, list[int], bool]]) -> tuple[list[Cycle], list[int]]:
    """As the recorder sees it: a later read of an overwritten buffer reads from the overwrite."""
    buffer: list[int] = []  # of each cycle's output
    latest: dict[int, int] = {}
    cycles = []
    for n, (kind, reads, inplace) in enumerate(program):
        # A NOP's output is the buffer of its input; it became the buffer's name, not its writer.
        inputs = [read(latest[buffer[r]] if latest[buffer[r]] > r else r) for r in reads]
        cycles.append(cycle(n, *inputs, inplace=inplace, nop=kind == "nop"))
        buffer.append(n if kind == "new" else buffer[reads[0]])
        if kind != "nop":
            latest[buffer[n]] = n
    return cycles, buffer


def run(program: list[tuple[str, list[int], bool]], order: Sequence[int]) -> dict[int, object]:
    """What every cycle read when run in `order` on real buffers; the meaning of a program."""
    _, buffer = recorded(program)
    content: dict[int, object] = {}
    seen: dict[int, object] = {}
    for n in order:
        kind, reads, _ = program[n]
        seen[n] = tuple(content.get(buffer[r]) for r in reads)
        if kind != "nop":
            content[buffer[n]] = (n, seen[n])
    return seen


@settings(max_examples=150)
@given(programs(), st.randoms(use_true_random=False))
def test_a_schedule_reads_what_the_serial_run_read(program, random) -> None:  # type: ignore[no-untyped-def]
    cycles, _ = recorded(program)
    flow = Dataflow(cycles)
    ticks = flow.schedule()
    assert all(t >= level for t, level in zip(ticks, flow.level, strict=True))
    serial = run(program, range(len(program)))
    for _ in range(4):
        # Within a tick any order must do.
        order = sorted(range(len(program)), key=lambda n: (ticks[n], random.random()))
        assert run(program, order) == serial


@given(programs(), st.data())
def test_schedules_are_early_and_slack_is_late(program, data) -> None:  # type: ignore[no-untyped-def]
    flow = Dataflow(recorded(program)[0])
    size = len(flow)
    times = data.draw(st.lists(st.integers(1, 5), min_size=size, max_size=size))
    before = [{*s, *w} for s, w in zip(flow.sources, flow.waits, strict=True)]
    starts, slack = flow.schedule(times), flow.slack(times)
    finish = max(s + t for s, t in zip(starts, times, strict=True))
    for n in range(size):
        assert starts[n] == max((starts[b] + times[b] for b in before[n]), default=0)
        # Held back by its slack, and not a tick more, the run ends as early as before.
        for late, same in ((slack[n], True), (slack[n] + 1, False)):
            held: list[int] = []
            for m in range(size):
                start = max((held[b] + times[b] for b in before[m]), default=0)
                held.append(max(start, starts[n] + late) if m == n else start)
            assert (max(h + t for h, t in zip(held, times, strict=True)) == finish) is same


def test_an_overwrite_waits_for_the_readers_of_the_old_numbers() -> None:
    # 0 writes x; 1 → 2 → 3 is a chain whose end reads x; 4 overwrites x; 5 reads the new x.
    cycles = [
        cycle(0), cycle(1), cycle(2, read(1)), cycle(3, read(2), read(0)),
        cycle(4, read(0), inplace=True), cycle(5, read(4)),
    ]  # fmt: skip
    flow = Dataflow(cycles)
    assert flow.waits == [(), (), (), (), (3,), ()]
    assert flow.level == [0, 0, 1, 2, 1, 2]  # a fresh buffer would need no waiting
    assert flow.schedule() == [0, 0, 1, 2, 3, 4]
    assert flow.critical_path() == (1, 2, 3) and flow.depth == 3
    assert flow.upstream(4) == (0,)


def test_an_overwrite_through_a_nop_and_by_out() -> None:
    # 1 is a switched-off dropout of x: overwriting its output overwrites x, which 2 reads.
    through = [
        cycle(0), cycle(1, read(0), nop=True), cycle(2, read(0)), cycle(3, read(1), inplace=True),
    ]  # fmt: skip
    assert Dataflow(through).waits[3] == (2,)
    out = [
        cycle(0), cycle(1), cycle(2, read(0)), cycle(3, read(1)),
        cycle(4, read(1, name="other"), read(0, name="out"), inplace=True),
    ]  # fmt: skip
    assert Dataflow(out).waits[4] == (2,)


def test_an_overwritten_weight_keeps_its_readers_in_order() -> None:
    weight = read(kind="parameter", parameter="w")
    other = read(kind="parameter", parameter="v")
    cycles = [cycle(0, weight), cycle(1, weight, inplace=True), cycle(2, weight), cycle(3, other)]
    flow = Dataflow(cycles)
    assert flow.waits == [(), (0,), (1,), ()]
    assert flow.schedule() == [0, 1, 2, 0] and flow.depth == 1


def test_an_overwritten_constant_is_known_by_its_memory() -> None:
    data = ArrayData(np.zeros(1))
    constant = read(data=data)
    flow = Dataflow([cycle(0, constant), cycle(1, constant, inplace=True), cycle(2, read())])
    assert flow.waits == [(), (0,), ()]


# -- bad input, growth, size -------------------------------------------------------------------


@pytest.mark.parametrize("sources", [[[0]], [[1], []], [[], [-1]]])
def test_a_cycle_that_reads_the_future_is_refused(sources: list[list[int]]) -> None:
    with pytest.raises(CyclesimError, match="did not run before it"):
        Dataflow(graph(sources))


def test_wrong_numbers_and_times_are_refused() -> None:
    flow = Dataflow(ATTENTION)
    for number in (-1, 8):
        with pytest.raises(CyclesimError, match="there is no cycle"):
            flow.upstream(number)
    with pytest.raises(CyclesimError, match="2 times were given for 8 cycles"):
        flow.critical_path([1, 2])


def test_a_trace_that_grows_or_is_run_again_has_a_new_dataflow() -> None:
    trace = Trace(Header("", "", "cpu", "float32", "eager"), graph([[], [0]]))
    first = trace.dataflow
    assert trace.dataflow is first
    trace.cycles.append(cycle(2, read(1)))
    assert trace.downstream(0) == (1, 2)
    trace.cycles[1:] = [cycle(1), cycle(2, read(1))]
    assert trace.downstream(0) == ()


def test_a_hundred_thousand_cycles() -> None:
    size = 100_000
    cycles = [cycle(n, *map(read, (n - 1,) if n else ()), inplace=n % 7 == 3) for n in range(size)]
    started = time.perf_counter()
    flow = Dataflow(cycles)
    assert flow.depth == size == len(flow.critical_path()) == len(flow.upstream(size - 1)) + 1
    assert len(flow.downstream(0)) == size - 1 and flow.schedule()[-1] == size - 1
    assert flow.slack(range(size))[0] == 0
    # Quadratic would be hours; the rest is room for a busy machine.
    assert time.perf_counter() - started < 10
