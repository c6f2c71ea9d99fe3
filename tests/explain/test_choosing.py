"""How the next token is chosen: a sentence, a formula, and the numbers of the run."""

from __future__ import annotations

import pytest

import cyclesim
from cyclesim.explain import explain
from cyclesim.explain.numbers import work_out, worked
from cyclesim.trace import Trace
from tests.machine.generation.models import PROMPT, machine


@pytest.fixture(scope="module")
def sampled() -> Trace:
    how = {"temperature": 0.7, "top_k": 30, "top_p": 0.8, "repetition_penalty": 1.3, "seed": 5}
    return cyclesim.trace(machine("gpt2", max_new_tokens=4, **how), PROMPT, measure=False)


@pytest.mark.parametrize("step", ["repetition_penalty", "temperature", "top_k", "top_p"])
def test_every_number_of_a_processed_logit_can_be_worked_out(sampled: Trace, step: str) -> None:
    for cycle in sampled.find(lambda c: c.step == step):
        changed = 0
        for token in range(cycle.outputs[0].shape[1]):
            found = work_out(cycle, sampled, (0, token))
            assert found is not None and found.agrees, (cycle, token, found)
            changed += found.observed != float(cycle.inputs[0].numpy((0, token)))
        assert changed or cycle.nop


def test_a_draw_is_a_race_that_the_drawn_token_has_won(sampled: Trace) -> None:
    for cycle in sampled.find("draw"):
        token, race = cycle.outputs
        probabilities = cycle.inputs[0].numpy()
        assert (probabilities / race.numpy()).argmax() == token.numpy()[0]
        line = worked(cycle, sampled, (0,))
        assert line is not None and ">" in line and token.words[0] in line


def test_the_likeliest_token_can_be_worked_out() -> None:
    trace = cyclesim.trace(machine("gpt2", max_new_tokens=2), PROMPT, measure=False)
    cycle = trace.find("argmax and token 1")[0]
    line = worked(cycle, trace, (0,))
    assert line is not None and line.startswith("y") and cycle.outputs[0].words[0] in line


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.7, "top_k": 30, "top_p": 0.8, "repetition_penalty": 1.3},
        {"num_beams": 2},
        {},
    ],
    ids=["sampled", "beams", "greedy"],
)
@pytest.mark.parametrize("family", ["gpt2", "bart"])
def test_every_step_outside_the_model_has_a_sentence_of_its_own(
    family: str, settings: dict[str, float]
) -> None:
    made = machine(family, max_new_tokens=2, **settings)
    trace = cyclesim.trace(made, PROMPT, measure=False)
    for cycle in trace:
        if not cycle.stack and (cycle.token is not None or cycle.number > 5):
            said = explain(cycle, trace).sentence
            assert not said.startswith("Runs `"), cycle
            assert "{" not in said and said.endswith(".")
