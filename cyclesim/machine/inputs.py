"""Input preprocessing, step by step: text → tokens → ids → truncation → special tokens → tensors.

A Hugging Face tokenizer does all of this in one call. Here the same tokenizer does it in the steps
that the call is made of; the result is the same, and a test says so.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written

__all__ = ["Encoding", "copied", "given", "preprocess"]


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

    def copied(self) -> Encoding:
        """The same with inputs of its own: a model may write to what it is given (a cache)."""
        return replace(self, inputs=copied(dict(self.inputs)), args=copied(self.args))


def copied(value: Any) -> Any:
    """A deep copy of a nest of inputs; what cannot be copied is handed on as it is."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(copied(v) for v in value)
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def given(inputs: Any, device: torch.device) -> Steps[Encoding]:
    """Ready-made inputs as one step: a mapping of keywords, a tuple of arguments, or a tensor."""
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
    return Encoding(inputs=named, args=args)


def preprocess(
    text: str | None,
    tokenizer: Any,
    device: torch.device,
    *,
    max_length: int | None = None,
    pad_to: int | None = None,
) -> Steps[Encoding]:
    """The steps from `text` to tensors, equal to `tokenizer(text, truncation=True, …)`.

    Args:
        text: what the user typed.
        tokenizer: a fast Hugging Face tokenizer.
        device: where the tensors go.
        max_length: cut to this many tokens, the special ones included; None to cut nothing.
        pad_to: pad to this many tokens; None to pad nothing.

    Raises:
        CyclesimError: there is no text, no tokenizer, or nothing is left of the text.
    """
    work = _Preparation(_checked(text), _fast(tokenizer), max_length, pad_to)
    previous: tuple[Written, ...] = ()
    for step, op, run, arguments in (
        ("tokenize", "tokenizer.tokenize", work.tokenize, ()),
        ("ids", "tokenizer.convert_tokens_to_ids", work.look_up, ()),
        ("truncation", "encoding.truncate", work.truncate, _argument("max_length", max_length)),
        ("special_tokens", "tokenizer.post_process", work.add_special_tokens, ()),
        ("padding", "encoding.pad", work.pad, _argument("pad_to", pad_to)),
        ("tensors", "torch.tensor", lambda: work.make_tensors(device), ()),
    ):
        result = yield HostStep("input", step, op, run, previous, arguments)
        previous = result.outputs
    return work.encoded(previous)


