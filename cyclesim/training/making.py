"""From a recipe to the files of an embedded model: train, score, write the card, move in place."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

import torch

PACKAGE = Path(__file__).resolve().parents[1]
ASSETS = PACKAGE / "assets"
WRITTEN = PACKAGE.parent / "tests" / "training"  # test sentences, in the source tree only


class Recipe(Protocol):
    """What makes one model: a frozen dataclass with every number that decides the result."""

    @property
    def name(self) -> str:
        """The model's name, which is also its folder's."""

    @property
    def seed(self) -> int:
        """Decides everything random."""

    def train(self, folder: Path) -> dict[str, int]:
        """Make tokenizer and model into ``folder``; the seconds that each part took."""

    def scores(self, folder: Path) -> dict[str, Any]:
        """What the model in ``folder`` is worth, by test set; read from its files alone."""

    def card(self, result: dict[str, Any]) -> str:
        """The model card, from the content of ``scores.json``."""


class Stopwatch:
    """Seconds of processor time by part of a recipe: what else the machine does is not counted."""

    def __init__(self) -> None:
        self.seconds: dict[str, int] = {}
        self._last = time.process_time()

    def lap(self, name: str) -> None:
        """End the part called ``name``."""
        now = time.process_time()
        self.seconds[name] = round(now - self._last)
        self._last = now


def make(recipe: Recipe, output: Path) -> dict[str, Any]:
    """Train, score, write the card, and put the finished files in ``output``."""
    torch.set_num_threads(1)  # more threads would add the same numbers in another order
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        took = recipe.train(folder)
        result = measured(recipe, folder) | {"seconds": took, "seed": recipe.seed}
        describe(recipe, folder, result)
        output.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.iterdir()):
            shutil.copy(path, output / path.name)
    return result


def measured(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """The scores of the model in ``folder``, its size, and the hash of its weights."""
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "pt") as weights:
        names = weights.keys()
        sizes = [weights.get_slice(name).get_shape() for name in names]
    return {
        "model_sha256": hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest(),
        "scores": recipe.scores(folder),
        "parameters": sum(int(torch.Size(size).numel()) for size in sizes),
    }


def describe(recipe: Recipe, folder: Path, result: dict[str, Any]) -> None:
    """Write ``scores.json`` and the card."""
    (folder / "scores.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(recipe.card(result), encoding="utf-8")


def save(model: Any, folder: Path, *, half: bool = False) -> None:
    """Save a model as transformers does, readable to all.

    With ``half``, the numbers are stored as float16, which halves the file, and the configuration
    says float32: that is what every program loads them as and runs them in.
    """
    (model.half() if half else model).save_pretrained(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"dtype": "float32"}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    # One line instead of one a piece: a third of the size.
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(tokenizer, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "model.safetensors").chmod(0o644)  # save_pretrained leaves it readable to one only


def load(folder: Path, auto: str) -> tuple[Any, Any]:
    """A trained model, by the name of transformers' class for its task, and its tokenizer."""
    import transformers

    model = getattr(transformers, auto).from_pretrained(folder, dtype=torch.float32)
    return model.eval(), transformers.AutoTokenizer.from_pretrained(folder)


def written(name: str) -> list[str]:
    """The lines of a hand-written test file; none where the package is installed without them."""
    path = WRITTEN / name
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
