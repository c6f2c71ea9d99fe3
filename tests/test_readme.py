"""The README's examples run, and its keys are the app's keys."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from cyclesim.cli import main
from cyclesim.machine.tasks import TASKS
from tests.machine.folders import save, small

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_python_example_runs(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(BLOCKS[number], f"README example {number}", "exec"), {})
    assert capsys.readouterr().out.strip()


ROWS = re.findall(r"^\| `([\w-]+)` \| (`….*?) \|.*\| `cyclesim (.*?)` \|$", TEXT, re.MULTILINE)
ROWS += re.findall(r"^\| `(forward)` \| (any) \|.*\| `cyclesim (.*?)` \|$", TEXT, re.MULTILINE)


def test_every_task_has_its_row_and_every_row_its_task() -> None:
    assert sorted(name for name, _, _ in ROWS) == sorted(TASKS)
    for name, classes, _ in ROWS:
        endings = tuple(re.findall(r"…(\w+)", classes))
        for head in TASKS[name].heads or ():
            # `ForQuestionAnsweringSimple` is the same head of XLNet.
            assert head.startswith(endings), (name, head)


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if "FOLDER" not in row[2] or not TASKS[row[0]].generates],
    ids=lambda row: row[0],
)
def test_every_task_s_command_runs(
    row: tuple[str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, classes, command = row
    arguments = shlex.split(command)
    if "FOLDER" in arguments:
        ending = (re.findall(r"…(\w+)", classes) or ["Model"])[0]
        folder = save(tmp_path / "model", small(f"Bert{ending}"))
        arguments[arguments.index("FOLDER")] = str(folder)
        capsys.readouterr()  # saving a model shows its progress
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--json"])
    out, err = capsys.readouterr()
    assert (left.value.code, err) == (0, "")
    found = json.loads(out)
    assert found["task"] == name
    assert found["verdict"]["bit_identical"]
    assert found["result"] or name == "forward"


def test_pictures_and_links_lead_somewhere() -> None:
    prose = re.sub(r"^```.*?^```|^    .*?$|`[^`\n]*`", "", TEXT, flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)#]+)\)", prose)
    assert links
    for link in links:
        if link.startswith("https://"):
            continue  # no network here
        assert (README.parent / link).exists(), link
