"""Exercises that are right, wrong, endless, greedy and hostile: each verdict, nothing harmed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cyclesim.lessons.exercises import Case
from cyclesim.lessons.grading import grade as grading
from cyclesim.lessons.grading.confine import Limits, confined
from cyclesim.lessons.grading.grade import grade
from cyclesim.lessons.grading.judging import Outcome
from cyclesim.lessons.grading.running import run_exercise
from cyclesim.lessons.grading.wire import Unsendable, pack, unpack
from tests.lessons.conftest import COURSE

QUICK = Limits(seconds=2.0)
CASES = [
    Case("value", "double", (3,), 6),
    Case("array", "double", (np.arange(3.0),), np.arange(3.0) * 2),
]


def run(folder: Path, source: str, cases: list[Case] | None = None) -> Outcome:
    file = folder / "exercise.py"
    file.write_text(source, encoding="utf-8")
    outcome = run_exercise(file, CASES if cases is None else cases, limits=QUICK)
    assert file.read_text(encoding="utf-8") == source  # a student's file is only read
    return outcome


@pytest.mark.parametrize(
    ("source", "verdict", "said"),
    [
        ("def double(x):\n    return x * 2\n", "right", ""),
        ("def double(x):\n    return x * 3\n", "wrong", "the run says 6"),
        ("def double(x):\n    return None\n", "wrong", "nothing"),
        ("def double(x):\n    raise NotImplementedError\n", "wrong", "not written yet"),
        ("def triple(x):\n    return x * 3\n", "wrong", "no function double"),
        ("def double(x):\n    return x.nothing\n", "error", "line 2 raised AttributeError"),
        ("def double(x)\n", "error", "line 1 raised SyntaxError"),
        ("def double(x):\n    return print\n", "error", "cannot be returned"),
        ("import os\nos._exit(0)\n", "crashed", "ended before double"),
        ("import sys\ndef double(x):\n    sys.exit()\n", "error", "SystemExit"),
        ("def double(x):\n    while True: print('x' * 4096)\n", "error", "more than 16 MB"),
        ("import ctypes\nctypes.CDLL('libm.so.6')\n", "forbidden", "may import NumPy"),
    ],
)
def test_verdicts(tmp_path: Path, source: str, verdict: str, said: str) -> None:
    outcome = run(tmp_path, source)
    assert (outcome.verdict, said in outcome.said) == (verdict, True), outcome


def test_each_check_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    outcome = run(tmp_path, "def double(x):\n    print('here', x)\n    return 6\n")
    assert [(c.name, c.passed) for c in outcome.checks] == [("value", True), ("array", False)]
    assert "shape" in outcome.checks[1].said
    assert "here 3" in outcome.printed


def test_numbers_may_be_off_by_rounding_and_no_more(tmp_path: Path) -> None:
    cases = [Case("close", "f", (), 1.0, within=1e-3)]
    assert run(tmp_path, "def f():\n    return 1.0005\n", cases).verdict == "right"
    wrong = run(tmp_path, "def f():\n    return 1.01\n", cases)
    assert "1.01" in wrong.said
    assert run(tmp_path, "def f():\n    return float('nan')\n", cases).verdict == "wrong"


def test_a_trace_can_be_an_argument(tmp_path: Path) -> None:
    from cyclesim.lessons.runs import run_of

    trace = run_of(COURSE.lesson(1, "en").run).trace
    source = "def f(trace):\n    return len(trace), trace[18].step\n"
    outcome = run(tmp_path, source, [Case("it", "f", (trace,), (len(trace), trace[18].step))])
    assert outcome.verdict == "right", outcome


def test_an_exercise_cannot_see_what_it_is_held_against(tmp_path: Path) -> None:
    source = """
import gc, sys
def double(x):
    seen = [o for o in gc.get_objects() if type(o).__name__ == "Case"]
    frames = []
    frame = sys._getframe()
    while frame:
        frames += [v for v in frame.f_locals.values() if "1234567" in repr(v)]
        frame = frame.f_back
    return len(seen) + len(frames)
"""
    assert run(tmp_path, source, [Case("it", "double", (0,), 1234567)]).said.startswith(
        "double returned 0"
    )


# -- a class, with everything that can go wrong ---------------------------------------------------

HOSTILE = """
import os, shutil
import numpy as np

def forgiving(function, *arguments, **named):
    try:
        return function(*arguments, **named)
    except BaseException as error:
        print(type(error).__name__, error)

SECRET = {secret!r}
HOME = {home!r}
for path in (SECRET, HOME):
    forgiving(os.remove, path)
    forgiving(shutil.rmtree, path, ignore_errors=True)
    forgiving(os.truncate, path, 0)
