"""Builds and writes the frozen files: see `cyclesim.training.freeze`."""

from __future__ import annotations

import gzip
import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

from cyclesim.training import corpus, vocabulary
from cyclesim.training.corpus import DATA
from cyclesim.training.freeze import wordnet
from cyclesim.training.freeze.lists import handwritten, people, places, plain_words
from cyclesim.training.freeze.marking import Marker
from cyclesim.training.freeze.names import known_names, lower_words
from cyclesim.training.freeze.prose import prose
from cyclesim.training.ner.generate import Generator
from cyclesim.training.sentences import assemble, parse, read, render

PIECES = 8000  # in the vocabulary


def vocabulary_texts() -> Iterator[str]:
    """What the vocabulary is trained on: prose, the written and generated sentences, names."""
    written, words = corpus.sentences(), corpus.words()
    for pieces in corpus.prose():
        yield assemble(pieces).text
    for pieces in written:
        text = assemble(pieces).text
        yield from (text, text)
    generator = Generator(written, words, seed=7)
    for _ in range(30_000):
        yield assemble(generator.sentence()).text
    for key, names in words.lists.items():
        if not key.endswith(".more"):
            for name in names:
                yield from (name, name, name)


def main(sentences: Path) -> None:
    """Build and write the frozen files."""
    lists = handwritten()
    given, family = people()
    places(lists)
    nouns = wordnet.read("noun")
    known = known_names(lists, nouns)
    words = plain_words(nouns)
    allgiven = {name for names in given.values() for name in names}
    lines = prose(nouns, Marker(known, allgiven, lower_words()))
    for line in lines:
        parse(line)
    frozen = {
        "lists": {key: list(dict.fromkeys(names)) for key, names in sorted(lists.items())},
        "given": given,
        "family": family,
        "words": words,
    }
    text = json.dumps(frozen, ensure_ascii=False, separators=(",", ":"))
    # mtime 0: the same content gives the same bytes.
    (DATA / "wordlists.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    (DATA / "prose.txt.xz").write_bytes(lzma.compress("\n".join(lines).encode(), preset=9))
    written: list[str] = []
    for path in sorted(sentences.glob("*.txt")):
        for pieces in read(path):
            written.append(render(pieces))
    written = list(dict.fromkeys(written))
    body = "\n".join(written).encode()
    (DATA / "sentences.txt.gz").write_bytes(gzip.compress(body, 9, mtime=0))
    learnt = vocabulary.train(vocabulary_texts(), PIECES)
    (DATA / "vocabulary.txt").write_text("\n".join(learnt) + "\n", encoding="utf-8")
    print(f"{len(lines)} lines of prose, {len(written)} sentences")
    print({key: len(names) for key, names in frozen["lists"].items()})
    print({key: len(names) for key, names in words.items()}, len(given))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
