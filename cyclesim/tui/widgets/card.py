"""CYCLE: what one cycle fetched, decoded, executed and wrote back."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding

from cyclesim.render.colour import UNIT_COLOURS
from cyclesim.trace import Cycle, Value
from cyclesim.tui.explaining import Words, words_for
from cyclesim.tui.palette import ACCENT, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.scene import Scene
from cyclesim.tui.text import amount, bytes_text, duration, flops_text, shape_text
from cyclesim.tui.widgets.panel import Line, Panel, wrap

__all__ = ["Card"]

#: Width of the column that says fetch, decode, execute, write.
NAMES = 9


class Card(Panel):
    """The four parts of the current cycle, its formula and one plain sentence."""

    name_shown = "Cycle"
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.scroll_to(y=0, animate=False, immediate=True)
        width -= 1
        cycle = scene.current
        ran = cycle is not None
        cycle = cycle or scene.coming
        if cycle is None:
            self.entitle("CYCLE")
            return []
        self.entitle(f"CYCLE {cycle.number}" if ran else f"NEXT: CYCLE {cycle.number}")
        words = words_for(cycle, scene.trace if ran else scene.plan)
        lines: list[Line] = [self._chip(cycle, width)]
        lines += wrap(" " + self.glyphs.text(words.sentence), width, STRONG)
        if not ran:
            lines += [[], *wrap(" It has not run. Press n to run it.", width, ACCENT)]
        elif cycle.edited:
            said = f" {self.glyphs.edited} You changed what it wrote; the run went on from that."
            lines += wrap(self.glyphs.text(said), width, ACCENT)
        elif cycle.downstream:
            said = f" {self.glyphs.downstream} An edit went into it{self._origin(scene, cycle)}."
            lines += wrap(said, width, ACCENT)
        parts = self._parts(scene, cycle, words, width - NAMES, ran)
        roomy = len(lines) + sum(len(part) + 1 for part in parts) <= height
        for part in parts:
            if roomy:
                lines.append([])
            lines += part
        return lines

    def _origin(self, scene: Scene, cycle: Cycle) -> str:
        before = set(scene.trace.upstream(cycle.number))
        named = [str(n) for n in scene.marks.edited if n in before]
        return f", made at cycle {', '.join(named[:4])}" if named else ""

    def _chip(self, cycle: Cycle, width: int) -> Line:
        style = Style(color="#0b0e12", bgcolor=UNIT_COLOURS[cycle.unit], bold=True)
        if self.plain:
            style = Style(reverse=True, bold=True)
        where = cycle.unit if cycle.layer is None else f"layer {cycle.layer} · {cycle.unit}"
        out: Line = [
            Segment(" "), Segment(f" {cycle.step} ", style),
            Segment(self.glyphs.text(f"  {where}"), MUTED),
        ]  # fmt: skip
        if cycle.nop:
            out.append(Segment("  NOP", ACCENT))
        return out

    def _parts(
        self, scene: Scene, cycle: Cycle, words: Words, width: int, ran: bool
    ) -> list[list[Line]]:
        parts = [
            self._named("FETCH", self._fetch(scene, cycle, width)),
            self._named("DECODE", self._decode(cycle, width)),
            self._named("EXECUTE", self._execute(scene, cycle, width, ran)),
            self._named("WRITE", self._write(scene, cycle, width, ran)),
        ]
        if words.formula or words.shapes:
            text = self.glyphs.text
            formula = wrap(text(words.formula), width, ACCENT) if words.formula else []
            shapes = wrap(text(words.shapes), width, MUTED) if words.shapes else []
            parts.insert(0, self._named("FORMULA", formula + shapes))
        return parts

    def _named(self, name: str, lines: list[Line]) -> list[Line]:
        first = Segment(f" {name:<{NAMES - 1}}", FAINT)
        rest = Segment(" " * NAMES)
        return [[rest if i else first, *line] for i, line in enumerate(lines)]

    def _fetch(self, scene: Scene, cycle: Cycle, width: int) -> list[Line]:
        g = self.glyphs
        if not cycle.inputs:
            return [[Segment("the text" if cycle.unit == "input" else "nothing", BODY)]]
        lines: list[Line] = []
        for value in cycle.inputs:
            shape = g.text(shape_text(value.shape))
            if value.source is not None:
                step = scene.cycle(value.source).step
                line = [
                    Segment(f"{value.name} ", BODY),
                    Segment(f"{g.fetched} {value.source} ", ACCENT),
                    Segment(f"{step} ", BODY),
                    Segment(shape, MUTED),
                ]
            else:
                name = ".".join(value.parameter.split(".")[-2:]) if value.parameter else value.name
                what = {"parameter": "weight", "buffer": "buffer"}.get(value.kind, value.kind)
                line = [Segment(f"{name} ", BODY), Segment(f"{shape} {what}", MUTED)]
            lines.append(_cut(line, width))
        if cycle.bytes_read:
            lines.append([Segment(f"{bytes_text(cycle.bytes_read)} read", MUTED)])
        return lines

    def _decode(self, cycle: Cycle, width: int) -> list[Line]:
        arguments = ", ".join(f"{k}={v}" for k, v in cycle.arguments.items())
        lines = wrap(f"{cycle.op}({arguments})", width, BODY, limit=2)
        if cycle.module:
            path = cycle.path + (f"#{cycle.call}" if cycle.call > 1 else "")
            lines.append(self._module(cycle.module, path, width))
        if cycle.where:
            lines += wrap(cycle.where, width, FAINT, limit=2)
        return lines

    def _module(self, module: str, path: str, width: int) -> Line:
        """Class and path on one line; of a long path, the end."""
        room, mark = width - len(module) - 1, self.glyphs.ellipsis
        if len(path) > room:
            path = mark + path[len(path) - room + len(mark) :] if room > 4 else ""
        return [Segment(f"{module} {path}".rstrip(), MUTED)]

    def _execute(self, scene: Scene, cycle: Cycle, width: int, ran: bool) -> list[Line]:
        text = self.glyphs.text
        if cycle.nop:
            took = f" in {duration(cycle.self_ns)}" if ran else ""
            return wrap(text(f"ran{took}, changed nothing"), width, BODY)
        work = flops_text(cycle.flops) if cycle.flops else "no arithmetic counted"
        if cycle.unit in ("input", "output") and not cycle.flops:
            work = "bookkeeping"
        if not ran:
            full = scene.full_speed(cycle.number)
            after = f", {duration(full)} at full speed" if full is not None else ""
            return wrap(text(f"{work}{after}"), width, BODY)
        out = f"{work} · {duration(cycle.self_ns)}"
        if cycle.flops and cycle.self_ns:
            out += f" · {amount(cycle.flops * 1e9 / cycle.self_ns, 'FLOP/s')}"
        lines = wrap(text(out), width, BODY)
        if cycle.note:
            lines += wrap(text(cycle.note), width, MUTED)
        return lines

    def _write(self, scene: Scene, cycle: Cycle, width: int, ran: bool) -> list[Line]:
        g = self.glyphs
        lines: list[Line] = []
        for value in cycle.outputs:
            lines.append(_cut([Segment(g.text(_written(value)), BODY)], width))
        if cycle.inplace:
            lines.append([Segment("over one of its inputs (in place)", MUTED)])
        readers = scene.readers(cycle.number)
        if readers:
            names = ", ".join(f"{n} {scene.cycle(n).step}" for n in readers[:4] if n < scene.total)
            more = f" and {len(readers) - 4} more" if len(readers) > 4 else ""
            lines += wrap(f"{g.feeds} {names}{more}", width, ACCENT, limit=3)
        elif cycle.outputs:
            lines.append([Segment("no later cycle reads it", MUTED)])
        return lines


def _written(value: Value) -> str:
    name = "" if value.name.startswith("output") else f"{value.name} "
    return f"{name}{shape_text(value.shape)} {value.dtype} · {bytes_text(value.nbytes)}"


def _cut(line: Line, width: int) -> Line:
    """`line` without what does not fit."""
    return Segment.adjust_line_length(line, width, pad=False)
