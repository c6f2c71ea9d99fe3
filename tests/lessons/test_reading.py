"""What is wrong with a lesson is said with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cyclesim.lessons.errors import LessonError
from cyclesim.lessons.goals import Deeds, Goal, goal_of
from cyclesim.lessons.reading import read_lesson
from cyclesim.lessons.runs import run_of
from tests.lessons.conftest import COURSE

FRONT = "---\ntitle: T\ngoal: G\nminutes: 5\nmodel: tiny-ner\ntext: Ada met Bob.\n---\n"

ZH = "---\ntitle: 题\ngoal: 目标\n---\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(body: str, zh: str = "", front: str = FRONT, name: str = "01-it") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "lesson.md").write_text(front + body, encoding="utf-8")
        (folder / "lesson.zh.md").write_text(zh, encoding="utf-8")
        return folder

    return written


STEP = """
## One {#one}

Ask.

```step
go: tokenize
expect: {arrive: tokenize}
hint: Do it.
```

Tell.
"""


def test_what_stands_before_a_block_asks_and_what_stands_after_it_tells(write: Write) -> None:
    lesson = read_lesson(write(STEP))
    (step,) = lesson.steps
    assert (step.name, step.title.source) == ("one", "One")
    assert (step.before.source, step.after.source) == ("Ask.", "Tell.")
    assert step.goal == Goal("arrive", "tokenize")
    assert step.after.place.line == FRONT.count("\n") + 12


def test_a_heading_with_two_blocks_is_two_stops(write: Write) -> None:
    question = "```question\nask: Q?\nright: A\nwrong: [B]\n```\n"
    step = "```step\nexpect: ended\n```\n"
    body = f"\n## One {{#one}}\n\nFirst.\n\n{question}\nThen.\n\n{step}\nOver.\n"
    first, second = read_lesson(write(body)).steps
    assert (first.name, first.before.source, first.after.source) == ("one", "First.", "")
    assert first.question is not None
    assert (second.name, second.before.source, second.after.source) == ("one.2", "Then.", "Over.")
    assert second.goal == Goal("ended")


def test_another_language_says_only_words(write: Write) -> None:
    zh = f"{ZH}\n## 一 {{#one}}\n\n问。\n\n```step\nhint: 做。\n```\n\n讲。\n"
    lesson = read_lesson(write(STEP, zh), "zh")
    (step,) = lesson.steps
    assert (step.title.source, step.before.source, step.after.source) == ("一", "问。", "讲。")
    assert step.goal == Goal("arrive", "tokenize")
    assert [hint.source for hint in step.hints] == ["做。"]


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("\nStray.\n", 8, "under a heading"),
        ("\n## One\n", 9, "a heading is written"),
        ("\n## One {#one}\n\n## Two {#one}\n", 11, "two headings"),
        ("\n## One {#one}\n\n```step\ngo: a\n", 11, "not closed"),
        ("\n## One {#one}\n\n```step\ngo: [\n```\n", 12, "no YAML"),
        ("\n## One {#one}\n\n```step\nexpect: {fly: high}\n```\n", 9, "what is waited for"),
        ("\n## One {#one}\n\n```step\njump: high\n```\n", 9, "no 'jump'"),
        ("\n## One {#one}\n\n```question\nask: Q\n```\n", 12, "choices"),
        ("\n## One {#one}\n\n```question\nask: Q\nask: R\n```\n", 12, "twice"),
    ],
)
def test_mistakes_are_found_by_line(write: Write, body: str, line: int, said: str) -> None:
    with pytest.raises(LessonError, match=said) as caught:
        read_lesson(write(body))
    assert caught.value.place is not None
    assert caught.value.place.line == line
    assert str(caught.value).startswith(f"01-it/lesson.md:{line}: ")


@pytest.mark.parametrize(
    ("zh", "said"),
    [
        (ZH, "in one language only"),
        (f"{ZH}\n## 二 {{#two}}\n", "has the step 'one'"),
        (f"{ZH}\n## 一 {{#one}}\n", "other blocks"),
        (f"{ZH}\n## 一 {{#one}}\n\n```step\ngo: tokenize\n```\n", "English lesson only"),
        (f"{ZH}\n## 一 {{#one}}\n\n```step\n```\n", "the same hints"),
        (
            "---\ntitle: 题\n---\n\n## 一 {#one}\n\n```step\nhint: 做。\n```\n",
            "no goal",
        ),
    ],
)
def test_languages_that_drift_apart_are_an_error(write: Write, zh: str, said: str) -> None:
    folder = write(STEP, zh)
    read_lesson(folder)
    with pytest.raises(LessonError, match=said):
        read_lesson(folder, "zh")


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("No front.\n", "front matter"),
        ("---\ntitle: T\n---\n", "no goal"),
        ("---\ntitle: T\ngoal: G\nminutes: 5\n---\n", "a model and a text"),
        (FRONT.replace("minutes: 5", "minutes: long"), "no number"),
        (FRONT.replace("minutes: 5", "minutes: 5\ncolour: red"), "no 'colour'"),
    ],
)
def test_the_front_matter(write: Write, front: str, said: str) -> None:
    with pytest.raises(LessonError, match=said):
        read_lesson(write("", front=front))


def test_a_folder_needs_a_number(write: Write) -> None:
    with pytest.raises(LessonError, match="05-attention"):
        read_lesson(write(STEP, name="mine"))


# -- goals ----------------------------------------------------------------------------------------


def test_goals_are_met_by_what_is_done() -> None:
    trace = run_of(COURSE.lesson(1, "en").run).trace
    start = Deeds(trace)
    (scale,) = trace.find("layer 0 and scale")
    there = Deeds(trace, executed=scale.number + 1, at=scale.number)
    past = Deeds(trace, executed=scale.number + 5, at=0, pressed=("back",), predicted=(20,),
                 panel="times", cell={"head": 2}, stops=("nan",), text="Another.")  # fmt: skip
    over = Deeds(trace, executed=len(trace), at=len(trace) - 1, ended=True)
    for goal, met, unmet in (
        ({"arrive": "layer 0 and scale"}, there, past),
        ({"ran": "layer 0 and scale"}, past, start),
        ({"press": "back"}, past, there),
        ({"predict": "layer 0 and softmax"}, past, there),
        ({"cell": {"head": 2}}, past, there),
        ({"panel": "times"}, past, there),
        ({"stop": "nan"}, past, there),
        ("ended", over, past),
    ):
        assert goal_of(goal).met(met), goal
        assert not goal_of(goal).met(unmet), goal
    assert goal_of("text").met(past, "Mine.")
    assert not goal_of("text").met(past, "Another.")
    assert not goal_of({"edited": "layer 0"}).met(over)
