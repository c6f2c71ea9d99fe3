"""The measuring behind `cyclesim.compare`: variants, interleaved rounds, memory, sweep."""

from cyclesim.engine.compare.comparing import compare

__all__ = ["compare"]
