"""The Kanata log, read again by the rules of its format."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings

from cyclesim.export import kanata
from cyclesim.trace import Trace
from tests.render.runs import hostile, run

from .samples import harmless, timed


@dataclass
class Instruction:
    thread: int
    label: str = ""
    detail: str = ""
    stages: dict[str, tuple[int, int]] = field(default_factory=dict)
    producers: list[int] = field(default_factory=list)
    retired: int | None = None


def read(text: str) -> dict[int, Instruction]:
    """The instructions of a log by number; what the format forbids is an AssertionError."""
    lines = text.split("\n")
    assert lines.pop() == "" and lines[:2] == ["Kanata\t0004", "C=\t0"]
    tick = 0
    found: dict[int, Instruction] = {}
    open_stages: dict[int, tuple[str, int]] = {}
    retired: list[int] = []
    for line in lines[2:]:
        command, *parts = line.split("\t")
        if command == "C":
            assert int(parts[0]) > 0
            tick += int(parts[0])
            continue
        number = int(parts[0])
        if command == "I":
            assert number not in found and int(parts[1]) == number and len(parts) == 3
            found[number] = Instruction(int(parts[2]))
            continue
        one = found[number]
        assert one.retired is None, "nothing follows R"
        if command == "L":
            assert len(parts) == 3 and parts[1] in "01"
            if parts[1] == "0":
                one.label += parts[2]
            else:
                one.detail += parts[2]
        elif command == "S":
            assert parts[1] == "0" and number not in open_stages
            open_stages[number] = (parts[2], tick)
        elif command == "E":
            stage, start = open_stages.pop(number)
            assert parts == [str(number), "0", stage]
            one.stages[stage] = (start, tick)
        elif command == "W":
            assert parts[2] == "0" and int(parts[1]) in found
            one.producers.append(int(parts[1]))
        else:
            assert command == "R" and parts[2] == "0" and number not in open_stages
            one.retired = tick
            retired.append(int(parts[1]))
    assert all(one.retired is not None for one in found.values())
    assert retired == list(range(len(found)))
    return dict(sorted(found.items()))


@settings(max_examples=100)
@given(timed())
def test_every_cycle_once_with_its_dependencies(trace: Trace) -> None:
    found = read(kanata(trace))
    assert list(found) == list(range(len(trace)))
    starts = trace.schedule()
    for number, one in found.items():
        sources = trace.dataflow.sources[number]
        assert tuple(one.producers) == sources
        assert one.stages["X"] == (starts[number], starts[number] + 1)
        assert one.retired == starts[number] + 1
        ready = min((starts[s] + 1 for s in sources), default=starts[number])
        waits = {"W": (ready, starts[number])} if ready < starts[number] else {}
        assert one.stages == waits | {"X": one.stages["X"]}
        assert one.label.startswith(f"{number}: ")


def test_the_embedded_model(real: Trace) -> None:
    found = read(kanata(real))
    softmax = real.find(step="softmax", layer=2)[0]
    one = found[softmax.number]
    assert one.label == f"{softmax.number}: layer 2 attention softmax"
    assert "softmax in bert.encoder.layer.2" in one.detail
    assert "median self time of unpaused runs" in one.detail
    # The context waits for the softmax while its values are ready.
    context = real.find(step="context", layer=2)[0]
    assert found[context.number].stages["W"][1] == found[context.number].stages["X"][0]
    assert max(o.stages["X"][1] for o in found.values()) == real.dataflow.depth


def test_hostile_names_stay_on_their_lines() -> None:
    found = read(kanata(hostile()))
    assert len(found) == len(hostile())
    assert all(harmless(one.label + one.detail) for one in found.values())


def test_overwritten_memory_is_said() -> None:
    trace = run()
    trace[5].inplace = True
    trace[6].inputs = trace[5].inputs
    found = read(kanata(trace))
    assert "after 5" in found[6].detail


def test_an_empty_trace() -> None:
    trace = run()
    trace.cycles.clear()
    assert read(kanata(trace)) == {}
