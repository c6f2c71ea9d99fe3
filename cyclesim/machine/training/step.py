"""One training step as a program: forward and loss, backward, clip, update, schedule.

The program yields each of them as a piece of work. Whoever drives it plainly gets the plain PyTorch
step (`loss.backward()`, `clip_grad_norm_`, `optimizer.step()`); the engine takes the same pieces
apart into cycles.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cyclesim.errors import CyclesimError
from cyclesim.files import check_new_folder, new_folder
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.machine import Machine
from cyclesim.machine.saving import save_model
from cyclesim.machine.steps import HostResult, HostStep, ModelCall, Program, Written
from cyclesim.machine.tasks import Results
from cyclesim.machine.training.optimizers import make_optimizer, make_schedule, schedule_arguments
from cyclesim.machine.training.spec import Training
from cyclesim.machine.training.targets import targets

__all__ = ["BackwardWork", "ClipWork", "TrainingMachine", "UpdateWork"]


@dataclass(frozen=True, slots=True, eq=False)
class BackwardWork:
    """Differentiate the loss: afterwards each trained parameter has its gradient."""

    loss: torch.Tensor

    def run(self) -> None:
        """As PyTorch does it."""
        self.loss.backward()


@dataclass(frozen=True, slots=True, eq=False)
class ClipWork:
    """Scale the gradients down to a largest total norm; gives the norm that they had."""

    parameters: tuple[torch.nn.Parameter, ...]
    largest: float

    def run(self) -> torch.Tensor:
        """As PyTorch does it."""
        return torch.nn.utils.clip_grad_norm_(self.parameters, self.largest)


@dataclass(frozen=True, slots=True, eq=False)
class UpdateWork:
    """Let the optimizer change the parameters."""

    optimizer: torch.optim.Optimizer

    def run(self) -> None:
        """As PyTorch does it."""
        self.optimizer.step()


class Scored:
    """What the model returned, and its loss."""

    def __init__(self, outputs: Any, loss: torch.Tensor) -> None:
        self.outputs = outputs
        self.loss = loss


class TrainingMachine(Machine):
    """A machine whose program is one training step, on a copy of the model.

    A clock may wait in the middle of the step, with some weights updated and dropout on; the
    original must not be seen like that. And a step that ends early leaves nothing to put back.

    Attributes:
        origin: the machine that the step is of.
        training: what the step does.
        optimizer, schedule: of the copy.
    """

    origin: Machine
    training: Training
    optimizer: torch.optim.Optimizer
    schedule: Any
    #: The weights before an update that was kept.
    _before: dict[str, torch.Tensor]

    @classmethod
    def to_train(cls, origin: Machine, training: Training) -> TrainingMachine:
        """Get ready for a step of `origin`.

        Raises:
            CyclesimError: the model cannot be copied, nothing in it can be trained, or the folder
                for the updated one is there already.
        """
        if training.folder is not None:
            _check_saving(origin, training.folder)
        made = cls.__new__(cls)
        made.__dict__.update(origin.__dict__)
        made.origin, made.training = origin, training
        made._before = {}
        made._ready()
        return made

    def fresh(self) -> TrainingMachine:
        """The same step, ready to be done from its beginning."""
        made = TrainingMachine.__new__(TrainingMachine)
        made.__dict__.update(self.__dict__)
        made._ready()
        return made

    def _ready(self) -> None:
        self.model = _copied(self.origin.model)
        with torch.no_grad():
            for name, tensor in self.model.state_dict(keep_vars=True).items():
                if name in self._before:  # an earlier run of this step has been kept
                    tensor.copy_(self._before[name])
        self.model.zero_grad(set_to_none=True)
        self.model.train(self.training.dropout)
        self.optimizer = make_optimizer(self.training, self.model.parameters())
        self.schedule = make_schedule(self.training, self.optimizer)

    def originals(self) -> dict[str, torch.Tensor]:
        """The model's tensors as they are when the step begins, by name."""
        model = self.origin.model
        named = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        return {name: self._before.get(name, tensor) for name, tensor in named.items()}

    def answer(self, encoding: Encoding) -> Any:
        """What the model says by itself: in eval mode, without gradients."""
        self.model.eval()
        try:
            return Machine.forward(self, encoding.copied())
        finally:
            self.model.train(self.training.dropout)

    def program(self, encoding: Encoding) -> Program[Results]:
        """The step; its value is what came of it."""
        encoding = yield from targets(self, encoding)
        scored = yield ModelCall(encoding.inputs, encoding.args)
        result: dict[str, Any] = {"loss": float(scored.loss.detach())}
        yield BackwardWork(scored.loss)
        if self.training.clip is not None:
            norm = yield ClipWork(tuple(self.model.parameters()), self.training.clip)
            result |= {"gradient_norm": float(norm), "clip": self.training.clip}
        yield UpdateWork(self.optimizer)
        result |= {"optimizer": type(self.optimizer).__name__, "lr": self._rates()[0]}
        if self.schedule is not None:
            yield self._scheduling()
            result["next_lr"] = self._rates()[0]
        return (result,)

    def call(self, call: ModelCall) -> Scored:
        """The forward and its loss, with gradients, from the seed's random state."""
        torch.manual_seed(self.training.seed)
        with self.quiet(), torch.enable_grad():
            outputs = self.model.get_submodule(call.module)(*call.args, **call.inputs)
            loss = self.training.loss(outputs) if self.training.loss else _own_loss(outputs)
        return Scored(outputs, _checked(loss))

    def keep(self) -> None:
        """Leave the updated weights in the machine that the step is of.

        The tensors get other memory instead of other numbers: the trace still shows the old ones.
        """
        before = self.origin.model.state_dict()
        self._before = self._before or {k: t.detach() for k, t in before.items()}
        updated = self.model.state_dict()
        for name, tensor in self.origin.model.state_dict(keep_vars=True).items():
            tensor.data = updated[name].detach().clone()
        folder, known = self.training.folder, self.origin.updates
        if folder is not None:
            with new_folder(folder, replace=folder in known) as made:
                save_model(made, self.origin.model, self.origin.tokenizer)
            known.add(folder)

    def computed(self, scored: Scored) -> dict[str, torch.Tensor]:
        """Everything that the step has made, by name: what two runs of it must agree on."""
        made = {"loss": scored.loss}
        for name, parameter in self.model.named_parameters():
            if parameter.grad is not None:
                made[f"gradient of {name}"] = parameter.grad
            made[name] = parameter
            for key, value in self.optimizer.state.get(parameter, {}).items():
                if isinstance(value, torch.Tensor):
                    made[f"{key} of {name}"] = value
        made.update((f"buffer {name}", buffer) for name, buffer in self.model.named_buffers())
        return made

    def _rates(self) -> list[float]:
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _scheduling(self) -> HostStep:
        schedule, before = self.schedule, np.array(self._rates())

        def run() -> HostResult:
            _step(schedule)
            after = np.array(self._rates())
            note = f"learning rate {before[0]:g} → {after[0]:g}"
            return HostResult((Written("lr", after),), note, nop=bool((before == after).all()))

        op = f"{type(schedule).__name__}.step"
        return HostStep(
            "optimizer", "schedule", op, run, (Written("lr", before),),
            schedule_arguments(self.training, schedule), phase="update", last=True,
        )  # fmt: skip


