"""CYCLE: what one cycle fetched, decoded, executed and wrote back."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding

from cyclesim.language import N_, tr
from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.trace import Cycle
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.card.links import Links, link_at, link_line
from cyclesim.tui.widgets.card.parts import CardParts
from cyclesim.tui.widgets.panel import CycleChosen, Panel
from cyclesim.tui.widgets.tensor import Tensor
from cyclesim.tui.words.explaining import CellWords, words_for, words_of_cell
from cyclesim.tui.words.lines import Line, wrap

__all__ = ["Card"]


class Card(Panel):
    """The four parts of the current cycle, its formula and one plain sentence.

    Cycles that it names are links: up and down choose one, Enter goes there.
    """

    name_shown = N_("Cycle")
    BINDINGS = [
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("enter", "follow", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        #: Number of the cycle that is shown; -1 for none.
        self._number = -1
        self._links = Links(None, "")
        self._chosen: int | None = None
        #: The cell that the formula was filled in for, and of which output.
        self._cell: tuple[int, ...] | None = None
        self._output = 0
        #: The part to scroll to (see `PARTS`), and the line in which each begins.
        self._part = ""
        self._tops: dict[str, int] = {}

    # -- drawing -----------------------------------------------------------------------------

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        width -= 1
        cycle = scene.current
        ran = cycle is not None
        cycle = cycle or scene.coming
        if cycle is None:
            self.entitle(tr("CYCLE"))
            return []
        if cycle.number != self._number:
            self._number, self._chosen = cycle.number, None
            self.scroll_to(y=0, animate=False, immediate=True)
            if self._part:
                self.call_after_refresh(self._scroll_to_part)
        title = tr("CYCLE {number}") if ran else tr("NEXT: CYCLE {number}")
        self.entitle(title.format(number=cycle.number))
        trace = scene.trace if ran else scene.plan
        # Of whose row the sentence speaks, a person decides by pointing at one.
        aimed = ran and self.screen.query_one(Tensor).aimed
        words = words_for(cycle, trace, self._aim() if aimed else None)
        lines: list[Line] = [self._chip(cycle, width)]
        lines += wrap(" " + self.glyphs.text(words.sentence), width, STRONG)
        lines += self._state(scene, cycle, ran, width)
        self._links = Links(self._chosen, self.glyphs.current)
        parts = CardParts(
            scene, cycle, ran, words, self._cell_words(scene), self._links, width, self.glyphs
        ).all()
        roomy = len(lines) + sum(len(part) + 1 for part in parts.values()) + 2 <= height
        for name, part in parts.items():
            lines += [[]] if roomy else []
            self._tops[name] = len(lines)
            lines += part
        if self.has_focus and self._links.numbers:
            hint = " " + tr("up, down: choose a cycle · Enter: go there")
            lines += [[], *wrap(self.glyphs.text(hint), width, FAINT)]
        return lines

    def _chip(self, cycle: Cycle, width: int) -> Line:
        style = Style(color="#0b0e12", bgcolor=UNIT_COLOURS[cycle.unit], bold=True)
        if self.plain:
            style = Style(reverse=True, bold=True)
        where: str = cycle.unit
        if cycle.layer is not None:
            where = tr("layer {number}").format(number=cycle.layer) + f" · {cycle.unit}"
        out: Line = [
            Segment(" "), Segment(f" {cycle.step} ", style),
            Segment(self.glyphs.text(f"  {where}"), MUTED),
        ]  # fmt: skip
        if cycle.nop:
            out.append(Segment("  NOP", ACCENT))
        return out

    def _state(self, scene: Scene, cycle: Cycle, ran: bool, width: int) -> list[Line]:
        """That it has not run, was changed, or comes after a change."""
        if not ran:
            said = tr("It has not run. Press {key} to run it.").format(key=self.key("step"))
            return [[], *wrap(f" {said}", width, ACCENT)]
        if cycle.edited:
            said = tr("You changed what it wrote; the run went on from that.")
            return wrap(self.glyphs.text(f" {self.glyphs.edited} {said}"), width, ACCENT)
        if not cycle.downstream:
            return []
        before = set(scene.trace.upstream(cycle.number))
        named = [str(n) for n in scene.marks.edited if n in before][:4]
        said = tr("An edit went into it.")
        if named:
            said = tr("An edit went into it, made at cycle {numbers}.")
        text = f" {self.glyphs.downstream} {said.format(numbers=', '.join(named))}"
        return wrap(text, width, ACCENT)

    def show_part(self, name: str) -> None:
        """Of this cycle and those that follow show the part of that name first; "" for the top."""
        self._part = name
        self.call_after_refresh(self._scroll_to_part)

    def _scroll_to_part(self) -> None:
        self.scroll_to(y=self._tops.get(self._part, 0), animate=False)

    # -- the chosen cell ---------------------------------------------------------------------

    def _pointed(self) -> tuple[int, ...] | None:
        """The cell of an output that the tensor panel points at; of a table, its row.

        Of a forward cycle only the first output has a formula; gradients and updates all have one.
        """
        tensor = self.screen.query_one(Tensor)
        slot, cycle = tensor.slot, tensor.cycle
        if slot is None or not slot.output or cycle is None:
            return None
        if slot.place and cycle.phase not in ("backward", "update"):
            return None
        if tensor.cell is None and slot.value.words and len(slot.value.shape) == 2:
            return (tensor.cursor[0], 0)
        return tensor.cell

    def _aim(self) -> tuple[int, ...] | None:
        """The cell that the sentence speaks of: under a mean of heads there is one, too."""
        tensor = self.screen.query_one(Tensor)
        return self._pointed() or (None if tensor.output else tensor.aim)

    def _cell_words(self, scene: Scene) -> CellWords | None:
        cycle, cell = scene.current, self._pointed()
        self._cell, self._output = self._aim(), self.screen.query_one(Tensor).output
        if cycle is None or cell is None:
            return None
        return words_of_cell(cycle, scene.trace, cell, self._output, ascii=self.glyphs.ascii)

    def point(self) -> None:
        """Fill the formula in anew if another cell is pointed at."""
        if (self._aim(), self.screen.query_one(Tensor).output) != (self._cell, self._output):
            self.rebuild()

    # -- links -------------------------------------------------------------------------------

    @property
    def chosen(self) -> int | None:
        """Number of the cycle that Enter goes to."""
        return None if self._chosen is None else self._links.numbers[self._chosen]

    def action_choose(self, by: int) -> None:
        """The next link or the one before; beyond the first and the last, scroll."""
        count = len(self._links.numbers)
        place = by - 1 if self._chosen is None else self._chosen + by
        if (self._chosen is None and by < 0) or place >= count:
            self.scroll_relative(y=by, animate=False)
            return
        self._chosen = place if place >= 0 else None
        self.rebuild()
        y = None if self._chosen is None else link_line(self.lines, self._chosen)
        if y is not None:
            top, height = int(self.scroll_offset.y), self.scrollable_content_region.height
            target = min(max(top, y - height + 2), max(y - 1, 0))
            self.scroll_to(y=target, animate=False, immediate=True)

    def action_follow(self) -> None:
        """Go to the chosen cycle."""
        if self.chosen is not None:
            self.post_message(CycleChosen(self.chosen))

    def on_click(self, event: events.Click) -> None:
        place = link_at(event.style)
        if place is not None and place < len(self._links.numbers):
            self.post_message(CycleChosen(self._links.numbers[place]))

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if not has_focus:
            self._chosen = None
        self.rebuild()
