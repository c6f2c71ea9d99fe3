"""Groups of options that several commands have: written once, and given to each.

    @app.command()
    @takes(READING, LOADING)
    def trace(ctx: typer.Context, plain: Plain = False) -> int: ...

The command finds what its groups hold in `ctx.params`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import typer

__all__ = ["Group", "is_given", "takes"]

#: Type and default of each option, by the name of its parameter.
Group = Mapping[str, tuple[Any, Any]]


def takes(*groups: Group) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the options of `groups` after its own, which win where a name is in both."""

    def give(command: Callable[..., int]) -> Callable[..., int]:
        own = inspect.signature(command, eval_str=True)
        parameters = dict(own.parameters)
        for group in groups:
            for name, (annotation, default) in group.items():
                made = inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )
                parameters.setdefault(name, made)

        @wraps(command)
        def called(**given: Any) -> int:
            return command(**{name: given[name] for name in own.parameters})

        # What Typer reads: the signature, and the types by name.
        called.__signature__ = own.replace(  # type: ignore[attr-defined]
            parameters=[p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters.values()]
        )
        called.__annotations__ = {name: p.annotation for name, p in parameters.items()}
        return called

    return give


def is_given(ctx: typer.Context, name: str) -> bool:
    """Whether the option `name` is on the command line."""
    source = ctx.get_parameter_source(name)
    return source is not None and not source.name.startswith("DEFAULT")