def _step(schedule: Any) -> None:
    if "metrics" in inspect.signature(schedule.step).parameters:
        said = tr("{kind} looks at how training goes, which one step does not show.")
        raise CyclesimError(said.format(kind=type(schedule).__name__))
    schedule.step()


def _check_saving(origin: Machine, folder: Path) -> None:
    """Whether the updated model will be saved there, said before the step has run."""
    if folder not in origin.updates:
        check_new_folder(folder)
    model = origin.model
    if not hasattr(model, "save_pretrained"):
        said = tr("{kind} is no Hugging Face model, so it cannot be saved as a folder.")
        raise CyclesimError(said.format(kind=type(model).__name__))
    if any(".base_layer." in name for name, _ in model.named_parameters()):
        said = tr("this model has an adapter beside its weights: merge it before you save it.")
        raise CyclesimError(said)


def _copied(model: torch.nn.Module) -> torch.nn.Module:
    try:
        return copy.deepcopy(model)
    except Exception as error:
        said = tr("a training step runs on a copy of the model, and {kind} cannot be copied: {why}")
        said = said.format(kind=type(model).__name__, why=str(error) or type(error).__name__)
        raise CyclesimError(said) from error


def _own_loss(outputs: Any) -> Any:
    loss = outputs.get("loss") if isinstance(outputs, Mapping) else getattr(outputs, "loss", None)
    if loss is None:
        raise CyclesimError(
            tr("the model returned no loss: give one with Training(loss=lambda output: …).")
        )
    return loss


def _checked(loss: Any) -> torch.Tensor:
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        what = list(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
        said = tr("a loss is a tensor of one number, not {what}.")
        raise CyclesimError(said.format(what=what))
    if not loss.requires_grad:
        raise CyclesimError(
            tr("this loss depends on no parameter that is trained, so it has no gradient.")
        )
    return loss
