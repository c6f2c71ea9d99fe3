"""What a place in the model's code says of the calls that are made there.

A layer that is repeated calls its functions from the same places each time, so what can be read off
the place (the arguments' names, the line of code) is worked out once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

from torch.overrides import handle_torch_function

from cyclesim.engine.recording.functions import traits

__all__ = ["Site", "site_of"]


class Site(NamedTuple):
    """One place that calls one function.

    Attributes:
        name, op: short name of the function, with its underscores and without.
        function, file: the Python function that made the call, and its source file.
        where: `modeling_bert.py:126 eager_attention_forward`, or "" where the caller is not Python.
        code: held, because places are told apart by its id.
    """

    name: str
    op: str
    function: str
    file: str
    where: str
    code: CodeType


_sites: dict[tuple[Callable[..., Any], int, int], Site] = {}


def site_of(func: Callable[..., Any], code: CodeType, instruction: int) -> Site:
    """The place where `code` calls `func`, at `instruction` (−1 where that is not known)."""
    # A code object's own hash looks at all of it, every time.
    key = (func, id(code), instruction)
    site = _sites.get(key)
    if site is None:
        name = traits[func].name
        file = _file_name(code.co_filename)
        where = _where(code, instruction)
        op = name.strip("_") or name
        site = _sites[key] = Site(name, op, code.co_name, file, where, code)
    return site


def _where(code: CodeType, instruction: int) -> str:
    if code is handle_torch_function.__code__:  # the caller is not Python
        return ""
    line = code.co_firstlineno
    if instruction >= 0:
        for start, end, number in code.co_lines():
            if start <= instruction < end and number is not None:
                line = number
                break
    return f"{_file_name(code.co_filename)}:{line} {code.co_name}"


@cache
def _file_name(path: str) -> str:
    return os.path.basename(path)