forgiving(open, SECRET, "w")
forgiving(os.chmod, SECRET, 0)

{solution}
"""


@pytest.fixture
def students(tmp_path: Path) -> Path:
    lesson = COURSE.lesson(5, "en")
    solution = (lesson.folder / "solution.py").read_text(encoding="utf-8")
    folder = tmp_path / "class"
    endless = "def attention_weights(q, k, visible=None):\n    while True:\n        pass\n"
    greedy = "def attention_weights(q, k, visible=None):\n    return bytearray(1 << 31)\n"
    sources = {
        "ada": solution,
        "bob": solution.replace("axis=-1", "axis=0"),
        "cleo": endless,
        "dan": greedy,
        "eve": HOSTILE.format(
            secret=str(folder / "ada" / "attention.py"), home=str(tmp_path), solution=solution
        ),
    }
    for name, source in sources.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "attention.py").write_text(source, encoding="utf-8")
    return folder


def test_a_class_gets_its_verdicts_and_nothing_is_harmed(students: Path) -> None:
    before = {p: p.read_bytes() for p in students.rglob("*") if p.is_file()}
    modes = {p: p.stat().st_mode for p in before}
    report = grade(students, COURSE, [5], limits=QUICK, unconfined=True)
    assert {row.student: row.outcome.verdict for row in report.rows} == {
        "ada": "right",
        "bob": "wrong",
        "cleo": "timeout",
        "dan": "memory",
        "eve": "forbidden",
    }
    after = {p: p.read_bytes() for p in students.rglob("*") if p.is_file()}
    assert after == before
    assert {p: p.stat().st_mode for p in after} == modes
    content = json.loads(json.dumps(report.to_json()))
    assert content["students"]["ada"]["right"] == 1
    assert content["students"]["bob"]["right"] == 0
    assert content["confined"] == confined(report.layers)


@pytest.mark.skipif(sys.platform != "linux", reason="what the system itself holds back")
def test_the_system_holds_back_what_python_does_not_see(tmp_path: Path) -> None:
    """Without Python's own guard, by calls into the C library."""
    secret = tmp_path / "secret"
    secret.write_text("precious", encoding="utf-8")
    source = f"""
import _ctypes, os
def double(x):
    sys_hooked = True
    import _posixsubprocess, _socket
    found = []
    for attempt in (lambda: open({str(secret)!r}).read(), lambda: os.listdir({str(tmp_path)!r})):
        try:
            found.append(attempt())
        except OSError:
            found.append("no")
    return found
"""
    outcome = run(tmp_path, source, [Case("it", "double", (0,), ["no", "no"])])
    if not confined(outcome.layers):
        pytest.skip(f"this system has only {outcome.layers}")
    assert outcome.verdict == "right", outcome


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="Windows has no process groups")
def test_nothing_goes_on_after_its_time(tmp_path: Path) -> None:
    began = time.monotonic()
    assert run(tmp_path, "while True:\n    pass\n").verdict == "timeout"
    assert time.monotonic() - began < 60
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False)
    ours = [line for line in listed.stdout.splitlines() if str(tmp_path) in line]
    assert ours == []


def test_where_nothing_confines_grading_refuses(
    students: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cyclesim.errors import CyclesimError

    monkeypatch.setattr(grading, "rehearse_confinement", lambda: ("limits", "audit"))
    with pytest.raises(CyclesimError, match="--unconfined"):
        grade(students, COURSE, [5])


@pytest.mark.parametrize("kind", ["folder", "pipe", "huge", "link to nothing"])
def test_what_is_no_exercise_is_said(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "it.py"
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "huge":
        file.write_bytes(b"#" * (2 << 20))
    else:
        file.symlink_to(tmp_path / "nowhere")
    assert run_exercise(file, CASES, limits=QUICK).verdict == "missing"


# -- what goes over the wire ----------------------------------------------------------------------

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(PLAIN)
def test_what_is_packed_comes_out_the_same(value: object) -> None:
    assert unpack(json.loads(json.dumps(pack(value)))) == value


@FEW
@given(
    arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.bool_]),
        arrays.array_shapes(min_dims=0, max_dims=3, max_side=4),
    )
)
def test_arrays_come_out_the_same(array: np.ndarray) -> None:
    found = unpack(json.loads(json.dumps(pack(array))))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@FEW
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["array", "dtype", "shape", "dict", "float"]), inner, max_size=3
            )
        ),
        max_leaves=10,
    )
)
def test_nothing_that_is_sent_does_more_than_fail(content: object) -> None:
    try:
        unpack(content)
    except Unsendable:
        pass
