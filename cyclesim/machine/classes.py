"""Which class of transformers builds the model: the one it was saved with, or one for a task."""

from __future__ import annotations

from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.tasks import TASKS, task_of

__all__ = ["made_for", "model_class", "tasks_of"]


def model_class(config: Any, task: str | None, trusted: bool, shown: str) -> Any:
    """The class that the model was saved with, or the one for `task`.

    Raises:
        CyclesimError: there is no such class, or none of this architecture for the task.
    """
    import transformers

    if task is not None:
        auto = getattr(transformers, TASKS[task].auto)
        if not trusted and task not in tasks_of(config):
            raise CyclesimError(
                tr("{shown} cannot do {task}: a {kind} model can do {tasks}.").format(
                    shown=shown,
                    task=task,
                    kind=config.model_type,
                    tasks=", ".join(tasks_of(config)),
                )
            )
        return auto
    name = _architecture(config)
    known = getattr(transformers, name, None)
    if isinstance(known, type) and issubclass(known, transformers.PreTrainedModel):
        if not isinstance(config, getattr(known, "config_class", None) or object):
            raise CyclesimError(
                tr(
                    "the model of {shown} cannot be loaded: its config.json is for {kind} and its "
                    "class is {name}."
                ).format(shown=shown, kind=config.model_type, name=name)
            )
        return known
    if name and not trusted:
        raise CyclesimError(
            tr(
                "transformers {version} has no class {name}: choose a --task, or, if "
                "the class comes with the model, read its code and pass "
                "--trust-remote-code."
            ).format(version=transformers.__version__, name=name)
        )
    return getattr(transformers, task_of(name).auto)


def tasks_of(config: Any) -> list[str]:
    """The tasks that models with such a config can be built for."""
    import transformers

    return [
        name
        for name, task in TASKS.items()
        if not task.heads
        or _class_name(getattr(transformers, task.auto), config).endswith(task.heads)
    ]


def _class_name(auto: Any, config: Any) -> str:
    """Name of the class that an auto class builds from such a config; "" where it builds none."""
    mapping = auto._model_mapping
    if type(config) not in mapping:
        return ""
    made = mapping[type(config)]
    return str((made[0] if isinstance(made, tuple) else made).__name__)


def made_for(config: Any) -> str:
    """The task that the checkpoint was saved for, as far as its class says."""
    return task_of(_architecture(config)).name


def _architecture(config: Any) -> str:
    return str(next(iter(getattr(config, "architectures", None) or ()), ""))
