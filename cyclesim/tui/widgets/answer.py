"""ANSWER IF THE CLOCK STOPPED HERE: the model's own head, asked about the hidden state so far.

First the answer of the last hidden state up to the current cycle; beneath it, where there is room
or by scrolling, how it came to be: a column for each hidden state. Columns fill as the run goes.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding

from cyclesim.language import N_, current, tr
from cyclesim.render.units import duration
from cyclesim.tui.backstage.answers import Answers, Column
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.labels import flow, label_style
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.words.lines import Line, wrap
from cyclesim.tui.words.text import centre, crop, fit, printable

__all__ = ["Answer"]

#: Cells that a row's name and a word may take.
NAME, WORD = 16, 12
#: ` 100%`
SCORE = 5
#: The label for nothing.
NOTHING = "O"


class Answer(Panel):
    """What the head would say now, and what it would have said after each layer before."""

    name_shown = N_("Answer now")
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    #: The lines that were built last, and what they depend on.
    _built: tuple[Answers, tuple[object, ...], list[Line]] | None = None

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        title = tr("ANSWER IF THE CLOCK STOPPED HERE (probe)")
        self.entitle(title if cell_len(title) < width else tr("ANSWER NOW (probe)"))
        room = width - 1
        answers = scene.measures.answers
        if answers is None or answers.trace is not scene.trace:
            return self._unasked(scene, room)
        if answers.sentence:
            return wrap(f" {answers.sentence}", room, MUTED)
        # Most steps change nothing here, and a long text has hundreds of rows.
        at, title = self._current(scene, answers), ""
        column = answers.until(scene.at)
        if column is not None:
            title = self._title(scene, column)
        what = (at, title, room, self.plain, self.glyphs.ascii, current())
        if self._built is None or self._built[0] is not answers or self._built[1] != what:
            lines = [*self._now(scene, answers, room), [], *self._table(scene, answers, room)]
            self._built = answers, what, lines
        return self._built[2]

    def _unasked(self, scene: Scene, width: int) -> list[Line]:
        if scene.saved:
            said = tr("A saved trace has no model that could be asked.")
            return wrap(f" {said}", width, MUTED)
        if scene.measures.automatic:
            said = tr("The model's head is being asked…")
            return wrap(" " + self.glyphs.text(said), width, MUTED)
        said = tr("A asks the model's own head what it would say of the hidden state so far.")
        lines = wrap(f" {said}", width, BODY)
        bare = scene.plan.timing.untraced_ns
        if bare:
            said = tr("It is not asked by itself, because a forward takes {time}.")
            said = self.glyphs.text(said.format(time=duration(bare)))
            lines += wrap(f" {said}", width, FAINT)
        return lines

    # -- the answer now ----------------------------------------------------------------------

    def _now(self, scene: Scene, answers: Answers, width: int) -> list[Line]:
        first = answers.states[0][0]
        if scene.at is None or scene.at < first:
            said = tr("There is nothing to ask yet: cycle {number} writes the first hidden state.")
            return wrap(" " + said.format(number=first), width, BODY)
        column = answers.until(scene.at)
        if column is None:
            said = tr("The model's head is being asked…")
            return wrap(" " + self.glyphs.text(said), width, MUTED)
        lines = wrap(" " + self.glyphs.text(self._title(scene, column)), width, STRONG)
        return lines + flow(self._parts(scene, answers, column), width)

    def _title(self, scene: Scene, column: Column) -> str:
        if column.layer is None:
            said = tr("Probe after the embeddings (cycle {number}):")
        else:
            said = tr("Probe after layer {layer} (cycle {number}):")
        said = said.format(layer=column.layer, number=column.number)
        cycle = scene.trace.cycles[column.number]
        if cycle.edited or cycle.downstream:
            said = tr("Edited run.") + " " + said
        return said

    def _parts(self, scene: Scene, answers: Answers, column: Column) -> list[Line]:
        if answers.kind == "label":
            order = sorted(range(len(column.cells)), key=lambda row: -(column.cells[row][1] or 0))
            return [
                [*self._word(scene, answers, column, row), _score(column.cells[row][1])]
                for row in order
            ]
        parts: list[Line] = []
        for row, name in enumerate(answers.rows):
            word, score = column.cells[row]
            token = Segment(self._cropped(name, NAME), MUTED if word == NOTHING else BODY)
            if answers.kind == "labels" and word == NOTHING:
                parts.append([token, Segment(" ")])
            else:
                shown = self._word(scene, answers, column, row)
                parts.append([token, Segment(" "), *shown, _score(score), Segment(" ")])
        return parts

    def _cropped(self, text: str, width: int) -> str:
        return crop(printable(text), width, self.glyphs.ellipsis)

    # -- how it came to be -------------------------------------------------------------------

    def _table(self, scene: Scene, answers: Answers, width: int) -> list[Line]:
        """Rows × hidden states, with the scores where all columns have room for them."""
        states, rows = answers.states, answers.rows
        heads = [_head(layer) for _, layer in states]
        if not rows:
            return []
        label = tr("layer")
        changed = tr("changed")
        name = max(cell_len(printable(text)) for text in (*rows, label, changed))
        name = min(name, NAME, max(width // 4, 4))
        word = self._word_width(answers)
        scores = name + 2 + len(states) * (word + 3 + SCORE) <= width
        cell = word + 3 + (SCORE if scores else 0)
        fitting = max((width - name - 2) // cell, 1)
        at = self._current(scene, answers)
        first = min(max((at or 0) - fitting // 2, 0), max(len(states) - fitting, 0))
        places = range(first, min(first + fitting, len(states)))
        top: Line = [Segment(f" {fit(label, name)} ", MUTED)]
        for place in places:
            here = place == at
            head = f"{self.glyphs.now} {heads[place]}" if here else heads[place]
            top.append(Segment(fit(f" {head}", cell), ACCENT if here else MUTED))
        lines = [top]
        for row, text in enumerate(rows):
            line: Line = [Segment(f" {fit(self._cropped(text, name), name)} ", BODY)]
            for place in places:
                column = answers.columns.get(states[place][0])
                line += self._cell(scene, answers, column, row, word, scores=scores)
            lines.append(line)
        if answers.kind != "label":
            lines.append(self._changes(answers, places, changed, name, cell))
        if len(places) < len(states):
            said = tr("Columns {first} to {last} of {count}, around the current cycle.")
            said = said.format(first=first + 1, last=places[-1] + 1, count=len(states))
            lines += wrap(f" {said}", width, FAINT)
        said = tr("Each column is the output of one layer, put through the model's own head. "
                  "It is a probe: no cycle of the run computes it.")  # fmt: skip
        return [*lines, [], *wrap(f" {said}", width, FAINT)]

    @staticmethod
    def _current(scene: Scene, answers: Answers) -> int | None:
        """Place of the last hidden state up to the current cycle."""
        if scene.at is None:
            return None
        before = [place for place, (n, _) in enumerate(answers.states) if n <= scene.at]
        return before[-1] if before else None

    @staticmethod
    def _word_width(answers: Answers) -> int:
        if answers.kind == "label":
            return SCORE
        words = (w for c in answers.columns.values() for w, _ in c.cells)
        return min(max((cell_len(printable(w)) for w in words), default=4), WORD)

    def _cell(
        self, scene: Scene, answers: Answers, column: Column | None, row: int, width: int, *,
        scores: bool,
    ) -> Line:  # fmt: skip
        tail = SCORE if scores else 0
        if column is None:
            dot = f" {self.glyphs.waiting}"
            return [Segment(fit(dot, width + 3 + tail), FAINT)]
        chip = self._word(scene, answers, column, row, width)
        after = (
            _score(column.cells[row][1], SCORE)
            if scores and answers.kind != "label"
            else (Segment(" " * tail))
        )
        return [*chip, after, Segment(" ")]

    def _word(
        self, scene: Scene, answers: Answers, column: Column, row: int, width: int = 0
    ) -> Line:
        """The word of one cell on its label's ground; `width` for a column, else as it is."""
        word, score = column.cells[row]
        labels = scene.trace.header.labels
        if answers.kind == "label":
            # In a column the row says which label it is: the number is the word.
            best = row == column.best
            shown = f"{score or 0:.0%}" if width else printable(word)
            text = centre(shown, width) if width else shown
            style = label_style(word, labels, plain=self.plain) if best else MUTED
            return [Segment(f" {text} ", style)]
        shown = self._cropped(word, WORD)
        text = fit(shown, width) if width else shown
        if answers.kind in ("token", "words"):
            return [Segment(f" {text} ", STRONG)]
        if word == NOTHING:
            return [Segment(f" {text} ", FAINT)]
        return [Segment(f" {text} ", label_style(word, labels, plain=self.plain))]

    def _changes(self, answers: Answers, places: range, title: str, name: int, cell: int) -> Line:
        """How many rows say something else than in the column before."""
        line: Line = [Segment(f" {fit(title, name)} ", MUTED)]
        for place in places:
            now = answers.columns.get(answers.states[place][0])
            before = answers.columns.get(answers.states[place - 1][0]) if place else None
            text = ""
            if now is not None and before is not None:
                pairs = zip(now.cells, before.cells, strict=True)
                text = str(sum(one[0] != other[0] for one, other in pairs))
            line.append(Segment(fit(f" {text}", cell), MUTED))
        return line


def _head(layer: int | None) -> str:
    return tr("emb.") if layer is None else str(layer)


def _score(score: float | None, width: int = 0) -> Segment:
    text = "" if score is None else f"{score:.0%}"
    return Segment(f"{text:>{width}}" if width else f" {text}", MUTED)
