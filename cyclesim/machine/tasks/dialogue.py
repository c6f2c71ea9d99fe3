"""A turn of a dialogue: the message is put into the model's chat template, and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.causal_lm import TextGeneration
from cyclesim.trace import Prompt

__all__ = ["Dialogue"]


@dataclass(frozen=True)
class Dialogue(TextGeneration):
    """What an assistant answers to a message.

    A tokenizer without a chat template reads the message as it is.
    """

    name: ClassVar[str] = "conversational"

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        message = prompts[0].text or ""
        if not message.strip() or not getattr(tokenizer, "chat_template", None):
            return (yield from super().rows(prompts, tokenizer))
        read: list[str] = []

        def run() -> HostResult:
            read.append(_templated(tokenizer, message))
            begin = read[0].find(message)
            spans = np.array([(begin, begin + len(message))], dtype=np.int64)
            return HostResult((Written("text", spans, (read[0],)),), repr(read[0]))

        op = "tokenizer.apply_chat_template"
        yield HostStep("input", "chat_template", op, run)
        begin = read[0].find(message)

        def back(span: tuple[int, int]) -> tuple[int, int] | None:
            inside = begin >= 0 and begin <= span[0] and span[1] <= begin + len(message)
            return (span[0] - begin, span[1] - begin) if inside else None

        return [Row((("text", message),), read=(read[0],), back=back, complete=True)]


def _templated(tokenizer: Any, message: str) -> str:
    said = [{"role": "user", "content": message}]
    try:
        return str(tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True))
    except Exception as error:  # a template is a program: it fails in its own ways
        why = " ".join(str(error).split()) or type(error).__name__
        raise CyclesimError(
            tr(
                "the chat template of this tokenizer fails ({why}): use --task text-generation."
            ).format(why=why)
        ) from None
