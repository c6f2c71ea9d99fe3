"""Where the time of a stepped run goes.

Five raw lists, one entry a round or a repetition, and what is read from them (m = median):

    op time              Σ over the model's cycles of m(time of the cycle, in unpaused runs
                         that keep nothing)
    Python and dispatch  m(untraced forward) − op time
    recording            m(traced forward) − m(untraced forward)
    pausing              m(stepped forward) − m(traced forward)
    input and output     m(Σ over the host's cycles of their time in the stepped run)
    remainder            m(stepped run) − everything above

Recording keeps every tensor, so that memory is not used again, and two clock readings a cycle.
Pausing hands the turn to the caller and
back at every cycle, and builds each cycle at once instead of all at the end.

The *stepped run* begins before the first step is asked for and ends when the last has returned; the
*forward* is the part of it inside the model. So the six add up to the median of the stepped run, to
the nanosecond, and the remainder is what no item explains: starting and handing over to the thread
that runs the model, between and outside of the forward. Where a text is written, the forward is all
calls of the model together, and the steps between them belong to input and output. An item may be
negative where the machine is noisier than the item is large; it is shown as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cyclesim.language import N_
from cyclesim.versus.statistics import Times, medians

__all__ = ["Item", "Overhead"]


@dataclass(frozen=True, slots=True)
class Item:
    """One part of the stepped run: its name (English, translated where shown) and nanoseconds."""

    name: str
    ns: int


@dataclass(frozen=True, slots=True)
class Overhead:
    """The raw lists of the docstring above, in nanoseconds.

    Attributes:
        cycles: for each of the model's cycles, its times at full speed.
        untraced: the plain forward.
        traced: the forward under the recorder.
        stepped_forward: the forward inside the stepped run.
        host: what input and output steps took in the stepped run.
        stepped: the stepped run.
    """

    cycles: tuple[tuple[int, ...], ...]
    untraced: Times
    traced: Times
    stepped_forward: Times
    host: Times
    stepped: Times

    @property
    def items(self) -> Sequence[Item]:
        """The parts, in the order above; they add up to `total_ns` exactly."""
        ops = sum(medians(self.cycles))
        untraced, traced = self.untraced.median_ns, self.traced.median_ns
        forward, host = self.stepped_forward.median_ns, self.host.median_ns
        return (
            Item(N_("op time"), ops),
            Item(N_("Python and dispatch"), untraced - ops),
            Item(N_("recording"), traced - untraced),
            Item(N_("pausing"), forward - traced),
            Item(N_("input and output"), host),
            Item(N_("remainder"), self.total_ns - forward - host),
        )

    @property
    def total_ns(self) -> int:
        """The median of the stepped run."""
        return self.stepped.median_ns

    def to_json(self) -> dict[str, Any]:
        """The items and every raw list that they are read from."""
        return {
            "total_ns": self.total_ns,
            "items": [{"name": item.name, "ns": item.ns} for item in self.items],
            "raw": {
                "cycles_ns": [list(times) for times in self.cycles],
                "untraced_ns": list(self.untraced.ns),
                "traced_ns": list(self.traced.ns),
                "stepped_forward_ns": list(self.stepped_forward.ns),
                "host_ns": list(self.host.ns),
                "stepped_ns": list(self.stepped.ns),
            },
        }
