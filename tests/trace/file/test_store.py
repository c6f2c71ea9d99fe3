"""Trace files: what is saved is what is loaded, lazily, without torch, and never half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.trace import ArrayData, Cycle, Header, Trace, Value
from cyclesim.trace.file import FileData
from tests.engine.families import build, configurations, inputs
from tests.trace.samples import (
    TORCH_DTYPES,
    assert_same,
    places,
    random_tensor,
    tensor_value,
    traces,
)

relaxed = settings(derandomize=True, suppress_health_check=list(HealthCheck), max_examples=60)


def one(*values: Value, **more: Any) -> Trace:
    cycle = Cycle(0, "other", "step", "", 1, "op", outputs=values, **more)
    return Trace(Header("m", "forward", "cpu", "float32", ""), [cycle])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("traces")


def there_and_back(trace: Trace, folder: Path, keep: Any = "all") -> Trace:
    path = folder / "run.safetensors"
    trace.save(path, keep)
    assert os.listdir(folder) == ["run.safetensors"]
    return cyclesim.open_trace(path)


# -- equal -------------------------------------------------------------------------------------


@relaxed
@given(traces(), st.sampled_from(["all", "outputs", "stats"]))
def test_a_saved_trace_is_the_loaded_trace(folder: Path, trace: Trace, keep: str) -> None:
    loaded = there_and_back(trace, folder, keep)
    assert_same(trace, loaded, keep=keep)
    # And a loaded one can be saved again, onto itself.
    loaded.save(folder / "run.safetensors")
    assert_same(loaded, cyclesim.open_trace(folder / "run.safetensors"))


@settings(relaxed, max_examples=12)
@given(configurations(), st.sampled_from(["float32", "bfloat16", "float16"]))
def test_real_runs_come_back(folder: Path, spec: dict[str, Any], dtype: str) -> None:
    model = build(spec).to(getattr(torch, dtype))
    trace = cyclesim.trace(model, inputs=inputs(spec), measure=False)
    loaded = there_and_back(trace, folder)

    assert_same(trace, loaded)
    assert loaded.to_json() == trace.to_json()
    assert loaded.totals == trace.totals
    assert loaded.kept_bytes <= trace.kept_bytes
    for (_, live), (_, value) in zip(places(trace), places(loaded), strict=True):
        assert value.kept == (live.kept and value.kind not in ("parameter", "buffer"))


@pytest.mark.parametrize("dtype", TORCH_DTYPES, ids=str)
def test_every_type_survives_byte_for_byte(tmp_path: Path, dtype: torch.dtype) -> None:
    tensor = random_tensor(dtype, (7, 64), 3)
    trace = one(tensor_value("a", tensor), tensor_value("b", tensor.t()[3:]))
    loaded = there_and_back(trace, tmp_path)
    assert_same(trace, loaded)
    from safetensors.torch import load_file

    if dtype != torch.complex64:  # safetensors has no complex numbers: kept as bytes
        again = load_file(tmp_path / "run.safetensors")["0.outputs.0"]
        assert again.dtype == dtype and again.shape == tensor.shape
        assert torch.equal(again.view(torch.uint8), tensor.view(torch.uint8))


def test_the_file_is_plain_safetensors_without_pickle(tmp_path: Path) -> None:
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    there_and_back(one(Value("a", (2, 3), "float32", data=ArrayData(numbers))), tmp_path)
    from safetensors.numpy import load_file

    assert np.array_equal(load_file(tmp_path / "run.safetensors")["0.outputs.0"], numbers)


def test_shared_memory_is_saved_once(tmp_path: Path) -> None:
    memory = torch.randn(1000, 100)
    views = [tensor_value(str(i), memory[i:].t()) for i in range(20)]
    loaded = there_and_back(one(*views), tmp_path)
    assert (tmp_path / "run.safetensors").stat().st_size < memory.nbytes * 1.1
    assert loaded.kept_bytes == memory.nbytes
    assert np.array_equal(loaded[0].outputs[7].numpy(), memory[7:].t().numpy())


def test_of_large_memory_only_what_is_looked_at_is_saved(tmp_path: Path) -> None:
    there_and_back(one(tensor_value("a", torch.zeros(10_000_000)[5:9])), tmp_path)
    assert (tmp_path / "run.safetensors").stat().st_size < 5_000


# -- what was not kept ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Trace:
    spec = {"family": "Bert", "layers": 2, "heads": 2, "width": 16, "ffn": 24, "labels": 3,
            "attention": "eager", "batch": 1, "length": 6, "padded": True, "seed": 1}  # fmt: skip
    return cyclesim.trace(build(spec), inputs=inputs(spec), measure=False)


@pytest.mark.parametrize("keep", ["all", "outputs", "stats"])
def test_what_was_not_kept_says_so(tmp_path: Path, real: Trace, keep: str) -> None:
    loaded = there_and_back(real, tmp_path, keep)
    said = set()
    for (_, live), (_, value) in zip(places(real), places(loaded), strict=True):
        if not live.kept:  # a copy that wiring made: the recorder leaves it to its producer
            continue
        assert value.stats.nan == 0 and value.stats.max >= value.stats.min
        if not value.kept:
            with pytest.raises(CyclesimError) as error:
                value.numpy()
            sentence = str(error.value)
            assert sentence.endswith(".") and "\n" not in sentence
            if value.kind == "parameter":
                assert repr(value.parameter) in sentence and "belongs to the model" in sentence
            said.add(value.missing)
    # This model reads nothing that no cycle wrote, so with `outputs` its inputs are there as well.
    assert said == {"model"} | ({"stats"} if keep == "stats" else set())


def test_inputs_that_no_cycle_wrote_are_left_out_with_outputs(tmp_path: Path) -> None:
    written = torch.ones(4, 4)
    seen, given = tensor_value("seen", written[1:]), tensor_value("given", torch.zeros(3))
    loaded = there_and_back(
        one(tensor_value("a", written), inputs=(seen, given)), tmp_path, "outputs"
    )
    assert np.array_equal(loaded[0].inputs[0].numpy(), np.ones((3, 4)))
    with pytest.raises(CyclesimError, match=r"keep='outputs'.*in this trace\."):
        loaded[0].inputs[1].numpy()
    assert loaded[0].inputs[1].stats.max == 0


def test_an_unknown_keep_is_one_sentence(tmp_path: Path, real: Trace) -> None:
    with pytest.raises(CyclesimError, match="use all, outputs or stats"):
        real.save(tmp_path / "x", "most")  # type: ignore[arg-type]


# -- lazy --------------------------------------------------------------------------------------


def test_opening_reads_the_header_and_a_slice_its_own_bytes(tmp_path: Path) -> None:
    big = torch.arange(8_000_000).reshape(2000, 4000)
    loaded = there_and_back(one(tensor_value("a", big)), tmp_path)
    data = loaded[0].outputs[0].data
    assert isinstance(data, FileData)
    assert data.file.bytes_read < 5_000
    assert loaded[0].outputs[0].stats.max == 7_999_999  # in the manifest
    assert data.file.bytes_read < 5_000
    for index in [3, (3, 5), (..., slice(2)), (slice(None, None, 500), slice(4)), (None, 7)]:
        before = data.file.bytes_read
        assert np.array_equal(data.read(index), big[index].numpy())
        assert data.file.bytes_read - before <= 2000 * 8 * 4 + 4000 * 8


indices = st.lists(
    st.integers(-3, 2)
    | st.builds(slice, *[st.none() | st.integers(-4, 4)] * 2, st.none() | st.integers(-3, 3))
    | st.just(...)
    | st.none()
    | st.lists(st.integers(-3, 2), max_size=3),
    max_size=4,
)


@settings(relaxed, max_examples=150)
@given(st.permutations([0, 1, 2]), indices)
def test_slices_are_those_of_numpy(folder: Path, order: list[int], index: list[Any]) -> None:
    path = folder / "slices.safetensors"
    array = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
    if not path.exists():
        tensor = torch.from_numpy(array)
        one(*(tensor_value("x", tensor.permute(p)) for p in _orders())).save(path)
    loaded = cyclesim.open_trace(path)[0].outputs[_orders().index(tuple(order))]
    path.unlink()
    expected: Any
    try:
        expected = np.array(array.transpose(order)[tuple(index)])
    except (IndexError, ValueError) as error:
        with pytest.raises(type(error)):
            loaded.numpy(tuple(index))
        return
    assert np.array_equal(loaded.numpy(tuple(index)), expected)
    assert loaded.numpy(tuple(index)).flags.writeable


def _orders() -> list[tuple[int, ...]]:
    from itertools import permutations

    return list(permutations([0, 1, 2]))


def test_opening_needs_no_torch(tmp_path: Path, real: Trace) -> None:
    path = tmp_path / "run.safetensors"
    real.save(path)
    code = f"""
