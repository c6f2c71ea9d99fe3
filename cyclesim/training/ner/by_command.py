"""What `cyclesim train` reached, and `tiny-ner` on the sentences that the command is measured on.

`by-command.json` is the `scores.json` of a run of that command without options, as it was written:
the card, the README and `cyclesim train --help` have their figures from it.
"""

from __future__ import annotations

import json
from typing import Any

from cyclesim.training.corpus import DATA
from cyclesim.training.counting import in_percent

__all__ = ["PARTS", "by_command", "measured_as_there"]

#: The sets of `scores.json` that are those of the command.
PARTS = {"command_dev": "dev", "command_test": "test"}


def by_command() -> dict[str, Any]:
    """The content of `by-command.json` (see `cyclesim.finetuning.Training`)."""
    loaded: dict[str, Any] = json.loads((DATA / "by-command.json").read_text(encoding="utf-8"))
    return loaded


def measured_as_there(model: Any, tokenizer: Any) -> dict[str, Any]:
    """The scores of a model on the dev and test sentences of the command, as it counts them."""
    from cyclesim.finetuning.encode import Coder
    from cyclesim.finetuning.evaluating import measure
    from cyclesim.finetuning.generated import make_held_out
    from cyclesim.finetuning.scores import scores

    labels = [str(model.config.id2label[i]) for i in range(model.config.num_labels)]
    coder = Coder(tokenizer, labels, "plain", model.config.max_position_embeddings)
    found = {}
    for key, samples in zip(PARTS, make_held_out(), strict=True):
        names = measure(model, coder, samples, coder.encode(samples)).names
        by_type = scores([sample.spans for sample in samples], names, labels[1:])
        found[key] = {
            label: in_percent(
                100 * score.precision, 100 * score.recall, 100 * score.f1, score.wanted
            )
            for label, score in by_type.items()
        }
    return found
