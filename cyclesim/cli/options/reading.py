"""The shell's options that say what is read: their types, and the prompt that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cyclesim.cli.options.groups import Group
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.shell import read_text

__all__ = [
    "BESIDE",
    "READING",
    "Text",
    "Texts",
    "given_of",
    "texts_in",
]

_PANEL = "What is read"

Text = Annotated[
    str | None,
    typer.Argument(help="The text, a file that holds it, or - for standard input."),
]
Texts = Annotated[
    list[str] | None,
    typer.Argument(
        help="The text, a file that holds it, or - for standard input; several are a batch.",
        metavar="TEXT",
    ),
]
Pair = Annotated[
    str | None,
    typer.Option(
        "--pair", help="A second text, read after the first.", metavar="TEXT",
        rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Question = Annotated[
    str | None,
    typer.Option(
        "--question", help="A question; TEXT is where its answer is looked for.", metavar="TEXT",
        rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Context = Annotated[
    str | None,
    typer.Option(
        "--context", help="The same as TEXT, by the name that it has beside a question.",
        metavar="TEXT", rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Choice = Annotated[
    list[str] | None,
    typer.Option(
        "--choice", help="What may follow TEXT; once for each choice.", metavar="TEXT",
        rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Entity = Annotated[
    list[str] | None,
    typer.Option(
        "--entity", help="Characters of TEXT that are an entity; twice, or mark them in the text.",
        metavar="START:END", rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Batch = Annotated[
    str | None,
    typer.Option(
        "--batch", help="A file with one text a line: all of them in one run.", metavar="FILE",
        rich_help_panel=_PANEL,
    ),
]  # fmt: skip

#: What is read beside the text.
BESIDE: Group = {
    "pair": (Pair, None),
    "question": (Question, None),
    "context": (Context, None),
    "choice": (Choice, None),
    "entity": (Entity, None),
    "batch": (Batch, None),
}
#: All that is read.
READING: Group = {"text": (Texts, None), **BESIDE}


def given_of(params: Mapping[str, Any], texts: Sequence[str] | None, *, files: bool = True) -> Any:
    """What the command line gives to be read; None where it gives nothing.

    Args:
        params: of the command, by the names that `cyclesim.trace.Prompt` has for them.
        texts: TEXT, once or several times.
        files: a TEXT may name a file, or be - for standard input.

    Raises:
        CyclesimError: something cannot be read, is empty, or is given twice.
    """
    read = _texts(params, texts, files)
    beside: dict[str, Any] = {}
    for name in ("pair", "question"):
        if params.get(name) is not None:
            beside[name] = params[name]
    if params.get("choice"):
        beside["choices"] = tuple(params["choice"])
    if params.get("entity"):
        beside["entities"] = tuple(map(_span, params["entity"]))
        if len(read) > 1:
            raise CyclesimError(
                tr("--entity says where in one text: mark the entities of several in the texts.")
            )
    if not beside:
        return None if not read else read[0] if len(read) == 1 else read
    from cyclesim.trace.prompt import Prompt  # its room brings NumPy: after the first paint

    prompts = [Prompt(text, **beside) for text in read] or [Prompt(**beside)]
    return prompts[0] if len(prompts) == 1 else prompts


def texts_in(content: str, name: str) -> list[str]:
    """The texts of a batch, one a line.

    Raises:
        CyclesimError: a line is empty.
    """
    lines = content.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise CyclesimError(
                tr("line {number} of {file} is empty: give one text a line.").format(
                    number=number, file=name
                )
            )
    return lines


def _texts(params: Mapping[str, Any], texts: Sequence[str] | None, files: bool) -> list[str]:
    given = [
        name
        for name, value in (
            ("TEXT", texts), ("--context", params.get("context")), ("--batch", params.get("batch"))
        )
        if value
    ]  # fmt: skip
    if len(given) > 1:
        raise CyclesimError(
            tr("{first} and {second} exclude each other: give one of them.").format(
                first=given[0], second=given[1]
            )
        )
    if params.get("batch"):
        return texts_in(read_text(params["batch"], only_files=True) or "", params["batch"])
    named = [params["context"]] if params.get("context") else list(texts or ())
    return [(read_text(text) or "") if files else text for text in named]


def _span(text: str) -> tuple[int, int]:
    from cyclesim.trace.prompt import span_of

    found = span_of(text)
    if found is None:
        raise CyclesimError(
            tr("{text!r} is no place in the text: write it like --entity 0:3.").format(text=text)
        )
    return found