import sys
sys.modules["torch"] = None  # importing it now fails
import cyclesim
trace = cyclesim.open_trace({str(path)!r})
assert len(trace) == {len(real)} and trace[12].outputs[0].numpy().size
trace.save({str(path)!r}, "outputs")
assert cyclesim.diff(trace, cyclesim.open_trace({str(path)!r})).equal
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_ran_until_a_model_failed_can_be_opened(tmp_path: Path) -> None:
    class Fails(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = torch.relu(x) * 2
            raise ValueError(f"no {y.dim()}")

    with pytest.raises(cyclesim.ModelError) as error:
        cyclesim.trace(Fails(), inputs={"x": torch.randn(3)})
    assert isinstance(error.value.trace, Trace)
    loaded = there_and_back(error.value.trace, tmp_path)
    assert not loaded.complete
    assert_same(error.value.trace, loaded)


# -- writing -----------------------------------------------------------------------------------


class _Breaks(ArrayData):
    """Numbers that fail in the middle of being written."""

    def raw(self) -> Any:
        raw = super().raw()

        def fetch(start: int, stop: int) -> np.ndarray:
            raise KeyboardInterrupt

        assert raw is not None
        return type(raw)(*(getattr(raw, f) for f in raw.__slots__[:-1]), fetch)


@pytest.mark.parametrize("nameless", [True, False])
def test_an_interrupted_save_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    if not nameless:
        monkeypatch.setattr("cyclesim.files._nameless", lambda folder: None)
    path = tmp_path / "run.safetensors"
    numbers = np.ones(9)
    one(Value("a", (9,), "float64", data=ArrayData(numbers))).save(path)
    old = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        one(Value("a", (9,), "float64", data=_Breaks(numbers))).save(path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["run.safetensors"]


@pytest.mark.parametrize("nameless", [True, False])
def test_a_full_disk_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    if not nameless:
        monkeypatch.setattr("cyclesim.files._nameless", lambda folder: None)
    path = tmp_path / "run.safetensors"
    path.write_bytes(b"old")
    code = f"""
import resource, signal, numpy as np
from cyclesim.trace import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
value = Value("a", (99999,), "float64", data=ArrayData(np.ones(99999)))
cycle = Cycle(0, "other", "s", "", 1, "op", outputs=(value,))
try:
    Trace(Header("m", "t", "cpu", "float32", ""), [cycle]).save({str(path)!r})
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    said = done.stdout.strip()
    assert said == f"CyclesimError {path} cannot be written: File too large; nothing was changed."
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["run.safetensors"]


def test_kill_9_while_saving_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    path.write_bytes(b"old")
    code = f"""
import os, signal, numpy as np
from cyclesim.trace import *
class Slow(ArrayData):
    def raw(self):
        raw = super().raw()
        def fetch(a, b):
            if a: os.kill(os.getpid(), signal.SIGKILL)
            return raw.fetch(a, b)
        return type(raw)(*(getattr(raw, f) for f in raw.__slots__[:-1]), fetch)
n = 5_000_000
value = Value("a", (n,), "float64", data=Slow(np.ones(n)))
cycle = Cycle(0, "other", "s", "", 1, "op", outputs=(value,))
Trace(Header("m", "t", "cpu", "float32", ""), [cycle]).save({str(path)!r})
"""
    done = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    if sys.platform == "linux":  # a file without a name leaves no litter
        assert os.listdir(tmp_path) == ["run.safetensors"]


def test_bad_targets_are_one_sentence(tmp_path: Path, real: Trace) -> None:
    for target in (tmp_path, tmp_path / "no" / "such", Path("/dev/null"), Path("a\0b")):
        with pytest.raises(CyclesimError) as error:
            real.save(target)
        assert str(error.value).count("\n") == 0
    assert os.path.exists("/dev/null") and not os.path.isfile("/dev/null")


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path, real: Trace) -> None:
    path, link = tmp_path / "run", tmp_path / "link"
    path.write_bytes(b"")
    path.chmod(0o640)
    link.symlink_to(path)
    real.save(link)
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640
    assert len(cyclesim.open_trace(path)) == len(real)


def test_a_trace_that_makes_no_sense_is_not_written(tmp_path: Path) -> None:
    trace = one()
    trace.cycles[0].number = 3
    with pytest.raises(CyclesimError, match="number is 3, not 0"):
        trace.save(tmp_path / "x")
    assert os.listdir(tmp_path) == []


def test_the_manifest_is_json_that_a_person_can_read(tmp_path: Path, real: Trace) -> None:
    path = tmp_path / "run.safetensors"
    real.save(path)
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    manifest = json.loads(header["__metadata__"]["cyclesim.trace"])
    assert manifest["schema"] == 1 and manifest["keep"] == "all"
    assert manifest["trace"]["cycles"][5]["unit"] == real[5].unit
