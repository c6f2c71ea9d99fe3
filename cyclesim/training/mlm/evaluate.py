"""Scores of a masked language model: how often the hidden word is its first guess, or in five."""

from __future__ import annotations

from typing import Any

import torch

from cyclesim.training import corpus
from cyclesim.training.sentences import assemble

EVERY = 6  # of the held-out sentences' words, one in so many is hidden


def words(model: Any, tokenizer: Any) -> dict[str, float]:
    """The held-out written sentences, one word hidden at a time; only words of one piece."""
    ranks: list[int] = []
    special = set(tokenizer.all_special_ids)
    for pieces in corpus.sentences(held=True):
        encoded = tokenizer(assemble(pieces).text, truncation=True, return_tensors="pt")
        ids, owners = encoded["input_ids"][0], encoded.word_ids(0)
        for at in range(len(pieces) % EVERY + 1, len(ids) - 1, EVERY):
            if owners.count(owners[at]) == 1 and int(ids[at]) not in special:
                hidden = ids.clone()
                hidden[at] = tokenizer.mask_token_id
                ranks.append(rank(logits(model, hidden, at), [int(ids[at])]))
    return summary(ranks)


def gaps(model: Any, tokenizer: Any, lines: list[str]) -> dict[str, float]:
    """Hand-written sentences with a gap, each with the words that would be right."""
    known = tokenizer.get_vocab()
    ranks: list[int] = []
    for line in lines:
        text, answers = line.split("\t")
        right = [known[word] for word in answers.split("|") if word in known]
        if right:  # a very small vocabulary may have none
            ids = tokenizer(text, return_tensors="pt")["input_ids"][0]
            at = ids.tolist().index(tokenizer.mask_token_id)
            ranks.append(rank(logits(model, ids, at), right))
    return summary(ranks)


def logits(model: Any, ids: torch.Tensor, at: int) -> torch.Tensor:
    """The logits at one place of one sentence."""
    with torch.no_grad():
        row: torch.Tensor = model(ids[None]).logits[0, at]
    return row


def rank(row: torch.Tensor, right: list[int]) -> int:
    """The place of the best right answer among all pieces, from 1."""
    return int((row > row[right].max()).sum()) + 1


def summary(ranks: list[int]) -> dict[str, float]:
    """Percentages of ranks 1 and up to 5, and how many there were."""
    return {
        "first": round(100 * sum(r == 1 for r in ranks) / len(ranks), 2),
        "first_five": round(100 * sum(r <= 5 for r in ranks) / len(ranks), 2),
        "words": len(ranks),
    }
