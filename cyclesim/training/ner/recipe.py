"""``tiny-ner``, in order: embeddings, pre-training, fine-tuning, scores."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

from cyclesim.training import corpus, embeddings, pretrain, vocabulary
from cyclesim.training.encoder import small_bert
from cyclesim.training.making import WRITTEN, Stopwatch, load, save
from cyclesim.training.ner import finetune
from cyclesim.training.ner.by_command import measured_as_there
from cyclesim.training.ner.card import card
from cyclesim.training.ner.evaluate import evaluate
from cyclesim.training.ner.generate import Generator
from cyclesim.training.sentences import LABELS, Piece, assemble, read


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result."""

    name = "tiny-ner"
    seed: int = 7
    vocabulary: int = 8000  # the first so many pieces of the frozen vocabulary
    width: int = 128
    layers: int = 4
    positions: int = 512
    pretrain_steps: int = 6500
    finetune_steps: int = 7000
    batch: int = 48
    pretrain_rate: float = 1.5e-3
    finetune_rate: float = 1.0e-3
    spelled: float = 0.12

    def config(self, size: int) -> BertConfig:
        """The model: a standard BERT, with the labels' names."""
        return small_bert(
            size, width=self.width, layers=self.layers, positions=self.positions, labels=LABELS,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )  # fmt: skip

    def train(self, folder: Path) -> dict[str, int]:
        """Make tokenizer and model into ``folder``; the seconds that each part took."""
        clock = Stopwatch()
        prose, texts, words = corpus.prose(), corpus.sentences(), corpus.words()
        vocabulary.save(corpus.vocabulary()[: self.vocabulary], folder, self.positions)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        encoder = vocabulary.Encoder(tokenizer.get_vocab())
        config = self.config(len(tokenizer))
        table = embeddings.counted(
            list(first_ids(prose, Generator(texts, words, self.seed), encoder)),
            len(tokenizer), self.width, self.seed,
        )  # fmt: skip
        clock.lap("embeddings")
        rng = random.Random(self.seed)
        learnt = pretrain.run(
            self.first_model(config, table),
            pretrain.masked(
                pretrain.mixed(Generator(texts, words, self.seed + 1), prose, rng), encoder, rng
            ),
            rng, steps=self.pretrain_steps, batch=self.batch, rate=self.pretrain_rate,
        )  # fmt: skip
        clock.lap("pretrain")
        model = finetune.run(
            config, learnt.bert.state_dict(), Generator(texts, words, self.seed + 2), prose,
            encoder, steps=self.finetune_steps, batch=self.batch,
            rate=self.finetune_rate, seed=self.seed, spelled=self.spelled,
        )  # fmt: skip
        clock.lap("finetune")
        save(model, folder)
        return clock.seconds

    def first_model(self, config: BertConfig, table: torch.Tensor) -> BertForMaskedLM:
        """A new model, but for its word embeddings."""
        torch.manual_seed(self.seed)
        model = BertForMaskedLM(config)
        with torch.no_grad():
            model.bert.embeddings.word_embeddings.weight.copy_(table)
        return model

    def scores(self, folder: Path) -> dict[str, Any]:
        """Test set (a), the hand-written ones where they are there, those of `cyclesim train`."""
        model, tokenizer = load(folder, "AutoModelForTokenClassification")
        sets = {"held_out": held_out_test()}
        for name, file in (("dev", "natural_dev.txt"), ("natural", "natural_test.txt")):
            if (WRITTEN / file).exists():
                sets[name] = read(WRITTEN / file)
        found = {name: evaluate(model, tokenizer, test) for name, test in sets.items()}
        return found | measured_as_there(model, tokenizer)

    def card(self, result: dict[str, Any]) -> str:
        """The model card."""
        return card(self, result)


QUICK = Recipe(vocabulary=1500, width=32, layers=2, pretrain_steps=12, finetune_steps=12, batch=8)


def first_ids(
    prose: list[list[Piece]], generator: Generator, encoder: vocabulary.Encoder
) -> Iterator[list[int]]:
    """What the first embeddings are counted from: all prose, and half as much generated text."""
    for pieces in prose:
        yield encoder.encode(assemble(pieces))[0]
    for _ in range(len(prose) // 2):
        yield encoder.encode(assemble(generator.sentence()))[0]


def held_out_test(seed: int = 3) -> list[list[Piece]]:
    """Test set (a): held-out sentences with held-out names; each sentence once."""
    generator = Generator(
        corpus.sentences(held=True), corpus.words(held=True), seed, invent=0.0, vary=False
    )
    return [generator.filled(template) for template in generator.templates]
