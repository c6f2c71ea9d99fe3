"""Where a run stands, in one file: weights, AdamW's moments, random states and counters.

    save(path, position, model, optimizer)      # whole or not at all, whatever interrupts it
    position = restore(path, model, optimizer)

A safetensors file whose metadata holds the rest as JSON: nothing is ever unpickled. What decides
the next update is in it to the last bit, so a run that goes on from it arrives at the same weights
as one that was never interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from safetensors.torch import save as serialized

from cyclesim.engine.running.state import Randomness
from cyclesim.errors import CyclesimError
from cyclesim.files import replace_file, shown
from cyclesim.language import tr

__all__ = [
    "SCHEMA",
    "Position",
    "read_position",
    "restore",
    "restore_trained",
    "save",
    "save_trained",
]

#: Of what is in the metadata.
SCHEMA = 1

_KEY = "cyclesim.finetuning"


@dataclass
class Position:
    """Where a run stands: between two updates.

    Attributes:
        run: what the run is of (settings, data, versions): checked before it goes on.
        epoch: the epoch that is being trained, from 0.
        batches: how many batches of it are done.
        updates: how many updates there were in all.
        loss, scored, right: summed over this epoch's batches so far.
        history: one mapping for each epoch that is done.
        best: the best F1 on dev so far, and the epoch it is of; None before the first.
        scaler: the state of the loss scaler of fp16.
        seconds: wall time so far.
    """

    run: dict[str, Any] = field(default_factory=dict)
    epoch: int = 0
    batches: int = 0
    updates: int = 0
    loss: float = 0.0
    scored: int = 0
    right: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best: tuple[float, int] | None = None
    scaler: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def save(path: Path, position: Position, model: Any, optimizer: torch.optim.Optimizer) -> None:
    """Write a checkpoint in the place of the one before.

    Raises:
        CyclesimError: it cannot be written; the one before is as it was.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"adamw.{name}": tensor for name, tensor in _moments(model, optimizer)}
    for number, state in enumerate(Randomness(model).now()):
        tensors[f"random.{number}"] = state
    _write(path, tensors, {"schema": SCHEMA, **asdict(position)})


def read_position(path: Path) -> Position:
    """Where the run of a checkpoint stands; its tensors are left alone.

    Raises:
        CyclesimError: it is not a checkpoint, or of another version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            content = json.loads((file.metadata() or {})[_KEY])
        if content.pop("schema") != SCHEMA:
            said = tr("{file} is of another version of cyclesim: train anew.")
            raise CyclesimError(said.format(file=shown(path)))
        if content["best"] is not None:
            content["best"] = tuple(content["best"])
        return Position(**content)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _broken(path, error) from None


def restore(path: Path, model: Any, optimizer: torch.optim.Optimizer) -> None:
    """Put weights, moments and random states back to what they were.

    Raises:
        CyclesimError: the file is broken, or of another model.
    """
    try:
        tensors = load_file(path)
        model.load_state_dict(_under(tensors, "model."))
        _put_moments(model, optimizer, _under(tensors, "adamw."))
        states = _under(tensors, "random.")
        Randomness(model).put(tuple(states[str(number)] for number in range(len(states))))
    except (OSError, SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise _broken(path, error) from None


def save_trained(path: Path, model: Any, epoch: int) -> None:
    """Write the weights that training changes, and the buffers.

    Raises:
        CyclesimError: it cannot be written; a file that was there is as it was.
    """
    _write(path, dict(_changing(model)), {"schema": SCHEMA, "epoch": epoch})


def restore_trained(path: Path, model: Any, epoch: int) -> None:
    """Put back what `save_trained` wrote after `epoch`.

    Raises:
        CyclesimError: the file is missing, broken, or of another epoch or model.
    """
    try:
        with safe_open(path, framework="pt") as file:
            if json.loads((file.metadata() or {})[_KEY])["epoch"] != epoch:
                raise ValueError(tr("it is of another epoch"))
        tensors = load_file(path)
        if set(tensors) != {name for name, _ in _changing(model)}:
            raise ValueError(tr("it is of another model"))
        model.load_state_dict(tensors, strict=False)
    except (OSError, SafetensorError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise _broken(path, error) from None


def _write(path: Path, tensors: dict[str, torch.Tensor], content: dict[str, Any]) -> None:
    metadata = {"format": "pt", _KEY: json.dumps(content)}
    # Tied weights share memory, which the format refuses; each is written for itself.
    own = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    replace_file(path, [serialized(own, metadata)])


def _changing(model: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """What training changes, by its names in the state dict."""
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    names = {name for name, _ in model.named_parameters()}
    for name, tensor in model.state_dict().items():
        if name in trained or name not in names:
            yield name, tensor


def _moments(model: Any, optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, torch.Tensor]]:
    """The optimizer's tensors, by the names of the parameters that they are of."""
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            yield f"{names[id(parameter)]}/{key}", value


def _put_moments(
    model: Any, optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]
) -> None:
    optimizer.state.clear()
    parameters = dict(model.named_parameters())
    for name, tensor in tensors.items():
        parameter, _, key = name.rpartition("/")
        owner = parameters[parameter]
        optimizer.state[owner][key] = tensor.to(owner.device)


def _under(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _broken(path: Path, error: Exception) -> CyclesimError:
    why = (str(error).splitlines() or [""])[0].rstrip(".:") or type(error).__name__
    said = tr("{file} is no checkpoint to go on from: {why}.")
    return CyclesimError(said.format(file=shown(path), why=why))
