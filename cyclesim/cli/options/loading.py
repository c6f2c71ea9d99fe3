"""The options that say which model runs, and how."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cyclesim.cli.options.groups import Group, is_given
from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = [
    "LOADING", "Attention", "Device", "Dtype", "MaxLength", "Model", "PadTo", "RandomInit", "Seed",
    "Task", "Trust", "default_text", "has_example", "loading", "refuse_loading",
]  # fmt: skip

Model = Annotated[
    str | None,
    typer.Option("--model", help="Embedded model, folder, or Hugging Face name.", metavar="NAME"),
]
Task = Annotated[
    str | None, typer.Option("--task", help="What the output means; guessed from the model.")
]
Attention = Annotated[str, typer.Option("--attn", help="Attention: eager or sdpa.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:0.")]
Dtype = Annotated[str, typer.Option("--dtype", help="float32, float16, bfloat16 or float64.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed torch before anything random.")]
MaxLength = Annotated[
    int | None, typer.Option("--max-length", help="Cut the text to this many tokens.")
]
PadTo = Annotated[int | None, typer.Option("--pad-to", help="Pad the text to this many tokens.")]
Trust = Annotated[
    bool, typer.Option("--trust-remote-code", help="Run Python code that comes with the model.")
]
RandomInit = Annotated[
    bool, typer.Option("--random-init", help="Accept a checkpoint that lacks weights.")
]

#: The model, and the parameters of `cyclesim.load`.
LOADING: Group = {
    "model": (Model, None),
    "task": (Task, None),
    "attn": (Attention, "eager"),
    "device": (Device, "auto"),
    "dtype": (Dtype, "float32"),
    "seed": (Seed, None),
    "max_length": (MaxLength, None),
    "pad_to": (PadTo, None),
    "trust_remote_code": (Trust, False),
    "random_init": (RandomInit, False),
}


def loading(ctx: typer.Context) -> dict[str, Any]:
    """How the model is loaded, by the names that `cyclesim.load` has for it; not which one."""
    return {name: ctx.params[name] for name in LOADING if name != "model"}


def refuse_loading(ctx: typer.Context) -> None:
    """A saved trace has run: refuse the options that would have said how."""
    for name in LOADING:
        if is_given(ctx, name):
            said = tr("a saved trace is not run again: leave --{option} out.")
            raise CyclesimError(said.format(option=name.replace("_", "-")))


def default_text(model: str | None) -> str:
    """The text to run where none is given."""
    from cyclesim.machine.catalog import example

    return example(model)


def has_example(model: str | None) -> bool:
    """Whether the catalog has a text to try with the model."""
    from cyclesim.machine.catalog import EMBEDDED

    return model is None or model in EMBEDDED
