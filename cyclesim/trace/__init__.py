"""What a run recorded: cycles, tensors, dataflow, verdict. NumPy only, no torch.

The name is shared: `cyclesim.trace(machine, text)` makes a trace, and this package holds what a
trace is. So the package can be called, and the call goes to the engine.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from cyclesim.trace.cache import CacheStep, KeyValueCache
from cyclesim.trace.cycle import PHASES, UNITS, Call, Cycle, Phase, Resolution, Unit
from cyclesim.trace.dataflow import Dataflow
from cyclesim.trace.diff import Diff
from cyclesim.trace.file import open_trace, save_trace
from cyclesim.trace.groups import Group, group
from cyclesim.trace.prompt import Prompt, TokenSequence, prompts_of
from cyclesim.trace.query import Query, QueryError, compile_query
from cyclesim.trace.tensor import ArrayData, Stats, TensorData, Value
from cyclesim.trace.trace import Header, Timing, Trace, Verdict

__all__ = [
    "PHASES",
    "UNITS",
    "ArrayData",
    "CacheStep",
    "Call",
    "Cycle",
    "Dataflow",
    "Diff",
    "Group",
    "Header",
    "KeyValueCache",
    "Phase",
    "Prompt",
    "Query",
    "QueryError",
    "Resolution",
    "Stats",
    "TensorData",
    "Timing",
    "TokenSequence",
    "Trace",
    "Unit",
    "Value",
    "Verdict",
    "compile_query",
    "group",
    "open_trace",
    "prompts_of",
    "save_trace",
]


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Trace:
        # By name, at the call: this room never depends on the engine, which needs torch.
        made: Trace = import_module("cyclesim.engine").trace(*args, **kwargs)
        return made


sys.modules[__name__].__class__ = _CallablePackage
