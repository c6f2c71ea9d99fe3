"""Trace files: `save_trace` writes one, `open_trace` opens one; what is in it, says `manifest`.

    trace.save("run.safetensors")
    trace = cyclesim.open_trace("run.safetensors")      # no torch, no model

A trace file is a safetensors file, so other tools read its tensors too: `17.outputs.0` is the first
output of cycle 17. Tensors that share memory are one entry, under the name of the first of them.
There is no pickle in it.
"""

from cyclesim.trace.file.data import FileData
from cyclesim.trace.file.manifest import SCHEMA, Keep
from cyclesim.trace.file.reader import open_trace
from cyclesim.trace.file.writer import save_trace

__all__ = ["SCHEMA", "FileData", "Keep", "open_trace", "save_trace"]
