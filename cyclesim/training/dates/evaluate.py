"""Scores of the date reader: the whole date right, or not."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import Any

import torch

from cyclesim.training.dates.generate import stream

Test = list[tuple[str, str]]  # (text, YYYY-MM-DD)


def read(lines: list[str]) -> Test:
    """The lines of a hand-written file: date, tab, text."""
    pairs = (line.split("\t") for line in lines)
    return [(text, date) for date, text in pairs]


def translate(model: Any, tokenizer: Any, texts: list[str]) -> list[str]:
    """What the model makes of each text, the likeliest token at every step."""
    with torch.no_grad():
        encoded = tokenizer(texts, return_tensors="pt", padding=True)
        made = model.generate(**encoded, max_new_tokens=16, do_sample=False)
    said: list[str] = tokenizer.batch_decode(made, skip_special_tokens=True)
    return said


def exact(model: Any, tokenizer: Any, test: Test) -> dict[str, float]:
    """How many dates are right in every figure, in percent."""
    made = translate(model, tokenizer, [text for text, _ in test])
    right = sum(one == date for one, (_, date) in zip(made, test, strict=True))
    return {"exact": round(100 * right / len(test), 2), "dates": len(test)}


def held_out(model: Any, tokenizer: Any, size: int = 500) -> dict[str, dict[str, float]]:
    """Scores over dates that training never saw (``all``), and by the way they are written."""
    sets: dict[str, Test] = defaultdict(list)
    for way, text, date in islice(stream(seed=99, held=True), size):
        sets["all"].append((text, date))
        sets[way].append((text, date))
    return {way: exact(model, tokenizer, test) for way, test in sets.items()}
