"""What a story-teller is worth: how well it foresees other stories, and what its own are like."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import torch

from cyclesim.training.bytepairs import END

PROMPT = "Once upon a time"


def foreseen(model: Any, tokenizer: Any, texts: list[str]) -> dict[str, float]:
    """Perplexity by token, and bits by character, which do not depend on the vocabulary."""
    nats, tokens, characters = 0.0, 0, 0
    with torch.no_grad():
        for text in texts:
            ids = tokenizer(text + tokenizer.eos_token, return_tensors="pt")["input_ids"]
            ids = ids[:, : model.config.n_positions]
            nats += float(model(ids, labels=ids).loss) * (ids.shape[1] - 1)
            tokens += ids.shape[1] - 1
            characters += len(tokenizer.decode(ids[0, 1:], skip_special_tokens=True))
    return {
        "perplexity": float(f"{math.exp(nats / tokens):.3g}"),
        "bits_per_character": round(nats / math.log(2) / characters, 4),
        "texts": len(texts),
    }


def remembered(model: Any, tokenizer: Any, texts: list[str], names: list[str]) -> dict[str, float]:
    """Where somebody is named again, how often it is the likeliest of all names, in percent.

    Only names that are one piece of the vocabulary, after a space, are asked for.
    """
    pieces = [tokenizer(f" {name}")["input_ids"] for name in names]
    known = sorted({ids[0] for ids in pieces if len(ids) == 1})
    right: list[bool] = []
    with torch.no_grad():
        for text in texts:
            ids = tokenizer(text, return_tensors="pt")["input_ids"][:, : model.config.n_positions]
            row = ids[0].tolist()
            logits = model(ids).logits[0, :, known]
            for place in range(1, len(row)):
                if row[place] in known and row[place] in row[:place]:
                    right.append(known[int(logits[place - 1].argmax())] == row[place])
    share = 100 * sum(right) / len(right) if right else 0.0
    return {"first": round(share, 2), "names": len(right)}


def samples(model: Any, tokenizer: Any, count: int, prompt: str = PROMPT) -> list[str]:
    """Stories drawn with seed 0, temperature 0.8; ``<|endoftext|>`` shows where one ended."""
    torch.manual_seed(0)
    encoded = tokenizer([prompt] * count, return_tensors="pt")
    with torch.no_grad():
        made = model.generate(
            **encoded, do_sample=True, temperature=0.8, top_k=0, max_new_tokens=230
        )
    return ["".join(tokenizer.decode(row).partition(END)[:2]) for row in made]


def judged(stories: list[str], known: Iterable[str]) -> dict[str, float]:
    """Measured on the samples, in percent: ended, words that are words, sentences that are new."""
    known = list(known)
    words = {word for text in known for word in re.findall("[A-Za-z]+", text)}
    old = {sentence for text in known for sentence in sentences(text)}
    ends = [story.endswith(END) for story in stories]
    texts = [story.removesuffix(END) for story in stories]
    said = [word for text in texts for word in re.findall("[A-Za-z]+", text)]
    told = [sentence for text in texts for sentence in sentences(text)]
    return {
        "ended": round(100 * sum(ends) / len(ends), 1),
        "real_words": round(100 * sum(word in words for word in said) / len(said), 2),
        "new_sentences": round(100 * sum(s not in old for s in told) / len(told), 1),
        "stories": len(stories),
    }


def sentences(text: str) -> list[str]:
    """The sentences of a story, roughly."""
    return [part for part in re.split(r'(?<=[.!?])"? ', text) if part]
