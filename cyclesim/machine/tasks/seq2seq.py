"""An encoder–decoder that reads one text and writes another: a translation, a summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cyclesim.machine.tasks.causal_lm import TextGeneration

__all__ = ["TextToText"]


@dataclass(frozen=True)
class TextToText(TextGeneration):
    """The text that a decoder writes, token by token, while it looks at what the encoder read."""

    name: ClassVar[str] = "text2text-generation"
    auto: ClassVar[str] = "AutoModelForSeq2SeqLM"
    heads: ClassVar[tuple[str, ...]] = ("ForConditionalGeneration", "MTModel")
