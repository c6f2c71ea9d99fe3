"""A lesson as a Jupyter notebook, from the same source.

The cells run anywhere cyclesim is installed: they make the run, go to the cycles of the tour, and
ask its questions with the answers folded away. The exercise is a cell of its own, with the checks
under it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from html import escape
from typing import Any

from cyclesim.language import speaking, tr
from cyclesim.lessons.course import called
from cyclesim.lessons.exercises import stub_of
from cyclesim.lessons.lesson import RunSpec, Step
from cyclesim.lessons.prose import inline_html
from cyclesim.lessons.told import Told

__all__ = ["notebook"]


def notebook(told: Told) -> dict[str, Any]:
    """The notebook (nbformat 4.5) as the mapping that its file holds."""
    with speaking(told.lesson.language):
        cells = list(_cells(told))
    for place, cell in enumerate(cells):
        text = f"{told.lesson.name}:{told.lesson.language}:{place}"
        cell["id"] = hashlib.sha256(text.encode()).hexdigest()[:12]
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cells(told: Told) -> Iterator[dict[str, Any]]:
    lesson = told.lesson
    keys = tr(
        "Where a key is named, it is one of the app (`cyclesim learn {number}`). Here the cell "
        "under the text shows the cycle."
    ).format(number=lesson.number)
    yield _markdown(f"# {told.text(lesson.title)}\n\n{told.text(lesson.goal)}\n\n*{keys}*")
    yield _code(_setup(lesson.run))
    for step in lesson.steps:
        yield from _step(told, step)
    exercise = lesson.exercise
    if exercise is None:
        return
    checks = "\n".join(f"- {told.text(text)}" for text in exercise.checks.values())
    yield _markdown(f"## {told.text(exercise.title)}\n\n{told.text(exercise.prose)}\n\n{checks}")
    language = "" if lesson.language == "en" else f" --lang {lesson.language}"
    stub = stub_of(lesson).read_text(encoding="utf-8")
    yield _code(f"%%writefile {exercise.file}\n{stub}")
    yield _code(f"!cyclesim learn check {called(lesson)} {exercise.file}{language}")


def _setup(run: RunSpec) -> str:
    options = {
        "attn": run.attention if run.attention != "eager" else None,
        "pad_to": run.pad_to,
        "max_length": run.max_length,
        "generation": dict(run.generation) or None,
        "seed": run.seed,
    }
    given = "".join(f", {n}={v!r}" for n, v in options.items() if v is not None)
    lines = ["import cyclesim", "", f"machine = cyclesim.load({run.model!r}{given})"]
    train = ""
    if run.train is not None:
        said = ", ".join(f"{name}={value!r}" for name, value in run.train)
        lines.append(f"step = cyclesim.Training({said})")
        train = ", train=step"
    return "\n".join([*lines, f"trace = cyclesim.trace(machine, {run.text!r}{train})", "trace"])


def _step(told: Told, step: Step) -> Iterator[dict[str, Any]]:
    heading = "" if "." in step.name else f"## {told.text(step.title)}"
    parts = [part for part in (heading, told.text(step.before)) if part]
    if parts:
        yield _markdown("\n\n".join(parts))
    condition = step.go
    if not condition and step.goal is not None and step.goal.kind in ("arrive", "ran"):
        condition = step.goal.value if isinstance(step.goal.value, str) else ""
    if condition and told.run.trace.find(condition):
        place = -1 if step.which == "last" else 0
        yield _code(f"trace.find({condition!r})[{place}]")
    if step.question is not None:
        yield _markdown(_question(told, step))
    if step.after:
        yield _markdown(told.text(step.after))


def _question(told: Told, step: Step) -> str:
    asked = told.question(step)
    letters = "ABCDEFGH"
    lines = [f"**{asked.text}**", ""]
    lines += [f"- {letters[i % 8]}. {choice}" for i, choice in enumerate(asked.choices)]
    right = asked.right
    answer = f"<b>{letters[right % 8]}. {inline_html(asked.choices[right])}</b>"
    said = [f"{answer} {inline_html(asked.why)}".strip()]
    said += [
        f"{letters[i % 8]}. {inline_html(remark)}"
        for i, remark in enumerate(asked.remarks) if i != right and remark not in ("", asked.why)
    ]  # fmt: skip
    summary = f"<summary>{escape(tr('Answer'))}</summary>"
    fold = f"<details>{summary}{'<br>'.join(said)}</details>"
    return "\n".join([*lines, "", fold])


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None,
    }  # fmt: skip
