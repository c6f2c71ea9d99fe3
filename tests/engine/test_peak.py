"""The peak of this machine: measured once, remembered, measured again if the file is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cyclesim import CyclesimError
from cyclesim.cost import Peak
from cyclesim.engine import known_peak, measure, peak, peak_of
from cyclesim.engine.running.timing import Quartiles
from cyclesim.folders import HOME

from .all_families import build, inputs


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and little to measure. Returns the file."""
    monkeypatch.setenv(HOME, str(tmp_path))
    monkeypatch.setattr(peak, "SIZES", (8, 16))
    monkeypatch.setattr(peak, "COPIES_CPU", (1 << 16,))
    return tmp_path / "cache" / "peaks.json"


MODEL = nn.Linear(2, 2)


def test_it_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert known_peak(MODEL) is None
    found = peak_of(MODEL)
    assert found is not None and found.flops > 0 and found.bandwidth > 0
    assert (found.dtype, found.threads) == ("float32", torch.get_num_threads())
    assert found.device
    monkeypatch.setattr(peak, "measure_peak", lambda *_, **__: pytest.fail("measured again"))
    assert known_peak(MODEL) == peak_of(MODEL) == found


def test_another_dtype_is_another_peak() -> None:
    first = peak_of(MODEL)
    double = nn.Linear(2, 2).double()
    assert known_peak(double) is None
    second = peak_of(double)
    assert second is not None and second.dtype == "float64"
    assert (known_peak(MODEL), known_peak(double)) == (first, second)


@pytest.mark.parametrize(
    "broken",
    [b"", b"{", b"[1, 2]", b"null", b"\xff\xfe", b'{"schema": 1}', b'{"schema": 99, "peaks": {}}',
     b'{"schema": 1, "peaks": [1]}', b"[" * 100_000],
)  # fmt: skip
def test_a_broken_file_is_measured_again(small: Path, broken: bytes) -> None:
    small.parent.mkdir(parents=True)
    small.write_bytes(broken)
    assert known_peak(MODEL) is None
    found = peak_of(MODEL)
    assert known_peak(MODEL) == found
    assert json.loads(small.read_text())["schema"] == 1


@pytest.mark.parametrize("wrong", [None, 3, {}, {"flops": "x"}, {"flops": -1, "bandwidth": 1}])
def test_a_wrong_entry_is_measured_again(small: Path, wrong: Any) -> None:
    peak_of(MODEL)
    content = json.loads(small.read_text())
    content["peaks"] = dict.fromkeys(content["peaks"], wrong)
    content["peaks"]["another machine"] = {"kept": True}
    small.write_text(json.dumps(content))
    assert known_peak(MODEL) is None
    assert peak_of(MODEL) == known_peak(MODEL)
    assert json.loads(small.read_text())["peaks"]["another machine"] == {"kept": True}


def test_giving_up_measures_and_remembers_nothing(small: Path) -> None:
    assert peak_of(MODEL, given_up=lambda: True) is None
    assert not small.exists()


def test_where_nothing_can_be_written_it_is_measured_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(HOME, str(tmp_path / "file"))
    assert peak_of(MODEL) is not None
    assert known_peak(MODEL) is None


def test_a_dtype_that_cannot_be_multiplied_is_one_sentence() -> None:
    with pytest.raises(CyclesimError, match="no peak to measure in bool") as raised:
        peak.measure_peak(torch.device("cpu"), torch.bool)
    assert "\n" not in str(raised.value)


def test_measuring_draws_no_random_number() -> None:
    before = torch.get_rng_state()
    peak_of(MODEL)
    assert torch.equal(before, torch.get_rng_state())


# -- full speed again --------------------------------------------------------------------------


def test_repeats_have_a_median_within_their_spread() -> None:
    told: list[int] = []
    speeds = measure(
        build("bert"), inputs=inputs("bert"), repeats=4, going=lambda n: told.append(n) is None
    )
    assert (speeds.repeats, told) == (4, [0, 1, 2, 3])
    assert len(speeds.medians) == len(speeds.spread)
    for middle, spread in zip(speeds.medians, speeds.spread, strict=True):
        assert spread.low <= middle == spread.median <= spread.high


def test_repeats_can_be_stopped() -> None:
    speeds = measure(build("bert"), inputs=inputs("bert"), repeats=9, going=lambda done: done < 2)
    assert speeds.repeats == 2


def test_repeats_leave_a_model_in_training_as_it_was() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5)).train()
    random, state = torch.get_rng_state(), {k: v.clone() for k, v in model.state_dict().items()}
    measure(model, inputs=torch.ones(4, 3), repeats=3)
    assert torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())


def test_quartiles() -> None:
    assert Quartiles.of([7]) == (7, 7, 7)
    assert Quartiles.of([1, 2, 3, 4, 5]) == (2, 3, 4)


def test_measuring_again_keeps_the_better(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter((Peak(2e9, 1e9, "cpu"), Peak(1e9, 3e9, "cpu")))
    monkeypatch.setattr(peak, "measure_peak", lambda *_, **__: next(found))
    first = peak_of(MODEL)
    assert peak_of(MODEL) == first
    again = peak_of(MODEL, again=True)
    assert again is not None and (again.flops, again.bandwidth) == (2e9, 3e9)
    assert peak_of(MODEL) == again
