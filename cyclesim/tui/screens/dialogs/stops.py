"""The dialog of breakpoints: a line for another one, and the list of those there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Input, Label, OptionList

from cyclesim.language import N_, tr, trn
from cyclesim.trace import QueryError
from cyclesim.tui.backstage.stops import Stop, Stops
from cyclesim.tui.screens.dialogs.line import Ask
from cyclesim.tui.words.text import fit, printable

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["StopsDialog"]

HINT = N_("A cycle's number, or a condition: softmax and layer 1, nan, max > 0.9. Enter adds it.")


class StopsDialog(Ask[None]):
    """Adds, switches and deletes breakpoints; nothing runs while it is open."""

    BINDINGS = [
        Binding("down", "into(1)", show=False),
        Binding("up", "into(-1)", show=False),
        Binding("space", "switch", show=False),
        Binding("d,delete,backspace", "remove", show=False),
    ]

    def __init__(self, stops: Stops, names: Iterable[str], prefill: str) -> None:
        super().__init__()
        self.stops, self.names, self.value = stops, set(names), prefill
        self.title_shown = tr("Breakpoints: where a run stops by itself")
        self.hint = tr(HINT)

    def more(self) -> ComposeResult:
        yield OptionList(id="choices", markup=False)
        yield Label("", id="list-hint", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self._list()

    @property
    def _choices(self) -> OptionList:
        return self.query_one("#choices", OptionList)

    def _list(self) -> None:
        """Show the breakpoints as they are now, the same one highlighted."""
        choices, there = self._choices, self.stops.listed
        place = choices.highlighted
        choices.clear_options()
        choices.add_options([self._line(stop) for stop in there])
        choices.display = bool(there)
        if there and place is not None:
            choices.highlighted = min(place, len(there) - 1)
        said = tr("escape: close")
        if there:
            said = tr("down: to the list · space: on or off · d: delete · escape: close")
        self.query_one("#list-hint", Label).update(self.plain_text(said))
        if not there:
            self.line.focus()

    def _line(self, stop: Stop) -> str:
        g = cast("CyclesimApp", self.app).glyphs
        state = f"{g.stop} {fit(tr('on'), 3)}" if stop.enabled else f"{g.dot} {fit(tr('off'), 3)}"
        hits = trn("{count} hit", "{count} hits", stop.hits).format(count=stop.hits)
        condition = fit(printable(stop.text), 46, ellipsis=g.ellipsis)
        return f"{state} {stop.number:<3} {condition} {fit(hits, 8, right=True)}"

    # -- the line ----------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            made = self.stops.add(event.value, self.names)
        except QueryError as error:
            self.complain(error)
            return
        event.input.value = ""
        self._list()
        said = tr("Breakpoint {number} is set. Enter once more closes.")
        self.advise(said.format(number=made.number))

    # -- the list ----------------------------------------------------------------------------

    def action_into(self, by: int) -> None:
        """Into the list, from the line."""
        if self.stops.listed and by > 0:
            self._choices.focus()
            self._choices.highlighted = self._choices.highlighted or 0

    @property
    def _chosen(self) -> Stop | None:
        place = self._choices.highlighted
        if not self._choices.has_focus or place is None:
            return None
        return self.stops.listed[place]

    def action_switch(self) -> None:
        """Switch the highlighted breakpoint."""
        if self._chosen is not None:
            self.stops.toggle(self._chosen.number)
            self._list()

    def on_option_list_option_selected(self) -> None:
        self.action_switch()

    def action_remove(self) -> None:
        """Delete the highlighted breakpoint."""
        if self._chosen is not None:
            self.stops.remove(self._chosen.number)
            self._list()
