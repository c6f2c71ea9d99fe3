"""A growing cache is kept once, and every cycle still shows it as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import cyclesim
from cyclesim.trace import Trace
from tests.machine.generation.models import PROMPT, machine, model, tokenizer

CACHES = ("key_cache", "value_cache", "repeat_kv.key", "repeat_kv.value")


def cached(trace: Trace) -> tuple[int, int]:
    """Bytes of memory that the caches of a trace take, and bytes that they show."""
    storages, shown = {}, 0
    for cycle in trace.find(lambda c: c.step in CACHES):
        for value in cycle.outputs:
            assert value.data is not None
            key, nbytes = value.data.storage
            storages[key] = nbytes
            shown += value.nbytes
    return sum(storages.values()), shown


@pytest.mark.parametrize("family", ["gpt2", "llama", "t5"])
def test_what_grows_is_kept_once(family: str) -> None:
    short, long = (
        cached(cyclesim.trace(machine(family, max_new_tokens=n), PROMPT, measure=False))
        for n in (8, 24)
    )
    assert long[0] < 2.5 * short[0]  # in proportion to the length …
    assert long[1] > 4 * short[1]  # … and not to its square, which is what is shown


def test_beams_that_change_places_stay_within_the_memory_that_is_given() -> None:
    """A reordered cache is no beginning of the next: what memory cannot hold goes to disk."""
    made = machine("gpt2", max_new_tokens=10, num_beams=3)
    free = cyclesim.trace(made, PROMPT, measure=False)
    limit = free.kept_bytes // 8
    held = cyclesim.trace(made, PROMPT, measure=False, memory=limit)
    assert held.kept_bytes <= limit
    assert held.result == free.result
    for one, other in zip(free.find("reorder_cache"), held.find("reorder_cache"), strict=True):
        for mine, its in zip(one.outputs, other.outputs, strict=True):
            np.testing.assert_array_equal(mine.numpy(), its.numpy())


@pytest.mark.parametrize("how", ["memory", "disk", "file"])
def test_every_token_shows_the_cache_as_it_was(how: str, tmp_path_factory: object) -> None:
    limit = 60_000 if how == "disk" else None
    made = machine("gpt2", max_new_tokens=6)
    trace = cyclesim.trace(made, PROMPT, measure=False, memory=limit)
    if how == "file":
        path = tmp_path_factory.mktemp("trace") / "run.safetensors"  # type: ignore[attr-defined]
        trace.save(path)
        assert path.stat().st_size < 1_500_000
        trace = cyclesim.open_trace(path)
    ids = [*tokenizer()(PROMPT)["input_ids"], *trace.result["ids"]]
    for token in range(6):
        length = len(ids) - 6 + token
        with torch.no_grad():
            known = model("gpt2")(torch.tensor([ids[:length]]), use_cache=True).past_key_values
        for layer in (0, 1):
            where = {"token": token, "layer": layer}
            keys = trace.find(step="key_cache", **where)[0].outputs[0].numpy()
            values = trace.find(step="value_cache", **where)[0].outputs[0].numpy()
            assert keys.shape == (1, 4, length, 4)
            np.testing.assert_allclose(keys, known.layers[layer].keys, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(values, known.layers[layer].values, rtol=1e-4, atol=1e-5)
        context = trace.find(step="context", token=token, layer=0)[0]
        if how != "disk":
            assert context.inputs[1].numpy().shape == (1, 4, length, 4)


def test_an_edited_cache_is_shown_as_it_was_edited() -> None:
    with cyclesim.Clock(machine("gpt2", max_new_tokens=4), PROMPT, measure=False) as clock:
        clock.run_to("key_cache and token 1 and layer 1")
        clock.edit(cyclesim.edits.zero_head(2))
        number = clock.current.number  # type: ignore[union-attr]
        edited = clock.finish()
        later = edited.find("key_cache and token 3 and layer 1")[0].outputs[0].numpy()
        length = edited[number].outputs[0].shape[2]
        assert not later[0, 2, :length].any() and later[0, 1, :length].all()
        clock.rewind(edited.find("draw or argmax and token 2")[0].number)
        again = clock.finish()
        assert cyclesim.diff(again, edited).equal
        assert again[number].edited
