"""The printed page of a lesson: one sheet of A4 or Letter, with room to write.

On it are the goal, what the author has put under `{#handout}`, the questions with boxes to tick,
and the exercise. The teacher's copy has the answers. It needs no network and runs no script.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from cyclesim.language import speaking, tr
from cyclesim.lessons.course import called
from cyclesim.lessons.prose import html, inline_html
from cyclesim.lessons.told import Told

__all__ = ["handout_html"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
@page { size: A4; margin: 12mm 14mm }
* { box-sizing: border-box }
body { font: 9.6pt/1.34 system-ui, "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
  "Microsoft YaHei", sans-serif; color: #111; background: #fff; max-width: 184mm; margin: 6mm auto }
@media print { body { margin: 0 auto } }
header { border-bottom: 1.5pt solid #111; padding-bottom: 1.5mm; margin-bottom: 2.5mm }
header p { margin: 0 }
h1 { font-size: 15pt; line-height: 1.15; margin: 0 0 1mm }
h2 { font-size: 10.5pt; margin: 3mm 0 1mm }
.name { float: right; font-size: 8.5pt; color: #444 }
.small { font-size: 8.5pt; color: #444 }
pre { font: 8.1pt/1.35 ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace;
  background: #f2f4f6; padding: 1.5mm 2mm; margin: 1.2mm 0; white-space: pre-wrap;
  overflow-wrap: anywhere }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.92em }
p { margin: 0 0 1.2mm }
table { border-collapse: collapse; margin: 1.2mm 0 }
th, td { border-bottom: .4pt solid #888; padding: .4mm 3mm .4mm 0; text-align: left }
ol { margin: 0; padding-left: 5.5mm }
ol > li { margin-bottom: 1.3mm; break-inside: avoid }
ul.choices { list-style: none; margin: .2mm 0 0; padding: 0; columns: 2; column-gap: 6mm }
ul.choices li { padding-left: 5mm; text-indent: -5mm; break-inside: avoid }
ul.choices li::before { content: "☐"; display: inline-block; width: 5mm; text-indent: 0 }
ul.choices li.right::before { content: "☑" }
ul.choices li.right { font-weight: 600 }
"""


def handout_html(told: Told, *, answers: bool = False) -> str:
    """The page, in the language of the lesson.

    Args:
        answers: mark the right ones, and fill in the numbers that a student has to find.
    """
    lesson = told.lesson
    with speaking(lesson.language):
        title = told.text(lesson.title)
        body = "\n".join(_body(told, answers))
    language = "zh-Hans" if lesson.language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _body(told: Told, answers: bool) -> Iterator[str]:
    lesson = told.lesson
    head = tr("Lesson {number}").format(number=lesson.number)
    minutes = tr("{minutes} minutes").format(minutes=lesson.minutes)
    name = tr("With answers") if answers else tr("Name:") + " ______________________"
    yield f"<header><p class='name'>{escape(name)}</p>"
    about = f"{head} · {minutes} · cyclesim learn {called(lesson)}"
    yield f"<p class='small'>{escape(about)}</p>"
    yield f"<h1>{inline_html(told.text(lesson.title))}</h1>"
    yield f"<p>{inline_html(told.text(lesson.goal))}</p></header>"
    if lesson.handout is not None:
        full, gaps = told.text(lesson.handout), told.worksheet(lesson.handout)
        yield html(full if answers else gaps)
        if not answers and gaps != full:
            yield f"<p class='small'>{escape(tr('Each gap is for a number of this run.'))}</p>"
    asked = [told.question(step) for step in lesson.steps if step.question is not None]
    if asked:
        yield f"<h2>{escape(tr('Questions'))}</h2><ol>"
        for question in asked:
            yield f"<li>{inline_html(question.text)}<ul class='choices'>"
            for place, choice in enumerate(question.choices):
                mark = " class='right'" if answers and place == question.right else ""
                yield f"<li{mark}>{inline_html(choice)}</li>"
            yield "</ul></li>"
        yield "</ol>"
    if lesson.exercise is not None:
        yield f"<h2>{inline_html(told.text(lesson.exercise.title))}</h2>"
        yield html(told.text(lesson.exercise.prose))
        said = tr("`cyclesim learn exercise {number}`, then `cyclesim learn check {number}`.")
        yield f"<p class='small'>{inline_html(said.format(number=called(lesson)))}</p>"
