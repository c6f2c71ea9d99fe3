"""The language of the templates: what it says, and what it will never do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.errors import CyclesimError
from cyclesim.lessons.expression import ExpressionError, View, evaluate, parse
from cyclesim.lessons.formats import FORMATS, written
from cyclesim.lessons.runs import run_of
from cyclesim.lessons.scope import Scope
from tests.lessons.conftest import COURSE


class Box(View):
    FIELDS = frozenset({"size", "at"})
    size = 3
    secret = "hidden"

    def at(self, *places: Any) -> Any:
        return places


SCOPE = {"box": Box(), "two": 2, "word": "a", "half": lambda x: x / 2, "language": "en"}


def value(text: str) -> Any:
    return evaluate(parse(text), SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two * 3 + 1", 7),
        ("half(two)", 1.0),
        ("box.size - 1", 2),
        ("1 < two <= 2 and not two == 3", True),
        ("'x' if two == 2 else 'y'", "x"),
        ("word + 'b'", "ab"),
        ("(1, two)[1]", 2),
        ("box.at(1, two)", (1, 2)),
        ("two in (1, 2)", True),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "box.__class__",
        "box.secret",
        "box.size.real",
        "word.upper()",
        "().__class__.__bases__",
        "(lambda: 1)()",
        "[x for x in (1, 2)]",
        "f'{two}'",
        "word * 1000000000",
        "(1, 2) * 1000000000",
        "2 ** 2 ** 2 ** 2 ** 2 ** 99",
        "two ** 100000",
        "half(*word)",
        "half(**word)",
        "(x := 1)",
        "two(1)",
        "unknown",
        "box.siez",
        "1 / 0",
        "two if",
        "not " * 99 + "two",
        "1" + "+1" * 300,
        "",
    ],
)
def test_what_it_will_not_do(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


def test_a_misspelt_name_is_pointed_at() -> None:
    with pytest.raises(ExpressionError, match="did you mean 'size'"):
        value("box.siez")
    with pytest.raises(ExpressionError, match="did you mean 'word'"):
        value("wrod")


@given(st.text(alphabet="abox.two()[]{}+-*/%<>=!,:'\"0123456789 _|&^~@\n", max_size=60))
def test_any_text_is_a_value_or_a_sentence(text: str) -> None:
    try:
        value(text)
    except CyclesimError:
        pass


@pytest.mark.parametrize(
    ("given_value", "form", "language", "expected"),
    [
        (0.123456, ".2f", "en", "0.12"),
        (-0.5, ".1f", "en", "−0.5"),
        (1234567, "", "en", "1,234,567"),
        ((1, 15, 128), "", "en", "[1,15,128]"),
        (3, "words", "en", "three"),
        (2, "words", "zh", "两"),
        (2, "ordinal", "zh", "第二"),
        (4, "ordinal", "en", "fourth"),
        (1966080, "short", "en", "1.97 M"),
        (0.617, "percent", "en", "62%"),
        (("a", "b", "c"), "list", "en", "a, b and c"),
        (("a", "b", "c"), "list", "zh", "a、b 和 c"),
        (("a", 2, 0.5), "row", "en", "a  2  0.50"),
        ("London", "quoted", "en", "“London”"),
        (True, "yes", "zh", "是"),
    ],
)
def test_forms(given_value: Any, form: str, language: str, expected: str) -> None:
    assert written(given_value, form, language) == expected


@pytest.mark.parametrize(
    ("given_value", "form"), [(0.5, ""), (True, ""), ("a", ".2f"), (1, "nonsense"), (0.5, "words")]
)
def test_a_form_that_does_not_fit_is_a_sentence(given_value: Any, form: str) -> None:
    with pytest.raises(ExpressionError):
        written(given_value, form, "en")


def test_every_form_is_documented() -> None:
    readme = (COURSE.folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in FORMATS if f"`{name}`" not in readme] == []


# -- on a run --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scope() -> Scope:
    return Scope(run_of(COURSE.lesson(5, "en").run), language="en")


def asked(scope: Scope, text: str) -> Any:
    return evaluate(parse(text), scope)


def test_numbers_are_those_of_the_trace(scope: Scope) -> None:
    trace = run_of(COURSE.lesson(5, "en").run).trace
    (softmax,) = trace.find("layer 0 and softmax")
    where = trace.header.tokens.index("London"), trace.header.tokens.index("in")
    text = 'cycle("layer 0 and softmax").output.at(head=2, query="London", key="in")'
    assert asked(scope, text) == softmax.outputs[0].numpy((0, 2, *where)).item()
    assert asked(scope, 'cycle("layer 0 and softmax").number') == softmax.number
    assert asked(scope, "total") == len(trace)
    assert asked(scope, "heads") == softmax.outputs[0].shape[1]
    assert asked(scope, 'flops("ffn")') == sum(c.flops for c in trace.find("ffn"))
    assert asked(scope, 'near(cycle("layer 0 and softmax").output.sum("key"), 1, 0.00001)') is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('cycle("layer 9")', "no cycle"),
        ('cycle("softmax")', "several cycles"),
        ('cycle("layer 0 and softmxa")', "softmax"),
        ('cycle("layer 0 and softmax").output.at(row=1)', "the axes are"),
        ('cycle("layer 0 and softmax").output.at(head=99)', "places 0 to"),
        ('token("Paris")', "nowhere"),
        ('run("padded")', "no run"),
        ('entity("Paris")', "no entity"),
        ('cycle("layer 0 and softmax")._cycle', "has no"),
        ('cycle("layer 0 and softmax").output._numbers', "has no"),
    ],
)
def test_what_is_not_in_the_run_is_a_sentence(scope: Scope, text: str, said: str) -> None:
    with pytest.raises(CyclesimError, match=said):
        asked(scope, text)
