"""The WordPiece vocabulary, and a fast encoder for training that now and then spells a word out.

Spelling out (*subword regularisation*) is what prepares the model for words it never saw: a word
that it knows whole is sometimes given in smaller pieces, so that it learns to lean on the
neighbours and on the look of the pieces.
"""

from __future__ import annotations

import random
import re
import string
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.trainers import WordPieceTrainer
from transformers import BertTokenizer

from .sentences import LABELS, UNKNOWN, Sentence

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
IGNORED = -100
LONGEST = 100  # characters of a word; a longer one is unknown, as in BERT

_PUNCTUATION = "".join(
    re.escape(chr(code))
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)).startswith("P")
    or chr(code) in "$+<=>^`|~"
)  # fmt: skip
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # BERT splits these one by one
_WORD = re.compile(rf"[^\s{_PUNCTUATION}{_HAN}]+|[{_PUNCTUATION}{_HAN}]")

# Signs that stand at the edge of a word; without them "£5" would be unknown as a whole.
_ALWAYS = list(string.ascii_letters + string.digits + "€£¥°²³½¼¾µ©®™ß")


def train(texts: Iterable[str], size: int, *, lowercase: bool = False) -> list[str]:
    """Train a WordPiece vocabulary: its pieces in the order of their ids.

    Two runs on the same texts differ by how ties are broken, so the result is frozen with the
    other data and this is not part of the reproducible recipe.
    """
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = WordPieceTrainer(
        vocab_size=size, min_frequency=3, limit_alphabet=150, special_tokens=list(SPECIAL),
        initial_alphabet=_ALWAYS, show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def save(pieces: list[str], folder: Path, positions: int, *, lowercase: bool = False) -> None:
    """Save a vocabulary as a tokenizer that transformers loads."""
    tokenizer = BertTokenizer(
        vocab={piece: number for number, piece in enumerate(pieces)},
        do_lower_case=lowercase, strip_accents=True, model_max_length=positions,
    )  # fmt: skip
    tokenizer.save_pretrained(folder)


def split(text: str) -> list[tuple[str, int, int]]:
    """Words and punctuation with their offsets, as BERT's pre-tokenizer splits them."""
    return [(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]


class Encoder:
    """Turns sentences into ids and labels, the way the shipped tokenizer does, but faster."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self.ids = vocabulary
        self.unknown, self.first, self.last = (vocabulary[t] for t in ("[UNK]", "[CLS]", "[SEP]"))
        self.mask = vocabulary["[MASK]"]
        self._whole: dict[str, list[int]] = {}

    def pieces(self, word: str, rng: random.Random | None = None) -> list[int]:
        """Ids of a word: longest pieces first, or (with ``rng``) pieces of random length."""
        if rng is None and word in self._whole:
            return self._whole[word]
        text = unicodedata.normalize("NFD", word)
        text = "".join(c for c in text if unicodedata.category(c) != "Mn")
        found: list[int] = []
        at = 0
        while at < len(text):
            prefix = "##" if at else ""
            fits = [
                end for end in range(len(text), at, -1) if prefix + text[at:end] in self.ids
            ]  # fmt: skip
            if not fits or len(text) > LONGEST:
                found = [self.unknown]
                break
            end = fits[0] if rng is None else rng.choice(fits[: 1 + len(fits) * 3 // 4])
            found.append(self.ids[prefix + text[at:end]])
            at = end
        if rng is None:
            self._whole[word] = found
        return found

    def encode(
        self, sentence: Sentence, rng: random.Random | None = None, rate: float = 0.0,
        hidden: float = 0.0, rest: bool = True,
    ) -> tuple[list[int], list[int]]:  # fmt: skip
        """Ids and label ids; each word is spelled out with probability ``rate``.

        With probability ``hidden`` a word is masked instead: its label must come from the words
        beside it, which teaches that a name is one thing. A word's first piece carries its label,
        and so do the others if ``rest``.
        """
        ids, labels = [self.first], [IGNORED]
        spans = iter(sentence.spans)
        span = next(spans, None)
        for word, start, _ in split(sentence.text):
            while span is not None and start >= span.end:
                span = next(spans, None)
            label = LABELS.index("O")
            if span is not None and start >= span.start:
                label = IGNORED if span.label == UNKNOWN else LABELS.index(span.label)
            spelled = rng is not None and rate > 0 and rng.random() < rate
            found = self.pieces(word, rng if spelled else None)
            if rng is not None and hidden > 0 and rng.random() < hidden:
                found = [self.mask]
            ids += found
            labels += [label] + [label if rest else IGNORED] * (len(found) - 1)
        return [*ids, self.last], [*labels, IGNORED]
