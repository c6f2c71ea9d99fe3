"""``tiny-mlm``: a BERT that fills in a masked word."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

from cyclesim.training import corpus, pretrain, vocabulary
from cyclesim.training.encoder import small_bert
from cyclesim.training.making import ASSETS, Stopwatch, load, save, written
from cyclesim.training.mlm import evaluate
from cyclesim.training.mlm.card import card
from cyclesim.training.ner.generate import Generator
from cyclesim.training.vocabulary import Encoder


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result."""

    name = "tiny-mlm"
    seed: int = 7
    vocabulary: int = 8000  # the first so many pieces of the frozen vocabulary
    width: int = 128
    layers: int = 4
    positions: int = 128
    start: str = "tiny-ner"  # the embedded model whose encoder training goes on from
    rounds: tuple[int, int] = (2500, 3000)  # steps with generated sentences, steps without
    batch: int = 48
    rate: float = 1.0e-3

    def config(self, size: int) -> BertConfig:
        """The model: a standard BERT without dropout."""
        return small_bert(
            size, width=self.width, layers=self.layers, positions=self.positions,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        )  # fmt: skip

    def train(self, folder: Path) -> dict[str, int]:
        """Make tokenizer and model into ``folder``; the seconds that each part took."""
        clock = Stopwatch()
        vocabulary.save(corpus.vocabulary()[: self.vocabulary], folder, self.positions)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        encoder = Encoder(tokenizer.get_vocab())
        texts, prose = corpus.sentences(), corpus.prose()
        rng = random.Random(self.seed)
        generator = Generator(texts, corpus.words(), self.seed, invent=0.0)
        first = self.practised(
            self.first_model(), pretrain.mixed(generator, prose, rng), encoder, rng, 0
        )  # fmt: skip
        save(first, folder, half=True)
        clock.lap("with generated sentences")
        rng = random.Random(self.seed + 1)
        model, _ = load(folder, "AutoModelForMaskedLM")
        second = self.practised(model, pretrain.plain(texts, prose, rng), encoder, rng, 1)
        save(second, folder, half=True)
        clock.lap("without")
        return clock.seconds

    def first_model(self) -> BertForMaskedLM:
        """A new model; its encoder is that of ``start``, with as many positions as this one has."""
        torch.manual_seed(self.seed)
        model = BertForMaskedLM(self.config(self.vocabulary))
        if self.start:
            known, _ = load(ASSETS / self.start, "AutoModelForTokenClassification")
            weights = known.bert.state_dict()
            places = weights["embeddings.position_embeddings.weight"]
            weights["embeddings.position_embeddings.weight"] = places[: self.positions]
            model.bert.load_state_dict(weights)
        return model

    def practised(
        self, model: BertForMaskedLM, sentences: Iterator[pretrain.Pieces],
        encoder: Encoder, rng: random.Random, number: int,
    ) -> BertForMaskedLM:  # fmt: skip
        """The model after a round of training."""
        return pretrain.run(
            model, pretrain.masked(sentences, encoder, rng), rng, steps=self.rounds[number],
            batch=self.batch, rate=self.rate, averaged=0.15,
        )  # fmt: skip

    def scores(self, folder: Path) -> dict[str, Any]:
        """Held-out sentences word by word, and the hand-written gaps where they are there."""
        model, tokenizer = load(folder, "AutoModelForMaskedLM")
        table = {"held_out": evaluate.words(model, tokenizer)}
        if gaps := written("cloze.txt"):
            table["cloze"] = evaluate.gaps(model, tokenizer, gaps)
        return table

    def card(self, result: dict[str, Any]) -> str:
        """The model card."""
        return card(self, result)


QUICK = Recipe(vocabulary=1500, width=32, layers=2, start="", rounds=(6, 6), batch=8)
