"""Adapters beside the weights: the folder `adapter` of a model's folder, in the format of peft.

The model that runs is the plain one with the adapter's layers in it: its class, its config and the
paths of its modules stay what they are.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.sentences import in_sentences

__all__ = ["ADAPTER", "with_adapter"]

#: The name of the folder.
ADAPTER = "adapter"

_CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"
_TYPES = ("LORA", "IA3")
#: Keys that make peft import a module that they name.
_FOREIGN = ("megatron_config", "auto_mapping")


def with_adapter(model: Any, folder: Path, shown: str) -> Any:
    """`model` with the adapter in its `folder` in place, if there is one.

    Args:
        shown: what the model is called in sentences.

    Raises:
        CyclesimError: peft is not installed, or the adapter is not what it should be.
    """
    place = folder / ADAPTER
    if not (place / _CONFIG).is_file():
        return model
    _check(place, shown)
    with in_sentences("adapter", shown):
        adapted = import_module("peft").PeftModel.from_pretrained(model, str(place))
    return adapted.base_model.model


def _check(place: Path, shown: str) -> None:
    """Refuse what peft would unpickle or import, before it sees it."""
    try:
        config = json.loads((place / _CONFIG).read_text(encoding="utf-8"))
        kind = config["peft_type"]
        foreign = [key for key in _FOREIGN if config.get(key)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        said = tr("the adapter of {shown} has no {file} that can be read.")
        raise CyclesimError(said.format(shown=shown, file=_CONFIG)) from None
    if kind not in _TYPES or foreign:
        said = tr(
            "the adapter of {shown} is of a kind that is not opened ({kind}): merge it first."
        )
        raise CyclesimError(said.format(shown=shown, kind=", ".join([str(kind), *foreign])))
    if not (place / _WEIGHTS).is_file():
        said = tr("the adapter of {shown} has no {file}.")
        raise CyclesimError(said.format(shown=shown, file=_WEIGHTS))
