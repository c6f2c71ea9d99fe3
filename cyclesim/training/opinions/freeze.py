"""Freezes the words of opinion and the vocabulary that ``tiny-sentiment`` is made from.

Run once, by ``python -m cyclesim.training.opinions.freeze LEXICON``, with ``vader_lexicon.txt``
of the package ``vaderSentiment``. What it writes is committed; ``LICENCES.md`` says where it comes
from.
"""

from __future__ import annotations

import random
import re
import sys
from itertools import islice
from pathlib import Path

from cyclesim.training import corpus, vocabulary
from cyclesim.training.opinions.generate import sentences

PIECES = 4000
SURE = 1.3  # the largest standard deviation between the ten people who judged a word
COARSE = re.compile(
    "shit|fuck|ass(hole|fuck|es$|$)|cunt|nigg|bitch|whore|slut|dick|cock|rape|rapi|fag|retard|bastard"
    "|piss|crap|damn|twat|wank|puss|jerk|porn|sex|molest|incest|arse|bollock|dyke|tit(s|ty)|douche"
)


def main(lexicon: Path) -> None:
    """Write ``opinions.txt`` and ``opinions-vocabulary.txt``."""
    kept = []
    for line in lexicon.read_text(encoding="utf-8").splitlines():
        word, mean, deviation, _ = line.split("\t")
        plain = re.fullmatch("[a-z]{3,16}", word) and not COARSE.search(word)
        if plain and float(deviation) < SURE:
            kept.append(f"{word} {mean}")
    (corpus.DATA / "opinions.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")
    texts = [text for text, _ in islice(sentences(random.Random(0)), 60_000)]
    texts += [line.split()[0] for line in kept] * 3
    pieces = vocabulary.train(texts, PIECES, lowercase=True)
    (corpus.DATA / "opinions-vocabulary.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
