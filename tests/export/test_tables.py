"""CSV and Parquet: a row a cycle, each column of its type, and nothing that runs as a formula."""

from __future__ import annotations

import csv as standard
import io
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import cyclesim
from cyclesim.export import COLUMNS, FORMATS, csv, parquet
from cyclesim.trace import Trace, Value
from tests.render.runs import hostile, run
from tests.trace.samples import array_value

from .samples import harmless, timed

READ = {
    "integer": int,
    "real": float,
    "text": str,
    "truth": {"true": True, "false": False}.__getitem__,
    "integers": lambda cell: [int(n) for n in cell.split()],
}


def table(trace: Trace) -> list[dict[str, Any]]:
    """The rows of the CSV, each cell read as the type of its column says."""
    content = FORMATS["csv"].content(trace).decode("utf-8")
    names, *rows = list(standard.reader(io.StringIO(content, newline=""), strict=True))
    assert names == [c.name for c in COLUMNS] and len({*names}) == len(names)
    assert all(len(row) == len(names) for row in rows)
    return [
        {
            c.name: READ[c.type](cell) if cell or c.type in ("text", "integers") else None  # type: ignore[operator]
            for c, cell in zip(COLUMNS, row, strict=True)
        }
        for row in rows
    ]


@settings(max_examples=80)
@given(timed())
def test_any_trace_is_a_table(trace: Trace) -> None:
    rows = table(trace)
    ticks = trace.schedule()
    assert len(rows) == len(trace) == csv(trace).count("\n") - 1
    for row, cycle in zip(rows, trace, strict=True):
        for name in ("number", "call", "layer", "nop", "inplace", "self_ns", "bytes_read"):
            assert row[name] == getattr(cycle, name)
        assert row["sources"] == list(cycle.sources)
        assert row["consumers"] == list(trace.consumers(cycle.number))
        assert row["tick"] == ticks[cycle.number]
        assert row["flops"] == cycle.flops or (row["flops"] is None and cycle.flops == 0)
        assert len(json.loads(row["arguments"])) == len(cycle.arguments)
        for field in ("min", "max", "mean"):
            value = getattr(cycle.outputs[0].stats, field) if cycle.outputs else math.nan
            assert row[f"output_{field}"] == (None if math.isnan(value) else value)


def test_the_embedded_model(real: Trace) -> None:
    rows = table(real)
    assert [r["full_speed_ns"] for r in rows] == list(real.timing.full_speed)
    assert sum(r["flops"] or 0 for r in rows) == real.totals["flops"]
    softmax = real.find(step="softmax")[0].number
    assert rows[softmax]["writes"] == "output [1, 4, 15, 15] float32"
    assert rows[softmax]["reads"] == f"input [1, 4, 15, 15] float32 from cycle {softmax - 1}"
    assert rows[0]["flops"] is None  # no rule counts a tokenizer
    assert rows[softmax + 1]["nop"] and rows[softmax + 1]["flops"] == 0


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_no_cell_is_a_formula(start: str) -> None:
    trace = run()
    for cycle in trace:
        cycle.step = cycle.path = cycle.op = cycle.where = cycle.note = f"{start}cmd|'/c calc'!A1"
    for row in table(trace):
        for column in COLUMNS:
            cell = str(row[column.name])
            assert column.type != "text" or cell[:1] not in "=+-@\t\r" or not cell


def test_hostile_names_are_one_line_each() -> None:
    rows = table(hostile())
    assert len(rows) == len(hostile())
    assert all(harmless(cell) for row in rows for cell in row.values() if type(cell) is str)


def test_nan_and_infinity() -> None:
    trace = run()
    trace[0].outputs = (array_value("a", np.array([-np.inf, 0.0, np.nan])),)
    trace[1].outputs = (array_value("a", np.array([np.nan])),)
    trace[2].outputs = (Value("a", (3,), "float32"),)
    first, second, third = table(trace)[:3]
    assert (first["output_min"], first["output_max"], first["output_nan"]) == (-math.inf, 0, 1)
    assert (second["output_min"], second["output_nan"]) == (None, 1)
    assert third["output_mean"] is None


# -- parquet ----------------------------------------------------------------------------------


def test_parquet_is_the_same_table(real: Trace) -> None:
    pytest.importorskip("pyarrow")
    for trace in (real, hostile()):
        found = _parquet(trace)
        assert found.schema.names == [c.name for c in COLUMNS]
        for mine, theirs in zip(table(trace), found.to_pylist(), strict=True):
            assert {k: v for k, v in mine.items() if type(v) is not str} == {
                k: v for k, v in theirs.items() if type(v) is not str
            }
        for column, kept in zip(COLUMNS, found.schema, strict=True):
            assert kept.metadata[b"about"].decode() == column.about
        assert json.loads(found.schema.metadata[b"cyclesim"])["schema"] == 1


@settings(max_examples=30)
@given(timed())
def test_parquet_of_any_trace(trace: Trace) -> None:
    pytest.importorskip("pyarrow")
    types = {"integer": "int64", "real": "double", "text": "string", "truth": "bool"}
    found = _parquet(trace)
    assert found.num_rows == len(trace)
    for column, kept in zip(COLUMNS, found.schema, strict=True):
        assert str(kept.type) == types.get(column.type, "list<element: int64>")


def _parquet(trace: Trace) -> Any:
    import pyarrow
    import pyarrow.parquet

    return pyarrow.parquet.read_table(pyarrow.BufferReader(parquet(trace)))


def test_without_pyarrow_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(cyclesim.CyclesimError, match=r"pip install 'cyclesim\[parquet\]'"):
        parquet(run())
