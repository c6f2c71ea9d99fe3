"""RESULT: the answer, as soon as the output cycles have run, and not before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding

from cyclesim.render.colour import label_colour
from cyclesim.trace import Cycle
from cyclesim.tui.palette import ACCENT, BAD, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.scene import Scene
from cyclesim.tui.text import crop, printable
from cyclesim.tui.widgets.panel import Line, Panel, line_width, wrap

__all__ = ["Result"]


class Result(Panel):
    """Tokens with their labels, then the sentence with its entities; or whatever the task gives."""

    name_shown = "Result"
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.entitle("RESULT")
        return self._first_nan(scene, width - 1) + self._answer(scene, width - 1)

    def _first_nan(self, scene: Scene, width: int) -> list[Line]:
        """Where the numbers broke, if they did: what comes after is not to be trusted."""
        for cycle in scene.trace.cycles[: scene.executed]:
            if cycle.has_nan:
                text = f" The first NaN came at cycle {cycle.number}: {cycle.label}."
                return wrap(self.glyphs.text(text), width, BAD)
        return []

    def _answer(self, scene: Scene, width: int) -> list[Line]:
        text = self.glyphs.text
        if scene.failure:
            return wrap(f" {scene.failure}", width, BAD)
        result = scene.trace.result if scene.ended else {}
        if "entities" in result:
            return self._entities(scene, result, width)
        if "scores" in result:
            return self._scores(result, width)
        if result:
            return [
                line for k, v in result.items() for line in wrap(f" {k}: {v}", width, BODY, limit=3)
            ]
        labels = self._ran(scene, "labels")
        if labels is not None and labels.outputs and labels.outputs[0].words:
            return self._tokens(scene, labels.outputs[0].words, width)
        if scene.ended:
            return wrap(" The run is over. This task has no answer beyond the last tensor.", width,
                        MUTED)  # fmt: skip
        answer = scene.total - 1
        lines = wrap(f" The answer comes at cycle {answer}.", width, STRONG)
        left = answer - scene.last
        if scene.trace.header.text is not None:
            lines += wrap(f" {printable(scene.trace.header.text)}", width, MUTED, limit=3)
        lines += wrap(text(f" {left} cycles to go · f runs to the end"), width, FAINT)
        return lines

    @staticmethod
    def _ran(scene: Scene, step: str) -> Cycle | None:
        """The output cycle called `step`, if it has run."""
        for number in range(scene.last, max(scene.last - 6, -1), -1):
            cycle = scene.trace.cycles[number]
            if cycle.unit == "output" and cycle.step == step:
                return cycle
        return None

    # -- token classification ----------------------------------------------------------------

    def _label(self, label: str, scene: Scene) -> Style:
        if self.plain:
            return Style(reverse=True)
        ground = label_colour(label, scene.trace.header.labels)
        return Style(color="#0b0e12", bgcolor=ground, bold=True)

    def _tokens(self, scene: Scene, labels: Sequence[str], width: int) -> list[Line]:
        """Every token with its label, before they are merged into entities."""
        parts: list[Line] = []
        for token, label in zip(scene.plan.header.tokens, labels, strict=False):
            shown = printable(token)
            if label == "O":
                parts.append([Segment(shown, MUTED)])
            else:
                style = self._label(label, scene)
                parts.append([Segment(f" {shown} ", style), Segment(f" {label}", BODY)])
        return _flow(parts, width)

    def _entities(self, scene: Scene, result: Mapping[str, Any], width: int) -> list[Line]:
        """The sentence as it was typed, with its entities marked and named."""
        sentence, text = scene.trace.header.text or "", self.glyphs.text
        entities = sorted(result["entities"], key=lambda e: e["start"])
        parts: list[Line] = []
        end = 0
        for entity in entities:
            parts += _words(sentence[end : entity["start"]])
            style = self._label(entity["label"], scene)
            body = printable(" ".join(sentence[entity["start"] : entity["end"]].split()))
            body = crop(body, max(width - 10, 4))
            named = Segment(f"{entity['label']} ", Style.combine([style, Style(italic=True)]))
            glued = bool(end < entity["start"] or end == 0)
            part: Line = [Segment(f" {body} ", style), named]
            parts.append(part if glued else [Segment(" "), *part])
            end = entity["end"]
        parts += _words(sentence[end:])
        lines = _flow(parts, width)
        if not entities:
            lines.append([Segment(" No name was found in this text.", MUTED)])
            return lines
        lines.append([])
        for entity in entities:
            style = self._label(entity["label"], scene)
            name = crop(printable(entity["text"]), max(width - 24, 6))
            line = [
                Segment(" "),
                Segment(f" {entity['label']:<4} ", style),
                Segment(f" {name}", STRONG),
                Segment(f"  {entity['score']:.1%}", BODY),
            ]
            place = text(f"  at {entity['start']}–{entity['end']}")
            lines.append([*line, Segment(place, FAINT)])
        return [Segment.adjust_line_length(line, width, pad=False) for line in lines]

    # -- text classification -----------------------------------------------------------------

    def _scores(self, result: Mapping[str, Any], width: int) -> list[Line]:
        lines: list[Line] = [
            [Segment(" "), Segment(str(result.get("label", "")), ACCENT),
             Segment(f"  {result.get('score', 0.0):.1%}", STRONG)]
        ]  # fmt: skip
        scores = sorted(result["scores"].items(), key=lambda item: -item[1])
        name_width = min(max((cell_len(str(k)) for k, _ in scores), default=4), width // 3)
        for name, score in scores[:12]:
            length = round((width - name_width - 12) * score)
            bar = "#" * length if self.plain else " " * length
            lines.append([
                Segment(f" {crop(str(name), name_width):<{name_width}} ", BODY),
                Segment(f"{score:6.1%} ", MUTED),
                Segment(bar, Style() if self.plain else Style(bgcolor="#4f9bdc")),
            ])  # fmt: skip
        return lines


def _words(text: str) -> list[Line]:
    return [[Segment(printable(word), BODY)] for word in text.split()]


def _flow(parts: list[Line], width: int) -> list[Line]:
    """Parts one after another, broken between them."""
    lines: list[Line] = [[Segment(" ")]]
    used = 1
    for part in parts:
        size = line_width(part)
        if used > 1 and used + size > width:
            lines.append([Segment(" ")])
            used = 1
        lines[-1] += [*part, Segment(" ")]
        used += size + 1
    return [Segment.adjust_line_length(line, width + 1, pad=False) for line in lines]
