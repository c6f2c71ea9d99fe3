"""Input preprocessing, step by step: text → tokens → ids → truncation → special tokens → tensors.

A Hugging Face tokenizer does all of this in one call. Here the same tokenizer does it in the steps
that the call is made of; the result is the same, and a test says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from cyclesim.errors import CyclesimError
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written

__all__ = ["Encoding", "given", "preprocess"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text, ready for the model.

    Attributes:
        inputs: keyword tensors of the forward call, `[batch, sequence]`.
        args: positional arguments of the forward call.
        tokens: one string per position, special tokens included.
        offsets: character span of each token in the text; None for special tokens.
        words: index of the word (of the pre-tokenizer) that each token belongs to; None likewise.
        text: what the user typed.
    """

    inputs: Mapping[str, Any]
    args: tuple[Any, ...] = ()
    tokens: tuple[str, ...] = ()
    offsets: tuple[tuple[int, int] | None, ...] = ()
    words: tuple[int | None, ...] = ()
    text: str | None = None
    written: Mapping[str, Written] = field(default_factory=dict)


def given(inputs: Any, device: torch.device) -> Steps[Encoding]:
    """Ready-made inputs, as one step: a mapping of keywords, a tuple of arguments, or one tensor."""
    named: dict[str, Any] = {}
    args: tuple[Any, ...] = ()
    if isinstance(inputs, Mapping):
        named = {str(k): _to(v, device) for k, v in inputs.items()}
        items = list(named.items())
    else:
        args = tuple(_to(v, device) for v in (inputs if isinstance(inputs, tuple) else (inputs,)))
        items = [(f"input {i}" if len(args) > 1 else "input", v) for i, v in enumerate(args)]
    written = tuple(Written(k, v) for k, v in items if isinstance(v, torch.Tensor))

    yield HostStep("input", "inputs", "inputs", lambda: HostResult(written, _given_note(written)))
    return Encoding(inputs=named, args=args, written={w.name: w for w in written})


