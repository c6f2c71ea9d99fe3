"""An encoder–decoder that reads one text and writes another: a translation, a summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.causal_lm import TextGeneration
from cyclesim.trace import Prompt

__all__ = ["Summarization", "TextToText", "Translation"]


@dataclass(frozen=True)
class TextToText(TextGeneration):
    """The text that a decoder writes, token by token, while it looks at what the encoder read.

    Attributes:
        prefix: what the model was trained to find before a text of the task.
        setting: beginning of the task's name among the `task_specific_params` of a config.
    """

    prefix: str = ""
    name: ClassVar[str] = "text2text-generation"
    auto: ClassVar[str] = "AutoModelForSeq2SeqLM"
    heads: ClassVar[tuple[str, ...]] = ("ForConditionalGeneration", "MTModel")
    cuts: ClassVar[bool] = True
    padding_side: ClassVar[str] = ""
    setting: ClassVar[str] = ""

    def of(self, model: torch.nn.Module, folder: Path | None = None) -> TextToText:
        config: Any = getattr(model, "config", None)
        known = getattr(config, "task_specific_params", None) or {}
        named = (v for k, v in known.items() if self.setting and k.startswith(self.setting))
        settings: Any = next(named, {})
        prefix = settings.get("prefix") or getattr(config, "prefix", None) or ""
        return replace(self, prefix=str(prefix))

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        if not self.prefix:
            return (yield from super().rows(prompts, tokenizer))
        texts = [prompt.text or "" for prompt in prompts]
        yield HostStep("input", "prefix", "str.join", lambda: self._joined(texts))
        return [
            Row((("text", text),), answer, read=(self.prefix + text,), back=self._back)
            if text.strip()
            else Row((("text", text),), answer)
            for answer, text in enumerate(texts)
        ]

    def _joined(self, texts: Sequence[str]) -> HostResult:
        begin = len(self.prefix)
        spans = np.array([(begin, begin + len(text)) for text in texts], dtype=np.int64)
        words = tuple(self.prefix + text for text in texts)
        return HostResult((Written("text", spans, words),), f"{self.prefix!r} before the text")

    def _back(self, span: tuple[int, int]) -> tuple[int, int] | None:
        begin = len(self.prefix)
        return None if span[1] <= begin else (max(span[0] - begin, 0), span[1] - begin)


@dataclass(frozen=True)
class Summarization(TextToText):
    """A short text that says what a long one says."""

    name: ClassVar[str] = "summarization"
    setting: ClassVar[str] = "summarization"


@dataclass(frozen=True)
class Translation(TextToText):
    """The same in another language: the first one that the config has settings for."""

    name: ClassVar[str] = "translation"
    setting: ClassVar[str] = "translation"
