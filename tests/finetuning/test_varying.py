"""Hidden and spelled-out words keep their labels, and nothing else of a sentence changes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.errors import CyclesimError
from cyclesim.finetuning import Settings
from cyclesim.finetuning.encode import IGNORED, Coder
from cyclesim.finetuning.varying import Varying
from tests.machine.folders import byte_bpe, wordpiece

from .test_encode import LABELS, SAMPLE

TOKENIZER = wordpiece()


def coder(**how: object) -> Coder:
    return Coder(TOKENIZER, LABELS, "iob2", **how)  # type: ignore[arg-type]


@given(st.integers(0, 2**32), st.floats(0, 0.95), st.floats(0, 1), st.booleans())
def test_every_word_keeps_its_label(seed: int, hide: float, spell: float, every: bool) -> None:
    made = coder(all_subwords=every)
    (example,) = made.encode([SAMPLE])
    varied = Varying(made, hide, spell)(example, seed)
    assert {len(row) for row in varied.inputs.values()} == {len(varied)}
    tokens = TOKENIZER.convert_ids_to_tokens(varied.inputs["input_ids"])
    begins = [i for i, token in enumerate(tokens) if not token.startswith("##")]
    wanted = [IGNORED, *(made.labels.index(tag) for tag in made.tags(SAMPLE)), IGNORED]
    assert [varied.labels[i] for i in begins] == wanted
    rest = {LABELS[x] for i, x in enumerate(varied.labels) if i not in begins and x != IGNORED}
    assert rest <= ({"O", "I-PER", "I-LOC"} if every else set())
    words = zip(begins, [*begins[1:], len(tokens)], strict=True)
    spelled = ["".join(t.removeprefix("##") for t in tokens[a:b]) for a, b in words]
    plain = ["[CLS]", "ada", "lovelace", "worked", "in", "zurich", ".", "[SEP]"]
    for word, was in zip(spelled, plain, strict=True):
        assert word == was or (word == TOKENIZER.mask_token and hide and was[0] != "[")


def test_how_many_are_hidden_and_spelled() -> None:
    made = coder()
    (example,) = made.encode([SAMPLE])
    hidden = sum(
        Varying(made, 0.3, 0.0)(example, seed).inputs["input_ids"].count(TOKENIZER.mask_token_id)
        for seed in range(500)
    )
    assert hidden / (500 * len(SAMPLE.words)) == pytest.approx(0.3, abs=0.04)
    assert len(Varying(made, 0.0, 1.0)(example, 1)) > len(example)


def test_where_nothing_varies_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    made = coder()
    (example,) = made.encode([SAMPLE])
    monkeypatch.setattr(random, "Random", None)
    assert Varying(made, 0.0, 0.0)(example, 1) is example


def test_what_would_be_too_long_stays_as_it_was() -> None:
    made = coder(limit=len(coder().encode([SAMPLE])[0]))
    (example,) = made.encode([SAMPLE])
    found = [Varying(made, 0.0, 1.0)(example, seed) for seed in range(20)]
    assert example in found and all(len(one) <= len(example) for one in found)


def test_other_tokenizers() -> None:
    bpe = Coder(byte_bpe(), LABELS, "iob2")
    with pytest.raises(CyclesimError, match="--spell needs a WordPiece tokenizer"):
        Varying(bpe, 0.0, 0.1)
    (example,) = bpe.encode([SAMPLE])
    hidden = Varying(bpe, 0.95, 0.0)(example, 0)
    assert bpe.tokenizer.mask_token_id in hidden.inputs["input_ids"]
    bpe.tokenizer.mask_token = None
    with pytest.raises(CyclesimError, match="--hide needs"):
        Varying(bpe, 0.1, 0.0)


def test_only_a_new_model_sees_words_varied() -> None:
    assert Settings().variation == (0.04, 0.12)
    assert Settings(model="tiny-ner").variation == (0.0, 0.0)
    assert Settings(model="tiny-ner", hide=0.1).variation == (0.1, 0.0)
    assert Settings(spell=0.0).variation == (0.04, 0.0)
