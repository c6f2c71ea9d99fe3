"""The format of annotated sentences."""

from __future__ import annotations

import pytest

from cyclesim.training.sentences import FormatError, Piece, Span, assemble, parse, render

LINE = "[Ada Lovelace|PER.full] met [Babbage|PER.last] in [London|LOC.city]."


def test_a_line_becomes_pieces_and_back() -> None:
    pieces = parse(LINE)
    assert pieces[0] == Piece("Ada Lovelace", "PER.full")
    assert [p.label for p in pieces] == ["PER", "O", "PER", "O", "LOC", "O"]
    assert render(pieces) == LINE


def test_offsets_point_at_the_names() -> None:
    sentence = assemble(parse(LINE))
    assert sentence.text == "Ada Lovelace met Babbage in London."
    assert sentence.spans == (Span(0, 12, "PER"), Span(17, 24, "PER"), Span(28, 34, "LOC"))


def test_plain_text_has_no_names() -> None:
    assert assemble(parse("It rained.")).spans == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[Ada|XXX.full] came.", "unknown type"),
        ("[ Ada|PER.first] came.", "space"),
        ("Ada|PER.first] came.", "bracket or bar"),
        ("[Ada] came.", "bracket or bar"),
    ],
)
def test_a_bad_line_says_what_is_wrong(line: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        parse(line)
