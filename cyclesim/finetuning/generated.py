"""The project's own data: English sentences with persons, organisations, places and other names.

    make_corpus(12_000)

Training sentences are what `tiny-ner` learnt from: most are filled from written ones with names of
the word lists, the others are definitions and examples of WordNet. The dev and the test part are
filled from written sentences that training never sees, with names that it never sees.
"""

from __future__ import annotations

import random
from itertools import islice

from cyclesim.errors import CyclesimError
from cyclesim.finetuning.corpus import Corpus, Sample
from cyclesim.finetuning.tags import Span
from cyclesim.language import tr
from cyclesim.training import corpus as written
from cyclesim.training.ner.generate import Generator
from cyclesim.training.ner.mixture import labelled
from cyclesim.training.sentences import LABELS, UNKNOWN, Piece, Sentence, assemble
from cyclesim.training.vocabulary import split

__all__ = ["SEED", "make_corpus", "make_held_out"]

SEED = 11

#: Each held-out sentence is filled so many times, for dev or for test.
_FILLED = 4


def make_corpus(size: int, *, filled: int = _FILLED, seed: int = SEED) -> Corpus:
    """The generated corpus with `size` training sentences.

    Args:
        filled: how often each sentence of the dev and test parts is filled with other names.

    Raises:
        CyclesimError: the word lists are not here.
    """
    if not written.DATA.is_dir():
        said = tr(
            "the sentences to generate from are in the source tree and not in the package: give "
            "data of your own."
        )
        raise CyclesimError(said)
    generator = Generator(written.sentences(), written.words(), seed)
    # A label must be known here: the recipe of `tiny-ner` leaves such names out of its loss.
    prose = [p for p in written.prose() if all(piece.label != UNKNOWN for piece in p)]
    training = labelled(generator, prose, random.Random(seed))
    dev, test = make_held_out(filled=filled, seed=seed)
    return Corpus(
        name="generated English sentences",
        scheme="plain",
        types=LABELS[1:],
        train=[_sample(pieces) for pieces in islice(training, size)],
        dev=dev,
        test=test,
    )


def make_held_out(*, filled: int = _FILLED, seed: int = SEED) -> tuple[list[Sample], list[Sample]]:
    """The dev and the test part, which do not depend on how much there is to train on."""
    held = written.sentences(held=True)
    return _filled(held[::2], seed + 1, filled), _filled(held[1::2], seed + 2, filled)


def _filled(templates: list[list[Piece]], seed: int, times: int) -> list[Sample]:
    generator = Generator(templates, written.words(held=True), seed, invent=0.0, vary=False)
    return [_sample(generator.filled(t)) for _ in range(times) for t in templates]


def _sample(pieces: list[Piece]) -> Sample:
    sentence = assemble(pieces)
    words = split(sentence.text)
    return Sample(tuple(word for word, _, _ in words), tuple(_spans(sentence, words)))


def _spans(sentence: Sentence, words: list[tuple[str, int, int]]) -> list[Span]:
    """The names by their words instead of their characters."""
    found = []
    for span in sentence.spans:
        inside = [
            i for i, (_, start, end) in enumerate(words) if span.start < end and start < span.end
        ]
        if inside:
            found.append(Span(inside[0], inside[-1] + 1, span.label))
    return found
