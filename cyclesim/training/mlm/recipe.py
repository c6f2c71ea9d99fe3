"""``tiny-mlm``: a BERT that fills in a masked word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, BertConfig

from cyclesim.training import corpus, pretrain, vocabulary
from cyclesim.training.making import ASSETS, Stopwatch, load, save, written
from cyclesim.training.mlm import evaluate
from cyclesim.training.mlm.card import card
from cyclesim.training.ner.generate import Generator


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
    steps: int = 2500
    batch: int = 48
    rate: float = 1.0e-3

    def config(self, size: int) -> BertConfig:
        """The model: a standard BERT without dropout."""
        return BertConfig(
            vocab_size=size, hidden_size=self.width, num_hidden_layers=self.layers,
            num_attention_heads=4, intermediate_size=4 * self.width, hidden_act="gelu",
            max_position_embeddings=self.positions, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, type_vocab_size=2,
        )  # fmt: skip

    def train(self, folder: Path) -> dict[str, int]:
        """Make tokenizer and model into ``folder``; the seconds that each part took."""
        clock = Stopwatch()
        vocabulary.save(corpus.vocabulary()[: self.vocabulary], folder, self.positions)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = pretrain.run(
            self.config(len(tokenizer)),
            Generator(corpus.sentences(), corpus.words(), self.seed, invent=0.0),
            corpus.prose(), vocabulary.Encoder(tokenizer.get_vocab()),
            steps=self.steps, batch=self.batch, rate=self.rate, seed=self.seed,
            start=self.first_weights(), averaged=0.15,
        )  # fmt: skip
        clock.lap("pretrain")
        save(model, folder, half=True)
        return clock.seconds

    def first_weights(self) -> dict[str, torch.Tensor] | None:
        """The encoder of the model called ``start``, with as many positions as this one has."""
        if not self.start:
            return None
        model, _ = load(ASSETS / self.start, "AutoModelForTokenClassification")
        weights: dict[str, torch.Tensor] = model.bert.state_dict()
        for name in ("position_embeddings.weight", "word_embeddings.weight"):
            size = self.positions if name.startswith("position") else self.vocabulary
            weights[f"embeddings.{name}"] = weights[f"embeddings.{name}"][:size]
        return weights

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


QUICK = Recipe(vocabulary=1500, width=32, layers=2, start="", steps=12, batch=8)
