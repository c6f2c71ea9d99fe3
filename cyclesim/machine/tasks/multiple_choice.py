"""Multiple choice: the text with each of its choices is a row, and one call scores them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Results, Task, softmax
from cyclesim.trace import Prompt

__all__ = ["MultipleChoice"]


@dataclass(frozen=True)
class MultipleChoice(Task):
    """The choice that suits the text best."""

    name: ClassVar[str] = "multiple-choice"
    auto: ClassVar[str] = "AutoModelForMultipleChoice"
    heads: ClassVar[tuple[str, ...]] = ("ForMultipleChoice",)
    needs: ClassVar[tuple[str, ...]] = ("text", "choices")
    takes: ClassVar[tuple[str, ...]] = ()

    def example(self, tokenizer: Any) -> Any:
        choices = ("in London.", "the lazy dog.", "with Charles Babbage.")
        return Prompt("Ada Lovelace worked", choices=choices)

    def check(self, prompt: Prompt) -> None:
        super().check(prompt)
        if len(prompt.choices) < 2:
            raise CyclesimError(
                tr("there is one choice only: give two or more, --choice once for each.")
            )
        twice = next((c for c in prompt.choices if prompt.choices.count(c) > 1), None)
        if twice is not None:
            raise CyclesimError(
                tr("the choice {choice!r} is there twice: give each once.").format(choice=twice)
            )

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        return [
            Row((("text", prompt.text or ""), ("choice", choice)), answer)
            for answer, prompt in enumerate(prompts)
            for choice in prompt.choices
        ]
        yield

    def leading(self, prompts: Sequence[Prompt]) -> tuple[int, ...]:
        counts = {len(prompt.choices) for prompt in prompts}
        if len(counts) > 1:
            raise CyclesimError(
                tr("the texts of a batch must have equally many choices: run them one by one.")
            )
        return len(prompts), counts.pop()

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        logits = getattr(outputs, "logits", None)
        choices = [prompt.choices for prompt in encoding.prompts]
        if logits is None or not choices or list(logits.shape) != [len(choices), len(choices[0])]:
            return ()
        probabilities = (yield softmax(logits, "choices")).outputs[0]

        def argmax() -> HostResult:
            best = probabilities.tensor.argmax(-1)
            names = tuple(row[i] for row, i in zip(choices, best.tolist(), strict=True))
            return HostResult((Written("choices", best, names),), "; ".join(names))

        arguments = (("dim", "-1"),)
        step = HostStep(
            "output", "choice", "argmax", argmax, (probabilities,), arguments, last=True
        )
        best = (yield step).outputs[0].tensor.tolist()
        rows = zip(choices, best, probabilities.tensor.tolist(), strict=True)
        return tuple(
            {
                "label": names[index],
                "index": index,
                "score": scores[index],
                "scores": dict(zip(names, scores, strict=True)),
            }
            for names, index, scores in rows
        )
