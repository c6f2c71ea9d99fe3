"""Small corpora that a tiny model learns in a second."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

PEOPLE = ("Ada Lovelace", "Charles Babbage", "Ada")
PLACES = ("London", "Zürich", "Москва")
FRAMES = (
    "{p} worked in {l} .",
    "{p} and {q} jumps over {l}",
    "the quick brown fox worked with {p} ;",
    "{l} : emoji and {p} too",
)

Rows = list[tuple[str, str]]


def sentence(rng: random.Random) -> Rows:
    """Words with IOB2 tags."""
    rows: Rows = []
    for word in rng.choice(FRAMES).split():
        kind = {"{p}": "PER", "{q}": "PER", "{l}": "LOC"}.get(word)
        if kind is None:
            rows.append((word, "O"))
            continue
        name = rng.choice(PEOPLE if kind == "PER" else PLACES).split()
        rows += [(part, ("I-" if i else "B-") + kind) for i, part in enumerate(name)]
    return rows


def conll(count: int, seed: int = 0) -> str:
    """So many sentences as the content of a CoNLL file."""
    rng = random.Random(seed)
    blocks = ["\n".join(f"{w} {t}" for w, t in sentence(rng)) for _ in range(count)]
    return "\n\n".join(blocks) + "\n"


def write(folder: Path, sizes: Sequence[int] = (40, 12, 12)) -> Path:
    """A folder with train.txt, dev.txt and test.txt."""
    folder.mkdir(parents=True)
    for seed, (part, size) in enumerate(zip(("train", "dev", "test"), sizes, strict=True)):
        (folder / f"{part}.txt").write_text(conll(size, seed), encoding="utf-8")
    return folder
