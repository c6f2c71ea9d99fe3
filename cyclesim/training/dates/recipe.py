"""``tiny-t5``: an encoder–decoder that reads a written date and writes it as YYYY-MM-DD."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from cyclesim.training.batches import Example, bucketed, padded
from cyclesim.training.dates import evaluate
from cyclesim.training.dates.card import card
from cyclesim.training.dates.generate import stream
from cyclesim.training.loop import fit
from cyclesim.training.making import Stopwatch, load, save, written
from cyclesim.training.vocabulary import IGNORED

SPECIAL = ("<pad>", "</s>", "<unk>")


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result."""

    name = "tiny-t5"
    seed: int = 7
    vocabulary: int = 256
    width: int = 64
    layers: int = 2  # in the encoder, and as many in the decoder
    steps: int = 4000
    batch: int = 64
    rate: float = 4.0e-3

    def config(self, size: int) -> T5Config:
        """The model: a standard T5 without dropout."""
        return T5Config(
            vocab_size=size, d_model=self.width, d_kv=self.width // 4, num_heads=4,
            d_ff=4 * self.width, num_layers=self.layers, num_decoder_layers=self.layers,
            relative_attention_num_buckets=16, relative_attention_max_distance=48,
            dropout_rate=0.0, feed_forward_proj="relu", pad_token_id=0, eos_token_id=1,
            decoder_start_token_id=0,
        )  # fmt: skip

    def train(self, folder: Path) -> dict[str, int]:
        """Make tokenizer and model into ``folder``; the seconds that each part took."""
        clock = Stopwatch()
        tokenizer = make_tokenizer(self.vocabulary, self.seed)
        tokenizer.save_pretrained(folder)
        torch.manual_seed(self.seed)
        model = T5ForConditionalGeneration(self.config(len(tokenizer)))
        batches = bucketed(examples(tokenizer, self.seed), self.batch, random.Random(self.seed))

        def loss() -> torch.Tensor:
            sources, targets = zip(*next(batches), strict=True)
            ids = padded(sources, tokenizer.pad_token_id)
            mask = padded([[1] * len(source) for source in sources], 0)
            labels = padded(targets, IGNORED)
            return model(input_ids=ids, attention_mask=mask, labels=labels).loss

        trained = fit(
            model, loss, steps=self.steps, rate=self.rate, name=self.name, averaged=0.1
        )  # fmt: skip
        save(trained, folder, half=True)
        clock.lap("training")
        return clock.seconds

    def scores(self, folder: Path) -> dict[str, Any]:
        """Dates that training never saw, by way of writing, and the hand-written ones."""
        model, tokenizer = load(folder, "AutoModelForSeq2SeqLM")
        table = evaluate.held_out(model, tokenizer)
        if lines := written("dates_test.txt"):
            table["hand-written"] = evaluate.exact(model, tokenizer, evaluate.read(lines))
        return table

    def card(self, result: dict[str, Any]) -> str:
        """The model card."""
        return card(self, result)


QUICK = Recipe(width=16, layers=1, steps=12, batch=8)


def make_tokenizer(size: int, seed: int) -> PreTrainedTokenizerFast:
    """Byte pairs without regard to case, learnt from written dates; every figure stands alone."""
    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip(),
    ])  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Metaspace(prepend_scheme="never"),
        pre_tokenizers.Punctuation(),
        pre_tokenizers.Digits(individual_digits=True),
    ])  # fmt: skip
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    letters = sorted("abcdefghijklmnopqrstuvwxyz0123456789▁-'’.,/")
    trainer = BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), initial_alphabet=letters,
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator((text for _, text, _ in islice(stream(seed), 5000)), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", SPECIAL.index("</s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
        model_max_length=128,
    )  # fmt: skip


def examples(tokenizer: PreTrainedTokenizerFast, seed: int) -> Iterator[Example]:
    """The ids of a written date, and those of the date it is to become."""
    for _, text, date in stream(seed):
        yield tokenizer(text)["input_ids"], tokenizer(date)["input_ids"]
