"""Input preprocessing, step by step: text → tokens → ids → truncation → special tokens → tensors.

A Hugging Face tokenizer does all of this in one call. Here the same tokenizer does it in the steps
that the call is made of; the result is the same, and a test says so. A row is one text or two, and
several rows are a batch: each step does all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.rows import PreparedRow, Row, cut_lengths
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written

__all__ = ["preprocess"]


def preprocess(
    given: str | Sequence[Row],
    tokenizer: Any,
    device: torch.device,
    *,
    max_length: int | None = None,
    pad_to: int | None = None,
    padding_side: str = "",
    leading: tuple[int, ...] | None = None,
) -> Steps[Encoding]:
    """The steps from texts to tensors, equal to `tokenizer(text, truncation=True, …)`.

    Args:
        given: a text, or what each row of the model's input is made of.
        tokenizer: a fast Hugging Face tokenizer.
        device: where the tensors go.
        max_length: cut to this many tokens, the special ones included; None to cut nothing.
        pad_to: pad to this many tokens; several rows are padded to the longest anyway.
        padding_side: `left` or `right`; "" for where the tokenizer puts it.
        leading: shape that the rows are put in, `(batch, choices)`; `(rows,)` otherwise.

    Raises:
        CyclesimError: there is no text, no tokenizer, or nothing is left of the text.
    """
    rows = [Row((("text", given),))] if isinstance(given, str) else given
    prepared = [PreparedRow(row, _fast(tokenizer)) for row in rows]
    side = padding_side or tokenizer.padding_side
    work = _Preparation(prepared, tokenizer, max_length, pad_to, side, leading or (len(rows),))
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
    return Encoding({w.name: w.value for w in previous}, sequences=work.sequences())


@dataclass
class _Preparation:
    """Texts on their way to tensors: each method but the last is one step for all of the rows."""

    rows: Sequence[PreparedRow]
    tokenizer: Any
    max_length: int | None
    pad_to: int | None
    padding_side: str
    leading: tuple[int, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            row.room = _room(self.tokenizer, self.max_length, pair=len(row.parts) > 1)

    def tokenize(self) -> HostResult:
        for row in self.rows:
            row.tokenize()
        written = tuple(
            Written(name, np.array(part.offsets, dtype=np.int64).reshape(-1, 2), tuple(part.tokens))
            for name, part in self._parts("offsets")
        )
        texts = [text for row in self.rows for text in row.row.read]
        count = sum(map(len, texts))
        said = f"{count:,} characters" + (f" of {len(texts):,} texts" if len(texts) > 1 else "")
        return HostResult(written, f"{said} → {_tokens(sum(len(w.value) for w in written))}")

    def look_up(self) -> HostResult:
        ids = [i for _, part in self._parts("") for i in part.ids]
        unknown = ids.count(self.tokenizer.unk_token_id)
        note = f"{_tokens(len(ids))} looked up among {len(self.tokenizer):,}"
        return self._ids(note + (f", {unknown:,} unknown" if unknown else ""))

    def truncate(self) -> HostResult:
        notes = [note for row in self.rows if (note := self._cut(row))]
        if not notes:
            room = self.rows[0].room
            limit = "no limit" if room is None else f"at most {room:,}"
            return self._ids(f"nothing cut ({limit})", nop=True)
        if len(self.rows) > 1:
            cut = f"{len(notes):,} of {len(self.rows):,} sequences are cut, as "
            return self._ids(f"{cut}{self.max_length:,} fit with the special ones")
        return self._ids(f"{notes[0]}, as {self.max_length:,} fit with the special ones")

    def _cut(self, row: PreparedRow) -> str:
        """Cut one row to the room there is; what was cut, or ""."""
        lengths = [len(part.ids) for part in row.parts]
        if row.room is None or sum(lengths) <= row.room:
            return ""
        side = self.tokenizer.truncation_side
        kept = cut_lengths(lengths, row.room, whole=row.row.whole)
        places = []
        for name, part, old, new in zip(row.names, row.parts, lengths, kept, strict=True):
            if new == old:
                continue
            part.truncate(new, direction=side)
            edge = part.offsets[0][0] if side == "left" else part.offsets[-1][1]
            where = "before" if side == "left" else "after"
            places.append(f"the {name} {where} character {edge:,} is cut")
        return f"kept {_tokens(sum(kept))} of {sum(lengths):,}: {', '.join(places)}"

    def add_special_tokens(self) -> HostResult:
        first, *_ = [row.add_special_tokens() for row in self.rows]
        note = f"added {' '.join(first[:4])}" if first else "this tokenizer adds none"
        return self._ids(note, nop=not first)

    def pad(self) -> HostResult:
        lengths = [len(row.whole.ids) for row in self.rows]
        length = max(self.pad_to or 0, *lengths)
        missing = sum(length - n for n in lengths)
        if not missing:
            return self._ids("nothing added", nop=True)
        token = self.tokenizer.pad_token
        if token is None:
            raise CyclesimError(_no_padding(len(self.rows)))
        for row in self.rows:
            row.whole.pad(
                length,
                direction=self.padding_side,
                pad_id=self.tokenizer.pad_token_id,
                pad_type_id=self.tokenizer.pad_token_type_id,
                pad_token=token,
            )
        padded = sum(n < length for n in lengths)
        among = f" to {padded:,} of {len(lengths):,} sequences" if len(lengths) > 1 else ""
        return self._ids(f"added {missing:,} × {token}{among}")

    def make_tensors(self, device: torch.device) -> HostResult:
        columns = {
            "input_ids": [row.whole.ids for row in self.rows],
            "token_type_ids": [row.whole.type_ids for row in self.rows],
            "attention_mask": [row.whole.attention_mask for row in self.rows],
        }
        names = [n for n in self.tokenizer.model_input_names if n in columns]
        words = tuple(self.rows[0].whole.tokens) if len(self.rows) == 1 else None
        made = []
        for name in names:
            tensor = torch.tensor(columns[name], dtype=torch.long, device=device)
            made.append(Written(name, tensor.reshape(*self.leading, -1), words))
        shape = list(made[0].value.shape) if made else []
        return HostResult(tuple(made), f"{', '.join(names)} {shape} on {device}")

    def sequences(self) -> tuple[Any, ...]:
        """What the output steps and the views know of each row."""
        return tuple(row.sequence() for row in self.rows)

    def _parts(self, what: str) -> list[tuple[str, Any]]:
        """The tokens of each text, with a name that says which it is."""
        found = []
        for place, row in enumerate(self.rows):
            for name, part in zip(row.names, row.parts, strict=True):
                labels = [what]
                if len(self.rows) > 1:
                    labels.append(f"sequence {place}")
                if len(row.parts) > 1:
                    labels.append(name)
                found.append((", ".join(labels), part))
        return found

    def _ids(self, note: str, *, nop: bool = False) -> HostResult:
        written = tuple(
            Written(name, np.array(part.ids, dtype=np.int64), tuple(part.tokens))
            for name, part in self._parts("ids")
        )
        return HostResult(written, note, nop)


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


def _room(tokenizer: Any, max_length: int | None, *, pair: bool) -> int | None:
    """How many tokens of the texts fit beside the special ones."""
    if max_length is None:
        return None
    special = tokenizer.num_special_tokens_to_add(pair)
    if max_length < special + (2 if pair else 1):
        raise CyclesimError(
            tr(
                "a maximum length of {max_length} leaves no room for a token beside "
                "the {special} special ones: give a larger --max-length."
            ).format(max_length=max_length, special=special)
        )
    return max_length - special


def _no_padding(rows: int) -> str:
    if rows > 1:
        return tr(
            "this tokenizer has no padding token, so texts of different lengths cannot be one "
            "batch: run them one by one."
        )
    return tr("this tokenizer has no padding token: leave --pad-to out.")


def _argument(name: str, value: int | None) -> tuple[tuple[str, str], ...]:
    return () if value is None else ((name, str(value)),)


def _tokens(count: int) -> str:
    return f"{count:,} token" + ("" if count == 1 else "s")
