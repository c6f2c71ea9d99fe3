"""What every task has: a name, the labels of its head, and the steps from logits to an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.catalog import DEFAULT, EMBEDDED
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.inputs import preprocess
from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, ModelCall, Program, Steps, Written
from cyclesim.machine.tasks.fields import FIELDS
from cyclesim.trace import Prompt

if TYPE_CHECKING:
    from cyclesim.machine.machine import Machine

__all__ = ["Results", "Task", "named", "softmax"]

#: The answer to each prompt.
Results = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Task:
    """A model whose output is shown as it is, with no answer read out of it.

    Attributes:
        labels: the names of the head's classes.
        name: what the task is called on the command line: as pipelines of transformers are.
        auto: transformers' auto class that builds a model for the task.
        heads: endings of the model classes that have the head for it.
        labelled: its classes have the names that the model's config gives them.
        headless: any model can do it, with whatever head it has, or none.
        generates: its answer is a text that the model writes, token by token.
        cuts: a text that is longer than what the model has room for is cut.
        padding_side: where padding goes, `left` or `right`; "" for where the tokenizer puts it.
        needs: fields of a `Prompt` that it reads.
        takes: fields that it also reads where they are given.
    """

    labels: tuple[str, ...] = ()
    name: ClassVar[str] = "forward"
    auto: ClassVar[str] = "AutoModel"
    heads: ClassVar[tuple[str, ...]] = ()
    labelled: ClassVar[bool] = False
    headless: ClassVar[bool] = False
    generates: ClassVar[bool] = False
    cuts: ClassVar[bool] = True
    padding_side: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ("text",)
    takes: ClassVar[tuple[str, ...]] = ("pair",)

    def of(self, model: torch.nn.Module, folder: Path | None = None) -> Task:
        """The same, with what a model's config, and its folder, say of its head."""
        return self

    def example(self, tokenizer: Any) -> Any:
        """Something to read, for who gives nothing: as `cyclesim.trace` takes it."""
        return EMBEDDED[DEFAULT].example

    # -- input -------------------------------------------------------------------------------

    def preprocess(
        self,
        prompts: Sequence[Prompt],
        tokenizer: Any,
        device: torch.device,
        *,
        max_length: int | None = None,
        pad_to: int | None = None,
    ) -> Steps[Encoding]:
        """Yield the input steps; the generator's value is what the model is given.

        Raises:
            CyclesimError: a prompt lacks what the task reads, or holds what it does not read.
        """
        for place, prompt in enumerate(prompts):
            if len(prompts) > 1 and not (prompt.text or "").strip():
                raise CyclesimError(
                    tr("text {number} of the batch is empty: give at least one word.").format(
                        number=place + 1
                    )
                )
            self.check(prompt)
        rows = yield from self.rows(prompts, tokenizer)
        encoding = yield from preprocess(
            rows,
            tokenizer,
            device,
            max_length=max_length,
            pad_to=pad_to,
            padding_side=self.padding_side,
            leading=self.leading(prompts),
        )
        return replace(encoding, prompts=tuple(prompts))

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        """Yield the steps before the tokenizer, if there are any; what the rows are made of."""
        return [
            Row(_texts(prompt, ("question", "text", "pair")), answer)
            for answer, prompt in enumerate(prompts)
        ]
        yield  # makes this a generator

    def leading(self, prompts: Sequence[Prompt]) -> tuple[int, ...] | None:
        """The shape in which the rows are put before the model; None for one after the other."""
        return None

    def check(self, prompt: Prompt) -> None:
        """Make sure that `prompt` holds what the task reads, and nothing else.

        Raises:
            CyclesimError: it does not.
        """
        given = prompt.given
        for name in self.needs:
            if name not in given and (name != "text" or given):  # nothing at all is an empty text
                raise CyclesimError(
                    tr("{task} needs {what}: {how}.").format(
                        task=self.name, what=tr(FIELDS[name].what), how=tr(FIELDS[name].how)
                    )
                )
        for name in given:
            if name not in (*self.needs, *self.takes):
                raise CyclesimError(
                    tr("{task} does not read {what}: leave it out.").format(
                        task=self.name, what=tr(FIELDS[name].what)
                    )
                )

    # -- output ------------------------------------------------------------------------------

    def program(self, machine: Machine, encoding: Encoding) -> Program[Results]:
        """What runs once the input is prepared; the generator's value is the answers."""
        outputs = yield ModelCall(encoding.inputs, encoding.args)
        return (yield from machine.decode(encoding, outputs))

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        """Yield the output steps; the generator's value is the answer to each prompt."""
        return ()
        yield  # makes this a generator, as every decode is

    def label(self, index: int) -> str:
        """The name of class `index`; `LABEL_7` where it has none."""
        return self.labels[index] if index < len(self.labels) else f"LABEL_{index}"


def softmax(logits: torch.Tensor, classes: str, words: tuple[str, ...] = ()) -> HostStep:
    """The step from logits to probabilities over their last axis.

    Args:
        classes: what there is a probability of, in the plural.
        words: names of the rows.
    """

    def run() -> HostResult:
        wide = logits.to(torch.promote_types(logits.dtype, torch.float32))
        probabilities = torch.softmax(wide, dim=-1)
        note = f"softmax over {logits.shape[-1]:,} {classes}"
        return HostResult((Written("probabilities", probabilities, words),), note)

    read = Written("logits", logits)
    return HostStep("output", "probabilities", "softmax", run, (read,), (("dim", "-1"),))


def _texts(prompt: Prompt, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The texts of a prompt, in the order in which they are read."""
    values = ((name, getattr(prompt, name)) for name in names)
    return tuple((name, value) for name, value in values if value is not None or name == "text")


def named(
    name: str, rows: Iterable[tuple[np.ndarray | torch.Tensor, tuple[str, ...]]]
) -> tuple[Written, ...]:
    """One array with its words for each row; of several, the name says of which."""
    found = list(rows)
    if len(found) == 1:
        return (Written(name, *found[0]),)
    return tuple(Written(f"{name}, sequence {i}", *row) for i, row in enumerate(found))
