"""TEXT AND CACHE: the text that a run writes, token by token, and how its key-value cache grows.

First the text so far, then what the cache holds, a bar for each attention module; beneath it, by
scrolling or on the whole screen, what each token cost.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding

from cyclesim.language import N_, tr
from cyclesim.render.units import UNKNOWN, amount, size
from cyclesim.trace import CacheStep, Trace
from cyclesim.trace.generated import Generated, GeneratedToken
from cyclesim.tui.scene import Scene
from cyclesim.tui.settings.palette import ACCENT, BODY, FAINT, MUTED, STRONG
from cyclesim.tui.widgets.panel import Panel
from cyclesim.tui.words.lines import Line, line_width, wrap
from cyclesim.tui.words.text import crop, fit, printable

__all__ = ["Writing", "writes"]

#: Ground of the positions that were in the cache, and of those that were added.
REUSED, APPENDED = "#2f5d8a", "#ffd166"
#: Cells for the name of a cache and for its numbers.
NAME, NUMBERS = 17, 16
#: What byte-level and sentence-piece tokenizers write for the blank before a word.
_BLANKS = ("Ġ", "▁")


def writes(trace: Trace | None) -> bool:
    """Whether a run writes a text, token by token."""
    return trace is not None and any(c.token is not None for c in trace.cycles)


class Writing(Panel):
    """The text so far and the cache behind it."""

    name_shown = N_("Text and cache")
    BINDINGS = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._generated: Generated | None = None

    def build(self, scene: Scene, width: int, height: int) -> list[Line]:
        self.entitle(tr("TEXT AND KEY-VALUE CACHE"))
        room = width - 1
        if self._generated is None or self._generated.trace is not scene.trace:
            self._generated = Generated(scene.trace)
        if scene.at is None:
            return self._waiting(scene, room)
        tokens = self._generated.tokens(scene.at)
        if not tokens:
            return self._waiting(scene, room)
        cache = scene.trace.cache.held(scene.at)
        lines = self._text(scene, tokens, room)
        lines += self._state(tokens[-1], room)
        lines += self._cache(cache, tokens[-1].token, room)
        return [*lines, [], *self._table(tokens, room), [], *self._words(cache, room)]

    def _waiting(self, scene: Scene, width: int) -> list[Line]:
        first = next((c.number for c in scene.plan.cycles if c.token is not None), None)
        if first is None:
            return wrap(" " + tr("This run writes no text."), width, MUTED)
        lines = wrap(f" {printable(scene.trace.header.text or '')}", width, MUTED, limit=3)
        said = tr("The first token is worked for from cycle {number} on.").format(number=first)
        return lines + wrap(f" {said}", width, BODY)

    # -- the text ------------------------------------------------------------------------------

    def _text(self, scene: Scene, tokens: Sequence[GeneratedToken], width: int) -> list[Line]:
        header = scene.trace.header
        prompt = printable(" ".join((header.text or "").split()))
        chosen = [token for token in tokens if token.text is not None]
        words: Line = [Segment(f"{word} ", MUTED) for word in prompt.split()]
        if header.target_tokens:  # an encoder–decoder begins a text of its own
            words.append(Segment(f"{self.glyphs.feeds} ", FAINT))
        elif words and chosen and not chosen[0].text.startswith(_BLANKS):  # type: ignore[union-attr]
            words[-1] = Segment(words[-1].text.rstrip(), MUTED)
        for token in chosen:
            now = token is tokens[-1]
            words.append(Segment(self._shown(token), ACCENT if now else STRONG))
        if tokens[-1].text is None:
            words.append(Segment("_", ACCENT))
        return _broken(words, width)

    def _shown(self, token: GeneratedToken) -> str:
        text = token.text or ""
        for mark in _BLANKS:
            text = text.replace(mark, " ")
        return printable(text)

    def _state(self, token: GeneratedToken, width: int) -> list[Line]:
        """What was computed for the newest token, and what was taken from the cache."""
        name = tr("prefill") if token.phase == "prefill" else tr("decode")
        said = tr("token {number} · {phase} · {computed} computed, {reused} reused").format(
            number=token.token, phase=name, computed=token.computed, reused=token.reused
        )
        return wrap(" " + self.glyphs.text(said), width, BODY)

    # -- the cache -----------------------------------------------------------------------------

    def _cache(self, cache: Sequence[CacheStep], token: int, width: int) -> list[Line]:
        if not cache:
            said = tr("Nothing is in a key-value cache.")
            return wrap(f" {said}", width, MUTED)
        layers = [entry.layer for entry in cache]
        several = len(set(layers)) < len(layers)
        room = max(width - NAME - NUMBERS - 2, 4)
        most = max(entry.positions for entry in cache)
        lines = []
        for entry in cache:
            name = self._named(entry, several=several)
            numbers = f"{entry.positions:>5} {size(entry.nbytes):>9}"
            bar = self._bar(entry, room / max(most, room // 3), grown=entry.token == token)
            blank = " " * (room - line_width(bar))
            line = [Segment(f" {fit(name, NAME - 1)}", MUTED), *bar, Segment(blank + numbers, BODY)]
            lines.append(line)
        return lines

    def _named(self, entry: CacheStep, *, several: bool) -> str:
        if entry.layer is None:
            return crop(entry.path, NAME - 1, self.glyphs.ellipsis)
        if not several:
            return tr("layer {number}").format(number=entry.layer)
        name = tr("layer {number} cross") if entry.cross else tr("layer {number} self")
        return name.format(number=entry.layer)

    def _bar(self, entry: CacheStep, scale: float, *, grown: bool) -> Line:
        """The positions that were there, and those that this token added."""
        grown = grown and entry.appended > 0
        old = entry.reused if grown else entry.positions
        there = round(old * scale)
        new = max(round(entry.positions * scale) - there, 1) if grown else 0
        if self.plain:
            return [Segment("=" * there, BODY), Segment("+" * new, STRONG)]
        return [
            Segment(" " * there, Style(bgcolor=REUSED)),
            Segment(" " * new, Style(bgcolor=APPENDED)),
        ]

    # -- what each token cost ------------------------------------------------------------------

    def _table(self, tokens: Sequence[GeneratedToken], width: int) -> list[Line]:
        """The newest token first, so that it is seen without scrolling."""
        heads = (
            (tr("token"), 6, False), (tr("chosen"), 12, False), (tr("with p"), 7, True),
            (tr("computed"), 9, True), (tr("reused"), 7, True), (tr("FLOP"), 8, True),
            (tr("cache"), 9, True),
        )  # fmt: skip
        shown = [*heads]
        while len(shown) > 3 and sum(cells + 1 for _, cells, _ in shown) > width:
            shown.pop(2 if len(shown) > 5 else -2)
        rows = [[text for text, _, _ in heads]]
        rows += [self._row(token) for token in reversed(tokens)]
        lines = []
        for place, row in enumerate(rows):
            style = MUTED if place == 0 else STRONG if place == 1 else BODY
            cells = [(row[heads.index(head)], head[1], head[2]) for head in shown]
            text = " ".join(fit(t, w, right=right) for t, w, right in cells)
            lines.append([Segment(f" {text}", style)])
        return lines

    def _row(self, token: GeneratedToken) -> list[str]:
        return [
            str(token.token),
            repr(self._shown(token)) if token.text is not None else self.glyphs.waiting,
            UNKNOWN if token.score is None else f"{token.score:.1%}",
            str(token.computed),
            str(token.reused),
            amount(token.flops),
            size(token.nbytes),
        ]

    def _words(self, cache: Sequence[CacheStep], width: int) -> list[Line]:
        if cache:
            said = tr("Computed are the newest positions; keys and values of those before them are "
                      "reused. A bar shows what was there, and what this token added.")  # fmt: skip
        else:
            said = tr("Without a cache every position is computed again for every token.")
        return wrap(f" {said}", width, FAINT)


def _broken(words: Line, width: int) -> list[Line]:
    """Segments one after another in lines of `width`, broken before blanks where they can be."""
    lines: list[Line] = [[Segment(" ")]]
    for segment in words:
        if line_width(lines[-1]) + line_width([segment]) > width and len(lines[-1]) > 1:
            lines.append([Segment(" ")])
            segment = Segment(segment.text.lstrip(), segment.style)
        lines[-1].append(segment)
    return [Segment.adjust_line_length(line, width + 1, pad=False) for line in lines]
