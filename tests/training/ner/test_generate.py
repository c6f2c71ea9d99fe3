"""The generator, the encoder and the split of the data."""

from __future__ import annotations

import hashlib
import random
from itertools import islice
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from cyclesim.training import corpus, vocabulary
from cyclesim.training.ner.generate import Generator
from cyclesim.training.ner.mixture import labelled
from cyclesim.training.ner.names import Namer
from cyclesim.training.sentences import LABELS, Piece, Sentence, assemble, parse

ASSET = Path(__file__).resolve().parents[3] / "cyclesim" / "assets" / "tiny-ner"


@pytest.fixture(scope="module")
def sentences() -> list[Sentence]:
    generator = Generator(corpus.sentences(), corpus.words(), seed=1)
    return [assemble(pieces) for pieces in islice(generator, 2000)]


def test_names_stand_where_their_offsets_say(sentences: list[Sentence]) -> None:
    for sentence in sentences:
        end = 0
        for span in sentence.spans:
            name = sentence.text[span.start : span.end]
            assert span.start >= end and name and name == name.strip()
            assert span.label in LABELS[1:]
            end = span.end


def test_every_type_and_sentences_without_names_come_up(sentences: list[Sentence]) -> None:
    assert {span.label for s in sentences for span in s.spans} == set(LABELS[1:])
    assert any(not s.spans for s in sentences)


def test_one_seed_one_stream() -> None:
    written, words = corpus.sentences(), corpus.words()
    one, two, other = (list(islice(Generator(written, words, seed=s), 50)) for s in (5, 5, 6))
    assert one == two != other


def test_the_stream_of_a_seed_stays_as_it_was() -> None:
    """A recipe makes its model again only from the same sentences."""
    generator = Generator(corpus.sentences(), corpus.words(), seed=1)
    mixed = labelled(generator, corpus.prose(), random.Random(1))
    read = "\n".join(repr(pieces) for pieces in islice(mixed, 500))
    assert hashlib.sha256(read.encode()).hexdigest() == (
        "2674a3b2d56933655dfdc05e5da95805b2af4a48479dbe4970baf9d12a77665e"
    )


def test_the_same_name_is_replaced_alike() -> None:
    template = parse("[Ann|PER.first] came, and [Ann|PER.first] went.")
    generator = Generator([template], corpus.words(), seed=2, vary=False)
    for _ in range(50):
        pieces = generator.sentence()
        assert pieces[0].text == pieces[2].text


def test_every_recipe_for_names_gives_clean_names() -> None:
    namer = Namer(corpus.words(), random.Random(3))
    for kind in namer.makers:
        for _ in range(200):
            name = namer.name(kind)
            assert name and name == name.strip() and "{" not in name, (kind, name)


def test_held_out_sentences_and_names_are_apart() -> None:
    train = {assemble(p).text for p in corpus.sentences()}
    held = {assemble(p).text for p in corpus.sentences(held=True)}
    assert held and not train & held
    seen, unseen = corpus.words(), corpus.words(held=True)
    for locale, names in unseen.family.items():
        assert not set(names) & set(seen.family[locale])
    assert not set(unseen.lists["LOC.city.more"]) & set(seen.lists["LOC.city.more"])


def test_the_fast_encoder_agrees_with_the_shipped_tokenizer(sentences: list[Sentence]) -> None:
    if not (ASSET / "tokenizer.json").exists():
        pytest.skip("no trained tokenizer yet")
    tokenizer = AutoTokenizer.from_pretrained(ASSET)
    encoder = vocabulary.Encoder(tokenizer.get_vocab())
    odd = "Müller’s flight—to São Paulo cost €5.50; naïve U.K. 東京 🙂 x_y a+b=c"
    for sentence in [Sentence(odd, ()), *sentences[:500]]:
        ids, labels = encoder.encode(sentence)
        assert ids == tokenizer(sentence.text)["input_ids"]
        assert len(ids) == len(labels)


def test_labels_fall_on_the_words_of_the_names() -> None:
    letters = "[PAD] [UNK] [CLS] [SEP] [MASK] . A B a b ##a ##b"
    encoder = vocabulary.Encoder({piece: i for i, piece in enumerate(letters.split())})
    sentence = assemble([Piece("Ab a "), Piece("Ba", "PER.first"), Piece(".")])
    ids, labels = encoder.encode(sentence)
    assert ids == [2, 6, 11, 8, 7, 10, 5, 3]
    assert labels == [-100, 0, 0, 0, 1, 1, 0, -100]
    assert encoder.encode(sentence, rest=False)[1] == [-100, 0, -100, 0, 1, -100, 0, -100]
