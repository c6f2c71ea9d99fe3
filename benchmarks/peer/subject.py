"""What every tool is given: the same model, the same input, and a twin to do with as it likes."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import torch
import transformers

__all__ = ["CASES", "QUICK", "Case", "Subject", "subject"]


class Case(NamedTuple):
    """A size of the model and a length of the input."""

    model: str
    layers: int
    width: int
    tokens: int
    rounds: int
    #: A way that would take longer than this for all rounds takes part in fewer.
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.model}, {self.tokens} tokens"


CASES = (
    Case("4×128", 4, 128, 32, 40, 4),
    Case("BERT-base", 12, 768, 32, 10, 4),
    Case("BERT-base", 12, 768, 128, 5, 4),
    Case("BERT-base", 12, 768, 512, 3, 6),
)
#: For a look at the table: the small model, for a moment.
QUICK = (CASES[0]._replace(rounds=5, seconds=0.5),)


class Subject:
    """One model and one input.

    Attributes:
        model: the plain model. No tool ever touches it.
        batch: what it is run on.
    """

    def __init__(self, model: Any, batch: dict[str, torch.Tensor]) -> None:
        self.model = model
        self.batch = batch

    def plain(self) -> torch.Tensor:
        """The forward that everything is held against."""
        with torch.no_grad():
            return self.model(**self.batch).logits

    def twin(self) -> Any:
        """The same model over the very same weights, as other module objects.

        A tool may hook, wrap or rebuild it, and the plain forward is still the plain one.
        """
        shared = [*self.model.parameters(), *self.model.buffers()]
        return copy.deepcopy(self.model, {id(tensor): tensor for tensor in shared}).eval()


def subject(case: Case, head: str, before: Subject | None = None) -> Subject:
    """The model of `case` with random weights and a head; the one of `before` if it is the same."""
    if before is not None and before.model.config.hidden_size == case.width:
        model = before.model
    else:
        torch.manual_seed(0)
        config = transformers.BertConfig(
            num_hidden_layers=case.layers,
            hidden_size=case.width,
            num_attention_heads=max(2, case.width // 64),
            intermediate_size=4 * case.width,
            num_labels=5,
            architectures=[head],
        )
        model = getattr(transformers, head)._from_config(config, attn_implementation="eager").eval()
    torch.manual_seed(1)
    ids = torch.randint(1000, 30000, (1, case.tokens))
    return Subject(model, {"input_ids": ids, "attention_mask": torch.ones_like(ids)})
