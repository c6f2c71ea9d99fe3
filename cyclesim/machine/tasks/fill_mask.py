"""Masked words: for each [MASK] of a text, the tokens that the model would put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.rows import Row
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.machine.tasks.base import Results, Task, softmax
from cyclesim.trace import Prompt, TokenSequence

__all__ = ["FillMask"]

#: So many candidates are named for each mask.
CANDIDATES = 5


@dataclass(frozen=True)
class FillMask(Task):
    """The likeliest tokens at each mask, one mask at a time, as the head gives them."""

    name: ClassVar[str] = "fill-mask"
    auto: ClassVar[str] = "AutoModelForMaskedLM"
    heads: ClassVar[tuple[str, ...]] = ("ForMaskedLM",)

    def example(self, tokenizer: Any) -> Any:
        return f"Ada Lovelace worked with {getattr(tokenizer, 'mask_token', '')} in London."

    def rows(self, prompts: Sequence[Prompt], tokenizer: Any) -> Steps[list[Row]]:
        rows = yield from super().rows(prompts, tokenizer)
        mask = getattr(tokenizer, "mask_token", None)
        if tokenizer is not None and mask is None:
            raise CyclesimError(tr("this tokenizer has no mask token, so no word can be left out."))
        for row in rows:
            if mask is not None and not any(mask in text for text in row.read):
                raise CyclesimError(
                    tr("there is no mask in the text: write {mask} where a word is left out.")
                    .format(mask=mask)
                )  # fmt: skip
        return rows

    def decode(self, encoding: Encoding, outputs: Any, tokenizer: Any = None) -> Steps[Results]:
        logits, rows = getattr(outputs, "logits", None), encoding.sequences
        if logits is None or not rows or getattr(tokenizer, "mask_token_id", None) is None:
            return ()
        ids = Written("input", encoding.inputs["input_ids"])
        places = (yield _find(ids, tokenizer)).outputs[0]
        words = places.words or ()
        chosen = (yield _pick(logits, places, words)).outputs[0]
        probabilities = (yield softmax(chosen.tensor, "tokens", words)).outputs[0]
        best = (yield _top(probabilities)).outputs
        shares = best[0].tensor.tolist()
        names: list[list[str]] = []

        def look_up() -> HostResult:
            names.extend(tokenizer.convert_ids_to_tokens(row) for row in best[1].tensor.tolist())
            joined = tuple(", ".join(map(str, row)) for row in names)
            written = Written("candidates", best[1].tensor, joined)
            return HostResult((written,), "; ".join(joined))

        op = "tokenizer.convert_ids_to_tokens"
        yield HostStep("output", "candidates", op, look_up, (best[1],), last=True)
        found: list[list[Mapping[str, Any]]] = [[] for _ in rows]
        pairs = zip(places.tensor.tolist(), names, shares, strict=True)
        for (row, place), tokens, scores in pairs:
            span = rows[row].offsets[place] or (0, 0)
            found[row].append(
                {
                    "position": place,
                    "start": span[0],
                    "end": span[1],
                    "candidates": [
                        {"token": token, "text": _text(tokenizer, token), "score": score}
                        for token, score in zip(tokens, scores, strict=True)
                    ],
                }
            )
        return tuple(
            {"masks": masks, "text": _filled(row, masks)}
            for row, masks in zip(rows, found, strict=True)
        )


def _find(ids: Written, tokenizer: Any) -> HostStep:
    """Where the masks are: sequence and position of each."""
    mask = tokenizer.mask_token_id

    def run() -> HostResult:
        places = (ids.tensor == mask).nonzero()
        missing = set(range(len(ids.tensor))) - {row for row, _ in places.tolist()}
        if missing:
            raise CyclesimError(
                tr("the mask was cut away with the end of the text: give a larger --max-length.")
            )
        words = tuple(f"{tokenizer.mask_token} {place}" for _, place in places.tolist())
        count = len(places)
        note = f"{count} " + ("mask" if count == 1 else "masks")
        return HostResult((Written("positions", places, words),), note)

    return HostStep("output", "masks", "nonzero", run, (ids,), (("mask_token_id", str(mask)),))


def _pick(logits: torch.Tensor, places: Written, words: tuple[str, ...]) -> HostStep:
    def run() -> HostResult:
        rows, columns = places.tensor.unbind(-1)
        picked = logits[rows, columns]
        return HostResult((Written("logits", picked, words),), f"{len(picked)} rows of logits")

    return HostStep("output", "mask_logits", "index", run, (Written("input", logits), places))


def _top(probabilities: Written) -> HostStep:
    count = min(CANDIDATES, probabilities.tensor.shape[-1])

    def run() -> HostResult:
        values, indices = probabilities.tensor.topk(count, dim=-1)
        written = Written("values", values, probabilities.words), Written("indices", indices)
        return HostResult(written, f"the {count} most probable of each row")

    reads = (Written("input", probabilities.tensor),)
    return HostStep("output", "top_k", "topk", run, reads, (("k", str(count)), ("dim", "-1")))


def _text(tokenizer: Any, token: str) -> str:
    """A token as it reads in a text: without the mark that it goes on with a word."""
    return str(tokenizer.convert_tokens_to_string([token])).strip().removeprefix("##")


def _filled(row: TokenSequence, masks: Sequence[Mapping[str, Any]]) -> str:
    """The text with the best candidate in the place of each mask, the last mask first."""
    text = row.text or ""
    for mask in sorted(masks, key=lambda mask: -mask["start"]):
        best = mask["candidates"][0]
        # A piece of a word belongs to the word before it.
        start = len(text[: mask["start"]].rstrip()) if best["token"][:2] == "##" else mask["start"]
        text = text[:start] + best["text"] + text[mask["end"] :]
    return text
