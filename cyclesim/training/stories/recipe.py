"""``tiny-gpt``: a GPT-2 that tells little stories, trained on the stories of a written grammar."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from cyclesim.training import bytepairs, corpus
from cyclesim.training.batches import Example, bucketed, tensors
from cyclesim.training.grammar import Grammar
from cyclesim.training.loop import fit
from cyclesim.training.making import Stopwatch, load, save, written
from cyclesim.training.stories import evaluate
from cyclesim.training.stories.card import card

HELD_OUT = 50  # one story in so many is never trained on
CAST = ("girl", "boy", "her_animal", "his_animal")  # lists of names


@dataclass(frozen=True)
class Recipe:
    """Every number that decides the result."""

    name = "tiny-gpt"
    seed: int = 7
    width: int = 128
    layers: int = 4
    positions: int = 256
    steps: int = 4000
    batch: int = 4
    rate: float = 3.0e-3
    # Standard deviation of the first weights; embeddings have twice that. GPT-2's own 0.02 is for
    # models six times as wide: with it, this one learns late to look a name up where it stood.
    spread: float = 0.06
    foretold: int = 60  # held-out stories that it is asked to foresee
    samples: int = 20  # stories that it tells to be judged
    compared: int = 2000  # training stories that they are compared with

    def config(self, size: int) -> GPT2Config:
        """The model: a GPT-2 without dropout, its GELU as one function of torch."""
        return GPT2Config(
            vocab_size=size, n_positions=self.positions, n_embd=self.width, n_layer=self.layers,
            n_head=4, activation_function="gelu_pytorch_tanh",
            resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
            bos_token_id=0, eos_token_id=0, pad_token_id=0, initializer_range=self.spread,
        )  # fmt: skip

    def first_model(self, size: int) -> GPT2LMHeadModel:
        """Random weights."""
        torch.manual_seed(self.seed)
        model = GPT2LMHeadModel(self.config(size))
        with torch.no_grad():
            model.transformer.wte.weight.mul_(2)  # the head shares it
        return model

    def train(self, folder: Path) -> dict[str, int]:
        """Make tokenizer and model into ``folder``; the seconds that each part took."""
        clock = Stopwatch()
        bytepairs.save(corpus.lines("stories-merges.txt"), folder, self.positions)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = self.first_model(len(tokenizer))
        batches = bucketed(examples(tokenizer, self.seed), self.batch, random.Random(self.seed))

        def loss() -> torch.Tensor:
            # No mask: padding stands on the right, where nothing before it looks.
            ids, _, labels = tensors(next(batches), longest=self.positions)
            return model(ids, labels=labels).loss

        trained = fit(
            model, loss, steps=self.steps, rate=self.rate, name=self.name, averaged=0.1
        )  # fmt: skip
        save(trained, folder, half=True)
        clock.lap("training")
        return clock.seconds

    def scores(self, folder: Path) -> dict[str, Any]:
        """How well it foresees other stories, and what its own are like."""
        model, tokenizer = load(folder, "AutoModelForCausalLM")
        texts = list(islice(told(self.seed, held=True), self.foretold))
        table = {"held_out": evaluate.foreseen(model, tokenizer, texts)}
        if lines := written("stories.txt"):
            table["hand-written"] = evaluate.foreseen(model, tokenizer, lines)
        cast = [entry.text for kind in CAST for entry in grammar().lists[kind]]
        table["names"] = evaluate.remembered(model, tokenizer, texts, cast)
        own = evaluate.samples(model, tokenizer, self.samples)
        table["samples"] = evaluate.judged(own, islice(told(self.seed), self.compared))
        return table | {"first": [own[0], own[1], own[2]]}

    def card(self, result: dict[str, Any]) -> str:
        """The model card."""
        return card(self, result)


QUICK = Recipe(width=32, layers=1, steps=12, batch=8, foretold=3, samples=3, compared=50)


def grammar() -> Grammar:
    """The written grammar."""
    return Grammar.parse((corpus.DATA / "stories.txt").read_text(encoding="utf-8"))


def told(seed: int, *, held: bool = False) -> Iterator[str]:
    """Stories for training, or (``held``) those that training never sees."""
    return (s for s in grammar().stream(seed) if corpus.held_out(s, HELD_OUT) == held)


def examples(tokenizer: Any, seed: int) -> Iterator[Example]:
    """The ids of a story and of its end; each predicts the next."""
    for story in told(seed):
        ids = [*tokenizer(story)["input_ids"], tokenizer.eos_token_id]
        yield ids, ids
