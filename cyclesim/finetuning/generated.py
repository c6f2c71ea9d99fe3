"""The project's own data: English sentences with persons, organisations, places and other names.

    make_corpus(12_000)

Training sentences are filled from written ones with names of the word lists. The dev and the test
part are filled from written sentences that training never sees, with names that it never sees.
"""

from __future__ import annotations

from cyclesim.errors import CyclesimError
from cyclesim.finetuning.corpus import Corpus, Sample
from cyclesim.finetuning.tags import Span
from cyclesim.language import tr
from cyclesim.training import corpus as written
from cyclesim.training.ner.generate import Generator
from cyclesim.training.sentences import LABELS, Piece, Sentence, assemble
from cyclesim.training.vocabulary import split

__all__ = ["SEED", "make_corpus"]

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
    training = Generator(written.sentences(), written.words(), seed)
    held = written.sentences(held=True)
    return Corpus(
        name="generated English sentences",
        scheme="plain",
        types=LABELS[1:],
        train=[_sample(training.sentence()) for _ in range(size)],
        dev=_filled(held[::2], seed + 1, filled),
        test=_filled(held[1::2], seed + 2, filled),
    )


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
