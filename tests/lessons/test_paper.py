"""A lesson on paper and in a notebook."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from cyclesim.lessons.handout import handout_html
from cyclesim.lessons.lesson import Prose
from cyclesim.lessons.notebook import notebook
from cyclesim.lessons.told import Told
from tests.lessons.conftest import COURSE, KEYS


class Reader(HTMLParser):
    """Notes what is open, and what a page asks the network for."""

    VOID = frozenset({"meta", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.right = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [str(v) for n, v in attrs if n in ("src", "href")]
        self.right += ("class", "right") in attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("number", COURSE.numbers)
def test_the_printed_page_is_whole_and_needs_nothing(number: int, language: str) -> None:
    told = Told(COURSE.lesson(number, language), KEYS)
    reader = Reader()
    reader.feed(handout_html(told))
    assert reader.open == []
    assert reader.links == []
    assert reader.right == 0
    assert "{{" not in reader.text
    asked = [told.question(step) for step in told.lesson.steps if step.question is not None]
    with_answers = Reader()
    with_answers.feed(handout_html(told, answers=True))
    assert with_answers.right == len(asked)
    # A student's sheet does not answer its own questions.
    handout = told.lesson.handout
    gaps = re.findall("_{6,}", reader.text)[1:]  # the first is for a name
    assert bool(gaps) == (told.worksheet(handout) != told.text(handout))
    assert not re.findall("_{6,}", with_answers.text)


def test_what_is_given_is_no_gap() -> None:
    told = Told(COURSE.lesson(5, "en"), KEYS)
    prose = Prose("{{ H | given }}, {{ H }}, {{ d }} and {{ text }}", told.lesson.title.place)
    head, text = told.scope["H"], told.lesson.run.text
    assert told.worksheet(prose) == f"{head}, ______, ______ and {text}"


@pytest.mark.parametrize("number", COURSE.numbers)
def test_the_cells_of_the_notebook_run(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import cyclesim

    once = cyclesim.trace
    monkeypatch.setattr(
        cyclesim, "trace", lambda m, t, **how: once(m, t, **how | {"measure": False})
    )
    content = notebook(Told(COURSE.lesson(number, "zh"), KEYS))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in content["cells"]}) == len(content["cells"])
    sources = [cell["source"] for cell in content["cells"]]
    headings = [source.partition("\n")[0] for source in sources if source.startswith("## ")]
    assert len(set(headings)) == len(headings)
    assert sources[-1].endswith(" --lang zh")  # a kernel speaks the language of its own locale
    namespace: dict[str, Any] = {}
    ran = 0
    for cell in content["cells"]:
        if cell["cell_type"] == "code" and not cell["source"].startswith(("%", "!")):
            exec(compile(cell["source"], "cell", "exec"), namespace)
            ran += 1
    assert ran >= 1
    assert namespace["trace"].verdict.bit_identical
