"""``tiny-sentiment``: a BERT with pooler that tells negative, neutral and positive sentences."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from cyclesim.training import corpus, vocabulary
from cyclesim.training.batches import Example, bucketed, padded
from cyclesim.training.encoder import small_bert
from cyclesim.training.loop import fit
from cyclesim.training.making import Stopwatch, load, save, written
from cyclesim.training.opinions import evaluate
from cyclesim.training.opinions.card import card
from cyclesim.training.opinions.generate import LABELS, sentences

SMOOTHING = 0.05
UNSEEN = 0.05  # pieces hidden in training, so that no single word decides alone


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result."""

    name = "tiny-sentiment"
    seed: int = 7
    vocabulary: int = 4000
    width: int = 96
    layers: int = 3
    positions: int = 128
    steps: int = 3000
    batch: int = 32
    rate: float = 1.0e-3

    def config(self, size: int) -> BertConfig:
        """The model: a standard BERT, with the labels' names."""
        return small_bert(
            size, width=self.width, layers=self.layers, positions=self.positions, labels=LABELS,
        )  # fmt: skip

    def train(self, folder: Path) -> dict[str, int]:
        """Make tokenizer and model into ``folder``; the seconds that each part took."""
        clock = Stopwatch()
        pieces = corpus.lines("opinions-vocabulary.txt")[: self.vocabulary]
        vocabulary.save(pieces, folder, self.positions, lowercase=True)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        torch.manual_seed(self.seed)
        model = BertForSequenceClassification(self.config(len(tokenizer)))
        rng = random.Random(self.seed)
        batches = bucketed(examples(tokenizer, rng), self.batch, rng)

        def loss() -> torch.Tensor:
            rows, labels = zip(*next(batches), strict=True)
            mask = padded([[1] * len(row) for row in rows], 0)
            logits = model(padded(rows, tokenizer.pad_token_id), attention_mask=mask).logits
            wanted = torch.tensor([label for (label,) in labels])
            return torch.nn.functional.cross_entropy(logits, wanted, label_smoothing=SMOOTHING)

        trained = fit(
            model, loss, steps=self.steps, rate=self.rate, name=self.name, averaged=0.25
        )  # fmt: skip
        save(trained, folder, half=True)
        clock.lap("training")
        return clock.seconds

    def scores(self, folder: Path) -> dict[str, Any]:
        """Sentences of the generator, and the hand-written ones where they are there."""
        model, tokenizer = load(folder, "AutoModelForSequenceClassification")
        sets = {"generated": evaluate.generated()}
        for name in ("dev", "test"):
            if lines := written(f"sentiment_{name}.txt"):
                sets[name] = evaluate.read(lines)
        return {name: evaluate.score(model, tokenizer, test) for name, test in sets.items()}

    def card(self, result: dict[str, Any]) -> str:
        """The model card."""
        return card(self, result)


QUICK = Recipe(vocabulary=1000, width=32, layers=1, steps=12, batch=8)


def examples(tokenizer: Any, rng: random.Random) -> Iterator[Example]:
    """The ids of a sentence, some hidden, and its label."""
    for text, label in sentences(rng):
        if rng.random() < 0.3:
            text = text.rstrip(".")
        ids = tokenizer(text, truncation=True)["input_ids"]
        for at in range(1, len(ids) - 1):
            if rng.random() < UNSEEN:
                ids[at] = tokenizer.mask_token_id
        yield ids, [LABELS.index(label)]
