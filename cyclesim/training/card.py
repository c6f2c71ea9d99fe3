"""The model card: what every card says in the same place, filled by a recipe."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 100
#: Where the data comes from: what, and its licence.
OWN = "written for the project", "Apache-2.0"
WORDNET = "WordNet 3.0 (Princeton University)", "WordNet licence (permissive)"

_MADE = """\
`python -m cyclesim.training {name}` makes these files from the committed data with seed {seed}, in
{minutes} minutes on one CPU core: {steps}. Another processor or torch version rounds differently
and gives slightly different weights."""

_PAGE = """---
license: apache-2.0
language: en
pipeline_tag: {task}
---

# {name}

{about}

{facts}

## Scores

{scores}

`scores.json` holds the same numbers, and `tests/training/test_scores.py` recomputes them from these
files.

## What it does badly

{badly}

## How it was made

{made}

## Data and licences

| data | used for | licence |
|---|---|---|
{data}

The full notices are in `cyclesim/training/data/LICENCES.md` of the source tree.
"""


@dataclass(frozen=True)
class Card:
    """What is a model's own: Markdown throughout."""

    task: str  # as the Hugging Face hub names it
    about: str
    facts: Sequence[str]
    scores: str
    badly: Sequence[str]
    steps: str
    data: Sequence[tuple[str, str, str]]  # what, used for, licence

    def render(self, name: str, result: Mapping[str, Any]) -> str:
        """The whole text."""
        made = _MADE.format(
            name=name, seed=result["seed"], steps=self.steps,
            minutes=max(1, round(sum(result["seconds"].values()) / 60)),
        )  # fmt: skip
        return _PAGE.format(
            name=name, task=self.task, about=self.about, facts=_list(self.facts),
            scores=self.scores, badly=_list(self.badly), made=_filled(made),
            data="\n".join(f"| {' | '.join(row)} |" for row in self.data),
        )  # fmt: skip


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers with one decimal."""
    cells = [[f"{x:.1f}" if isinstance(x, float) else str(x) for x in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in [list(head), *cells]]
    lines.insert(1, f"|{'---|' * len(head)}")
    return "\n".join(lines)


def _list(items: Sequence[str]) -> str:
    return "\n".join(_filled(item, "- ", "  ") for item in items)


def _filled(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()), WIDTH, initial_indent=first, subsequent_indent=rest,
        break_on_hyphens=False,
    )  # fmt: skip
