"""How it runs: recorder, live clock, naming, timing, verdict."""

from cyclesim.engine.clock import edits
from cyclesim.engine.clock.clock import Clock
from cyclesim.engine.peak import known_peak, peak_of
from cyclesim.engine.probe import Probe
from cyclesim.engine.running.tracing import measure, rehearse, trace

__all__ = ["Clock", "Probe", "edits", "known_peak", "measure", "peak_of", "rehearse", "trace"]
