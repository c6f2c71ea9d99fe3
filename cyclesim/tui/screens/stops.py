"""The dialog of breakpoints: a line for another one, and the list of those there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList

from cyclesim.trace import QueryError
from cyclesim.tui.stops import Stop, Stops
from cyclesim.tui.text import crop, indented, printable
from cyclesim.tui.widgets.find import pointed

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["StopsDialog"]

HINT = "A cycle's number, or a condition: softmax and layer 1, nan, max > 0.9. Enter adds it."
LIST_HINT = "space: on or off · d: delete · escape: close"


class StopsDialog(ModalScreen[None]):
    """Adds, switches and deletes breakpoints; nothing runs while it is open."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "close", show=False),
        Binding("down", "into(1)", show=False),
        Binding("up", "into(-1)", show=False),
        Binding("space", "switch", show=False),
        Binding("d,delete,backspace", "remove", show=False),
    ]

    def __init__(self, stops: Stops, names: Iterable[str], prefill: str) -> None:
        super().__init__()
        self.stops, self.names, self.prefill = stops, set(names), prefill

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Label("Breakpoints: where a run stops by itself", id="question", markup=False)
            yield Input(self.prefill, id="answer", select_on_focus=True)
            yield Label("", id="hint", markup=False)
            yield OptionList(id="choices", markup=False)
            yield Label("", id="list-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#answer", Input).cursor_blink = not self.app.is_headless
        self._list()
        self._say(HINT)

    @property
    def _choices(self) -> OptionList:
        return self.query_one("#choices", OptionList)

    def _say(self, text: str, *, bad: bool = False) -> None:
        hint = self.query_one("#hint", Label)
        hint.update(indented(text) if bad else cast("CyclesimApp", self.app).glyphs.text(text))
        hint.set_class(bad, "bad")

    def _list(self) -> None:
        """Show the breakpoints as they are now, the same one highlighted."""
        choices, there = self._choices, self.stops.listed
        place = choices.highlighted
        choices.clear_options()
        choices.add_options([self._line(stop) for stop in there])
        choices.display = bool(there)
        if there and place is not None:
            choices.highlighted = min(place, len(there) - 1)
        text = cast("CyclesimApp", self.app).glyphs.text
        said = f"down: to the list · {LIST_HINT}" if there else "escape: close"
        self.query_one("#list-hint", Label).update(text(said))
        if not there:
            self.query_one("#answer").focus()

    def _line(self, stop: Stop) -> str:
        g = cast("CyclesimApp", self.app).glyphs
        state = f"{g.stop} on " if stop.enabled else f"{g.dot} off"
        hits = "1 hit" if stop.hits == 1 else f"{stop.hits} hits"
        return f"{state} {stop.number:<3} {crop(printable(stop.text), 46):<46} {hits:>8}"

    # -- the line ----------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            made = self.stops.add(event.value, self.names)
        except QueryError as error:
            width = self.query_one("#answer").size.width
            ellipsis = cast("CyclesimApp", self.app).glyphs.ellipsis
            self._say(pointed(error, 1, width, ellipsis), bad=True)
            return
        event.input.value = ""
        self._list()
        self._say(f"Breakpoint {made.number} is set. Enter once more closes.")

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
