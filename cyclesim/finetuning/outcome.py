"""What came out of a training run: plain data, for the shell, a notebook and the model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["SCHEMA", "Form", "Training"]

#: Of `Training.to_json`.
SCHEMA = 1


@dataclass(frozen=True)
class Form:
    """The trained model in one form, measured.

    Attributes:
        name: `trained`, `pruned 30 %` or `int8`.
        folder: where it is; `cyclesim --model FOLDER` opens it.
        weights, nonzero: how many numbers it has, and how many of them are not 0.
        file_bytes, zipped_bytes: size of its weight files, and what they pack to.
        seconds: median of one forward of one sentence, over interleaved rounds.
        dev, test: F1 over names; None without that part.
    """

    name: str
    folder: str
    weights: int
    nonzero: int
    file_bytes: int
    zipped_bytes: int
    seconds: float
    dev: float | None
    test: float | None


@dataclass(frozen=True)
class Training:
    """A finished run.

    Attributes:
        folder: where the model is.
        model: what it started from.
        data: what it learnt from, and how many sentences each part has.
        sizes: sentences of each part.
        settings: how (`Settings.to_json`).
        labels: the model's labels.
        weights, trained: how many numbers it has, and how many of them training changed.
        history: for each epoch its number, loss and accuracy on train, dev and test, and precision,
            recall and F1 on the last two; `best` where dev was better than before.
        best_epoch: the one whose weights were kept, from 1; 0 if nothing was trained.
        report: for `dev` and `test` the loss, the accuracy, the strict scores over all names and of
            each type, and the kinder measures, of the model as saved.
        seconds: wall time of training and measuring, interruptions left out.
        forms: the model and its smaller forms side by side, if any were asked for.
        notes: what was said about data and model.
    """

    folder: str
    model: str
    data: str
    sizes: Mapping[str, int]
    settings: Mapping[str, Any]
    labels: Sequence[str]
    weights: int
    trained: int
    history: Sequence[Mapping[str, Any]]
    best_epoch: int
    report: Mapping[str, Mapping[str, Any]]
    seconds: float
    forms: Sequence[Form] = ()
    notes: Sequence[str] = field(default_factory=tuple)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"schema": SCHEMA, **asdict(self)}
