"""Pruned and quantised models: measured, opened, stepped."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import cyclesim
from cyclesim.explain import work_out
from cyclesim.finetuning import Form, Training
from cyclesim.tui.words.explaining import words_of_cell

TEXT = "Ada Lovelace worked in London ."


@pytest.fixture(scope="module")
def training(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    return cyclesim.train(
        tmp_path_factory.mktemp("small") / "out", data, model=str(model), epochs=8, batch=4,
        rate=2e-2, dropout=0.0, prune=0.3, int8=True,
    )  # fmt: skip


@pytest.fixture(params=[0, 1, 2], ids=["trained", "pruned", "int8"])
def form(request: pytest.FixtureRequest, training: Training) -> Form:
    return training.forms[request.param]


def test_each_is_opened_and_stepped(form: Form) -> None:
    with cyclesim.Clock(cyclesim.load(form.folder), TEXT) as clock:
        clock.step()
        clock.run_to("softmax and layer 1")
        clock.back()
        trace = clock.finish()
    assert trace.verdict.bit_identical
    assert ("London", "LOC") in [(e["text"], e["label"]) for e in trace.result["entities"]]


def test_each_is_measured(form: Form) -> None:
    assert form.dev is not None and form.dev > 0.8 and form.test is not None
    assert form.seconds > 0
    files = [f.stat().st_size for f in Path(form.folder).glob("*.safetensors")]
    assert form.file_bytes == sum(files)


def test_the_smallest_weights_of_the_encoder_are_gone(training: Training) -> None:
    whole, pruned = (load_file(Path(f.folder) / "model.safetensors") for f in training.forms[:2])
    linear = [n for n, w in whole.items() if "encoder" in n and w.ndim == 2]
    total = sum(whole[n].numel() for n in linear)
    gone = sum(int((pruned[n] == 0).sum()) for n in linear)
    assert gone == pytest.approx(0.3 * total, abs=1)
    least = min(float(pruned[n][pruned[n] != 0].abs().min()) for n in linear)
    most = max(
        float(whole[n][pruned[n] == 0].abs().max()) for n in linear if (pruned[n] == 0).any()
    )
    assert most <= least
    assert all(torch.equal(whole[n], pruned[n]) for n in whole if n not in linear)


def test_int8_is_stored_as_int8(training: Training) -> None:
    file = Path(training.forms[2].folder) / "model.safetensors"
    with safe_open(file, framework="pt") as tensors:
        kinds = {tensors.get_tensor(n).dtype for n in tensors.keys() if "qdata" in n}  # noqa: SIM118
    assert kinds == {torch.int8}
    # Of a model this small the file is mostly its header, which packs well.
    assert training.forms[2].zipped_bytes < training.forms[0].zipped_bytes


def test_the_card_says_why_a_quantised_layer_wrote_another_number(training: Training) -> None:
    plain, int8 = (cyclesim.trace(cyclesim.load(training.forms[i].folder), TEXT) for i in (0, 2))
    layers = int8.find(op="linear", unit="attention")
    cells = [(c, (0, token, out)) for c in layers for token in range(3) for out in (0, 5)]
    found = [work_out(c, int8, cell) for c, cell in cells]
    assert all(worked.agrees for worked in found)
    assert [worked.int8 for worked in found].count(True) > len(found) // 2  # others round alike
    cycle, cell = cells[[worked.int8 for worked in found].index(True)]
    assert "rounding what it read to int8" in words_of_cell(cycle, int8, cell).note
    assert not any(work_out(c, plain, (0, 1, 0)).int8 for c in plain.find(op="linear"))
