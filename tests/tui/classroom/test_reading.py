"""What a session log from elsewhere cannot do."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclesim.errors import CyclesimError
from cyclesim.tui.classroom.log import Log
from cyclesim.tui.classroom.reading import read_log
from cyclesim.tui.launch import LaunchOptions

HEADER = {"schema": 1, "cyclesim": "0", "language": "en", "size": [80, 24], "options": {}}
STEP = {"t": 1.0, "on": "main", "at": None, "ran": 0, "command": "step"}


def written(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_a_small_log_is_read(tmp_path):
    log = read_log(written(tmp_path / "a", HEADER, STEP))
    assert log.entries[0].value == "step" and log.options == LaunchOptions()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"schema": 2}, "another version"),
        ({"schema": True}, "does not begin"),
        ({"options": {"trust_remote_code": True}}, "Python code"),
        ({"options": {"served": True}}, "not understood"),
        ({"options": {"log": "/tmp/x"}}, "not understood"),
        ({"options": {"seed": True}}, "not understood"),
        ({"options": {"text": 3}}, "not understood"),
        ({"options": {"clock": "year"}}, "not understood"),
        ({"options": []}, "does not begin"),
        ({"language": "xx"}, "does not begin"),
        ({"size": [80, -1]}, "does not begin"),
        ({"size": "80x24"}, "does not begin"),
    ],
)
def test_a_wrong_header_is_one_sentence(tmp_path, header, said):
    with pytest.raises(CyclesimError, match=said) as caught:
        read_log(written(tmp_path / "a", {**HEADER, **header}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        {"t": -1},
        {"t": 1e300},
        {"t": "1"},
        {"t": True},
        {"on": 3},
        {"on": ""},
        {"at": -1},
        {"ran": 1.5},
        {"command": 7},
        {"command": "step", "key": "n"},
        {"command": "x" * 65},
        {"char": ["n"]},
        {"char": "\x1b[2J"},
        {"char": "\ud800"},
    ],
)
def test_a_wrong_line_is_one_sentence(tmp_path, line):
    with pytest.raises(CyclesimError, match="line 2"):
        read_log(written(tmp_path / "a", HEADER, {**STEP, **line}))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0", b"{}", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_log_is_one_sentence(tmp_path, content):
    file = tmp_path / "a"
    file.write_bytes(content)
    with pytest.raises(CyclesimError, match="no session log"):
        read_log(file)


def test_a_log_that_runs_backwards_is_refused(tmp_path):
    with pytest.raises(CyclesimError, match=r"line 3.*backwards"):
        read_log(written(tmp_path / "a", HEADER, STEP, {**STEP, "t": 0.5}))


def test_too_long_a_log_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("cyclesim.tui.classroom.reading.MOST_BYTES", 200)
    with pytest.raises(CyclesimError, match="too long"):
        read_log(written(tmp_path / "a", HEADER, *[STEP] * 10))


def test_a_missing_log_is_one_sentence(tmp_path):
    with pytest.raises(CyclesimError, match="cannot be read"):
        read_log(tmp_path / "none")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from([*HEADER, "extra"]), json_values),
    st.dictionaries(st.sampled_from([*STEP, "key", "click", "cycle", "end", "char"]), json_values),
)
def test_whatever_a_log_says_it_is_read_or_refused(tmp_path_factory, header, entry):
    file = tmp_path_factory.mktemp("logs") / "a"
    for lines in ([{**HEADER, **header}], [HEADER, {**STEP, **entry}], [header, entry]):
        written(file, *lines)
        with contextlib.suppress(CyclesimError):
            assert isinstance(read_log(file), Log)
