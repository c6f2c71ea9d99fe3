"""RESULT: the answer, as soon as the output cycles have run, and not before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding

from cyclesim.explain.looked_at import own_output
from cyclesim.language import N_, tr, trn
from cyclesim.render.answers import marked_spans
from cyclesim.render.result import answer_lines
from cyclesim.trace import Cycle, Trace
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.labels import flow, label_style
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.words.lines import Line, wrap
from cyclesim.tui.words.text import crop, fit, printable

__all__ = ["Result", "labels_cycle"]

#: Turns styled text into segments.
_PRINTER = Console(file=None, color_system=None)
#: The output cycles are at the end, and there are not more of them.
OUTPUTS = 6


def labels_cycle(trace: Trace, executed: int) -> Cycle | None:
    """The cycle that wrote the labels, if it is among the `executed` ones of `trace`."""
    for cycle in reversed(trace.cycles[max(executed - OUTPUTS, 0) : executed]):
        if cycle.unit == "output" and cycle.step == "labels":
            return cycle
    return None


class Result(Panel):
    """Tokens with their labels, then the sentence with its entities; or whatever the task gives."""

    name_shown = N_("Result")
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.entitle(tr("RESULT"))
        return self._first_nan(scene, width - 1) + self._answer(scene, width - 1)

    def _first_nan(self, scene: Scene, width: int) -> list[Line]:
        """Where the numbers broke, if they did: what comes after is not to be trusted."""
        for cycle in scene.trace.cycles[: scene.executed]:
            if cycle.has_nan:
                text = tr("The first NaN came at cycle {number}: {label}.")
                text = text.format(number=cycle.number, label=cycle.label)
                return wrap(" " + self.glyphs.text(text), width, BAD)
        return []

    def _answer(self, scene: Scene, width: int) -> list[Line]:
        text = self.glyphs.text
        if scene.failure:
            return wrap(f" {scene.failure}", width, BAD)
        result = scene.trace.result if scene.ended else {}
        if "entities" in result:
            return self._entities(scene, result, width)
        if "scores" in result and not marked_spans(result):
            return self._scores(result, width)
        if result:
            return self._as_printed(scene, width)
        labels = labels_cycle(scene.trace, scene.executed)
        words = own_output(labels, scene.trace).words if labels is not None else None
        if words and len(words) == len(scene.plan.header.tokens):
            return self._tokens(scene, words, width)
        if scene.ended:
            said = tr("The run is over. This task has no answer beyond the last tensor.")
            return wrap(f" {said}", width, MUTED)
        answer = scene.total - 1
        said = tr("The answer comes at cycle {number}.").format(number=answer)
        lines = wrap(f" {said}", width, STRONG)
        if scene.trace.header.text is not None:
            lines += wrap(f" {printable(scene.trace.header.text)}", width, MUTED, limit=3)
        left = answer - scene.last
        said = trn("{count} cycle to go · {key} runs to the end",
                   "{count} cycles to go · {key} runs to the end", left)  # fmt: skip
        lines += wrap(" " + text(said.format(count=left, key=self.key("finish"))), width, FAINT)
        return lines

    def _as_printed(self, scene: Scene, width: int) -> list[Line]:
        """As the shell prints it, without the empty lines at its ends."""
        texts = answer_lines(scene.trace, max(width - 1, 8), ascii=self.glyphs.ascii)
        return [
            [Segment(" "), *(s for s in text.render(_PRINTER) if s.text != "\n")] for text in texts
        ]

    # -- token classification ----------------------------------------------------------------

    def _tokens(self, scene: Scene, labels: Sequence[str], width: int) -> list[Line]:
        """Every token with its label, before they are merged into entities."""
        known = scene.trace.header.labels
        parts: list[Line] = []
        for token, label in zip(scene.plan.header.tokens, labels, strict=False):
            shown = printable(token)
            if label == "O":
                parts.append([Segment(shown, MUTED)])
            else:
                style = label_style(label, known, plain=self.plain)
                parts.append([Segment(f" {shown} ", style), Segment(f" {label}", BODY)])
        return flow(parts, width)

    def _entities(self, scene: Scene, result: Mapping[str, Any], width: int) -> list[Line]:
        """The sentence as it was typed, with its entities marked and named."""
        sentence, text = scene.trace.header.text or "", self.glyphs.text
        known = scene.trace.header.labels
        entities = sorted(result["entities"], key=lambda e: e["start"])
        parts: list[Line] = []
        end = 0
        for entity in entities:
            parts += _words(sentence[end : entity["start"]])
            style = label_style(entity["label"], known, plain=self.plain)
            body = printable(" ".join(sentence[entity["start"] : entity["end"]].split()))
            body = crop(body, max(width - 10, 4), self.glyphs.ellipsis)
            named = Segment(f"{entity['label']} ", Style.combine([style, Style(italic=True)]))
            glued = bool(end < entity["start"] or end == 0)
            part: Line = [Segment(f" {body} ", style), named]
            parts.append(part if glued else [Segment(" "), *part])
            end = entity["end"]
        parts += _words(sentence[end:])
        lines = flow(parts, width)
        if not entities:
            return lines + wrap(" " + tr("No name was found in this text."), width, MUTED)
        lines.append([])
        for entity in entities:
            style = label_style(entity["label"], known, plain=self.plain)
            name = crop(printable(entity["text"]), max(width - 24, 6), self.glyphs.ellipsis)
            line = [
                Segment(" "),
                Segment(f" {entity['label']:<4} ", style),
                Segment(f" {name}", STRONG),
                Segment(f"  {entity['score']:.1%}", BODY),
            ]
            place = tr("at {start}–{end}").format(start=entity["start"], end=entity["end"])
            lines.append([*line, Segment(text(f"  {place}"), FAINT)])
        return [Segment.adjust_line_length(line, width, pad=False) for line in lines]

    # -- text classification -----------------------------------------------------------------

    def _scores(self, result: Mapping[str, Any], width: int) -> list[Line]:
        if "labels" in result:  # each by itself
            names = ", ".join(map(str, result["labels"])) or tr("no label")
            lines: list[Line] = wrap(f" {printable(names)}", width, ACCENT)
        else:
            best = Segment(f"  {result.get('score', 0.0):.1%}", STRONG)
            lines = [[Segment(" "), Segment(printable(str(result.get("label", ""))), ACCENT), best]]
        scores = sorted(result["scores"].items(), key=lambda item: -item[1])
        name_width = min(max((cell_len(str(k)) for k, _ in scores), default=4), width // 3)
        for name, score in scores[:12]:
            length = round((width - name_width - 12) * score)
            bar = "#" * length if self.plain else " " * length
            named = fit(printable(str(name)), name_width, ellipsis=self.glyphs.ellipsis)
            lines.append([
                Segment(f" {named} ", BODY),
                Segment(f"{score:6.1%} ", MUTED),
                Segment(bar, Style() if self.plain else Style(bgcolor="#4f9bdc")),
            ])  # fmt: skip
        return lines


def _words(text: str) -> list[Line]:
    return [[Segment(printable(word), BODY)] for word in text.split()]
