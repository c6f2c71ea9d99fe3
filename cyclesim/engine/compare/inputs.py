"""The input of a variant: repeated to a batch, or its tokens repeated or cut to a length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine import Encoding, Machine, drive
from cyclesim.trace import TokenSequence
from cyclesim.versus.sentences import DRAWN, NO_LENGTH, NO_ROOM, TOO_LONG, UNSIZED

__all__ = ["batched", "first_tensor", "floats", "input_of", "length_of", "lengthened", "sequences"]

#: Tokens to draw for a model that has no tokenizer to read a text with.
DRAWN_TOKENS = 32


def input_of(machine: Machine, text: Any, inputs: Any) -> tuple[Encoding, str]:
    """The model's input tensors, and a sentence about them if they are not the text's.

    A model without tokenizer that is given neither text nor tensors gets random token ids.
    """
    if text is None and inputs is None and machine.tokenizer is None:
        vocabulary = getattr(getattr(machine.model, "config", None), "vocab_size", None)
        if isinstance(vocabulary, int) and vocabulary > 0:
            # Unless it was asked for, a machine's limit is what the model has positions for.
            asked = machine.max_length if machine.max_length != machine.longest else None
            count = min(asked or DRAWN_TOKENS, machine.longest or DRAWN_TOKENS)
            generator = torch.Generator().manual_seed(0)
            ids = torch.randint(vocabulary, (1, count), generator=generator)
            return Encoding({"input_ids": ids.to(machine.device)}), DRAWN.format(count=count)
    if text is not None and inputs is not None:
        raise CyclesimError(tr("give a text or inputs, not both."))
    return drive(machine.preprocess(text, inputs)), ""


def first_tensor(encoding: Encoding) -> torch.Tensor | None:
    """The tensor that says how many sequences there are, and how long."""
    known = encoding.inputs.get("input_ids")
    candidates = [known, *encoding.inputs.values(), *encoding.args]
    return next((v for v in candidates if isinstance(v, torch.Tensor)), None)


def sequences(encoding: Encoding) -> int:
    """How many sequences one call computes."""
    tensor = first_tensor(encoding)
    return tensor.shape[0] if tensor is not None and tensor.dim() > 1 else 1


def length_of(encoding: Encoding) -> int:
    """Tokens of each sequence; 0 for an input that is no sequence."""
    tensor = first_tensor(encoding)
    return tensor.shape[1] if tensor is not None and tensor.dim() > 1 else 0


def batched(encoding: Encoding, count: int) -> Encoding:
    """The same input `count` times."""
    size = sequences(encoding)

    def repeat(value: Any) -> Any:
        if isinstance(value, torch.Tensor) and value.dim() and value.shape[0] == size:
            return value.repeat(count, *[1] * (value.dim() - 1))
        return value

    return _mapped(encoding, repeat)


def lengthened(machine: Machine, encoding: Encoding, length: int) -> Encoding:
    """The same tokens, repeated or cut to `length`; special ones stay where they are.

    All are real tokens, none is padding, so that every one of them is work.

    Raises:
        CyclesimError: the model has no room for so many, or the input is no sequence of tokens.
    """
    most = machine.longest
    if most is not None and length > most:
        raise CyclesimError(TOO_LONG.format(length=length, most=most))
    places = _places(encoding, length)
    size, old = sequences(encoding), length_of(encoding)

    def pick(name: str, value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or value.dim() < 2:
            return value
        if value.shape[:2] != (size, old) or value.dim() > 3:
            raise CyclesimError(UNSIZED.format(name=repr(name), shape=list(value.shape)))
        if name == "position_ids":
            return torch.arange(length, device=value.device).expand(size, length)
        return value.index_select(1, torch.tensor(places, device=value.device))

    made = {name: pick(name, value) for name, value in encoding.inputs.items()}
    args = tuple(pick(f"input {i}", value) for i, value in enumerate(encoding.args))
    rows = tuple(
        TokenSequence(row.texts, tuple(row.tokens[i] for i in places)) for row in encoding.sequences
    )
    return Encoding(made, args, rows)


def floats(encoding: Encoding, dtype: torch.dtype) -> Encoding:
    """Floating-point inputs in another type; token ids stay what they are."""

    def convert(value: Any) -> Any:
        floating = isinstance(value, torch.Tensor) and value.is_floating_point()
        return value.to(dtype) if floating else value

    return _mapped(encoding, convert)


def _places(encoding: Encoding, length: int) -> list[int]:
    """For each token of the new sequence, the place in the old one that it is taken from."""
    old = length_of(encoding)
    if not old:
        raise CyclesimError(NO_LENGTH)
    real = list(range(old))
    mask = encoding.inputs.get("attention_mask")
    if isinstance(mask, torch.Tensor) and mask.shape == (sequences(encoding), old):
        real = [i for i in real if bool(mask[:, i].any())] or real
    words = [i for i in real if encoding.offsets and encoding.offsets[i] is not None]
    if not words:
        return [real[i % len(real)] for i in range(length)]
    before = [i for i in real if i < words[0]]
    after = [i for i in real if i > words[-1]]
    room = length - len(before) - len(after)
    if room < 1:
        raise CyclesimError(NO_ROOM.format(length=length))
    return [*before, *(words[i % len(words)] for i in range(room)), *after]


def _mapped(encoding: Encoding, change: Any) -> Encoding:
    made: Mapping[str, Any] = {name: change(value) for name, value in encoding.inputs.items()}
    return replace(encoding, inputs=made, args=tuple(map(change, encoding.args)))
