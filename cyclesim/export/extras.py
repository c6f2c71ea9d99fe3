"""Packages that only some formats need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["need"]


def need(module: str, extra: str) -> Any:
    """Import `module`, which comes with `cyclesim[extra]`.

    Raises:
        CyclesimError: it is not installed, or does not work here.
    """
    try:
        return import_module(module)
    except ImportError:
        said = tr("{package} is not installed: pip install 'cyclesim[{extra}]'.")
        package = module.partition(".")[0]
        raise CyclesimError(said.format(package=package, extra=extra)) from None
