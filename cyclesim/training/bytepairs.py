"""Byte-pair vocabularies, as GPT-2 has them: trained, frozen as text, made into a tokenizer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import GPT2Tokenizer

END = "<|endoftext|>"


def train(texts: Iterable[str], size: int) -> list[str]:
    """The merges of a vocabulary of ``size``, in order, one ``left right`` each."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=size, special_tokens=[END], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [" ".join(pair) for pair in merges]


def save(merges: list[str], folder: Path, positions: int) -> None:
    """Save the vocabulary as a tokenizer that transformers loads.

    A text's end is also its padding, as GPT-2 has no token for that.
    """
    vocabulary = {piece: number for number, piece in enumerate(_pieces(merges))}
    pairs = [(left, right) for left, right in (line.split(" ") for line in merges)]
    tokenizer = GPT2Tokenizer(
        vocab=vocabulary, merges=pairs, model_max_length=positions, pad_token=END
    )
    tokenizer.save_pretrained(folder)


def size(merges: list[str]) -> int:
    """How many pieces the vocabulary of these merges has."""
    return len(_pieces(merges))


def _pieces(merges: list[str]) -> list[str]:
    """The end of a text, every byte, and what is merged from them."""
    joined = (line.replace(" ", "") for line in merges)
    return list(dict.fromkeys([END, *sorted(pre_tokenizers.ByteLevel.alphabet()), *joined]))
