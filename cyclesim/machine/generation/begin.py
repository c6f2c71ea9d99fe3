"""Where a text begins: after the prompt, or with a decoder's own start token."""

from __future__ import annotations

import copy
import inspect
from typing import Any, NamedTuple

import torch

from cyclesim.machine.encoding import Encoding
from cyclesim.machine.generation.library import Library
from cyclesim.machine.generation.sequence import Names
from cyclesim.machine.steps import HostResult, HostStep, ModelCall, Program, Written

__all__ = ["Begun", "begin"]


class Begun(NamedTuple):
    """Ids to go on from, what the model was given to read, and what else the model is given."""

    ids: Written
    read: torch.Tensor
    given: dict[str, Any]


def begin(library: Library, names: Names, encoding: Encoding) -> Program[Begun]:
    """What comes before the first token: of an encoder–decoder, the encoder reads, once."""
    given = dict(encoding.inputs)
    if library.is_encoder_decoder:
        outputs = yield from _encode(library, given)
        read = given.pop("input_ids")
        ids = yield from _start(library, names, read)
        # A copy, because the library writes into it.
        return Begun(ids, read, {**given, "encoder_outputs": copy.copy(outputs)})
    read = given.pop("input_ids")
    return Begun(Written("input_ids", read, encoding.tokens or None), read, given)


def _encode(library: Library, given: dict[str, Any]) -> Program[Any]:
    encoder = library.model.get_encoder()
    path = next(name for name, module in library.model.named_modules() if module is encoder)
    known = inspect.signature(encoder.forward).parameters
    wide = any(p.kind is p.VAR_KEYWORD for p in known.values())
    inputs = {name: v for name, v in given.items() if wide or name in known}
    return (yield ModelCall({**inputs, "return_dict": True}, module=path, phase="prefill"))


def _start(library: Library, names: Names, read: torch.Tensor) -> Program[Written]:
    def run() -> HostResult:
        start = torch.full((read.shape[0], 1), library.start, device=read.device)
        words = names.of([library.start])
        return HostResult((Written("decoder_input_ids", start, words),), words[0])

    step = HostStep("input", "decoder_start", "decoder_start_token_id", run, phase="prefill")
    return (yield step).outputs[0]
