"""The embedded models: each does its task on its own example, and says how it is stored."""

from __future__ import annotations

import pytest

import cyclesim
from cyclesim.machine.catalog import EMBEDDED, example


@pytest.mark.parametrize("name", EMBEDDED)
def test_an_embedded_model_does_its_task_on_its_example(name: str) -> None:
    machine = cyclesim.load(name)
    assert machine.task.name == EMBEDDED[name].task
    trace = cyclesim.trace(machine, example(name), measure=False)
    assert trace.verdict is not None and trace.verdict.bit_identical
    assert trace.result


@pytest.mark.parametrize(
    ("name", "half"),
    [("tiny-ner", False), *((n, True) for n in EMBEDDED if n != "tiny-ner")],
)
def test_loading_says_when_weights_run_in_another_type(name: str, half: bool) -> None:
    said: list[str] = []
    machine = cyclesim.load(name, progress=said.append)
    assert {str(weight.dtype) for weight in machine.model.parameters()} == {"torch.float32"}
    assert (f"loading {name}: stored as float16, run in float32" in said) is half
    assert (f"loading {name}" in said) is not half


def test_another_model_has_the_example_of_the_default_one() -> None:
    assert example("somebody/else") == example(None) == EMBEDDED["tiny-ner"].example
