"""Packages whose names are imported when they are first asked for (PEP 562).

So that a package can be named, and what it says of itself be read, without what runs in it: torch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["asks"]


def asks(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of `package`: each name comes from the module that `homes` has for it."""

    def ask(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home}"), name)
        if name == home:  # importing has put the module there
            setattr(sys.modules[package], name, value)
        return value

    return ask
