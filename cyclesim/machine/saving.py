"""A model as a folder that `cyclesim.load`, and any program for Hugging Face folders, opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cyclesim.machine.adapter import ADAPTER
from cyclesim.machine.loading import silent

__all__ = ["is_adapted", "save_model"]


def is_adapted(model: Any) -> bool:
    """Whether peft trains something beside the weights of `model`."""
    return hasattr(model, "merge_and_unload")


def save_model(folder: Path, model: Any, tokenizer: Any = None) -> None:
    """Write config, weights and tokenizer into a folder that is there.

    Of an adapted model the adapter goes beside the weights that it was trained with.

    Raises:
        OSError, SafetensorError: they cannot be written.
    """
    with silent():
        if is_adapted(model):
            model.save_pretrained(folder / ADAPTER)
            (folder / ADAPTER / "README.md").unlink(missing_ok=True)  # an empty form to fill in
            model = model.unload()
        model.save_pretrained(folder)
        if tokenizer is not None:
            tokenizer.save_pretrained(folder)
    for file in folder.rglob("*.safetensors"):
        file.chmod(0o644)  # save_pretrained leaves it readable to one only
