"""cyclesim: watch a transformer run, one clock cycle at a time.

    import cyclesim

    machine = cyclesim.load()
    trace = cyclesim.trace(machine, "Ada Lovelace worked with Charles Babbage in London.")
    trace.verdict, trace.result, trace[17]

Importing this module imports neither torch nor transformers; the first call that needs them does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cyclesim._version import __version__
from cyclesim.errors import CyclesimError, ModelError

if TYPE_CHECKING:
    from cyclesim.engine import Clock, Probe, rehearse, trace
    from cyclesim.engine.clock import edits
    from cyclesim.engine.compare import compare
    from cyclesim.finetuning import train
    from cyclesim.machine import Machine, Training, load
    from cyclesim.robustness import robust
    from cyclesim.trace import Cycle, Trace, open_trace
    from cyclesim.trace.diff import diff

__all__ = [
    "Clock",
    "Cycle",
    "CyclesimError",
    "Machine",
    "ModelError",
    "Probe",
    "Trace",
    "Training",
    "__version__",
    "compare",
    "diff",
    "edits",
    "load",
    "open_trace",
    "rehearse",
    "robust",
    "trace",
    "train",
]

_HOMES = {
    "Clock": "cyclesim.engine",
    "Cycle": "cyclesim.trace",
    "Machine": "cyclesim.machine",
    "Probe": "cyclesim.engine",
    "Trace": "cyclesim.trace",
    "Training": "cyclesim.machine",
    "compare": "cyclesim.engine.compare",
    "diff": "cyclesim.trace.diff",
    "edits": "cyclesim.engine",
    "load": "cyclesim.machine",
    "open_trace": "cyclesim.trace",
    "rehearse": "cyclesim.engine",
    "robust": "cyclesim.robustness",
    "train": "cyclesim.finetuning",
}
#: Packages that are public under their own name (`cyclesim.trace` can also be called).
_PACKAGES = ("trace",)


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
