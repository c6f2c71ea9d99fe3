"""The folder of a new lesson: small, complete, and without an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["make_lesson"]

_ENGLISH = """\
---
title: What this lesson is called
goal: You can … (what a student can do afterwards)
minutes: 20
needs: [1]
model: tiny-ner
text: Grace Hopper taught at Vassar College.
seed: 0
let:
  soft: cycle("layer 0 and softmax")
---

## Ask before you tell {#ask}

What stands before a block asks. Go to `layer 0 and softmax` ({{ key("goto") }}).

```step
expect: {arrive: layer 0 and softmax}
hint: '{{ key("goto") }}, the condition, Enter.'
```

What stands after it tells, with numbers of the run: {{ soft.shape }}.

## A question {#question}

```question
ask: Which shape does the softmax write?
right: '{{ soft.shape }}'
wrong:
  - say: '{{ (1, len(tokens), hidden) }}'
    but: Say why somebody would think so.
```

## Exercise: something to write {#exercise}

Say what is to be written.

```exercise
file: mine.py
checks:
  rows: each row sums to one
hints:
  - A nudge first, the answer last.
```

## On paper {#handout}

What the printed page says beside the questions.
"""

_CHINESE = """\
---
title: 这一课的名字
goal: 能……（学完之后学生会做什么）
---

## 先问，再讲 {#ask}

代码块之前的文字提出要求。到 `layer 0 and softmax` 去（{{ key("goto") }}）。

```step
hint: '按 {{ key("goto") }}，输入条件，再按 Enter。'
```

之后的文字讲解，用的是运行里的数：{{ soft.shape }}。

## 一个问题 {#question}

```question
ask: softmax 写出什么形状？
choices:
  - '{{ soft.shape }}'
  - say: '{{ (1, len(tokens), hidden) }}'
    but: 说明为什么有人会这样想。
```

## 练习：写点什么 {#exercise}

说明要写什么。

```exercise
checks:
  rows: 每一行的和是一
hints:
  - 先轻轻提示，最后才给答案。
```

## 纸上 {#handout}

印出来的那一页，除问题之外还写什么。
"""

_STUB = '''\
"""What is to be written."""


def softmax(x):
    """The softmax of each row of x [rows, columns]."""
    raise NotImplementedError
'''

_SOLUTION = '''\
"""What is to be written."""

import numpy as np


def softmax(x):
    shares = np.exp(x - x.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)
'''

_CHECK = '''\
"""What the exercise is held against."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    (scale,) = trace.find("layer 0 and scale")
    (softmax,) = trace.find("layer 0 and softmax")
    scores, weights = scale.outputs[0].numpy((0, 0)), softmax.outputs[0].numpy((0, 0))
    yield Case("rows", "softmax", (scores,), weights)
'''

_FILES: Mapping[str, str] = {
    "lesson.md": _ENGLISH,
    "lesson.zh.md": _CHINESE,
    "stub.py": _STUB,
    "solution.py": _SOLUTION,
    "check.py": _CHECK,
}


def make_lesson(folder: Path, name: str) -> Path:
    """Make `folder/name` with one of everything that a lesson can have.

    Raises:
        CyclesimError: the name is none of a lesson, it is there already, or cannot be made.
    """
    if re.fullmatch(r"\d\d+-[a-z0-9-]+", name) is None:
        said = tr("a lesson is called like 14-my-lesson, not {name}.")
        raise CyclesimError(said.format(name=repr(name)))
    made = folder / name
    try:
        made.mkdir(parents=True)
        for file, content in _FILES.items():
            (made / file).write_text(content, encoding="utf-8")
    except FileExistsError:
        raise CyclesimError(tr("{folder} is there already.").format(folder=made)) from None
    except OSError as error:
        said = tr("{folder} cannot be made: {why}.")
        raise CyclesimError(said.format(folder=made, why=error.strerror)) from None
    return made
