"""The shell's options that say how a text is generated: their types, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cyclesim.cli.options.groups import Group, is_given
from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["GENERATING", "generation", "generation_of"]

_PANEL = "Generating a text"

MaxNewTokens = Annotated[
    int | None,
    typer.Option(
        "--max-new-tokens",
        help="Stop after so many (20 if not said).",
        metavar="N",
        rich_help_panel=_PANEL,
    ),
]
Sample = Annotated[
    bool | None,
    typer.Option(
        "--sample/--greedy",
        help="Draw each token by its probability, or take the likeliest.",
        rich_help_panel=_PANEL,
    ),
]
Temperature = Annotated[
    float | None,
    typer.Option("--temperature", help="Divide the logits by this.", rich_help_panel=_PANEL),
]
TopK = Annotated[
    int | None,
    typer.Option("--top-k", help="Draw among the K likeliest; 0: all.", rich_help_panel=_PANEL),
]
TopP = Annotated[
    float | None,
    typer.Option(
        "--top-p",
        help="Draw among the fewest that have this probability together.",
        rich_help_panel=_PANEL,
    ),
]
RepetitionPenalty = Annotated[
    float | None,
    typer.Option(
        "--repetition-penalty",
        help="Above 1, what is there already becomes less likely.",
        rich_help_panel=_PANEL,
    ),
]
Beams = Annotated[
    int | None,
    typer.Option(
        "--beams",
        help="Keep the N best continuations at every step.",
        metavar="N",
        rich_help_panel=_PANEL,
    ),
]
Cache = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Keep keys and values from token to token, or compute them again.",
        rich_help_panel=_PANEL,
    ),
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        "--stop", help="End where this text appears.", metavar="TEXT", rich_help_panel=_PANEL
    ),
]

#: The settings of `cyclesim.machine.generation.Generation`, by the parameters of a command.
_SETTINGS = {
    "max_new_tokens": "max_new_tokens",
    "sample": "sample",
    "temperature": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "repetition_penalty": "repetition_penalty",
    "beams": "num_beams",
    "stop": "stop",
}
#: How a text is generated.
GENERATING: Group = {
    "max_new_tokens": (MaxNewTokens, None),
    "sample": (Sample, None),
    "temperature": (Temperature, None),
    "top_k": (TopK, None),
    "top_p": (TopP, None),
    "repetition_penalty": (RepetitionPenalty, None),
    "beams": (Beams, None),
    "stop": (Stop, None),
    "cache": (Cache, True),
}


def generation(ctx: typer.Context) -> dict[str, Any] | None:
    """The settings on the command line; None where there are none.

    Raises:
        CyclesimError: two of them exclude each other, or a training step generates no text.
    """
    made = generation_of(ctx.params)
    if made and ctx.params.get("train"):
        option = next(name for name in GENERATING if is_given(ctx, name))
        said = tr("a training step generates no text: leave --{option} out.")
        named = "no-cache" if option == "cache" else option.replace("_", "-")
        raise CyclesimError(said.format(option=named))
    return made


def generation_of(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The settings that a command was given; None where it was given none.

    Raises:
        CyclesimError: two of them exclude each other.
    """
    made = {
        name: given[option]
        for option, name in _SETTINGS.items()
        if given.get(option) not in (None, [], ())
    }
    if given.get("cache") is False:
        made["use_cache"] = False
    if made.get("sample") is False:
        for option in ("temperature", "top_k", "top_p"):
            if option in made:
                raise CyclesimError(
                    tr("--greedy takes the likeliest token: leave --{option} out.").format(
                        option=option.replace("_", "-")
                    )
                )
    if made and given.get("seed") is not None:
        made["seed"] = given["seed"]
    return made or None
