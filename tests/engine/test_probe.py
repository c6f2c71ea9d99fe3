"""The probe: the real head's answer to an intermediate hidden state, off the record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import cyclesim
from cyclesim import CyclesimError, Probe

from .all_families import FAMILIES, build, inputs


@pytest.mark.parametrize("family", FAMILIES)
def test_the_last_hidden_state_gives_the_model_s_own_answer(family: str) -> None:
    model, batch = build(family), inputs(family)
    trace = cyclesim.trace(model, inputs=batch, measure=False)
    answers = Probe(model, inputs=batch).over_layers()
    with torch.no_grad():
        logits = model(**batch).logits.numpy()
    assert np.array_equal(answers[-1].logits.numpy(), logits)
    assert answers[-1].logits.kind == "probe"
    assert [a.number for a in answers] == sorted(a.number for a in answers)
    assert not np.array_equal(answers[0].logits.numpy(), logits)
    again = cyclesim.trace(model, inputs=batch, measure=False)
    assert len(again) == len(trace)
    assert again.verdict.bit_identical is True


def test_a_probe_of_bert_is_its_classifier_on_that_hidden_state() -> None:
    model: Any = build("bert")
    batch = inputs("bert")
    with torch.no_grad():
        told = model(**batch, output_hidden_states=True).hidden_states
        expected = [model.classifier(h).numpy() for h in told]
    answers = Probe(model, inputs=batch).over_layers()
    assert [a.layer for a in answers] == [None, 0, 1]
    for answer, logits in zip(answers, expected, strict=True):
        assert np.array_equal(answer.logits.numpy(), logits)


def test_what_cannot_be_probed_says_so() -> None:
    with pytest.raises(CyclesimError, match="no repeated blocks"):
        Probe(nn.Linear(2, 2), inputs=torch.ones(1, 2))
    model, batch = build("bert"), inputs("bert")
    trace = cyclesim.trace(model, inputs=batch, measure=False)
    with pytest.raises(CyclesimError, match="no hidden state"):
        Probe(model, inputs=batch).at(trace.find(step="softmax")[0])


@pytest.mark.parametrize("family", ["t5", "bart"])
def test_an_encoder_decoder_is_probed_in_its_decoder(family: str) -> None:
    batch = inputs(family)
    batch["decoder_input_ids"] = batch["input_ids"]  # as long as the encoder's: no easy way out
    states = Probe(build(family), inputs=batch).hidden_states
    assert [c.layer for c in states] == [None, 0, 1]
    assert all("decoder" in c.path for c in states)


def test_the_likeliest_tokens_of_a_language_model() -> None:
    model, batch = build("gpt2"), inputs("gpt2")
    probe = Probe(model, inputs=batch)
    best = probe.top_tokens(probe.over_layers()[-1], k=3)
    with torch.no_grad():
        logits = model(**batch).logits
    assert len(best) == 2
    assert [[at[0][0] for at in row] for row in best] == logits.argmax(-1).tolist()
    assert best[0][0][0][1] == pytest.approx(float(logits[0, 0].softmax(-1).max()), rel=1e-5)
