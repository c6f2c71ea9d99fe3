"""Batch: which of the sequences that one run reads is looked at."""

from __future__ import annotations

from cyclesim.language import tr
from cyclesim.tui.messages import Opened
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.words.text import printable

__all__ = ["Batch"]


class Batch(Running):
    """`N` and `P`: all views go to another sequence, and the run stays as it is."""

    def opened(self, report: Opened) -> None:
        """Another run: the same sequence if it has so many; of a file, the one it was saved at."""
        header = report.plan.header
        if not report.live or self._sequence >= len(header.sequences):
            self._sequence = header.sequence
        super().opened(report)

    def action_next_sequence(self) -> None:
        """Look at the next sequence."""
        self._turn_sequence(1)

    def action_previous_sequence(self) -> None:
        """Look at the sequence before."""
        self._turn_sequence(-1)

    def _turn_sequence(self, by: int) -> None:
        if not self._visible or self._plan is None:
            return
        rows = self._plan.header.sequences
        if len(rows) < 2:
            self.tell(tr("This run reads one sequence: several texts at once are a batch."))
            return
        self._sequence = (self._sequence + by) % len(rows)
        self._stale()
        said = tr("Sequence {number} of 0–{last}: {text}").format(
            number=self._sequence, last=len(rows) - 1, text=printable(rows[self._sequence].title)
        )
        self.tell(said)
