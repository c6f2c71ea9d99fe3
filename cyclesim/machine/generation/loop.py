"""The program that generates a text: prefill, then one decode step for every token."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.generation.beam import beam_search
from cyclesim.machine.generation.begin import begin
from cyclesim.machine.generation.choosing import Chooser
from cyclesim.machine.generation.decoder import Decoder
from cyclesim.machine.generation.library import Library
from cyclesim.machine.generation.sequence import Names, Stopping
from cyclesim.machine.generation.settings import Generation
from cyclesim.machine.generation.text import Text
from cyclesim.machine.steps import Program, Written
from cyclesim.trace import Phase

if TYPE_CHECKING:
    from cyclesim.machine.machine import Machine

__all__ = ["generate"]


def generate(machine: Machine, encoding: Encoding) -> Program[Mapping[str, Any]]:
    """Go on with the text of `encoding`, or write another one from it; the value is the result.

    The result has `text` and `tokens` (each with `text`, `id` and `score`, the probability it was
    chosen with) that were generated, their `ids`, the `prompt`, and the `finish_reason`: `eos`,
    `stop`, `length` or `context`; of a beam search also the `score` of the sequence.

    Raises:
        CyclesimError: the model cannot generate, or lacks a token that it needs to begin.
    """
    settings = machine.generation or Generation()
    library = Library(machine.model, settings)
    names = Names(machine.tokenizer)
    begun = yield from begin(library, names, encoding)
    ids: Any = begun.ids.value
    _check_room(machine, ids)
    stopping = Stopping(settings, library, names, ids.shape[1], machine.positions)
    text = Text(names, begun.ids, encoding, stopping, separate=library.is_encoder_decoder)
    yield text.named()
    decoder = Decoder(library, ids, begun.given)
    processors = library.processors(ids, begun.read, decoder.kwargs, stopping.room)
    chooser = Chooser(processors, _generator(settings, machine.device), names)
    write = one_by_one if settings.num_beams == 1 else beam_search
    last = yield from write(begun.ids, decoder, chooser, text)
    yield text.written(last)
    return text.result()


def _check_room(machine: Machine, ids: torch.Tensor) -> None:
    if ids.shape[0] != 1:
        raise CyclesimError(
            tr("one text is written at a time, and {count} were given.").format(count=ids.shape[0])
        )
    if machine.positions is not None and ids.shape[1] > machine.positions:
        raise CyclesimError(
            tr(
                "the prompt has {count:,} tokens and {name} has {positions:,} positions: give a "
                "shorter one, or cut it with --max-length."
            ).format(count=ids.shape[1], name=machine.name, positions=machine.positions)
        )


def one_by_one(ids: Written, decoder: Decoder, chooser: Chooser, text: Text) -> Program[Written]:
    """Append one token after the other, the likeliest or a drawn one; the ids in the end."""
    for token in count():
        phase: Phase = "decode" if token else "prefill"
        outputs = yield from decoder.call(ids, phase, token)
        scores = yield from chooser.scores(outputs, ids, phase, token)
        chosen = yield from chooser.choose(scores, phase, token)
        ids = yield from text.append(ids, chosen, phase, token)
        yield text.named()
        if text.finish_reason:
            break
    return ids


def _generator(settings: Generation, device: torch.device) -> torch.Generator | None:
    """Random numbers of the run's own: the same however often the program runs."""
    if not settings.sampled:
        return None
    generator = torch.Generator(device)
    generator.manual_seed(settings.seed)
    return generator
