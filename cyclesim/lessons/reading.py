"""From the files of a folder to a lesson.

`lesson.md` is English and says everything; `lesson.zh.md` has the same headings and only words:
what a step waits for, which answer is right and what is run stand in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.lessons.errors import LessonError, Place
from cyclesim.lessons.goals import goal_of
from cyclesim.lessons.lesson import (
    Choice,
    Exercise,
    Lesson,
    Look,
    Prose,
    Question,
    RunSpec,
    Step,
)
from cyclesim.lessons.pages import Block, Page, Section, mapping, plain, read_page
from cyclesim.lessons.runs import EDITS

__all__ = ["FILES", "read_lesson"]

#: The file of each language.
FILES: Mapping[str, str] = {"en": "lesson.md", "zh": "lesson.zh.md"}

_NUMBER = re.compile(r"(\d+)-[a-z0-9-]+")
_FRONT = frozenset(
    "title goal minutes needs model text seed attention generation train runs let".split()
)
_STEP = frozenset("go look expect hint hints keys".split())
_QUESTION = frozenset("ask choices right wrong kind about why".split())
_EXERCISE = frozenset("file checks hints".split())
_RUN = frozenset("model text attention seed pad_to max_length generation train edits".split())
#: What a lesson may say of a training step.
_TRAIN = frozenset(
    "labels optimizer lr weight_decay momentum clip schedule warmup steps seed dropout".split()
)
#: What another language says again; all else is the English file's.
_WORDS = {"step": {"hint", "hints"}, "question": {"ask", "choices", "why"},
          "exercise": {"checks", "hints"}}  # fmt: skip


def read_lesson(folder: Path, language: str = "en") -> Lesson:
    """The lesson in `folder`, in `language`, or in English where it is not in that.

    Raises:
        LessonError: it cannot be read; the error names the line.
    """
    number = _NUMBER.fullmatch(folder.name)
    if number is None:
        raise LessonError(f"a lesson's folder is called like 05-attention, not {folder.name!r}")
    if not (folder / FILES[language]).is_file():
        language = "en"
    english = read_page(folder / FILES["en"])
    page = english if language == "en" else read_page(folder / FILES[language])
    if page is not english:
        _same_sections(english, page)
    front = english.front
    _known(front, _FRONT, english.place)
    for name in ("title", "goal", "minutes"):
        if name not in front or (name != "minutes" and name not in page.front):
            raise LessonError(f"the front matter has no {name}", english.place)
    run = _run(front, None, english.place)
    others = front.get("runs") or {}
    if not isinstance(others, dict):
        raise LessonError("runs are named: {padded: {pad_to: …}}", english.place)
    pairs = list(zip(english.sections, page.sections, strict=True))
    tour = [p for p in pairs if p[0].name not in ("exercise", "handout")]
    special = {theirs.name: (ours, theirs) for ours, theirs in pairs}
    return Lesson(
        name=folder.name,
        number=int(number[1]),
        folder=folder,
        language=language,
        title=_prose(page.front["title"], page.place),
        goal=_prose(page.front["goal"], page.place),
        minutes=_integer(front["minutes"], english.place),
        needs=tuple(_integer(n, english.place) for n in front.get("needs", ())),
        run=run,
        runs={name: _run(mapping(r, english.place), run, english.place)
              for name, r in others.items()},
        steps=tuple(step for pair in tour for step in _steps(*pair)),
        exercise=_exercise(*special["exercise"]) if "exercise" in special else None,
        handout=special["handout"][1].parts[0] if "handout" in special else None,
        names={name: str(plain(text)) for name, text in (front.get("let") or {}).items()},
    )  # fmt: skip


def _same_sections(english: Page, page: Page) -> None:
    ours, theirs = english.sections, page.sections
    for one, other in zip(ours, theirs, strict=False):
        if one.name != other.name:
            raise LessonError(
                f"here the English lesson has the step {one.name!r}, not {other.name!r}",
                other.title.place,
            )
        if [b.kind for b in one.blocks] != [b.kind for b in other.blocks]:
            raise LessonError("here the English lesson has other blocks", other.title.place)
        for block in other.blocks:
            extra = sorted(set(block.content) - _WORDS[block.kind])
            if extra:
                raise LessonError(f"{extra[0]} stands in the English lesson only", block.place)
    if len(ours) != len(theirs):
        missing = ours[len(theirs)].name if len(ours) > len(theirs) else theirs[len(ours)].name
        raise LessonError(f"the step {missing!r} is in one language only", page.place)


# -- its parts ------------------------------------------------------------------------------------


def _steps(english: Section, words: Section) -> Iterator[Step]:
    """The stops under one heading: a block that asks for something ends one."""
    groups: list[list[int]] = [[]]
    for i, block in enumerate(english.blocks):
        groups[-1].append(i)
        if block.kind == "question" or "expect" in block.content:
            groups.append([])
    if not groups[-1] and len(groups) > 1:
        groups.pop()
    for place, group in enumerate(groups):
        last = place == len(groups) - 1
        end = group[-1] + 1 if group else 0
        before = _joined(words.parts[group[0] : end] if group else words.parts[:1])
        after = words.parts[end] if last and group else Prose("", words.title.place)
        blocks = {english.blocks[i].kind: (english.blocks[i], words.blocks[i]) for i in group}
        name = english.name if not place else f"{english.name}.{place + 1}"
        yield _step(name, english.title.place, words.title, before, after, blocks)


def _joined(parts: tuple[Prose, ...]) -> Prose:
    said = [part for part in parts if part]
    return Prose("\n\n".join(p.source for p in said), (said or list(parts))[0].place)


def _step(
    name: str,
    place: Place,
    title: Prose,
    before: Prose,
    after: Prose,
    blocks: Mapping[str, tuple[Block, Block]],
) -> Step:
    english, words = blocks.get("step", (None, None))
    ours = english.content if english else {}
    theirs = words.content if words else {}
    _known(ours, _STEP, place)
    go, which = _go(ours.get("go", ""), place)
    goal = None
    if "expect" in ours:
        try:
            goal = goal_of(plain(ours["expect"]))
        except CyclesimError as error:
            raise LessonError(str(error).rstrip("."), place) from None
    return Step(
        name=name,
        title=title,
        before=before,
        after=after,
        place=place,
        go=go,
        which=which,
        look=_look(ours["look"], place) if "look" in ours else None,
        goal=goal,
        question=_question(*blocks["question"]) if "question" in blocks else None,
        hints=_hints(theirs, ours, place),
        keys=tuple(str(plain(k)) for k in ours.get("keys", ())),
    )


def _go(written: Any, place: Place) -> tuple[str, Any]:
    """A condition; or `{last: condition}` where there are several such cycles."""
    if not isinstance(written, dict):
        return str(plain(written)), "only"
    if len(written) != 1 or not set(written) <= {"first", "last"}:
        raise LessonError("go is a condition, or {first: condition}, or {last: condition}", place)
    ((which, condition),) = written.items()
    return str(plain(condition)), which


def _look(written: Any, place: Place) -> Look:
    found = dict(mapping(written, place))
    panel, part = str(plain(found.pop("panel", ""))), str(plain(found.pop("part", "")))
    return Look(panel, part, {name: plain(value) for name, value in found.items()})


def _hints(words: Mapping[str, Any], english: Mapping[str, Any], place: Place) -> tuple[Prose, ...]:
    def listed(block: Mapping[str, Any]) -> list[Any]:
        return [block["hint"]] if "hint" in block else list(block.get("hints", ()))

    if len(listed(words)) != len(listed(english)):
        raise LessonError("every language has the same hints", place)
    return tuple(_prose(h, place) for h in listed(words))


def _question(english: Block, words: Block) -> Question:
    ours, mine = english.content, words.content
    place = english.place
    _known(ours, _QUESTION, place)
    if ("ask" in ours) != ("ask" in mine) or ("why" in ours) != ("why" in mine):
        raise LessonError("a question says the same in every language", words.place)
    choices = _choices(ours, place)
    if words is not english:
        choices = _translated(choices, mine.get("choices"), words.place)
    kind = str(plain(ours.get("kind", "")))
    if bool(kind) == bool(choices):
        raise LessonError("a question has choices, or the kind of one that is computed", place)
    return Question(
        _prose(mine.get("ask", ""), place),
        choices,
        kind,
        str(plain(ours.get("about", ""))),
        _prose(mine["why"], place) if "why" in mine else None,
    )


def _choices(block: Mapping[str, Any], place: Place) -> tuple[Choice, ...]:
    found: list[Choice] = []
    if "right" in block:
        found.append(Choice(_prose(block["right"], place), right=True))
        found += [_choice(item, place, named=False) for item in block.get("wrong", ())]
    found += [_choice(item, place, named=True) for item in block.get("choices", ())]
    return tuple(found)


def _choice(item: Any, place: Place, *, named: bool) -> Choice:
    if isinstance(item, Prose):
        return Choice(item)
    content = mapping(item, place)
    _known(content, frozenset({"say", "if", "but"}), place)
    if "say" not in content or (named and "if" not in content):
        raise LessonError("a choice has words to say, and an if that is true if it is right", place)
    return Choice(
        _prose(content["say"], place),
        _prose(content["if"], place) if "if" in content else None,
        but=_prose(content["but"], place) if "but" in content else None,
    )


def _translated(choices: tuple[Choice, ...], words: Any, place: Place) -> tuple[Choice, ...]:
    """The same choices in other words; none are needed where there are only templates."""
    if words is None:
        return choices
    if len(words) != len(choices):
        raise LessonError(f"the English question has {len(choices)} choices", place)
    found = []
    for choice, item in zip(choices, words, strict=True):
        content = {"say": item} if isinstance(item, Prose) else mapping(item, place)
        but = _prose(content["but"], place) if "but" in content else None
        if (but is None) != (choice.but is None):
            raise LessonError("a choice answers the same in every language", place)
        found.append(replace(choice, say=_prose(content["say"], place), but=but))
    return tuple(found)


def _exercise(english: Section, words: Section) -> Exercise:
    place = english.title.place
    if [b.kind for b in english.blocks] != ["exercise"]:
        raise LessonError("under this heading stands a block ```exercise", place)
    ours, mine = english.blocks[0].content, words.blocks[0].content
    _known(ours, _EXERCISE, place)
    if "file" not in ours or not isinstance(ours.get("checks"), dict):
        raise LessonError("an exercise names its file and its checks", place)
    checks = mine.get("checks") or {}
    if set(checks) != set(ours["checks"]):
        raise LessonError("every language names the same checks", words.title.place)
    return Exercise(
        words.title, words.parts[0], str(plain(ours["file"])),
        {name: _prose(text, place) for name, text in checks.items()},
        _hints(mine, ours, place), place,
    )  # fmt: skip


def _run(front: Mapping[str, Any], like: RunSpec | None, place: Place) -> RunSpec:
    if like is not None:
        _known(front, _RUN, place)
    given = {n: plain(front[n]) for n in _RUN - {"edits", "generation", "train"} if n in front}
    if "generation" in front:
        given["generation"] = _pairs(mapping(front["generation"], place))
    if "train" in front:
        _known(mapping(front["train"], place), _TRAIN, place)
        given["train"] = _pairs(front["train"])
    if like is None and not {"model", "text"} <= set(given):
        raise LessonError("the front matter names a model and a text", place)
    edits = tuple(_edit(item, place) for item in front.get("edits", ()))
    made = RunSpec("", "") if like is None else replace(like, edits=())
    return replace(made, **given, edits=edits)


def _pairs(content: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Settings, as something that a run can be told apart by."""
    found = ((name, plain(value)) for name, value in content.items())
    return tuple((name, tuple(v) if isinstance(v, list) else v) for name, v in found)


def _edit(item: Any, place: Place) -> tuple[str, str, Any]:
    content = dict(mapping(item, place))
    where = str(plain(content.pop("at", "")))
    if not where or len(content) != 1 or next(iter(content)) not in EDITS:
        raise LessonError(f"an edit is {{at: condition, name: number}} with {', '.join(EDITS)}",
                          place)  # fmt: skip
    ((name, argument),) = content.items()
    argument = plain(argument)
    return where, name, tuple(argument) if isinstance(argument, list) else argument


def _prose(value: Any, place: Place) -> Prose:
    return value if isinstance(value, Prose) else Prose(str(value), place)


def _integer(value: Any, place: Place) -> int:
    if type(value) is not int or value < 0:
        raise LessonError(f"{plain(value)!r} is no number", place)
    return value


def _known(content: Mapping[str, Any], names: frozenset[str], place: Place) -> None:
    for name in content:
        if name not in names:
            raise LessonError(f"there is no {name!r} here: {', '.join(sorted(names))}", place)
