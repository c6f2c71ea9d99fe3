"""The program that generates a text: prefill, then one decode step for every token."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.generation.choosing import Chooser, Chosen
from cyclesim.machine.generation.decoder import Decoder
from cyclesim.machine.generation.library import Library
from cyclesim.machine.generation.sequence import Names, Stopping
from cyclesim.machine.generation.settings import Generation
from cyclesim.machine.steps import HostResult, HostStep, Named, Program, Steps, Written
from cyclesim.trace import Phase

if TYPE_CHECKING:
    from cyclesim.machine.machine import Machine

__all__ = ["generate"]


def generate(machine: Machine, encoding: Encoding) -> Program[Mapping[str, Any]]:
    """Go on with the text of `encoding`; the program's value is the result.

    The result has `text` and `tokens` (each with `text`, `id` and `score`, the probability it was
    chosen with) that were generated, their `ids`, the `prompt`, and the `finish_reason`: `eos`,
    `stop`, `length` or `context`.
    """
    settings = machine.generation or Generation()
    library = Library(machine.model, settings)
    text = _Text(machine, encoding, settings, library)
    given = dict(encoding.inputs)
    ids = Written("input_ids", given.pop("input_ids"), encoding.tokens)
    decoder = Decoder(library, ids.value, given)
    processors = library.processors(ids.value, ids.value, decoder.kwargs, text.stopping.room)
    chooser = Chooser(processors, _generator(settings, machine.device), text.names)
    for token in count():
        phase: Phase = "decode" if token else "prefill"
        outputs = yield from decoder.call(ids, phase, token)
        scores = yield from chooser.scores(outputs, ids, phase, token)
        chosen = yield from chooser.choose(scores, phase, token)
        ids = yield from text.append(ids, chosen, phase, token)
        yield text.named()
        if text.finish_reason:
            break
    yield text.written(ids)
    return text.result()


class _Text:
    """The text that grows."""

    def __init__(
        self, machine: Machine, encoding: Encoding, settings: Generation, library: Library
    ) -> None:
        self.names = Names(machine.tokenizer)
        self.encoding = encoding
        ids = encoding.inputs["input_ids"]
        self.begun = ids.shape[1]
        self.tokens = encoding.tokens or self.names.of(ids[0].tolist())
        self.stopping = Stopping(settings, library, self.names, self.begun, machine.positions)
        self.finish_reason = ""
        self.ids: list[int] = []
        self.scores: list[float] = []

    def append(self, ids: Written, chosen: Chosen, phase: Phase, token: int) -> Steps[Written]:
        """The step that puts the chosen token at the end; all ids."""

        def run() -> HostResult:
            longer = torch.cat([ids.value, chosen.token.value[:, None]], dim=-1)
            self.ids = longer[0, self.begun :].tolist()
            self.scores = [*self.scores[: len(self.ids) - 1], chosen.score]
            self.finish_reason = self.stopping.reason(longer[0, self.begun :])
            note = f"{longer.shape[1]:,} tokens"
            if self.finish_reason:
                note += f", the end: {_REASONS[self.finish_reason]}"
            written = Written("input_ids", longer, (*self.tokens, *self.names.of(self.ids)))
            return HostResult((written,), note)

        reads = (ids, chosen.token)
        dim = (("dim", "-1"),)
        result = yield HostStep(
            "output", "append", "cat", run, reads, dim, phase=phase, token=token
        )
        return result.outputs[0]

    def named(self) -> Named:
        """What the positions are called now."""
        generated = self.names.of(self.ids)
        offsets = self.encoding.offsets
        return Named(
            tokens=(*self.tokens, *generated),
            offsets=(*offsets, *(None for _ in generated)) if offsets else (),
            generated=len(generated),
        )

    def written(self, ids: Written) -> HostStep:
        """The last step: from ids back to text."""

        def run() -> HostResult:
            made = np.array(self.ids, dtype=np.int64)
            said = repr(self.names.text(self.ids))
            return HostResult((Written("ids", made, self.names.of(self.ids)),), said)

        return HostStep("output", "detokenize", "tokenizer.decode", run, (ids,), last=True)

    def result(self) -> Mapping[str, Any]:
        """The answer."""
        rows = zip(self.ids, self.names.of(self.ids), self.scores, strict=True)
        return {
            "text": self.names.text(self.ids),
            "tokens": [{"text": name, "id": i, "score": score} for i, name, score in rows],
            "ids": list(self.ids),
            "prompt": self.encoding.text,
            "finish_reason": self.finish_reason,
        }


_REASONS = {
    "eos": "an end token",
    "stop": "a text to stop at",
    "length": "as many as were asked for",
    "context": "the model has no position left",
}


def _generator(settings: Generation, device: torch.device) -> torch.Generator | None:
    """Random numbers of the run's own: the same however often the program runs."""
    if not settings.sampled:
        return None
    generator = torch.Generator(device)
    generator.manual_seed(settings.seed)
    return generator
