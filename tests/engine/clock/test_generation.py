"""The clock over a program of many model calls: token ticks, resuming, another branch."""

from __future__ import annotations

import pytest

import cyclesim
from cyclesim import CyclesimError
from tests.machine.generation.models import PROMPT, machine

WARM = {"max_new_tokens": 3, "temperature": 1.5, "top_k": 40, "seed": 4}


def test_the_clock_ticks_token_by_token() -> None:
    with cyclesim.Clock(machine("gpt2", **WARM), PROMPT, measure=False) as clock:
        arrived = []
        while (cycle := clock.tick("token")) is not None:
            arrived.append((cycle.token, cycle.step))
    assert arrived == [
        (None, "tensors"), (0, "append"), (1, "append"), (2, "append"), (None, "detokenize"),
    ]  # fmt: skip


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_resuming_from_any_cycle_goes_on_bit_for_bit(family: str) -> None:
    with cyclesim.Clock(machine(family, **WARM), PROMPT, measure=False) as clock:
        whole = clock.finish()
        for number in range(0, len(whole), 41):
            clock.rewind(number)
            assert clock.executed == number + 1
            again = clock.finish()
            assert cyclesim.diff(again, whole).equal, number
            assert again.result == whole.result and again.header == whole.header
            assert again.verdict.bit_identical is True


def test_another_token_is_another_branch() -> None:
    made = machine("gpt2", **WARM)
    with cyclesim.Clock(made, PROMPT, measure=False) as clock:
        whole = clock.finish()
        draw = whole.find("draw and token 1")[0]
        clock.rewind(draw.number)
        with pytest.raises(CyclesimError, match="no token 100000"):
            clock.edit(100_000)
        clock.edit(77)
        assert clock.current is not None and clock.current.edited
        names = tuple(made.tokenizer.convert_ids_to_tokens([77]))
        assert clock.current.outputs[0].words == names
        other = clock.finish()
        assert other.result["ids"][:2] == [whole.result["ids"][0], 77]
        assert other.verdict.edited == (draw.number,)
        assert {c.number for c in other if c.downstream} == set(other.downstream(draw.number))
        # The edit stays when the branch itself is gone back into.
        clock.rewind(other.find("draw and token 2")[0].number)
        again = clock.finish()
        assert again.result == other.result and again[draw.number].edited


def test_the_probe_asks_in_the_pass_of_each_token() -> None:
    made = machine("gpt2", max_new_tokens=3)
    trace = cyclesim.trace(made, PROMPT, measure=False)
    probe = cyclesim.Probe(made, PROMPT)
    states = probe.hidden_states
    assert [(c.token, c.layer) for c in states] == [
        (token, layer) for token in (0, 1, 2) for layer in (None, 0, 1)
    ]
    for state in states:
        answer = probe.at(trace[state.number])
        if answer.layer == 1:  # the last block: the model's own answer
            logits = trace.find(unit="classifier", step="logits", token=state.token)[0]
            assert (answer.logits.numpy() == logits.outputs[0].numpy()).all()
            assert answer.result["token"] == trace.result["tokens"][state.token]["text"]
