"""LESSON: what the present step asks and tells, beside the instrument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from cyclesim.language import current, tr
from cyclesim.lessons.course import called
from cyclesim.lessons.lesson import Step
from cyclesim.lessons.prose import Span, SpanKind, blocks, plain
from cyclesim.lessons.tour import Tour
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BAD, BODY, FAINT, GOOD, MUTED, STRONG
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.words.folding import fold
from cyclesim.tui.words.lines import Line, wrap, wrap_parts
from cyclesim.tui.words.text import crop

__all__ = ["LessonPane"]

_STYLES: dict[SpanKind, Style] = {
    "text": BODY,
    "strong": STRONG,
    "stressed": BODY + Style(italic=True),
    "code": Style(color="#9fd0ff"),
}


class LessonPane(Panel):
    """The words of a lesson. It scrolls by itself to what is new.

    Attributes:
        tour: the way through the lesson.
        sentence: why its numbers cannot be known, or "".
        prepared: whether they are known.
        abroad: whether the instrument runs another text than the lesson's.
        low: whether it lies under the instrument, where lines are few.
        folded: whether it is one line.
    """

    name_shown = "LESSON"

    def __init__(self, tour: Tour, *, id: str) -> None:
        super().__init__(id=id)
        self.tour = tour
        self.sentence = ""
        self.prepared = False
        self.low = False
        self.abroad = False
        self.folded = False
        self._built: tuple[object, list[Line], int] | None = None

    # -- what is said ------------------------------------------------------------------------

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        tour, stop = self.tour, self.tour.remark if self.prepared else None
        state = (
            tour.place, tour.met, tour.hints, stop, width, self.prepared, self.sentence, current(),
            self.glyphs.ascii, id(tour.told), self.low, self.abroad,
        )  # fmt: skip
        if self._built is None or self._built[0] != state:
            news = 0
            lines: list[Line] = []
            for part, new in self._parts(width):
                if new:
                    news = len(lines)
                lines += part
            self._built = (state, lines, news)
        return self._built[1]

    def rebuild(self) -> None:
        super().rebuild()
        self._entitle()

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        self._entitle()

    def refold(self) -> None:
        """Build anew, and scroll to what is new."""
        self.rebuild()
        top = self._built[2] if self._built is not None else 0
        self.scroll_to(y=top, animate=False)

    @property
    def more(self) -> bool:
        """Whether there is text below what is seen."""
        return not self.folded and self.scroll_offset.y < self.max_scroll_y

    def _entitle(self) -> None:
        lesson, place = self.tour.lesson, self.tour.place
        count = len(lesson.steps)
        said = tr("LESSON {number} · step {place} of {count}")
        if self.tour.over:
            said = tr("LESSON {number} · done")
        said = said.format(number=lesson.number, place=place + 1, count=count)
        more = ""
        if self.folded:
            more = " · " + tr("{key} unfolds").format(key=self.key("lesson_fold"))
        elif self.more:
            more = " · " + tr("{key} reads on").format(key=self.key("lesson_on"))
        if self.low and self.tour.step is not None:
            room = self.size.width - cell_len(said + more) - 4
            said += " · " + crop(plain(self._title(self.tour.step)), room, self.glyphs.ellipsis)
        self.entitle(said + more)

    def _parts(self, width: int) -> Iterator[tuple[list[Line], bool]]:
        """What is said, part by part; the last one marked new is what to scroll to."""
        step = self.tour.step
        if step is None:
            yield self._end(width), True
            return
        title = [] if self.low else [*self._words(self._title(step), width, STRONG), []]
        yield title, True
        if not self.prepared:
            yield self._waiting(width), False
            return
        if self.abroad and not self.tour.elsewhere:
            said = tr("The screen shows another text than the lesson's; {key} opens that again.")
            said = self.glyphs.text(said.format(key=self.key("lesson_on")))
            yield [*wrap(said, width - 1, BAD), []], False
        if step.before:
            yield [*self._prose(self.tour.told.text(step.before), width), []], False
        asked = self.tour.question()
        if asked is not None:
            yield [*self._prose(asked.text, width), []], False
        for place, hint in enumerate(step.hints[: self.tour.hints], 1):
            text = tr("Hint {place}: {text}").format(place=place, text=self.tour.told.text(hint))
            yield [*self._prose(text, width, MUTED), []], place == self.tour.hints
        if self.tour.remark is not None:
            yield self._remark(*self.tour.remark, width), True
        if self.tour.met and step.goal is not None:
            yield self._remark(True, "", width), True
        free = step.question is None and step.goal is None
        if step.after and (self.tour.met or free):
            yield [*self._prose(self.tour.told.text(step.after), width), []], False
        yield self._what_next(width), False

    def _title(self, step: Step) -> str:
        source = step.title.source
        return self.tour.told.text(step.title) if self.prepared and "{{" in source else source

    def _waiting(self, width: int) -> list[Line]:
        if self.sentence:
            said = tr("This lesson cannot be told of this run: {why}").format(why=self.sentence)
            return wrap(self.glyphs.text(said), width - 1, BAD)
        goal = self._prose(self.tour.lesson.goal.source, width)
        said = tr("The lesson makes its runs…")
        return [*goal, [], *wrap(self.glyphs.text(said), width - 1, MUTED)]

    def _remark(self, right: bool, said: str, width: int) -> list[Line]:
        mark = f"{self.glyphs.yes} {tr('Right.')}" if right else f"{self.glyphs.no} {tr('Not so.')}"
        if right and not said and self.tour.step is not None and self.tour.step.goal is not None:
            mark = f"{self.glyphs.yes} {tr('Done.')}"
        lines = wrap(mark, width - 1, GOOD if right else BAD)
        if said:
            lines += self._prose(said, width)
        return [*lines, []]

    def _what_next(self, width: int) -> list[Line]:
        """What can be pressed now."""
        tour, keys = self.tour, self._keys
        step = tour.step
        assert step is not None
        if tour.asks:
            parts = [tr("{on} answers the question")]
        elif tour.waits:
            parts = [tr("waits for you to do it"), tr("{on} skips it")]
        else:
            parts = [tr("{on} goes on")]
        if step.hints[tour.hints :] and (tour.asks or tour.waits):
            parts.append(tr("{hint} gives a hint"))
        if tour.place:
            parts.append(tr("{back} goes back"))
        if self.low:
            parts.append(tr("{fold} folds"))
        said = [self.glyphs.text(part.format(**keys)) for part in parts]
        return wrap_parts(said, width - 1, ACCENT, between=f" {self.glyphs.dot} ")

    @property
    def _keys(self) -> dict[str, str]:
        return {name: self.key(f"lesson_{name}") for name in ("on", "back", "hint", "fold")}

    def _end(self, width: int) -> list[Line]:
        lesson = self.tour.lesson
        lines = wrap(tr("That was the last step."), width - 1, STRONG)
        if lesson.exercise is not None:
            said = tr(
                "Now the exercise, in a shell:\n\n`cyclesim learn exercise {number}` puts {file} "
                "into the folder you are in, and `cyclesim learn check {number}` checks it."
            ).format(number=called(lesson), file=lesson.exercise.file)
            lines += [[], *self._prose(said, width)]
        said = tr("You may go on exploring: nothing is locked.")
        return [*lines, [], *self._prose(said, width, MUTED)]

    # -- how it is drawn ---------------------------------------------------------------------

    def _words(self, text: str, width: int, style: Style) -> list[Line]:
        return wrap(self.glyphs.text(plain(text)), width - 1, style)

    def _prose(self, source: str, width: int, base: Style | None = None) -> list[Line]:
        lines: list[Line] = []
        before = ""
        for block in blocks(source):
            tight = block.kind == before and block.kind in ("code", "item", "row")
            if lines and not tight:
                lines.append([])
            before = block.kind
            indent = {"code": " ", "quote": "  ", "item": " "}.get(block.kind, "")
            mark = f"{self.glyphs.dot if block.mark == '•' else block.mark} " if block.mark else ""
            hang = indent + " " * len(mark)
            folded = self._folded(block.spans, width - 1 - len(hang), base)
            for place, line in enumerate(folded):
                opening = indent + mark if not place else hang
                lines.append([Segment(opening, base or FAINT), *line] if opening else line)
        return lines

    def _folded(self, spans: Sequence[Span], width: int, base: Style | None) -> list[Line]:
        """`spans` in lines of at most `width` cells, each character in its own style."""
        text = "".join(self.glyphs.text(span.text) for span in spans)
        styles = [base or _STYLES[span.kind] for span in spans for _ in self.glyphs.text(span.text)]
        out: list[Line] = []
        place = 0
        for words in fold(text, max(width, 8)):
            line: Line = []
            for character in words:
                while text[place] != character:  # a blank that the end of a line took the place of
                    place += 1
                style = styles[place]
                if line and line[-1].style is style:
                    line[-1] = Segment(line[-1].text + character, style)
                else:
                    line.append(Segment(character, style))
                place += 1
            out.append(line)
        return out
