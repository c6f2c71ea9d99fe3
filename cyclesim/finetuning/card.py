"""The model card of a trained model, written from what was measured."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from cyclesim._version import __version__
from cyclesim.finetuning.outcome import Training
from cyclesim.finetuning.settings import Settings

__all__ = ["command_of", "model_card"]

_TEXT = """---
library_name: transformers
pipeline_tag: token-classification
---

# {name}

A model that marks names in text, trained with cyclesim {version} from {model} on {data}
({train:,} sentences). Its labels are {labels}.

    cyclesim --model {folder} "…"

opens it and runs it cycle by cycle; any program that reads Hugging Face folders can use it.

## Scores

A name is right when its words and its type are.

| part | label | precision | recall | F1 | names |
|---|---|---|---|---|---|
{scores}

{kinder}

## Training

    {command}

{trained:,} of {weights:,} weights were trained, in {minutes} of wall time on {device}.
The weights are those after epoch {best}, the best on dev. Accuracy is of words; that of train is
the running one while it learns.

| epoch | train loss | accuracy | dev loss | accuracy | F1 | test loss | accuracy | F1 |
|---|---|---|---|---|---|---|---|---|
{history}
"""


def model_card(training: Training, device: str) -> str:
    """The text of the card.

    Args:
        device: what it was trained on, in words.
    """
    settings = Settings.from_json(dict(training.settings))
    return _TEXT.format(
        name=training.folder.rstrip("/").rpartition("/")[2],
        version=__version__,
        model=training.model,
        data=training.data,
        train=training.sizes["train"],
        labels=", ".join(training.labels),
        folder=training.folder,
        scores="\n".join(_scores(training.report)),
        kinder="\n".join(_kinder(training.report)),
        command=command_of(settings, training.folder),
        trained=training.trained,
        weights=training.weights,
        minutes=f"{training.seconds / 60:.1f} minutes",
        device=device,
        best=training.best_epoch,
        history="\n".join(_history(training.history)),
    )


def command_of(settings: Settings, folder: str) -> str:
    """The shell command that trains this model again: every setting that is not the default."""
    usual = Settings().to_json()
    words = ["cyclesim", "train"]
    if settings.data is not None:
        words.append(settings.data)
    words += ["-o", folder]
    for name, value in settings.to_json().items():
        if value == usual[name] or name == "data":
            continue
        option = "--" + name.replace("_", "-")
        words += [option] if value is True else [option, f"{value}"]
    return shlex.join(words)


def _scores(report: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for part, measured in report.items():
        for label, score in measured["scores"].items():
            lines.append(
                f"| {part if label == 'all' else ''} | {label} | {score['precision']:.1%} "
                f"| {score['recall']:.1%} | {score['f1']:.1%} | {score['wanted']:,} |"
            )
    return lines


def _kinder(report: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"On {part} F1 is {m['kinder']['exact']:.1%} if the type may be wrong, "
        f"{m['kinder']['ent_type']:.1%} if the boundaries may be, and {m['kinder']['partial']:.1%} "
        f"if an overlap counts half; the accuracy is {m['accuracy']:.1%}."
        for part, m in report.items()
    ]


def _history(history: Any) -> list[str]:
    lines = []
    for line in history:
        cells = [f"{line['epoch']}", f"{line['train']['loss']:.4f}"]
        cells.append(f"{line['train']['accuracy']:.2%}")
        for part in ("dev", "test"):
            found = line.get(part)
            cells += (
                [f"{found['loss']:.4f}", f"{found['accuracy']:.2%}", f"{found['f1']:.2%}"]
                if found
                else ["–"] * 3
            )
        lines.append("| " + " | ".join(cells) + " |")
    return lines
