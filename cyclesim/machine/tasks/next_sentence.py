"""Next sentence: whether the second text goes on from the first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.steps import Steps
from cyclesim.machine.tasks.base import Results
from cyclesim.machine.tasks.text_classification import Classification
from cyclesim.trace import Prompt

__all__ = ["NextSentence"]


@dataclass(frozen=True)
class NextSentence(Classification):
    """Two classes, in the order in which BERT was trained on them (Devlin et al. 2018)."""

    labels: tuple[str, ...] = ("IsNext", "NotNext")
    name: ClassVar[str] = "next-sentence-prediction"
    auto: ClassVar[str] = "AutoModelForNextSentencePrediction"
    heads: ClassVar[tuple[str, ...]] = ("ForNextSentencePrediction",)
    labelled: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("text", "pair")
    takes: ClassVar[tuple[str, ...]] = ()

    def example(self, tokenizer: Any) -> Any:
        return Prompt(super().example(tokenizer), pair="They wrote to each other for years.")

    def of(self, model: torch.nn.Module, folder: Path | None = None) -> NextSentence:
        return NextSentence()  # the labels are not the config's

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        if getattr(outputs, "logits", None) is None:
            return ()
        return (yield from super().decode(encoding, outputs, tokenizer))
