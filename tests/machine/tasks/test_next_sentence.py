"""Whether the second text goes on from the first."""

from __future__ import annotations

import pytest
import torch

import cyclesim
from cyclesim import CyclesimError

from .runs import TOKENIZER, machine_of, run

ARCHITECTURE = "BertForNextSentencePrediction"


def test_equal_to_the_model() -> None:
    machine = machine_of(ARCHITECTURE)
    trace = run(machine, ("Ada worked.", "In London."))
    batch = TOKENIZER("Ada worked.", "In London.", return_tensors="pt")
    with torch.no_grad():
        shares = torch.softmax(machine.model(**batch).logits[0], -1).tolist()
    # Class 0 is the one that goes on: as BertForNextSentencePrediction documents its labels.
    assert trace.result["scores"] == pytest.approx(dict(zip(("IsNext", "NotNext"), shares,
                                                            strict=True)))  # fmt: skip
    assert trace.header.labels == ("IsNext", "NotNext")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Ada worked.", "next-sentence-prediction needs a second text: give it with --pair"),
        (("Ada worked.", ""), "the second text is empty"),
        (("", "Ada worked."), "the text is empty"),
    ],
)
def test_one_sentence_has_none_after_it(given: object, said: str) -> None:
    with pytest.raises(CyclesimError, match=said):
        cyclesim.trace(machine_of(ARCHITECTURE), given)
