"""A trace file from somebody else: whatever is in it, the answer is a trace or one sentence."""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import pickle  # noqa: TID251  to make the file that must not be opened
import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.trace import ArrayData, Call, Cycle, Header, Timing, Trace, Value, Verdict
from cyclesim.trace.file.limits import MAX_HEADER, MAX_STRING

KEY = "cyclesim.trace"


def sample() -> Trace:
    a = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    b = np.array([True, False, True])
    va = Value("output", (2, 3, 4), "float32", nbytes=96, data=ArrayData(a))
    vb = Value("mask", (3,), "bool", nbytes=3, data=ArrayData(b), words=("x", "y", "é"))
    read = Value("input", (2, 3, 4), "float32", nbytes=96, source=0, data=ArrayData(a))
    weight = Value("weight", (4, 4), "float32", kind="parameter", parameter="w")
    stack = (Call("", 1, "Model"), Call("layer.0", 1, "Layer"))
    entity = {"text": "x", "label": "PER", "start": 0, "end": 1, "score": 0.5}
    return Trace(
        Header("m", "token-classification", "cpu", "float32", "eager", "x y", ("x", "y"),
               ((0, 1), None), ("O", "PER"), 16),
        [
            Cycle(0, "embedding", "word_embeddings", "layer.0", 1, "embedding",
                  outputs=(va, vb), stack=stack, layer=0, arguments={"dim": "1"}),
            Cycle(1, "attention", "query", "layer.0", 1, "linear", inputs=(read, weight),
                  outputs=(va,), stack=stack, layer=0),
        ],
        Verdict(True, 0.0),
        Timing(5, 4, (1, 2)),
        {"entities": [entity], "score": float("nan")},
        True,
    )  # fmt: skip


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / "good"
    sample().save(path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "victim"


def parts(data: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """The header, the manifest in it, and the bytes behind."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    return header, json.loads(header["__metadata__"][KEY]), data[end:]


def assembled(header: Any, manifest: Any, body: bytes) -> bytes:
    if manifest is not None:
        text = manifest if isinstance(manifest, str) else json.dumps(manifest)
        header = {**header, "__metadata__": {KEY: text}}
    text = header if isinstance(header, str) else json.dumps(header)
    return struct.pack("<Q", len(text.encode())) + text.encode() + body


def use(trace: Trace) -> None:
    """What a view does with a trace that has been opened."""
    trace.to_json()
    repr(trace)
    trace.groups("module")
    str(cyclesim.diff(trace, sample()))
    for cycle in trace:
        trace.consumers(cycle.number)
        for value in (*cycle.inputs, *cycle.outputs):
            value.stats  # noqa: B018
            try:
                value.numpy()
                value.numpy((..., 0))
            except IndexError:
                assert not value.shape or not value.shape[-1]
            except CyclesimError as error:
                one_sentence(error)


def one_sentence(error: CyclesimError) -> str:
    said = str(error)
    assert said.endswith(".") and said.isprintable() and len(said) < 600, said
    return said


def attempt(path: Path, data: bytes) -> str | None:
    """Open `data` as a file: None if it is a trace, else the sentence."""
    path.write_bytes(data)
    try:
        use(cyclesim.open_trace(path))
    except CyclesimError as error:
        return one_sentence(error)
    return None


def test_the_good_file_is_good(good: bytes, victim: Path) -> None:
    assert attempt(victim, good) is None
    assert attempt(victim, assembled(*parts(good))) is None


# -- cut and flipped ---------------------------------------------------------------------------


def test_cut_anywhere(good: bytes, victim: Path) -> None:
    for tenth in range(10):
        assert attempt(victim, good[: len(good) * tenth // 10])
    for length in (*range(20), *range(20, len(good), 97), len(good) - 1):
        assert attempt(victim, good[:length])
    assert attempt(victim, good + b"\0")


def test_any_byte_of_the_header_flipped(good: bytes, victim: Path) -> None:
    end = 8 + int.from_bytes(good[:8], "little")
    chosen = random.Random(1)
    for place in (*range(8), *chosen.sample(range(8, end), 250)):
        broken = bytearray(good)
        broken[place] ^= 1 << chosen.randrange(8)
        attempt(victim, bytes(broken))  # a letter of a name may be another letter: still a trace


# -- sizes and places --------------------------------------------------------------------------

Change = Callable[[dict[str, Any], dict[str, Any]], Any]


def cycle(manifest: dict[str, Any], n: int) -> dict[str, Any]:
    found: dict[str, Any] = manifest["trace"]["cycles"][n]
    return found


def output(manifest: dict[str, Any], n: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = cycle(manifest, n)["outputs"][0]
    return found


HUGE = 2**60
CHANGES: dict[str, Change] = {
    "an entry beyond the file": lambda h, m: h["0.outputs.0"].update(data_offsets=[0, 10**6]),
    "an entry of 2**60 bytes": lambda h, m: h["0.outputs.0"].update(
        data_offsets=[0, HUGE], shape=[HUGE // 4]
    ),
    "an entry with a size of 2**60": lambda h, m: h["0.outputs.0"].update(shape=[HUGE]),
    "sizes whose product overflows": lambda h, m: h["0.outputs.0"].update(shape=[2**62] * 64),
    "negative offsets": lambda h, m: h["0.outputs.0"].update(data_offsets=[-96, 0]),
    "reversed offsets": lambda h, m: h["0.outputs.0"].update(data_offsets=[96, 0]),
    "overlapping entries": lambda h, m: h["0.outputs.1"].update(data_offsets=[95, 98]),
    "a gap between entries": lambda h, m: h["0.outputs.1"].update(data_offsets=[97, 100]),
    "a shape of text": lambda h, m: h["0.outputs.0"].update(shape="abc"),
    "a shape of booleans": lambda h, m: h["0.outputs.0"].update(shape=[True, 24]),
    "too many dimensions": lambda h, m: h["0.outputs.0"].update(shape=[24, *[1] * 100]),
    "an unknown dtype": lambda h, m: h["0.outputs.0"].update(dtype="O8"),
    "a dtype that is a list": lambda h, m: h["0.outputs.0"].update(dtype=[]),
    "an entry that is a list": lambda h, m: h.update(x=[]),
    "an entry with more keys": lambda h, m: h["0.outputs.0"].update(extra=1),
    "metadata of another kind": lambda h, m: h.update(x={"__metadata__": 1}),
    "a value beyond its entry": lambda h, m: output(m)["data"].update(offset=4),
    "a value with an offset of 2**60": lambda h, m: output(m)["data"].update(offset=HUGE),
    "a value with a negative offset": lambda h, m: output(m)["data"].update(offset=-4),
    "negative strides": lambda h, m: output(m)["data"].update(strides=[-48, 16, 4]),
    "huge strides": lambda h, m: output(m)["data"].update(strides=[HUGE, 16, 4]),
    "missing strides": lambda h, m: output(m)["data"].update(strides=[4]),
    "a value in no entry": lambda h, m: output(m)["data"].update(tensor="9.outputs.9"),
    "a value of 2**60": lambda h, m: output(m).update(shape=[HUGE]),
    "one number shown 2**60 times": lambda h, m: (
        output(m).update(shape=[HUGE]),
        output(m)["data"].update(strides=[0]),
    ),
    "one number shown 2**30 times": lambda h, m: (
        output(m).update(shape=[2**15, 2**15]),
        output(m)["data"].update(strides=[0, 0]),
    ),
    "nothing, endlessly": lambda h, m: output(m).update(shape=[0, *[2**62] * 60]),
    "a negative size": lambda h, m: output(m).update(shape=[-1]),
    "a size that is a float": lambda h, m: output(m).update(shape=[2.0, 3, 4]),
    "a dtype with other sizes": lambda h, m: output(m).update(dtype="float64"),
    "a dtype of objects": lambda h, m: output(m).update(dtype="object"),
    "65 dimensions": lambda h, m: output(m).update(shape=[1] * 65),
    "numbers with gaps": lambda h, m: cycle(m, 1).update(number=2),
    "a number twice": lambda h, m: cycle(m, 1).update(number=0),
    "a source of later": lambda h, m: cycle(m, 1)["inputs"][0].update(source=1),
    "a source far ahead": lambda h, m: cycle(m, 1)["inputs"][0].update(source=HUGE),
    "a negative source": lambda h, m: cycle(m, 1)["inputs"][0].update(source=-1),
    "an unknown unit": lambda h, m: cycle(m, 1).update(unit="gpu"),
    "a unit that is a list": lambda h, m: cycle(m, 1).update(unit=[]),
    "a field of no meaning": lambda h, m: cycle(m, 1).update(exec="rm"),
    "a cycle without a step": lambda h, m: cycle(m, 1).pop("step"),
    "a step that is null": lambda h, m: cycle(m, 1).update(step=None),
    "a cycle that is a text": lambda h, m: m["trace"].update(cycles=["x"]),
    "cycles that are a mapping": lambda h, m: m["trace"].update(cycles={}),
    "a call that is not there": lambda h, m: cycle(m, 1).update(stack=[0, 99]),
    "a call counted from behind": lambda h, m: cycle(m, 1).update(stack=[-1]),
    "calls that are numbers": lambda h, m: m.update(calls=[1, 2]),
    "no calls": lambda h, m: m.pop("calls"),
    "no trace": lambda h, m: m.pop("trace"),
    "no schema": lambda h, m: m.pop("schema"),
    "a schema of tomorrow": lambda h, m: m.update(schema=10**18),
    "a schema that is true": lambda h, m: m.update(schema=True),
    "too few times": lambda h, m: m["trace"]["timing"].update(full_speed=[1]),
    "a first difference nowhere": lambda h, m: m["trace"].update(verdict={"first_difference": 2}),
    "an edit nowhere": lambda h, m: m["trace"].update(verdict={"edited": [2]}),
    "more offsets than tokens": lambda h, m: m["trace"]["header"].update(offsets=[None] * 3),
    "a result that is a number": lambda h, m: m["trace"].update(result={"$": "nan"}),
    "entities that are none": lambda h, m: m["trace"].update(result={"entities": [1]}),
    "entities without a place": lambda h, m: m["trace"]["result"]["entities"][0].pop("start"),
    "statistics of three": lambda h, m: output(m).update(stats=[0, 1, 2]),
    "statistics of text": lambda h, m: output(m).update(stats=["a", 0, 0, 0, 0]),
    "a text without end": lambda h, m: cycle(m, 1).update(note="x" * (MAX_STRING + 1)),
    "half a character": lambda h, m: cycle(m, 1).update(note="\ud800"),
    "an integer of 2**63": lambda h, m: cycle(m, 1).update(flops=2**63),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_does_not_fit_is_refused(good: bytes, victim: Path, what: str) -> None:
    header, manifest, body = parts(good)
    CHANGES[what](header, manifest)
    tracemalloc.start()
    try:
        assert attempt(victim, assembled(header, manifest, body))
        assert tracemalloc.get_traced_memory()[1] < 120 << 20
    finally:
        tracemalloc.stop()


def test_what_is_odd_but_true_is_accepted(good: bytes, victim: Path) -> None:
    header, manifest, body = parts(good)
    output(manifest).update(shape=[1000, 24])
    output(manifest)["data"].update(strides=[0, 4])
    assert attempt(victim, assembled(header, manifest, body)) is None


# -- JSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"schema": 1, "schema": 1}',
        '{"schema": ' + "9" * 100_000 + "}",
        '{"schema": 1e999}',
        "[" + ",".join(["[]"] * 10) + "]",
        "null",
        "",
        "{",
        "\x00",
        '{"schema": 1, "trace": []}',
        '{"schema": 1, "trace": {"cycles": 5}, "calls": []}',
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_json_that_is_no_manifest(good: bytes, victim: Path, text: str) -> None:
    header, _, body = parts(good)
    began = time.perf_counter()
    assert attempt(victim, assembled(header, text, body))
    assert attempt(victim, assembled(text, None, body))
    assert time.perf_counter() - began < 5


def test_too_many_cycles_are_refused(
    good: bytes, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cyclesim.trace.file.manifest.MAX_CYCLES", 1000)
    header, manifest, body = parts(good)
    manifest["trace"]["cycles"] = [0] * 1001
    said = attempt(victim, assembled(header, manifest, body))
    assert "1,001 cycles; the limit is 1,000" in str(said)


def test_a_deep_result_is_refused(good: bytes, victim: Path) -> None:
    header, manifest, body = parts(good)
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    manifest["trace"]["result"] = {"x": deep}
    assert "nested deeper than 32" in str(attempt(victim, assembled(header, manifest, body)))


def test_many_small_elements_are_refused_before_they_are_made(victim: Path) -> None:
    bomb = '{"a":[' + "[]," * 8_000_001 + "[]]}"
    tracemalloc.start()
    said = attempt(victim, assembled(bomb, None, b""))
    assert "the limit is 8,000,000" in str(said)
    assert tracemalloc.get_traced_memory()[1] < 200 << 20
    tracemalloc.stop()


def test_a_long_header_is_refused_unread(victim: Path) -> None:
    with open(victim, "wb") as file:  # a sparse file: no disk is used
        file.write(struct.pack("<Q", MAX_HEADER + 1))
        file.truncate(1 << 40)
    with pytest.raises(CyclesimError, match=f"the limit is {MAX_HEADER:,}"):
        cyclesim.open_trace(victim)
    victim.unlink()


def test_messages_carry_no_escape_of_the_file(good: bytes, victim: Path) -> None:
    header, manifest, body = parts(good)
    cycle(manifest, 1)["\x1b[31m\u202e" + "x" * 1000] = 1
    assert attempt(victim, assembled(header, manifest, body))
    header["\x1b[2J"] = 5
    assert attempt(victim, assembled(header, manifest, body))
    with pytest.raises(CyclesimError) as error:
        cyclesim.open_trace("no\x1b[31msuch")
    one_sentence(error.value)


# -- no trace at all ---------------------------------------------------------------------------


def test_other_files(tmp_path: Path, victim: Path) -> None:
    from safetensors.numpy import save

    assert "empty" in str(attempt(victim, b""))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        said = attempt(victim, pickle.dumps({"a": [1, 2, 3] * 9}, protocol))
        assert "pickle" in str(said)
    archive = io.BytesIO()
    np.savez(archive, a=np.ones(3))
    assert "zip" in str(attempt(victim, archive.getvalue()))
    assert "manifest" in str(attempt(victim, save({"a": np.ones(3)})))
    for data in (b"x", b"\0" * 7, b"\0" * 100, b"\xff" * 100, b"hello world, this is text\n" * 9):
        assert attempt(victim, data)


def test_what_is_no_file(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path, fifo, Path("/dev/zero"), tmp_path / "missing", tmp_path / "loop"):
        with pytest.raises(CyclesimError) as error:
            cyclesim.open_trace(path)
        assert ascii(str(path))[1:-1] in one_sentence(error.value)
    for odd in ("a\0b", None, 3.5):
        with pytest.raises(CyclesimError) as error:
            cyclesim.open_trace(odd)  # type: ignore[arg-type]
        one_sentence(error.value)


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.ESTALE], ids=os.strerror)
def test_an_unreadable_file(
    victim: Path, good: bytes, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    # By hand, because root may read every file.
    def fails(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    victim.write_bytes(good)
    trace = cyclesim.open_trace(victim)
    monkeypatch.setattr(os, "pread", fails)
    for attempted in (trace[0].outputs[0].numpy, lambda: cyclesim.open_trace(victim)):
        with pytest.raises(CyclesimError, match=os.strerror(error)) as said:
            attempted()
        one_sentence(said.value)
    monkeypatch.setattr(os, "open", fails)
    with pytest.raises(CyclesimError, match=os.strerror(error)):
        cyclesim.open_trace(victim)


@pytest.mark.parametrize("change", ["shrink", "grow", "overwrite"])
def test_a_file_that_changes_after_opening(victim: Path, good: bytes, change: str) -> None:
    victim.write_bytes(good)
    os.utime(victim, ns=(1, 1))
    trace = cyclesim.open_trace(victim)
    if change == "overwrite":
        victim.write_bytes(bytes(len(good)))
    else:
        os.truncate(victim, len(good) - 50 if change == "shrink" else len(good) + 50)
    with pytest.raises(CyclesimError, match="open it again"):
        trace[0].outputs[0].numpy()


def test_a_file_that_is_replaced_or_deleted_after_opening(victim: Path, good: bytes) -> None:
    victim.write_bytes(good)
    trace = cyclesim.open_trace(victim)
    sample().save(victim, "stats")
    victim.unlink()
    assert trace[0].outputs[0].numpy()[1, 2, 3] == 23


def test_opening_leaves_no_handle(victim: Path, good: bytes) -> None:
    assert gc.isenabled()
    victim.write_bytes(good)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(20):
        cyclesim.open_trace(victim)
        with pytest.raises(CyclesimError):
            cyclesim.open_trace(victim.parent)
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
    assert gc.isenabled()


# -- fuzz --------------------------------------------------------------------------------------

WORDS: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**60, 2**63 - 1, 2**63, -(2**63), 10**25, 0.5,
    1e308, "", "x", "nan", "inf", "\x1b[0m", "\u202e", [], {}, [[]], [0], {"a": 1}, {"$": "nan"},
    {"$": 1}, "0.outputs.0", "float64", "bfloat16", "bool", [0] * 70, "é" * 50,
]  # fmt: skip


def mutated(good: bytes, seed: int) -> bytes:
    """One wrong file: bytes flipped, cut, moved, doubled, or a node of its JSON exchanged."""
    chosen = random.Random(seed)
    if chosen.random() < 0.35:
        data = bytearray(good)
        end = 8 + int.from_bytes(good[:8], "little")
        for _ in range(chosen.choice([1, 1, 1, 2, 8, 64])):
            place = chosen.randrange(chosen.choice([8, end, len(data)]) or 1) % (len(data) or 1)
            way = chosen.randrange(6)
            if not data:
                break
            if way == 0:
                data[place] ^= 1 << chosen.randrange(8)
            elif way == 1:
                data[place] = chosen.choice([0, 0xFF, 0x80, *b'{}[]",:\\0-.eEu'])
            elif way == 2:
                del data[place : place + chosen.randrange(1, 40)]
            elif way == 3:
                piece = data[place : place + chosen.randrange(1, 40)]
                where = chosen.randrange(len(data) + 1)
                data[where:where] = piece
            elif way == 4:
                del data[place:]
            else:
                data[place:place] = chosen.randbytes(chosen.randrange(1, 9))
        return bytes(data)
    header, manifest, body = parts(good)
    top = {"h": {k: v for k, v in header.items() if k != "__metadata__"}, "m": manifest}
    for _ in range(chosen.choice([1, 1, 1, 2, 5])):
        _exchange(top, chosen)
    if chosen.random() < 0.05:
        body = body[: chosen.randrange(len(body) + 1)]
    header = top.get("h", {})
    if not isinstance(header, dict):
        return assembled(json.dumps(header), None, body)
    return assembled(header, top.get("m"), body)


def _exchange(top: Any, chosen: random.Random) -> None:
    nodes: list[tuple[Any, Any]] = []
    pending = [top]
    while pending:
        node = pending.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            nodes.append((node, key))
            if isinstance(node[key], (dict, list)):
                pending.append(node[key])
    if not nodes:
        return
    node, key = chosen.choice(nodes)
    way = chosen.randrange(8)
    if way == 0:
        del node[key]
    elif way == 1:
        other, place = chosen.choice(nodes)
        if isinstance(other, dict) and place in other:
            node[key] = json.loads(json.dumps(other[place]))
    elif way == 2 and isinstance(node, list):
        node.insert(key, json.loads(json.dumps(node[key])))
    elif way == 3 and isinstance(node, dict):
        node[chosen.choice(["", "x", "data", "number", "\x1b", "strides"])] = chosen.choice(WORDS)
    elif way == 4 and isinstance(node[key], int):
        node[key] += chosen.choice([-1, 1, 4, 2**32, -(2**40)])
    else:
        node[key] = json.loads(json.dumps(chosen.choice(WORDS)))


@settings(
    max_examples=int(os.environ.get("CYCLESIM_FUZZ", "300")),
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**40))
def test_mutated_files(good: bytes, victim: Path, seed: int) -> None:
    attempt(victim, mutated(good, seed))
