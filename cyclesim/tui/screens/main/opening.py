"""Opening: another text, model, task, attention or device, without leaving."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from cyclesim.language import tr
from cyclesim.machine.catalog import DEFAULT, EMBEDDED
from cyclesim.trace import Prompt
from cyclesim.tui.backstage.engine import Offers, Reads
from cyclesim.tui.launch import MOST_SERVED, LaunchOptions
from cyclesim.tui.messages import Opened
from cyclesim.tui.screens.dialogs.generation import GenerationDialog, Settings
from cyclesim.tui.screens.dialogs.line import TextDialog
from cyclesim.tui.screens.dialogs.machine import MachineDialog
from cyclesim.tui.screens.dialogs.reading import ReadingDialog
from cyclesim.tui.screens.main.running import Running
from cyclesim.tui.settings.recent import Recent, Remembered, RememberJob
from cyclesim.tui.words.text import crop, printable

if TYPE_CHECKING:
    from cyclesim.tui.app import CyclesimApp

__all__ = ["Opening"]

#: So many tokens may be written where anybody may sit.
MOST_WRITTEN = 200


class Opening(Running):
    """The dialogs that start another run, and what they remember."""

    _recent = Recent()
    _offers = Offers()
    #: What was asked for last and did not open: the next dialog begins with it.
    _draft: LaunchOptions | None = None

    def opened(self, report: Opened) -> None:
        """Another run: remember what it is."""
        super().opened(report)
        self._draft = None
        if report.live:
            self.session.ask(RememberJob(self._recent, not self._confined))

    def remembered(self, report: Remembered) -> None:
        """What was opened lately, and what can be opened here."""
        self._recent, self._offers = report.recent, report.offers

    @property
    def _confined(self) -> bool:
        return cast("CyclesimApp", self.app).confined

    def _reopen(self, options: LaunchOptions) -> None:
        """Open another run, if the screen may."""
        said = ""
        known = options.model == cast("CyclesimApp", self.app).options.model
        tokens = (options.generation or {}).get("max_new_tokens", 0)
        if self._confined and not known and (options.model or DEFAULT) not in EMBEDDED:
            said = tr("Only a model that comes with cyclesim can be opened here: {models}.")
        elif self._confined and _length(options) > MOST_SERVED:
            said = tr("That text is too long to be run here: {count} characters at most.")
        elif self._confined and tokens > MOST_WRITTEN:
            said = tr("That is too much to be written here: {tokens} tokens at most.")
        if said:
            models = ", ".join(EMBEDDED)
            said = said.format(models=models, count=MOST_SERVED, tokens=MOST_WRITTEN)
            self.tell(said, bad=True)
        else:
            self._draft = options
            super()._reopen(options)

    def action_new_text(self) -> None:
        """Ask for another text and start again with it."""
        if not self._live():
            return
        self._stop()
        options = self.session.options
        reads = self._offers.reads.get(self._doing, Reads())
        place, prompts = self._prompts()
        first = prompts[place]
        if self._draft is not None and len(self._draft.reads) == len(prompts):
            first = self._draft.reads[place]

        def answered(prompt: Prompt | None) -> None:
            if prompt is not None:
                made = [*prompts[:place], prompt, *prompts[place + 1 :]]
                again = options.reading(made if len(made) > 1 else prompt)
                self._reopen(again if prompt == prompts[place] else again.unlabelled)

        if reads.fields != ("text",):
            self.app.push_screen(ReadingDialog(first, reads), answered)
            return

        def told(text: str | None) -> None:
            answered(None if text is None else replace(prompts[place], text=text))

        self.app.push_screen(TextDialog(first.text or "", self._recent.texts), told)

    @property
    def _doing(self) -> str:
        """The task of the present run."""
        return "" if self._trace is None else self._trace.header.task

    def _prompts(self) -> tuple[int, list[Prompt]]:
        """All that is read, and which of it the sequence that is looked at is of."""
        prompts = list(self.session.options.reads)
        place = 0 if self._plan is None else self._plan.header.looked_at.answer
        return (place if place < len(prompts) else 0), prompts

    def action_new_machine(self) -> None:
        """Ask for another machine, and open it beside this one."""
        if not self._live() or self._trace is None:
            return
        self._stop()
        header = self._trace.header
        parts = (crop(printable(header.model), 40), header.task, header.device,
                 header.attention, header.dtype)  # fmt: skip
        present = tr("now: {machine}").format(machine=" · ".join(part for part in parts if part))

        def answered(options: LaunchOptions | None) -> None:
            if options is not None:
                self._reopen(options)

        dialog = MachineDialog(
            self.session.options,
            present,
            self._offers,
            self._recent,
            draft=self._draft,
            doing=self._doing,
            confined=self._confined,
        )
        self.app.push_screen(dialog, answered)

    def action_generation(self) -> None:
        """Ask how a text is generated, and write it anew."""
        if not self._live():
            return
        if not self._writes:
            self.tell(tr("This run writes no text: open a model that does with {key}.").format(
                key=self._key("new_machine")
            ))  # fmt: skip
            return
        self._stop()
        options = self.session.options

        def answered(settings: Settings | None) -> None:
            if settings is not None:
                self._reopen(replace(options, generation=settings or None))

        self.app.push_screen(GenerationDialog(options.generation or {}), answered)


def _length(options: LaunchOptions) -> int:
    """How many characters are read."""
    return sum(
        len(text or "")
        for prompt in options.reads
        for text in (prompt.text, prompt.pair, prompt.question, *prompt.choices)
    )
