"""A trace for other programs: pure functions from a `Trace` to what they read.

    from cyclesim.export import csv, export, perfetto

    export(trace, "perfetto", "run.json")     # whole or not at all
    perfetto(trace)["traceEvents"]; csv(trace).splitlines()

| format | a file for |
|---|---|
| `perfetto` | ui.perfetto.dev and chrome://tracing: Chrome's trace-event JSON |
| `kanata` | Konata and other pipeline viewers: a Kanata log, version 4 |
| `csv`, `parquet` | spreadsheets and data frames: one row a cycle, the columns of `COLUMNS` |
| `tensorboard` | TensorBoard: times, FLOPs, bytes, entropy and maps of attention |
| `html` | a browser: one page that needs no network |

What is in a file is English; only the page speaks the language that is spoken. `parquet` and
`tensorboard` need packages of their own: `pip install 'cyclesim[parquet,tensorboard]'`.
"""

from cyclesim.export.chrome import perfetto
from cyclesim.export.columns import COLUMNS, Column
from cyclesim.export.formats import FORMATS, Format, check_export, export, html
from cyclesim.export.pipeline import kanata
from cyclesim.export.tables import csv, parquet
from cyclesim.export.tfevents import tensorboard

__all__ = [
    "COLUMNS",
    "FORMATS",
    "Column",
    "Format",
    "check_export",
    "csv",
    "export",
    "html",
    "kanata",
    "parquet",
    "perfetto",
    "tensorboard",
]
