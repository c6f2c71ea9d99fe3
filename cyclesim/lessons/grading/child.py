"""The process that runs one exercise: it gives up what it does not need, and then runs it.

Its standard input says what to do; the file `answers` in its folder gets a line of JSON for each
call, as soon as it has returned. Who reads that file trusts nothing in it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Run what standard input says."""
    wanted = json.loads(sys.stdin.buffer.read())
    folder = Path(wanted["folder"])
    os.chdir(folder)
    answers = os.open(folder / "answers", os.O_WRONLY | os.O_APPEND)

    def note(**content: Any) -> None:
        os.write(answers, json.dumps(content).encode() + b"\n")

    arguments = _arguments(wanted)  # imports what it needs while that can be read
    _confine(wanted, folder, note)
    _run(wanted, arguments, folder, note)
    sys.stdout.flush()
    os._exit(0)


def _arguments(wanted: dict[str, Any]) -> list[list[Any]]:
    from cyclesim.lessons.grading.wire import unpack

    traces: dict[str, Any] = {}

    def given(argument: dict[str, Any]) -> Any:
        name = argument.get("trace")
        if name is None:
            return unpack(argument["value"])
        if name not in traces:
            from cyclesim.trace import open_trace

            traces[name] = open_trace(Path(wanted["folder"]) / name)
        return traces[name]

    return [[given(a) for a in call["arguments"]] for call in wanted["calls"]]


def _confine(wanted: dict[str, Any], folder: Path, note: Callable[..., None]) -> None:
    from cyclesim.lessons.grading import confine

    limits = confine.Limits(**wanted["limits"])
    layers = []
    if wanted["confine"]:
        if confine.unshare(folder):
            layers.append("namespaces")
        layers += confine.drop(map(Path, wanted["readable"]), folder)
    if confine.limit(limits):
        layers.append("limits")
    confine.guard(folder, lambda event: note(refused=event))
    note(layers=[*layers, "audit"])


def _run(
    wanted: dict[str, Any], arguments: list[list[Any]], folder: Path, note: Callable[..., None]
) -> None:
    from cyclesim.lessons.grading.wire import Unsendable, pack

    file = folder / wanted["file"]
    module = types.ModuleType("exercise")
    module.__file__ = str(file)
    sys.modules["exercise"] = module
    try:
        exec(compile(file.read_bytes(), wanted["file"], "exec"), module.__dict__)
    except BaseException as error:
        note(call=-1, **_what(error, wanted["file"]))
        return
    for number, (call, given) in enumerate(zip(wanted["calls"], arguments, strict=True)):
        function = getattr(module, call["function"], None)
        if not callable(function):
            note(call=number, missing=call["function"])
            continue
        try:
            note(call=number, value=pack(function(*given)))
        except Unsendable as error:
            note(call=number, error="TypeError", said=str(error), line=None)
        except BaseException as error:
            note(call=number, **_what(error, wanted["file"]))


def _what(error: BaseException, file: str) -> dict[str, Any]:
    """What was raised, and the line of the exercise that it came from."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno)
    said = str(error.msg if isinstance(error, SyntaxError) else error)
    return {
        "error": type(error).__name__,
        "said": said[:300],
        "line": lines[-1] if lines else None,
    }
