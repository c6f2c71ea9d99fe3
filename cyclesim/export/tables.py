"""The cycle table as CSV and as Parquet: a row a cycle, the columns of `COLUMNS`."""

from __future__ import annotations

import json
from csv import writer
from io import StringIO
from typing import Any

from cyclesim.export.columns import COLUMNS, Kind, rows
from cyclesim.export.extras import need
from cyclesim.export.words import run_facts
from cyclesim.trace.trace import Trace

__all__ = ["csv", "parquet"]

#: What a spreadsheet would take for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@")


def csv(trace: Trace) -> str:
    """The table in UTF-8 with commas and one line of names.

    What is not known is an empty cell, a truth is `true` or `false`, a list is numbers with spaces
    between them. A text that a spreadsheet would run as a formula gets a `'` in front.

    Example:
        >>> from cyclesim.export import csv
        >>> csv(trace).splitlines()[0][:29]
        'number,phase,token,unit,layer'
    """
    content = StringIO()
    table = writer(content, lineterminator="\n")
    table.writerow(column.name for column in COLUMNS)
    for row in rows(trace):
        table.writerow(_cell(v, c.type) for v, c in zip(row, COLUMNS, strict=True))
    return content.getvalue()


def _cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind == "truth":
        return "true" if value else "false"
    if kind == "integers":
        return " ".join(map(str, value))
    if kind == "real":
        return repr(float(value))
    text = str(value)
    return f"'{text}" if kind == "text" and text.startswith(_FORMULA) else text


def parquet(trace: Trace) -> bytes:
    """The table as a Parquet file, typed; each column says what it is, the file what ran.

    Raises:
        CyclesimError: pyarrow is not installed.
    """
    arrow, write = need("pyarrow", "parquet"), need("pyarrow.parquet", "parquet").write_table
    types: dict[Kind, Any] = {
        "integer": arrow.int64(),
        "real": arrow.float64(),
        "text": arrow.string(),
        "truth": arrow.bool_(),
        "integers": arrow.list_(arrow.int64()),
    }
    schema = arrow.schema(
        [arrow.field(c.name, types[c.type], metadata={"about": c.about}) for c in COLUMNS],
        metadata={"cyclesim": json.dumps(run_facts(trace), ensure_ascii=False)},
    )
    columns = list(zip(*rows(trace), strict=True)) or [()] * len(COLUMNS)
    arrays = [arrow.array(v, f.type) for v, f in zip(columns, schema, strict=True)]
    sink = arrow.BufferOutputStream()
    write(arrow.table(arrays, schema=schema), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content
