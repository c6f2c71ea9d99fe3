"""The shell's options that make a run a training step: their types, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cyclesim.cli.options.groups import Group
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.training.spec import Training

__all__ = ["TRAINING", "training_of"]

_PANEL = "One training step"

Train = Annotated[
    bool,
    typer.Option(
        "--train",
        help="Run a training step: forward and loss, backward, clip, update.",
        rich_help_panel=_PANEL,
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--labels",
        help='What the model should say: "PER PER O", a label, an answer; or mark names in the '
        "text, `[Ada](PER)`. Of a batch, once for each text.",
        metavar="LABELS",
        rich_help_panel=_PANEL,
    ),
]
Optimizer = Annotated[
    str | None,
    typer.Option("--optimizer", help="adamw (the default) or sgd.", rich_help_panel=_PANEL),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--lr", help="Learning rate: 5e-05 of adamw and 0.01 of sgd, if not said.",
        rich_help_panel=_PANEL,
    ),
]  # fmt: skip
Decay = Annotated[
    float | None,
    typer.Option("--weight-decay", help="0.01 if not said.", rich_help_panel=_PANEL),
]
Momentum = Annotated[
    float | None, typer.Option("--momentum", help="Of sgd.", rich_help_panel=_PANEL)
]
Clip = Annotated[
    float | None,
    typer.Option(
        "--clip",
        help="Largest norm of all gradients together, 1 if not said; 0: no limit.",
        rich_help_panel=_PANEL,
    ),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        "--schedule",
        help="Of the learning rate: linear, cosine, constant_with_warmup …",
        rich_help_panel=_PANEL,
    ),
]
Warmup = Annotated[
    int | None,
    typer.Option("--warmup", help="Steps in which the rate rises.", rich_help_panel=_PANEL),
]
Steps = Annotated[
    int | None,
    typer.Option("--steps", help="Steps of the schedule in all.", rich_help_panel=_PANEL),
]
DropoutSeed = Annotated[
    int | None,
    typer.Option(
        "--dropout-seed", help="Decides what dropout drops.", metavar="N", rich_help_panel=_PANEL
    ),
]
Dropout = Annotated[
    bool,
    typer.Option("--dropout/--no-dropout", help="Let dropout drop.", rich_help_panel=_PANEL),
]
KeepUpdate = Annotated[
    str | None,
    typer.Option(
        "--keep-update",
        help="Save the model with its updated weights in this new folder.",
        metavar="FOLDER",
        rich_help_panel=_PANEL,
    ),
]

#: One training step.
TRAINING: Group = {
    "train": (Train, False),
    "labels": (Labels, None),
    "optimizer": (Optimizer, None),
    "lr": (Rate, None),
    "weight_decay": (Decay, None),
    "momentum": (Momentum, None),
    "clip": (Clip, None),
    "schedule": (Schedule, None),
    "warmup": (Warmup, None),
    "steps": (Steps, None),
    "dropout_seed": (DropoutSeed, None),
    "dropout": (Dropout, True),
    "keep_update": (KeepUpdate, None),
}

#: The fields of `Training`, by the parameters of a command.
_FIELDS = {
    "labels": "labels",
    "optimizer": "optimizer",
    "lr": "lr",
    "weight_decay": "weight_decay",
    "momentum": "momentum",
    "clip": "clip",
    "schedule": "schedule",
    "warmup": "warmup",
    "steps": "steps",
    "dropout_seed": "seed",
    "keep_update": "keep_update",
}
#: What goes with one optimizer only, or with a schedule.
_NEEDS = {"momentum": ("optimizer", "sgd"), "warmup": ("schedule", ""), "steps": ("schedule", "")}


def training_of(given: Mapping[str, Any]) -> Training | None:
    """The training step that a command was given; None where it is to train nothing.

    Raises:
        CyclesimError: an option makes no sense, or goes with another one that is not there.
    """
    made = {field: given[o] for o, field in _FIELDS.items() if given.get(o) not in (None, [], ())}
    if given.get("dropout") is False:
        made["dropout"] = False
    if not given.get("train"):
        if made:
            named = [o for o in (*_FIELDS, "dropout") if _FIELDS.get(o, o) in made]
            option = "no-dropout" if named[0] == "dropout" else named[0].replace("_", "-")
            raise CyclesimError(tr("--{option} goes with --train.").format(option=option))
        return None
    for option, (other, value) in _NEEDS.items():
        if option in made and (made.get(other) is None or (value and made[other] != value)):
            said = tr("--{option} goes with --{other}.")
            raise CyclesimError(said.format(option=option, other=f"{other} {value}".strip()))
    if "labels" in made:
        made["labels"] = made["labels"][0] if len(made["labels"]) == 1 else list(made["labels"])
    if made.get("clip") == 0:
        made["clip"] = None
    if "keep_update" in made:
        from cyclesim.files import check_new_folder  # brings NumPy: after the first paint

        check_new_folder(made["keep_update"])
    return Training(**made)
