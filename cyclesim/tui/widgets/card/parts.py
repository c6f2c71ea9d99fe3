"""The parts of the cycle card: formula, fetch, decode, execute, write back."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment

from cyclesim.explain.notes import note_text
from cyclesim.language import N_, tr, trn
from cyclesim.render.units import duration, flops, rate, size
from cyclesim.trace import Cycle, Value
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.card.links import Links
from cyclesim.tui.words.explaining import CellWords, Words
from cyclesim.tui.words.glyphs import Glyphs
from cyclesim.tui.words.lines import Line, line_width, wrap
from cyclesim.tui.words.text import crop, fit, shape_text

__all__ = ["PARTS", "CardParts"]

#: The parts from top to bottom, and what they are called on the screen.
PARTS = {
    "formula": N_("FORMULA"),
    "fetch": N_("FETCH"),
    "decode": N_("DECODE"),
    "execute": N_("EXECUTE"),
    "write": N_("WRITE"),
}

#: Width of the column that names the parts.
NAMES = 9

_KINDS = {
    "parameter": N_("weight"),
    "buffer": N_("buffer"),
    "constant": N_("constant"),
    "observed": N_("observed"),
}


@dataclass(frozen=True, slots=True)
class CardParts:
    """Draws the parts of one cycle, each in lines of at most `width` cells.

    Attributes:
        scene: the moment.
        cycle: the cycle, as it ran or as it is planned.
        ran: whether it has run.
        words: what is said of it.
        cell: what is said of the chosen cell of its output, or None.
        links: takes the cycles it is connected with.
    """

    scene: Scene
    cycle: Cycle
    ran: bool
    words: Words
    cell: CellWords | None
    links: Links
    width: int
    glyphs: Glyphs

    def all(self) -> dict[str, list[Line]]:
        """The parts that there is something to say of, by the names of `PARTS`."""
        lines = {
            "formula": self._formula(),
            "fetch": self._fetch(),
            "decode": self._decode(),
            "execute": self._execute(),
            "write": self._write(),
        }
        return {part: self._named(tr(PARTS[part]), said) for part, said in lines.items() if said}

    @property
    def room(self) -> int:
        """The width beside the names."""
        return self.width - NAMES

    def _named(self, name: str, lines: list[Line]) -> list[Line]:
        first = Segment(f" {fit(name, NAMES - 2)} ", FAINT)
        rest = Segment(" " * NAMES)
        return [[rest if i else first, *line] for i, line in enumerate(lines)]

    def _formula(self) -> list[Line]:
        """Three rungs: symbols, shapes, and the numbers of one cell."""
        text, lines = self.glyphs.text, []
        if self.words.formula:
            written = self.words.formula
            if self.glyphs.ascii:
                written = self.words.formula_ascii or text(written)
            lines += wrap(written, self.room, ACCENT)
        if self.words.shapes:
            lines += wrap(text(self.words.shapes), self.room, MUTED)
        if self.cell is not None:
            if self.cell.line:
                lines += wrap(self.cell.line, self.room, STRONG)
            if self.cell.note:
                style = BAD if self.cell.wrong else FAINT
                lines += wrap(text(self.cell.note), self.room, style, limit=3)
        return lines

    def _fetch(self) -> list[Line]:
        cycle = self.cycle
        if not cycle.inputs:
            said = tr("the text") if cycle.unit == "input" else tr("nothing")
            return [[Segment(said, BODY)]]
        lines = [_cut(self._read(value), self.room) for value in cycle.inputs]
        if cycle.bytes_read:
            said = tr("{amount} read").format(amount=size(cycle.bytes_read))
            lines.append([Segment(said, MUTED)])
        return lines

    def _read(self, value: Value) -> Line:
        g = self.glyphs
        shape = Segment(" " + shape_text(value.shape), MUTED)
        if value.source is None:
            name = ".".join(value.parameter.split(".")[-2:]) if value.parameter else value.name
            kind = Segment(" " + tr(_KINDS.get(value.kind, value.kind)), MUTED)
            return [Segment(name, BODY), shape, kind]
        step = self.scene.cycle(value.source).step
        link = self.links.make(value.source, f"{g.fetched} {value.source} {step}")
        return [Segment(value.name, BODY), *link, shape]

    def _decode(self) -> list[Line]:
        cycle = self.cycle
        arguments = ", ".join(f"{k}={v}" for k, v in cycle.arguments.items())
        lines = wrap(f"{cycle.op}({arguments})", self.room, BODY, limit=2)
        if cycle.module:
            path = cycle.path + (f"#{cycle.call}" if cycle.call > 1 else "")
            lines.append(self._module(cycle.module, path))
        if cycle.where:
            lines += wrap(cycle.where, self.room, FAINT, limit=2)
        return lines

    def _module(self, module: str, path: str) -> Line:
        """Class and path on one line; of a long path, the end."""
        room, mark = self.room - len(module) - 1, self.glyphs.ellipsis
        if len(path) > room:
            path = mark + path[len(path) - room + len(mark) :] if room > 4 else ""
        return [Segment(crop(f"{module} {path}".rstrip(), self.room, mark), MUTED)]

    def _execute(self) -> list[Line]:
        cycle, text = self.cycle, self.glyphs.text
        if cycle.nop:
            said = tr("ran in {time}, changed nothing") if self.ran else tr("changes nothing")
            return wrap(text(said.format(time=duration(cycle.self_ns))), self.room, BODY)
        work = flops(cycle.flops) if cycle.flops else tr("no arithmetic counted")
        if cycle.unit in ("input", "output") and not cycle.flops:
            work = tr("bookkeeping")
        if not self.ran:
            full = self.scene.full_speed(cycle.number)
            if full is not None:
                said = tr("{work}, {time} at full speed")
                work = said.format(work=work, time=duration(full))
            return wrap(text(work), self.room, BODY)
        out = f"{work} · {duration(cycle.self_ns)}"
        if cycle.flops and cycle.self_ns:
            out += f" · {rate(cycle.flops, cycle.self_ns)}"
        lines = wrap(text(out), self.room, BODY)
        if cycle.note:
            lines += wrap(text(note_text(cycle.note)), self.room, MUTED)
        return lines

    def _write(self) -> list[Line]:
        cycle, g = self.cycle, self.glyphs
        lines = [
            _cut([Segment(g.text(_written(value)), BODY)], self.room) for value in cycle.outputs
        ]
        if cycle.inplace:
            lines.append([Segment(tr("over one of its inputs (in place)"), MUTED)])
        readers = [n for n in self.scene.readers(cycle.number) if n < self.scene.total]
        if readers:
            lines += self._readers(readers)
        elif cycle.outputs:
            lines.append([Segment(tr("no later cycle reads it"), MUTED)])
        return lines

    def _readers(self, readers: list[int]) -> list[Line]:
        """All of them, as many on a line as there is room for."""
        count = trn("{count} cycle reads it:", "{count} cycles read it:", len(readers))
        lines: list[Line] = [[Segment(count.format(count=len(readers)), MUTED)]]
        for number in readers:
            step = self.scene.cycle(number).step
            text = crop(f"{self.glyphs.feeds} {number} {step}", self.room - 2, self.glyphs.ellipsis)
            link = self.links.make(number, text)
            if line_width(lines[-1]) + line_width(link) > self.room:
                lines.append([])
            lines[-1] += link
        return lines


def _written(value: Value) -> str:
    name = "" if value.name.startswith("output") else f"{value.name} "
    return f"{name}{shape_text(value.shape)} {value.dtype} · {size(value.nbytes)}"


def _cut(line: Line, width: int) -> Line:
    """`line` without what does not fit."""
    return Segment.adjust_line_length(line, width, pad=False)
