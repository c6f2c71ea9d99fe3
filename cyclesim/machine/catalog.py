"""The models that come with cyclesim, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from cyclesim.language import N_

__all__ = ["ATTENTION", "DEFAULT", "DTYPES", "EMBEDDED", "Known", "embedded_path", "example"]

#: How attention is computed: every step visible, or one fused kernel.
ATTENTION = ("eager", "sdpa")
#: The types that models run in.
DTYPES = ("float32", "float16", "bfloat16", "float64")


@dataclass(frozen=True, slots=True)
class Known:
    """A model that we know: its name, its task, what it is good for, a text to try."""

    name: str
    task: str
    about: str
    example: str


EMBEDDED = {
    model.name: model
    for model in (
        Known(
            "tiny-ner",
            "token-classification",
            N_("a small BERT that finds persons, organisations, locations and other names"),
            "Ada Lovelace worked with Charles Babbage in London.",
        ),
        Known(
            "tiny-sentiment",
            "text-classification",
            N_("a small BERT with pooler that tells negative, neutral and positive sentences"),
            "The food was delicious and the waiter was very friendly.",
        ),
        Known(
            "tiny-mlm",
            "fill-mask",
            N_("a small BERT that fills in a masked word"),
            "Lisbon is the [MASK] of Portugal.",
        ),
        Known(
            "tiny-t5",
            "text2text-generation",
            N_("a small encoder–decoder that reads a date and writes it as YYYY-MM-DD"),
            "twenty-third of May 1997",
        ),
        Known(
            "tiny-gpt",
            "text-generation",
            N_("a small GPT-2 that tells little stories, token by token"),
            "Once upon a time",
        ),
    )
}
DEFAULT = "tiny-ner"


def embedded_path(name: str) -> Path:
    """The folder of an embedded model; the same in a wheel, an editable install and the sources."""
    return Path(str(files("cyclesim") / "assets" / name))


def example(name: str | None) -> str:
    """A text to try with the embedded model called `name`; that of the default one for others."""
    return EMBEDDED.get(name or DEFAULT, EMBEDDED[DEFAULT]).example
