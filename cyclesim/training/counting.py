"""Precision, recall and F1."""

from __future__ import annotations

from dataclasses import dataclass


def in_percent(
    precision: float, recall: float, f1: float, wanted: int, things: str = "entities"
) -> dict[str, float]:
    """As `scores.json` and the cards have it: percentages, and how many there were to find."""
    return {
        "precision": round(precision, 2),
        "recall": round(recall, 2),
        "f1": round(f1, 2),
        things: wanted,
    }


@dataclass
class Count:
    """Things found rightly, found at all, and to be found."""

    right: int = 0
    found: int = 0
    wanted: int = 0

    def scores(self, things: str = "entities") -> dict[str, float]:
        """Precision, recall and F1 in percent, and how many there were to find."""
        precision = 100 * self.right / self.found if self.found else 0.0
        recall = 100 * self.right / self.wanted if self.wanted else 0.0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        return in_percent(precision, recall, f1, self.wanted, things)
