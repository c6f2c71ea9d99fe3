"""Preprocessing in steps equals the tokenizer's one call, and points at the right characters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cyclesim import CyclesimError
from cyclesim.machine import Encoding, HostStep, drive
from cyclesim.machine.inputs import preprocess
from cyclesim.machine.rows import Row

from .folders import byte_bpe, unigram, wordpiece

TOKENIZERS = {"wordpiece": wordpiece(), "byte_bpe": byte_bpe(), "unigram": unigram()}
CPU = torch.device("cpu")

#: Every script, plus what tokenizers stumble over, plus what the vocabulary knows.
TEXTS = st.one_of(
    st.text(min_size=1, max_size=60),
    st.text("Ada Lovelace in\tLondon,.[]'-\n\u00a0\u200d\u0301é東👩🇬🇧\0", min_size=1, max_size=60),
    st.lists(
        st.sampled_from(
            "Ada Lovelace worked [SEP] <s> </s> [PAD] ▁ ##a é e\u0301 東京 👩‍💻 آدا".split()
        ),
        min_size=1,
    ).map(" ".join),
)


def encode(text: str, tokenizer: Any, **options: Any) -> tuple[Encoding, dict[str, Any]]:
    """The encoding, and what each step wrote."""
    steps: dict[str, Any] = {}

    def run(step: HostStep) -> Any:
        steps[step.step] = step.run()
        return steps[step.step]

    return drive(preprocess(text, tokenizer, CPU, **options), run), steps


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=300)
@given(
    text=TEXTS,
    max_length=st.none() | st.integers(3, 20),
    pad_to=st.none() | st.integers(1, 24),
    side=st.sampled_from(["left", "right"]),
)
def test_equal_to_the_one_call(
    name: str, text: str, max_length: int | None, pad_to: int | None, side: str
) -> None:
    tokenizer = TOKENIZERS[name]
    tokenizer.truncation_side = tokenizer.padding_side = side
    options: dict[str, Any] = {"return_offsets_mapping": True, "return_special_tokens_mask": True}
    if max_length is not None:
        options |= {"truncation": True, "max_length": max_length}
    once = tokenizer(text, **options)
    try:
        stepped, steps = encode(text, tokenizer, max_length=max_length, pad_to=pad_to)
    except CyclesimError:
        assert not text.strip() or sum(once["special_tokens_mask"]) == len(once["input_ids"])
        return
    marked = zip(once["offset_mapping"], once["special_tokens_mask"], strict=True)
    spans = [tuple(span) for span, special in marked if not special]
    if pad_to is not None:  # the one call pads to max_length, so it is padded apart
        once = tokenizer.pad(
            once, padding="max_length", max_length=max(pad_to, len(once.input_ids))
        )
    for key in tokenizer.model_input_names:
        assert stepped.inputs[key].tolist() == [once[key]]
    assert list(stepped.tokens) == tokenizer.convert_ids_to_tokens(once["input_ids"]) or (
        name == "unigram"  # shows an unknown piece as it is written
    )
    cut = len(steps["truncation"].outputs[0].value) < len(steps["ids"].outputs[0].value)
    assert steps["truncation"].nop is not cut
    if not (cut and side == "left"):  # there the one call may count the space before the first word
        assert [o for o in stepped.offsets if o is not None] == spans
    assert np.array_equal(steps["padding"].outputs[0].value, stepped.inputs["input_ids"][0].numpy())


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(max_examples=150)
@given(
    texts=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4),
    two=st.booleans(),
    max_length=st.none() | st.integers(5, 20),
    whole=st.booleans(),
    side=st.sampled_from(["left", "right"]),
)
def test_a_batch_equals_the_one_call(
    name: str,
    texts: list[tuple[str, str]],
    two: bool,
    max_length: int | None,
    whole: bool,
    side: str,
) -> None:
    """Rows of one text or of two, padded to the longest; the longer is cut, or only the second."""
    tokenizer = TOKENIZERS[name]
    tokenizer.truncation_side = tokenizer.padding_side = side
    first, second = [a for a, _ in texts], [b for _, b in texts]
    try:
        rows = [
            Row(
                (("text", a), ("pair", b)) if two else (("text", a),),
                i,
                ("text",) * (whole and two),
            )
            for i, (a, b) in enumerate(texts)
        ]
        stepped = drive(preprocess(rows, tokenizer, CPU, max_length=max_length))
    except CyclesimError:
        return  # a text of nothing but spaces, or a first one that leaves no room
    options: dict[str, Any] = {"return_offsets_mapping": True, "return_special_tokens_mask": True}
    if max_length is not None:
        how = "only_second" if whole and two else "longest_first"
        options |= {"truncation": how, "max_length": max_length}
    once = tokenizer(first, second if two else None, padding=True, verbose=False, **options)
    for key in tokenizer.model_input_names:
        assert stepped.inputs[key].tolist() == once[key]
    for place, row in enumerate(stepped.sequences):
        special = once["special_tokens_mask"][place]
        parts = once.encodings[place].sequence_ids
        assert row.parts == tuple(None if s else p for s, p in zip(special, parts, strict=True))
        assert len(row.tokens) == len(row.offsets) == stepped.inputs["input_ids"].shape[1]
        assert row.texts[0] == ("text", first[place])


@pytest.mark.parametrize("name", TOKENIZERS)
def test_offsets_of_a_pair_point_into_its_own_text(name: str) -> None:
    rows = [Row((("question", "Who worked with Ada"), ("text", "Charles Babbage, in London.")), 0)]
    (row,) = drive(preprocess(rows, TOKENIZERS[name], CPU)).sequences
    for token, part, span in zip(row.tokens, row.parts, row.offsets, strict=True):
        if part is not None and span is not None and token.strip("#▁Ġ"):
            written = row.texts[part][1][slice(*span)].strip()
            assert written.lower() == token.strip("#▁Ġ").lower()
    assert row.place("text") == 1
    assert {part for part in row.parts if part is not None} == {0, 1}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_ids_are_those_of_the_vocabulary(name: str) -> None:
    tokenizer = TOKENIZERS[name]
    _, steps = encode("Ada Lovelace, 東京 ☃", tokenizer)
    written = steps["ids"].outputs[0]
    assert list(written.value) == tokenizer.convert_tokens_to_ids(list(written.words))


@pytest.mark.parametrize("name", TOKENIZERS)
@pytest.mark.parametrize("text", ["Ada  Lovelace", "e\u0301a Zürich", "👩‍💻 Ada", "\0Ada\u200b!"])
def test_offsets_cover_the_words(name: str, text: str) -> None:
    stepped, _ = encode(text, TOKENIZERS[name])
    covered = {i for span in stepped.offsets if span is not None for i in range(*span)}
    assert {i for i, c in enumerate(text) if c.isascii() and c.isalpha()} <= covered
    for token, span in zip(stepped.tokens, stepped.offsets, strict=True):
        letters, written = token.strip("#▁Ġ").lower(), text[slice(*(span or (0, 0)))].strip()
        if letters.isascii() and letters.isalpha() and written.isascii() and span is not None:
            assert written.lower() == letters


def test_what_is_cut_is_said() -> None:
    text = "Ada Lovelace worked"
    tokenizer = wordpiece()
    stepped, steps = encode(text, tokenizer, max_length=4)
    end = stepped.offsets[-2][1]  # type: ignore[index]
    assert f"the text after character {end} is cut, as 4 fit" in steps["truncation"].note
    tokenizer.truncation_side = "left"
    stepped, steps = encode(text, tokenizer, max_length=4)
    start = stepped.offsets[1][0]  # type: ignore[index]
    assert f"the text before character {start} is cut" in steps["truncation"].note
    assert "nothing cut" in encode(text, tokenizer, max_length=40)[1]["truncation"].note


def test_settings_saved_with_the_tokenizer_do_not_interfere() -> None:
    """Some tokenizer.json files switch truncation and padding on for every call."""
    tokenizer = wordpiece()
    plain, _ = encode("Ada Lovelace", tokenizer)
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=32)
    assert encode("Ada Lovelace", tokenizer)[0].tokens == plain.tokens


def test_no_padding_token() -> None:
    tokenizer = wordpiece()
    tokenizer.pad_token = None
    with pytest.raises(CyclesimError, match="no padding token"):
        encode("Ada", tokenizer, pad_to=20)


def test_a_slow_tokenizer_is_refused() -> None:
    class Slow:
        is_fast = False

    with pytest.raises(CyclesimError, match="Slow does not say which characters"):
        encode("Ada", Slow())


def test_no_tokenizer() -> None:
    with pytest.raises(CyclesimError, match="this model has no tokenizer"):
        encode("Ada", None)
