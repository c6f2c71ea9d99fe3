"""The event file, read again with TensorBoard's own reader; pictures are read with none."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import cyclesim
from cyclesim.export import export, tensorboard
from cyclesim.export.maps import MOST_CELLS, attention_map
from cyclesim.export.png import png
from cyclesim.trace import ArrayData, Trace, Value
from cyclesim.trace.attention import attention_probabilities, head_entropies
from tests.render.runs import hostile, run
from tests.trace.samples import array_value

from .samples import TEXT


def pixels(content: bytes) -> np.ndarray:
    """The colours of a PNG of ours, `[height, width, 3]`."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    place, parts = 8, {}
    while place < len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + size]
        (check,) = struct.unpack(">I", content[place + 8 + size : place + 12 + size])
        assert check == zlib.crc32(kind + body)
        parts[kind] = body
        place += 12 + size
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    palette = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return palette[lines[:, 1:]]


@given(arrays.arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)),
                     elements=st.integers(0, 2)))  # fmt: skip
def test_a_picture_can_be_read_again(places: np.ndarray) -> None:
    colours = ["#000000", "#ff8001", "#0102ff"]
    expected = np.array([[0, 0, 0], [255, 128, 1], [1, 2, 255]])[places]
    assert np.array_equal(pixels(png(places, colours)), expected)


def value(array: np.ndarray, kind: Any = "observed") -> Value:
    return array_value("probabilities", array, kind=kind)


def test_a_map_has_every_head_and_says_what_it_is() -> None:
    heads = np.zeros((1, 3, 4, 4), np.float32)
    heads[0, 0, :, 0] = 1.0
    heads[0, 2, 0, 0] = np.nan
    picture = attention_map(value(heads))
    assert picture is not None
    found = pixels(picture.content)
    assert found.shape == (picture.height, picture.width, 3)
    size = picture.height // 9
    bright, dark, nan = found[0, 0], found[0, size], found[5 * size, 0]
    assert bright.sum() > dark.sum() and nan[0] > nan[1:].max()
    assert picture.about.startswith("observed: 3 heads")
    assert "Dark is 0, bright is 1. Red is NaN" in picture.about


def test_a_map_that_is_too_large_is_left_out() -> None:
    side = int((MOST_CELLS / 2) ** 0.5) + 1

    class Never(ArrayData):
        def read(self, index: Any = ...) -> np.ndarray:
            raise AssertionError("it is not even read")

    large = Value("p", (1, 2, side, side), "float32", data=Never(np.zeros(1)))
    assert attention_map(large) is None


def test_entropy_of_a_head() -> None:
    one_hot, even = np.eye(4), np.full((4, 4), 0.25)
    found = head_entropies(value(np.stack([one_hot, even, even * np.nan])[None]))
    assert found[0] == 0 and str(found[0]) == "0.0"
    assert found[1] == pytest.approx(np.log(4))
    assert np.isnan(found[2])


def test_attention_is_observed_or_recomputed_and_nothing_else(real: Trace) -> None:
    observed = [p for c in real if (p := attention_probabilities(c)) is not None]
    fused = cyclesim.trace(cyclesim.load(attn="sdpa"), TEXT, measure=False)
    recomputed = [p for c in fused if (p := attention_probabilities(c)) is not None]
    assert {p.kind for p in observed} == {"observed"}
    assert {p.kind for p in recomputed} == {"recomputed"}
    assert len(observed) == len(recomputed) == 4
    for a, b in zip(observed, recomputed, strict=True):
        assert head_entropies(a) == pytest.approx(head_entropies(b), abs=1e-4)


def test_without_tensorboard_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.startswith("tensorboard.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(cyclesim.CyclesimError, match=r"pip install 'cyclesim\[tensorboard\]'"):
        tensorboard(run())


# -- with tensorboard -------------------------------------------------------------------------


def events(trace: Trace, folder: Path) -> Any:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    export(trace, "tensorboard", folder)
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    found.Reload()
    return found


def series(found: Any, tag: str) -> dict[int, float]:
    return {e.step: e.tensor_proto.float_val[0] for e in found.Tensors(tag)}


def test_every_number_is_there(real: Trace, tmp_path: Path) -> None:
    found = events(real, tmp_path / "run")
    tags = found.Tags()["tensors"]
    for name in ("self_ns", "bytes_read", "bytes_written"):
        expected = {c.number: getattr(c, name) for c in real}
        assert series(found, f"cycle/{name}") == pytest.approx(expected)
        for unit in {c.unit for c in real}:
            points = series(found, f"unit_{name}/{unit}")
            total = sum(getattr(c, name) for c in real if c.unit == unit)
            assert points[max(points)] == pytest.approx(total)
    assert 0 not in series(found, "cycle/flops")  # no rule counts a tokenizer
    softmaxes = real.find(step="softmax", unit="attention")
    for head in range(4):
        points = series(found, f"attention_entropy/head {head}")
        assert points == {c.number: pytest.approx(head_entropies(c.outputs[0])[head])
                          for c in softmaxes}  # fmt: skip
    for cycle in softmaxes:
        tag = f"attention/layer {cycle.layer}"
        (event,) = found.Tensors(tag)
        width, height, picture = event.tensor_proto.string_val
        assert pixels(picture).shape == (int(height), int(width), 3)
        assert event.step == cycle.number
        metadata = found.SummaryMetadata(tag)
        assert metadata.plugin_data.plugin_name == "images"
        assert "4 heads" in metadata.summary_description
    assert len([t for t in tags if t.startswith("attention/")]) == 4
    assert found.SummaryMetadata("cycle/flops").plugin_data.plugin_name == "scalars"
    (said,) = found.Tensors("run")
    assert "tiny-ner" in said.tensor_proto.string_val[0].decode()


def test_what_was_recomputed_says_so(tmp_path: Path) -> None:
    fused = cyclesim.trace(cyclesim.load(attn="sdpa"), TEXT, measure=False)
    tags = events(fused, tmp_path / "run").Tags()["tensors"]
    assert "attention_entropy_recomputed/head 0" in tags
    assert "attention_recomputed/layer 3" in tags
    assert not [t for t in tags if t.startswith(("attention/", "attention_entropy/"))]


def test_hostile_names_and_exporting_again(tmp_path: Path) -> None:
    for _ in range(2):
        found = events(hostile(), tmp_path)
        assert len(series(found, "cycle/self_ns")) == len(hostile())
    assert [path.name for path in tmp_path.iterdir()] == ["events.out.tfevents.cyclesim"]


@settings(max_examples=25)
@given(arrays.arrays(np.float32, (2, 2, 3, 3), elements=st.floats(width=32)))
def test_any_numbers_make_a_picture(numbers: np.ndarray) -> None:
    picture = attention_map(value(numbers))
    assert picture is not None
    assert pixels(picture.content).shape == (picture.height, picture.width, 3)
