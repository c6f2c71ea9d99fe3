"""From words and names to token ids and label ids: each word is labelled at its first subword.

    coder = Coder(tokenizer, labels, scheme, limit=512)
    examples = coder.encode(corpus.train)

The words are joined by spaces and tokenized as the app would tokenize the sentence; each subword
belongs to the word that its first character is in. The other subwords of a word have the label
`IGNORED`, which the loss leaves out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from cyclesim.finetuning.corpus import Sample
from cyclesim.finetuning.tags import Scheme, tags_of
from cyclesim.language import tr, trn

__all__ = ["IGNORED", "Batch", "Coder", "Example"]

#: The label of what no label is asked of; `torch.nn.functional.cross_entropy` leaves it out.
IGNORED = -100

#: So many sentences are tokenized in one call.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence as the model takes it.

    Attributes:
        inputs: ids, attention mask and what else the model takes; one number a token.
        labels: a label id or `IGNORED` for each token.
        first: for each word, the position of its first subword; None where it has none.
    """

    inputs: dict[str, list[int]]
    labels: list[int]
    first: list[int | None]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Batch:
    """Padded examples: every tensor is `[batch, sequence]`."""

    inputs: dict[str, torch.Tensor]
    labels: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on `device`."""
        inputs = {name: tensor.to(device) for name, tensor in self.inputs.items()}
        return Batch(inputs, self.labels.to(device))


@dataclass
class Coder:
    """Encodes sentences for one model.

    Attributes:
        tokenizer: a fast Hugging Face tokenizer.
        labels: the model's labels, in the order of their ids.
        scheme: how they are written.
        limit: the longest sequence in tokens; None for any.
        all_subwords: label every subword.
    """

    tokenizer: Any
    labels: Sequence[str]
    scheme: Scheme
    limit: int | None = None
    all_subwords: bool = False
    _ids: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._ids = {label: number for number, label in enumerate(self.labels)}

    def encode(self, samples: Sequence[Sample]) -> list[Example]:
        """An example for each sample."""
        return list(self._encoded(samples))

    def inside(self, label: int) -> int:
        """The label of the later subwords of a word whose first has `label`."""
        if not self.all_subwords or label == IGNORED:
            return IGNORED
        return self._ids.get(_inside(self.labels[label]), IGNORED)

    def tags(self, sample: Sample) -> list[str]:
        """The right label of each word."""
        return tags_of(sample.spans, len(sample.words), self.scheme)

    def _encoded(self, samples: Sequence[Sample]) -> Iterator[Example]:
        for at in range(0, len(samples), _AT_ONCE):
            some = samples[at : at + _AT_ONCE]
            batch = self.tokenizer(
                [" ".join(sample.words) for sample in some],
                truncation=self.limit is not None,
                max_length=self.limit,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
                verbose=False,
            )
            names = [n for n in batch if n not in ("offset_mapping", "special_tokens_mask")]
            for row, sample in enumerate(some):
                owners = _owners(
                    sample.words, batch["offset_mapping"][row], batch["special_tokens_mask"][row]
                )
                inputs = {name: list(batch[name][row]) for name in names}
                yield self._example(sample, inputs, owners)

    def _example(
        self, sample: Sample, inputs: dict[str, list[int]], owners: list[int | None]
    ) -> Example:
        first: list[int | None] = [None] * len(sample.words)
        for place, word in enumerate(owners):
            if word is not None and first[word] is None:
                first[word] = place
        tags = self.tags(sample)
        labels = [IGNORED] * len(owners)
        for place, word in enumerate(owners):
            if word is None:
                continue
            if place == first[word]:
                labels[place] = self._ids.get(tags[word], IGNORED)
            elif self.all_subwords:
                labels[place] = self._ids.get(_inside(tags[word]), IGNORED)
        return Example(inputs, labels, first)

    def notes(self, part: str, samples: Sequence[Sample], examples: Sequence[Example]) -> list[str]:
        """What was lost on the way, sentence by sentence."""
        notes = []
        lost = [sum(f is None for f in example.first) for example in examples]
        full = [self.limit is not None and len(example) >= self.limit for example in examples]
        cut = sum(bool(missing) and long for missing, long in zip(lost, full, strict=True))
        if cut:
            said = trn(
                "{count} sentence of {part} is longer than {limit} tokens and is cut.",
                "{count} sentences of {part} are longer than {limit} tokens and are cut.",
                cut,
            )
            notes.append(said.format(count=f"{cut:,}", part=part, limit=f"{self.limit:,}"))
        without = sum(n for n, long in zip(lost, full, strict=True) if not long)
        if without:
            said = trn(
                "{count} word of {part} is nothing to the tokenizer and counts as O.",
                "{count} words of {part} are nothing to the tokenizer and count as O.",
                without,
            )
            notes.append(said.format(count=f"{without:,}", part=part))
        share = self._unknown(examples)
        if share > 0.05:
            said = tr("{share} of the tokens of {part} are unknown to the tokenizer.")
            notes.append(said.format(share=f"{share:.0%}", part=part))
        return notes

    def _unknown(self, examples: Sequence[Example]) -> float:
        """The share of unknown tokens."""
        unknown = self.tokenizer.unk_token_id
        if unknown is None:
            return 0.0
        ids = [i for example in examples for i in example.inputs["input_ids"]]
        return ids.count(unknown) / max(1, len(ids))

    def batch(self, examples: Sequence[Example]) -> Batch:
        """Examples padded to the longest of them."""
        width = max(map(len, examples))
        left = self.tokenizer.padding_side == "left"
        fill = {
            "input_ids": self.tokenizer.pad_token_id or 0,
            "token_type_ids": self.tokenizer.pad_token_type_id,
        }

        def padded(row: list[int], value: int) -> list[int]:
            rest = [value] * (width - len(row))
            return [*rest, *row] if left else [*row, *rest]

        inputs = {
            name: torch.tensor([padded(e.inputs[name], fill.get(name, 0)) for e in examples])
            for name in examples[0].inputs
        }
        return Batch(inputs, torch.tensor([padded(e.labels, IGNORED) for e in examples]))


def _owners(
    words: Sequence[str], offsets: Sequence[tuple[int, int]], special: Sequence[int]
) -> list[int | None]:
    """For each token, the number of the word that it is of."""
    starts = []
    at = 0
    for word in words:
        starts.append(at)
        at += len(word) + 1
    text = " ".join(words)
    owners: list[int | None] = []
    for (start, end), is_special in zip(offsets, special, strict=True):
        while start < end and text[start].isspace():
            start += 1  # some tokenizers count the space before a word to its token
        owners.append(None if is_special or start >= end else bisect_right(starts, start) - 1)
    return owners


def _inside(tag: str) -> str:
    return "I-" + tag[2:] if tag.startswith("B-") else tag