def preprocess(
    text: str | None,
    tokenizer: Any,
    device: torch.device,
    *,
    max_length: int | None = None,
    pad_to: int | None = None,
) -> Steps[Encoding]:
    """The steps from `text` to tensors.

    Raises:
        CyclesimError: there is no text, no tokenizer, or nothing is left of the text.
    """
    if text is None or not text.strip():
        raise CyclesimError("the text is empty: give at least one word.")
    if tokenizer is None:
        raise CyclesimError(
            "this model has no tokenizer, so it cannot read text: give one with "
            "load(model=…, tokenizer=…), or give the tensors with inputs={…}."
        )
    if not getattr(tokenizer, "is_fast", False):
        raise CyclesimError(
            f"{type(tokenizer).__name__} does not say which characters a token came from: "
            "use the fast (tokenizer.json) version of this tokenizer."
        )

    def tokenize() -> HostResult:
        nonlocal encoding
        # Not verbose: that a text is too long for the model is said by the truncation step.
        batch = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)
        encoding = batch.encodings[0]
        if not encoding.ids:
            raise CyclesimError("the tokenizer found no token in this text: give at least one word.")
        spans = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        note = f"{len(text):,} characters → {_tokens(len(spans))}"
        return HostResult((Written("offsets", spans, tuple(encoding.tokens)),), note)

    encoding: Any = None
    step = HostStep("input", "tokenize", "tokenizer.tokenize", tokenize)
    tokens = (yield step).outputs[0]

    def ids() -> HostResult:
        numbers = tokenizer.convert_tokens_to_ids(list(encoding.tokens))
        array = np.array(numbers, dtype=np.int64)
        unknown = int((array == tokenizer.unk_token_id).sum()) if _has_unknown(tokenizer) else 0
        note = f"{_tokens(len(array))} looked up among {len(tokenizer):,}"
        note += f", {unknown} unknown" if unknown else ""
        return HostResult((Written("ids", array, tuple(encoding.tokens)),), note)

    step = HostStep("input", "ids", "tokenizer.convert_tokens_to_ids", ids, (tokens,))
    found = (yield step).outputs[0]

    room = None
    if max_length is not None:
        room = max_length - tokenizer.num_special_tokens_to_add(False)
        if room < 1:
            raise CyclesimError(
                f"a maximum length of {max_length} leaves no room for a token beside the "
                f"{max_length - room} special ones: give a larger --max-length."
            )

    def truncation() -> HostResult:
        length = len(encoding.ids)
        if room is None or length <= room:
            limit = f"at most {room:,}" if room is not None else "no limit"
            return HostResult((_ids(encoding, length),), f"nothing cut ({limit})", nop=True)
        end = encoding.offsets[room - 1][1]
        encoding.truncate(room)
        note = (
            f"kept {_tokens(room)} of {length:,}: the model has {max_length:,} positions; "
            f"the text after character {end:,} is cut"
        )
        return HostResult((_ids(encoding, room),), note)

    limit = (("max_length", str(max_length)),) if max_length is not None else ()
    step = HostStep("input", "truncation", "encoding.truncate", truncation, (found,), limit)
    cut = (yield step).outputs[0]

    def special_tokens() -> HostResult:
        nonlocal encoding
        before = len(encoding.ids)
        encoding = tokenizer.backend_tokenizer.post_process(encoding, None, True)
        added = len(encoding.ids) - before
        names = [t for t, s in zip(encoding.tokens, encoding.special_tokens_mask, strict=True) if s]
        note = f"added {' '.join(names[:4])}" if added else "this tokenizer adds none"
        return HostResult((_ids(encoding, len(encoding.ids)),), note, nop=not added)

    op = "tokenizer.post_process"
    full = (yield HostStep("input", "special_tokens", op, special_tokens, (cut,))).outputs[0]

    def padding() -> HostResult:
        length = len(encoding.ids)
        if pad_to is None or pad_to <= length:
            return HostResult((_ids(encoding, length),), "nothing added", nop=True)
        if tokenizer.pad_token is None:
            raise CyclesimError("this tokenizer has no padding token: leave --pad-to out.")
        encoding.pad(
            pad_to,
            direction=tokenizer.padding_side,
            pad_id=tokenizer.pad_token_id,
            pad_type_id=tokenizer.pad_token_type_id,
            pad_token=tokenizer.pad_token,
        )
        note = f"added {pad_to - length} × {tokenizer.pad_token}"
        return HostResult((_ids(encoding, pad_to),), note)

    wanted = (("pad_to", str(pad_to)),) if pad_to is not None else ()
    padded = (
        yield HostStep("input", "padding", "encoding.pad", padding, (full,), wanted)
    ).outputs[0]

    def tensors() -> HostResult:
        columns = {
            "input_ids": encoding.ids,
            "token_type_ids": encoding.type_ids,
            "attention_mask": encoding.attention_mask,
        }
        names = [n for n in tokenizer.model_input_names if n in columns]
        words = tuple(encoding.tokens)
        made = tuple(
            Written(n, torch.tensor([columns[n]], dtype=torch.long, device=device), words)
            for n in names
        )
        return HostResult(made, f"{', '.join(names)} [1, {len(encoding.ids)}] on {device}")

    result = yield HostStep("input", "tensors", "torch.tensor", tensors, (padded,))
    masked = [bool(s) for s in encoding.special_tokens_mask]
    return Encoding(
        inputs={w.name: w.value for w in result.outputs},
        tokens=tuple(encoding.tokens),
        offsets=tuple(None if m else o for m, o in zip(masked, encoding.offsets, strict=True)),
        words=tuple(None if m else w for m, w in zip(masked, encoding.word_ids, strict=True)),
        text=text,
        written={w.name: w for w in result.outputs},
    )


def _ids(encoding: Any, length: int) -> Written:
    return Written("ids", np.array(encoding.ids[:length], dtype=np.int64), tuple(encoding.tokens))


def _to(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value


def _has_unknown(tokenizer: Any) -> bool:
    return getattr(tokenizer, "unk_token_id", None) is not None


def _tokens(count: int) -> str:
    return f"{count:,} token" + ("" if count == 1 else "s")


def _given_note(written: tuple[Written, ...]) -> str:
    return ", ".join(f"{w.name} {list(w.value.shape)}" for w in written)
