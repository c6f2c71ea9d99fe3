"""The models that come with cyclesim, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

__all__ = ["ATTENTION", "DEFAULT", "DTYPES", "EMBEDDED", "Embedded", "embedded_path"]

#: How attention is computed: every step visible, or one fused kernel.
ATTENTION = ("eager", "sdpa")
#: The types that models run in.
DTYPES = ("float32", "float16", "bfloat16", "float64")


@dataclass(frozen=True, slots=True)
class Embedded:
    """A model inside the package: its name, its task, what it is good for, a sentence to try."""

    name: str
    task: str
    about: str
    example: str


EMBEDDED = {
    "tiny-ner": Embedded(
        "tiny-ner",
        "token-classification",
        "a small BERT that finds persons, organisations, locations and other names in English",
        "Ada Lovelace worked with Charles Babbage in London.",
    )
}
DEFAULT = "tiny-ner"


def embedded_path(name: str) -> Path:
    """The folder of an embedded model; the same in a wheel, an editable install and the sources."""
    return Path(str(files("cyclesim") / "assets" / name))
