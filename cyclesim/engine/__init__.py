"""How it runs: recorder, live clock, naming, timing, verdict."""

from cyclesim.engine import edits
from cyclesim.engine.clock import Clock
from cyclesim.engine.probe import Probe
from cyclesim.engine.run import rehearse, trace

__all__ = ["Clock", "Probe", "edits", "rehearse", "trace"]
