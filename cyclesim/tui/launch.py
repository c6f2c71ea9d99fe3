"""What the app is asked to open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclesim.machine.catalog import DEFAULT, EMBEDDED

if TYPE_CHECKING:
    from cyclesim.machine import Training
    from cyclesim.trace import Prompt, Resolution, Trace
    from cyclesim.tui.classroom.log import Log

__all__ = ["CLOCKS", "DEFAULT_TEXT", "MOST_SERVED", "SPEEDS", "LaunchOptions", "LessonOptions"]

DEFAULT_TEXT = EMBEDDED[DEFAULT].example
#: Characters of a text that somebody in a browser may run.
MOST_SERVED = 2000
#: How far one step can go; `cyclesim.trace.Resolution`, which brings NumPy with it.
CLOCKS = ("token", "layer", "module", "step")
#: Ticks per second that can be chosen from.
SPEEDS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class LessonOptions:
    """The lesson to open beside the instrument.

    Attributes:
        number: which.
        folder: where lessons are; None for those that come with cyclesim.
        step: the name of the step to begin at; "" for where one was.
        demo: play it, so many times as fast as one reads; 0 never waits, None plays nothing.
        keep: remember what is done.
    """

    number: int
    folder: Path | None = None
    step: str = ""
    demo: float | None = None
    keep: bool = True


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """Everything the shell's options say. The defaults open the embedded model.

    Attributes:
        text: the sentence to run; of a question, what its answer is looked for in.
        prompts: all that is read, where it is more than the text: of the first, `text` counts.
        example: nothing was given to read, so the machine's own example is.
        model, task, attention, device, dtype, max_length, pad_to, trust_remote_code, random_init:
            as `cyclesim.load` takes them.
        seed: set before loading, where something random is asked for.
        generation: how a text is generated, as `cyclesim.load` takes it.
        training: the training step that is run, as `cyclesim.trace` takes it; None for none.
        clock: how far one step goes: `token`, `layer`, `module` or `step`.
        ascii: draw with ASCII characters only.
        ticks: how many a second when playing, one of `SPEEDS`.
        theme: name of the theme.
        keys: the keys that a person has chosen, by name of the command.
        saved: an opened trace to show instead; then no model is needed, and nothing runs.
        file: where `saved` was read from.
        projector: begin in projector mode.
        served: the screen is in somebody's browser: no file or folder is opened or written, only
            embedded models and short texts are run, and nothing is remembered.
        log: where to write the session log.
        replay: a session log to play, `pace` times as fast as it was recorded; 0 never waits.
        lesson: a lesson to open beside it.
    """

    text: str = DEFAULT_TEXT
    prompts: tuple[Prompt, ...] = ()
    example: bool = False
    model: str | None = None
    task: str | None = None
    attention: str = "eager"
    device: str = "auto"
    dtype: str = "float32"
    seed: int | None = None
    max_length: int | None = None
    pad_to: int | None = None
    generation: Mapping[str, Any] | None = None
    training: Training | None = None
    clock: Resolution = "step"
    ascii: bool = False
    trust_remote_code: bool = False
    random_init: bool = False
    ticks: int = 4
    theme: str = "cyclesim"
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    saved: Trace | None = None
    file: str = ""
    projector: bool = False
    served: bool = False
    log: Path | None = None
    replay: Log | None = None
    pace: float = 1.0
    lesson: LessonOptions | None = None

    @property
    def given(self) -> Any:
        """What the run reads, as `cyclesim.trace` takes it."""
        if not self.prompts:
            return self.text
        found = self.reads
        return list(found) if len(found) > 1 else found[0]

    @property
    def reads(self) -> tuple[Prompt, ...]:
        """All that is read: a prompt for each answer, the first with `text`."""
        from cyclesim.trace import Prompt

        first, *others = self.prompts or (Prompt(),)
        return (replace(first, text=self.text), *others)

    @property
    def unlabelled(self) -> LaunchOptions:
        """The same without the labels of a training step, which are for another text."""
        training = self.training
        return self if training is None else replace(self, training=replace(training, labels=None))

    def saying(self, text: str) -> LaunchOptions:
        """The same, with another text; the labels of a training step were for the old one."""
        return replace(self if text == self.text else self.unlabelled, text=text)

    def reading(self, given: Any) -> LaunchOptions:
        """The same, with `given` to read: whatever `cyclesim.trace` takes.

        Raises:
            CyclesimError: nothing that can be read.
        """
        if isinstance(given, str):  # before the first paint: no NumPy
            return replace(self, text=given, prompts=(), example=False)
        from cyclesim.trace import Prompt, prompts_of

        prompts = prompts_of(given)
        plain = prompts == (Prompt(prompts[0].text),)
        return replace(
            self, text=prompts[0].text or "", prompts=() if plain else prompts, example=False
        )
