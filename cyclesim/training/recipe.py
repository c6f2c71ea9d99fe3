"""The whole recipe, in order: embeddings, pre-training, fine-tuning, scores, files."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, BertConfig

from . import card, corpus, embeddings, finetune, pretrain, vocabulary
from .evaluate import evaluate
from .generate import Generator
from .sentences import LABELS, Piece, assemble, read


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result."""

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
        return BertConfig(
            vocab_size=size, hidden_size=self.width, num_hidden_layers=self.layers,
            num_attention_heads=4, intermediate_size=4 * self.width, hidden_act="gelu",
            max_position_embeddings=self.positions, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, type_vocab_size=2,
            id2label=dict(enumerate(LABELS)), label2id={x: i for i, x in enumerate(LABELS)},
        )  # fmt: skip


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


def train(recipe: Recipe, folder: Path) -> dict[str, int]:
    """Make the tokenizer and train the model into ``folder``; the seconds each part took."""
    took: dict[str, int] = {}
    began = time.monotonic()
    prose, written, words = corpus.prose(), corpus.sentences(), corpus.words()
    vocabulary.save(corpus.vocabulary()[: recipe.vocabulary], folder, recipe.positions)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoder = vocabulary.Encoder(tokenizer.get_vocab())
    config = recipe.config(len(tokenizer))
    table = embeddings.counted(
        list(first_ids(prose, Generator(written, words, recipe.seed), encoder)),
        len(tokenizer), recipe.width, recipe.seed,
    )  # fmt: skip
    took["embeddings"] = round(time.monotonic() - began)
    weights = pretrain.run(
        config, Generator(written, words, recipe.seed + 1), prose, encoder,
        steps=recipe.pretrain_steps, batch=recipe.batch, rate=recipe.pretrain_rate,
        seed=recipe.seed, table=table,
    )  # fmt: skip
    took["pretrain"] = round(time.monotonic() - began) - took["embeddings"]
    model = finetune.run(
        config, weights, Generator(written, words, recipe.seed + 2), prose, encoder,
        steps=recipe.finetune_steps, batch=recipe.batch, rate=recipe.finetune_rate,
        seed=recipe.seed, spelled=recipe.spelled,
    )  # fmt: skip
    took["finetune"] = round(time.monotonic() - began) - took["pretrain"] - took["embeddings"]
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # save_pretrained leaves it readable to one only
    return took


def scores(folder: Path, natural: dict[str, Path]) -> dict[str, Any]:
    """All scores of the model in ``folder``: test set (a), and the hand-written files given."""
    model, tokenizer = load(folder)
    table = {"held_out": evaluate(model, tokenizer, held_out_test())}
    for name, path in natural.items():
        table[name] = evaluate(model, tokenizer, read(path))
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    return {"model_sha256": digest, "scores": table}


def load(folder: Path) -> tuple[Any, Any]:
    """The trained model and its tokenizer, as anyone would load them."""
    from transformers import AutoModelForTokenClassification

    model = AutoModelForTokenClassification.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder)


def make(recipe: Recipe, output: Path, natural: dict[str, Path]) -> dict[str, Any]:
    """Train, score, write the card, and put the finished files in ``output``."""
    torch.set_num_threads(1)  # more threads would add the same numbers in another order
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        took = train(recipe, folder)
        result = scores(folder, natural) | {"seconds": took, "seed": recipe.seed}
        model, _ = load(folder)
        result["parameters"] = sum(p.numel() for p in model.parameters())
        (folder / "scores.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        (folder / "README.md").write_text(card.render(result, recipe), encoding="utf-8")
        output.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir()):
            shutil.copy(path, output / path.name)
    return result