class _Preparation:
    """A text on its way to tensors: each method but the last is one step.

    `encoding` is the tokenizer's own record of ids, tokens and offsets; the steps change it in the
    order in which the tokenizer's one call would.
    """

    def __init__(
        self, text: str, tokenizer: Any, max_length: int | None, pad_to: int | None
    ) -> None:
        self.text = text
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.pad_to = pad_to
        self.room = _room(tokenizer, max_length)
        self.encoding: Any = None
        self.spans: list[tuple[int, int]] = []

    def tokenize(self) -> HostResult:
        # Not verbose: that a text is too long for the model is said by the truncation step.
        batch = self.tokenizer(
            self.text, add_special_tokens=False, truncation=False, padding=False, verbose=False
        )
        self.encoding = batch.encodings[0]
        if not self.encoding.ids:
            raise CyclesimError(
                tr("the tokenizer found no token in this text: give at least one word.")
            )
        spans = np.array(self.encoding.offsets, dtype=np.int64).reshape(-1, 2)
        note = f"{len(self.text):,} characters → {_tokens(len(spans))}"
        return HostResult((Written("offsets", spans, tuple(self.encoding.tokens)),), note)

    def look_up(self) -> HostResult:
        ids = self.encoding.ids
        unknown = ids.count(self.tokenizer.unk_token_id)
        note = f"{_tokens(len(ids))} looked up among {len(self.tokenizer):,}"
        return self._ids(note + (f", {unknown:,} unknown" if unknown else ""))

    def truncate(self) -> HostResult:
        length = len(self.encoding.ids)
        if self.room is None or length <= self.room:
            limit = "no limit" if self.room is None else f"at most {self.room:,}"
            return self._ids(f"nothing cut ({limit})", nop=True)
        side = self.tokenizer.truncation_side
        self.encoding.truncate(self.room, direction=side)
        if side == "left":
            cut = f"before character {self.encoding.offsets[0][0]:,}"
        else:
            cut = f"after character {self.encoding.offsets[-1][1]:,}"
        return self._ids(
            f"kept {_tokens(self.room)} of {length:,}: the text {cut} is cut, "
            f"as {self.max_length:,} fit with the special ones"
        )

    def add_special_tokens(self) -> HostResult:
        before = len(self.encoding.ids)
        # A byte-level post-processor trims the space from every offset it sees. `tokenize` had it
        # done already; a second time would trim the first letter, so these are the ones to keep.
        self.spans = self.encoding.offsets
        self.encoding = self.tokenizer.backend_tokenizer.post_process(self.encoding, None, True)
        added = len(self.encoding.ids) - before
        masked = zip(self.encoding.tokens, self.encoding.special_tokens_mask, strict=True)
        names = [token for token, special in masked if special]
        note = f"added {' '.join(names[:4])}" if added else "this tokenizer adds none"
        return self._ids(note, nop=not added)

    def pad(self) -> HostResult:
        missing = (self.pad_to or 0) - len(self.encoding.ids)
        if self.pad_to is None or missing <= 0:
            return self._ids("nothing added", nop=True)
        token = self.tokenizer.pad_token
        if token is None:
            raise CyclesimError(tr("this tokenizer has no padding token: leave --pad-to out."))
        self.encoding.pad(
            self.pad_to,
            direction=self.tokenizer.padding_side,
            pad_id=self.tokenizer.pad_token_id,
            pad_type_id=self.tokenizer.pad_token_type_id,
            pad_token=token,
        )
        return self._ids(f"added {missing:,} × {token}")

    def make_tensors(self, device: torch.device) -> HostResult:
        columns = {
            "input_ids": self.encoding.ids,
            "token_type_ids": self.encoding.type_ids,
            "attention_mask": self.encoding.attention_mask,
        }
        names = [n for n in self.tokenizer.model_input_names if n in columns]
        words = tuple(self.encoding.tokens)
        made = tuple(
            Written(n, torch.tensor([columns[n]], dtype=torch.long, device=device), words)
            for n in names
        )
        return HostResult(made, f"{', '.join(names)} [1, {len(words)}] on {device}")

    def encoded(self, tensors: tuple[Written, ...]) -> Encoding:
        """What the steps made, for the model and for the output steps."""
        special = [bool(s) for s in self.encoding.special_tokens_mask]
        spans, words = iter(self.spans), self.encoding.word_ids
        return Encoding(
            inputs={w.name: w.value for w in tensors},
            tokens=tuple(self.encoding.tokens),
            offsets=tuple(None if s else next(spans) for s in special),
            words=tuple(None if s else w for s, w in zip(special, words, strict=True)),
            text=self.text,
        )

    def _ids(self, note: str, *, nop: bool = False) -> HostResult:
        ids = np.array(self.encoding.ids, dtype=np.int64)
        return HostResult((Written("ids", ids, tuple(self.encoding.tokens)),), note, nop)


def _checked(text: str | None) -> str:
    """`text`, if there is something in it that can be tokenized."""
    if text is None or not text.strip():
        raise CyclesimError(tr("the text is empty: give at least one word."))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CyclesimError(
            tr(
                "character {start:,} of the text is half a character (not valid "
                "Unicode): give the text in UTF-8."
            ).format(start=error.start)
        ) from None
    return text


def _fast(tokenizer: Any) -> Any:
    """`tokenizer`, if it can say which characters a token came from."""
    if tokenizer is None:
        raise CyclesimError(
            tr(
                "this model has no tokenizer, so it cannot read text: give one with "
                "load(model=…, tokenizer=…), or give the tensors with inputs={…}."
            )
        )
    if not getattr(tokenizer, "is_fast", False):
        raise CyclesimError(
            tr(
                "{kind} does not say which characters a token came from: use the fast "
                "(tokenizer.json) version of this tokenizer."
            ).format(kind=type(tokenizer).__name__)
        )
    return tokenizer


def _room(tokenizer: Any, max_length: int | None) -> int | None:
    """How many tokens of the text fit beside the special ones."""
    if max_length is None:
        return None
    special = tokenizer.num_special_tokens_to_add(False)
    if max_length <= special:
        raise CyclesimError(
            tr(
                "a maximum length of {max_length} leaves no room for a token beside "
                "the {special} special ones: give a larger --max-length."
            ).format(max_length=max_length, special=special)
        )
    return max_length - special


def _argument(name: str, value: int | None) -> tuple[tuple[str, str], ...]:
    return () if value is None else ((name, str(value)),)


def _to(value: Any, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value


def _tokens(count: int) -> str:
    return f"{count:,} token" + ("" if count == 1 else "s")


def _given_note(written: tuple[Written, ...]) -> str:
    return ", ".join(f"{w.name} {list(w.value.shape)}" for w in written)
