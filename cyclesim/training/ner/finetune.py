"""Fine-tuning of the pre-trained encoder to mark persons, organisations, places and the rest."""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch
from transformers import BertConfig, BertForTokenClassification

from cyclesim.training.batches import Example, bucketed, tensors
from cyclesim.training.loop import fit
from cyclesim.training.ner.generate import Generator
from cyclesim.training.ner.mixture import labelled
from cyclesim.training.sentences import LABELS, Piece, assemble
from cyclesim.training.vocabulary import IGNORED, Encoder

SMOOTHING = 0.05
HIDDEN = 0.04  # words masked
AVERAGED = 0.25  # the last quarter of the run, whose weights are averaged


def examples(
    generator: Generator, prose: list[list[Piece]], encoder: Encoder, rng: random.Random,
    spelled: float,
) -> Iterator[Example]:  # fmt: skip
    """Labelled sentences, some words of which are spelled out or masked."""
    for pieces in labelled(generator, prose, rng):
        yield encoder.encode(assemble(pieces), rng, rate=spelled, hidden=HIDDEN)


def run(
    config: BertConfig, weights: dict[str, torch.Tensor], generator: Generator,
    prose: list[list[Piece]], encoder: Encoder, *, steps: int, batch: int, rate: float, seed: int,
    spelled: float = 0.1,
) -> BertForTokenClassification:  # fmt: skip
    """Train for ``steps`` from the encoder's weights; the mean of the last weights is the model."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = BertForTokenClassification(config)
    model.bert.load_state_dict(weights)
    stream = bucketed(examples(generator, prose, encoder, rng, spelled), batch, rng)

    def loss() -> torch.Tensor:
        ids, mask, labels = tensors(next(stream))
        logits = model(ids, attention_mask=mask).logits
        return torch.nn.functional.cross_entropy(
            logits.reshape(-1, len(LABELS)), labels.reshape(-1), ignore_index=IGNORED,
            label_smoothing=SMOOTHING,
        )  # fmt: skip

    return fit(model, loss, steps=steps, rate=rate, name="finetune", averaged=AVERAGED)
