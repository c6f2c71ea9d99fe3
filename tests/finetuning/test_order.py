"""The order of an epoch, and the learning rate of an update, are functions of numbers alone."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.finetuning.optimizing import adamw, rate_at
from cyclesim.finetuning.order import batches_of
from tests.machine.folders import bert


@given(st.lists(st.integers(3, 60), min_size=1, max_size=200), st.integers(1, 20))
def test_every_sentence_once(lengths: list[int], size: int) -> None:
    batches = batches_of(lengths, size, seed=1, epoch=0)
    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    assert max(map(len, batches)) <= size
    assert len(batches) == -(-len(lengths) // size)
    assert batches == batches_of(lengths, size, seed=1, epoch=0)


def test_seed_and_epoch_change_the_order() -> None:
    lengths = list(range(100))
    orders = [batches_of(lengths, 8, s, e) for s, e in ((1, 0), (1, 1), (2, 0))]
    assert orders[0] != orders[1] != orders[2] != orders[0]


@given(st.integers(1, 300), st.floats(0, 1))
def test_the_rate_rises_to_the_highest_and_falls_to_nothing(total: int, warmup: float) -> None:
    rates = [rate_at(update, total, warmup) for update in range(total)]
    assert max(rates) == 1 and min(rates) > 0
    top = rates.index(1)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_biases_and_norms_do_not_decay() -> None:
    model = bert()
    optimizer = adamw(model, 1e-3, 0.1)
    names = {id(p): n for n, p in model.named_parameters()}
    decays = {names[id(p)]: g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert set(decays) == set(names.values())
    for name, decay in decays.items():
        still = name.endswith("bias") or "LayerNorm" in name
        assert decay == (0.0 if still else 0.1), name
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    before = model.bert.embeddings.LayerNorm.weight.clone()
    optimizer.step()
    assert torch.equal(before, model.bert.embeddings.LayerNorm.weight)
    assert pytest.approx(1e-3) == optimizer.param_groups[0]["lr"]
