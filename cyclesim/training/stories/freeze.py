"""Freezes the byte-pair vocabulary of the stories: run it after a change of ``data/stories.txt``.

``python -m cyclesim.training.stories.freeze`` writes ``stories-merges.txt``, which is committed, so
that the recipe gives the same tokens whatever version of tokenizers is installed.
"""

from __future__ import annotations

from itertools import islice

from cyclesim.training import bytepairs, corpus
from cyclesim.training.stories.recipe import grammar

PIECES = 2048  # in the vocabulary at most; the stories have words for fewer


def main() -> None:
    """Learn the merges from eight thousand stories."""
    merges = bytepairs.train(islice(grammar().stream(0), 8000), PIECES)
    (corpus.DATA / "stories-merges.txt").write_text("\n".join(merges) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
