"""`cyclesim.compare`: what is measured, and that nothing is left behind."""

from __future__ import annotations

import gc
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.modules import module as nn_module

import cyclesim
from cyclesim.cost import Peak
from cyclesim.engine.compare import comparing, forms, rounds
from cyclesim.engine.compare.inputs import input_of, lengthened
from cyclesim.engine.compare.memory import measure_memory
from cyclesim.machine import Machine
from cyclesim.render.comparison import comparison_text
from cyclesim.versus import FEWEST, Comparison, parse_variants
from tests.machine.folders import LABELS, bert, make_folder, wordpiece
from tests.machine.generation.models import PROMPT
from tests.machine.generation.models import machine as writer

TEXT = "Ada Lovelace worked with Charles Babbage in London."
AGAINST = "eager,sdpa,bf16,fp16,int8,threads=2,batch=3,seq=20,sdpa+bf16+batch=2,seq=9999"
ROUNDS = 4


@pytest.fixture(scope="module", autouse=True)
def _no_peak() -> Iterator[None]:
    # The peak has tests of its own, and takes a second.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "peak_of", lambda machine: Peak(1e9, 1e9))
        yield


def small() -> torch.nn.Module:
    return bert(max_position_embeddings=64, attn_implementation="eager")


@pytest.fixture(scope="module")
def machine() -> Machine:
    return cyclesim.load(model=small(), tokenizer=wordpiece(64))


@pytest.fixture(scope="module")
def found(machine: Machine) -> Comparison:
    return cyclesim.compare(machine, TEXT, AGAINST, rounds=ROUNDS, sweep="seq=8..32")


# -- the rows ---------------------------------------------------------------------------------


def test_every_row_is_there_in_order(found: Comparison) -> None:
    names = [v.name for v in parse_variants(AGAINST)]
    assert [r.name for r in found.rows] == ["stepped", "traced", "baseline", *names]
    assert [r.name for r in found.rows if not r.ok] == ["seq=9999"]


def test_every_round_draws_every_row_and_the_baseline_twice(found: Comparison) -> None:
    names = sorted([*(r.name for r in found.rows if r.ok), "baseline"])
    assert found.rounds == ROUNDS
    assert all(sorted(order) == names for order in found.order)
    assert len(set(found.order)) > 1  # shuffled
    for row in found.rows:
        draws = 2 if row.kind == "baseline" else 1
        assert len(row.times.ns) == (ROUNDS * draws if row.ok else 0)
        assert all(ns > 0 for ns in row.times.ns)


def test_the_observed_rows_are_bit_identical(found: Comparison) -> None:
    for name in ("stepped", "traced", "baseline", "eager", "threads=2"):
        apart = found[name].difference
        assert apart is not None and apart.bit_identical and apart.max_abs == 0


def test_what_each_variant_ran_with(found: Comparison) -> None:
    assert (found["sdpa"].attention, found["eager"].attention) == ("sdpa", "eager")
    assert (found["bf16"].dtype, found["fp16"].dtype) == ("bfloat16", "float16")
    assert (found["threads=2"].threads, found["batch=3"].sequences) == (2, 3)
    assert found["seq=20"].length == 20 and found.setup.length == len(found.setup.tokens)
    both = found["sdpa+bf16+batch=2"]
    assert (both.attention, both.dtype, both.sequences) == ("sdpa", "bfloat16", 2)
    assert "torchao" in found["int8"].note


def test_differences_are_those_of_the_models_own_outputs(
    machine: Machine, found: Comparison
) -> None:
    encoding, _ = input_of(machine, TEXT, None)
    plain = machine.forward(encoding).logits
    half = small().to(torch.bfloat16)
    with torch.no_grad():
        logits = half(**encoding.inputs).logits.double()
    amount = float((plain.double() - logits).abs().max())
    apart = found["bf16"].difference
    assert apart is not None and not apart.bit_identical
    assert apart.max_abs == amount
    assert apart.relative == pytest.approx(amount / float(plain.abs().max()))


def test_the_first_cycle_that_differs(found: Comparison) -> None:
    half, fused = found["bf16"].first, found["sdpa"].first
    assert half is not None and half.label == "embedding · word_embeddings"
    assert fused is not None and fused.number is not None and fused.other is not None
    assert "attention" in fused.label and fused.other < fused.number
    same = found["eager"].first
    assert same is not None and same.number is None and same.compared > 20


def test_changed_answers_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    made = forms.prepare

    def flipped(base: Any, variant: Any) -> Any:
        form = made(base, variant)
        with torch.no_grad():
            form.machine.model.classifier.bias[4] += 1000
        return form

    monkeypatch.setattr(comparing, "prepare", flipped)
    machine = cyclesim.load(model=model, tokenizer=wordpiece(64))
    row = cyclesim.compare(machine, TEXT, "fp64", rounds=1)["fp64"]
    assert row.answer is not None and row.answer.changed
    assert {c.after for c in row.answer.changes} == {LABELS[4]}
    before = [t["label"] for t in cyclesim.trace(machine, TEXT).result["tokens"]]
    assert len(row.answer.changes) == sum(label != LABELS[4] for label in before)
    assert row.answer.changes[0].where.startswith("token ")


def test_other_input_is_not_compared(found: Comparison) -> None:
    row = found["seq=20"]
    assert row.difference is row.answer is None and "other input" in row.unlike


def test_memory(machine: Machine, found: Comparison) -> None:
    def weights(name: str) -> int:
        memory = found[name].memory
        assert memory is not None
        return memory.weights

    floats = sum(p.numel() * 4 for p in machine.model.parameters())
    others = sum(b.numel() * b.element_size() for b in machine.model.buffers())
    assert weights("baseline") == weights("sdpa") == floats + others
    assert weights("bf16") == floats // 2 + others
    assert weights("int8") < weights("baseline")
    for row in found.rows:
        if row.ok:
            assert row.memory is not None and row.memory.peak and row.memory.how
    one, three = found["baseline"].memory, found["batch=3"].memory
    assert one is not None and three is not None and one.peak and three.peak
    assert three.peak == 3 * one.peak


def test_no_garbage_is_collected_while_memory_is_measured(machine: Machine) -> None:
    """Of memory that was there before it, the profiler would warn on the screen."""
    form = forms.Form(machine, input_of(machine, TEXT, None)[0], torch.get_num_threads())
    seen: list[bool] = []
    hook = machine.model.register_forward_hook(lambda *_: seen.append(gc.isenabled()))
    try:
        assert measure_memory(form).peak
    finally:
        hook.remove()
    assert seen == [False] and gc.isenabled()


def test_preparing_is_kept_apart(found: Comparison) -> None:
    assert [p.name for p in found["int8"].preparations] == ["quantize"]
    assert [p.name for p in found["bf16"].preparations] == ["convert"]
    assert not found["sdpa"].preparations


# -- sums, growth, JSON -----------------------------------------------------------------------


def test_the_overhead_adds_up_and_is_of_the_rows(found: Comparison) -> None:
    overhead = found.overhead
    assert overhead is not None
    assert sum(item.ns for item in overhead.items) == found["stepped"].times.median_ns
    assert overhead.stepped == found["stepped"].times
    assert overhead.traced == found["traced"].times
    assert overhead.untraced == found.baseline.times
    assert len(overhead.cycles) == len(found.cycles)
    assert all(len(times) == ROUNDS for times in overhead.cycles)
    for whole, part in zip(overhead.stepped.ns, overhead.stepped_forward.ns, strict=True):
        assert 0 < part < whole


def test_work_is_that_of_a_trace(machine: Machine, found: Comparison) -> None:
    trace = cyclesim.trace(machine, TEXT)
    cycles = [c for c in trace.cycles if c.stack]
    assert [c.number for c in found.cycles] == [c.number for c in cycles]
    assert sum(c.flops or 0 for c in found.cycles) == sum(c.flops for c in cycles)
    marks = [found.place(c) for c in found.cycles if c.nbytes]
    assert all(mark is not None and mark.share for mark in marks)


def test_attention_grows_with_the_square_and_the_ffn_with_the_line(found: Comparison) -> None:
    sweep = found.sweep
    assert sweep is not None and [p.length for p in sweep.measured] == [8, 16, 32]
    for unit, step, power in (
        ("attention", "scores", 2), ("attention", "softmax", 2), ("attention", "query", 1),
        ("ffn", None, 1), ("layernorm", None, 1),
    ):  # fmt: skip
        fit = sweep.fit("flops", unit, step)
        assert fit is not None and fit.exponent == pytest.approx(power) and fit.r2 == 1
    attention, scores = sweep.fit("flops", "attention"), sweep.fit("kept", "attention", "scores")
    assert attention is not None and 1 < attention.exponent < 2
    assert scores is not None and scores.exponent == pytest.approx(2)


def test_a_point_of_the_sweep_is_a_run_of_that_length(machine: Machine, found: Comparison) -> None:
    assert found.sweep is not None
    encoding, _ = input_of(machine, TEXT, None)
    longer = lengthened(machine, encoding, 32)
    trace = cyclesim.trace(machine, inputs=longer.inputs)
    point = next(p for p in found.sweep.points if p.length == 32)
    assert point.value("flops") == sum(c.flops for c in trace.cycles if c.stack)
    assert sum(p.cycles for p in point.parts) == sum(bool(c.stack) for c in trace.cycles)


def test_longer_sequences_are_real_tokens_between_the_special_ones(machine: Machine) -> None:
    encoding, _ = input_of(machine, TEXT, None)
    ids = lengthened(machine, encoding, 40).inputs["input_ids"][0].tolist()
    old = encoding.inputs["input_ids"][0].tolist()
    assert len(ids) == 40 and (ids[0], ids[-1]) == (old[0], old[-1])
    assert ids[1 : len(old) - 1] == old[1:-1] and ids[len(old) - 1] == old[1]
    short = lengthened(machine, encoding, 5).inputs
    assert short["input_ids"][0].tolist() == [*old[:4], old[-1]]
    assert all(bool(value.shape == (1, 5)) for value in short.values())


def test_the_json_holds_the_raw_list_behind_every_figure(found: Comparison) -> None:
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["schema"] == 1
    rows = {row["name"]: row for row in content["rows"]}
    for row in found.rows:
        raw = sorted(rows[row.name]["times"]["ns"])
        if raw:
            middle = (raw[(len(raw) - 1) // 2] + raw[len(raw) // 2]) / 2
            assert abs(rows[row.name]["times"]["median_ns"] - middle) <= 0.5
            base = rows["baseline"]["times"]["median_ns"]
            value = base * row.sequences / rows[row.name]["times"]["median_ns"]
            assert rows[row.name]["speedup"]["value"] == pytest.approx(value)
    raw = content["overhead"]["raw"]
    assert raw["stepped_ns"] == rows["stepped"]["times"]["ns"]
    assert raw["untraced_ns"] == rows["baseline"]["times"]["ns"]
    assert (
        sum(item["ns"] for item in content["overhead"]["items"]) == content["overhead"]["total_ns"]
    )


@pytest.mark.parametrize("width", [80, 100, 160])
def test_what_is_printed_follows_from_the_json(found: Comparison, width: int) -> None:
    from cyclesim.render.units import duration, factor, size

    printed = comparison_text(found, width)
    content = found.to_json()
    lines = [line.split() for line in printed.splitlines() if line.strip()]
    assert all(len(line) <= width for line in printed.splitlines())
    for row in content["rows"]:
        mine = [" ".join(words) for words in lines if words[0] == row["name"]]
        if row["failed"]:
            assert any("did not run" in line and "9999" in line for line in mine)
            continue
        assert any(duration(row["sequence_ns"]) in line for line in mine)
        if row["kind"] != "baseline":
            assert any(factor(row["speedup"]["value"]) in line for line in mine)
            word = "within noise" if row["speedup"]["within_noise"] else "er"
            assert any(line.endswith(word) for line in mine)
        assert any(size(row["memory"]["weights"]) in line for line in mine)
    for item in content["overhead"]["items"]:
        assert any(f"{item['name']} {duration(item['ns'])}" in " ".join(words) for words in lines)


def test_ascii_only(found: Comparison) -> None:
    from io import StringIO

    from rich.console import Console

    from cyclesim.render.comparison import comparison_table

    class Ascii(StringIO):
        encoding = "ascii"  # type: ignore[assignment]

    out = Ascii()
    Console(file=out, width=100).print(comparison_table(found))
    assert out.getvalue().isascii() and "stepped" in out.getvalue()


# -- failures are rows ------------------------------------------------------------------------


def test_a_length_beyond_the_positions_says_so(found: Comparison) -> None:
    assert found["seq=9999"].failed == "9999 tokens are more than the 64 positions of this model"


def test_without_torchao(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(forms.importlib, "import_module", gone)
    found = cyclesim.compare(machine, TEXT, "int8", rounds=1)
    assert "torchao is not installed" in found["int8"].failed and found.baseline.ok


def test_a_bare_module() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.GELU())
    given = torch.linspace(-1, 1, 12).reshape(3, 4)
    found = cyclesim.compare(model, inputs=given, against="sdpa,bf16,batch=2", rounds=2)
    assert "one attention implementation" in found["sdpa"].failed
    assert found["bf16"].ok and found["bf16"].answer is None
    assert (found.baseline.sequences, found["batch=2"].sequences) == (3, 6)
    apart = found["batch=2"].difference
    assert apart is not None and apart.max_abs < 1e-5
    assert found.sweep is None


def test_a_model_that_looks_at_a_part_and_then_overwrites_is_measured() -> None:
    """As T5 does with its relative positions."""

    class Part(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            total = x[:, 1:] + 1
            total += x[:, :1]
            return total

    found = cyclesim.compare(Part(), inputs=torch.ones(2, 3), against=(), rounds=2)
    assert [row.failed for row in found.rows] == ["", "", ""] and found.overhead is not None


def test_a_variant_that_fails_later_is_dropped_from_the_rounds() -> None:
    count = iter(range(100))

    def broken() -> int:
        if next(count):
            raise RuntimeError("out of luck")
        return 1

    drawn = rounds.draw({"base": lambda: 5, "x": broken}, twice=("base",), rounds=3)
    assert drawn.times == {"base": [5] * 6, "x": []}
    assert str(drawn.failed["x"]) == "out of luck"
    assert sorted(drawn.order[2]) == ["base", "base"]


def test_a_failing_model_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bad(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x) @ torch.ones(99, 1)

    with pytest.raises(cyclesim.ModelError, match="after cycle"):
        cyclesim.compare(Bad(), inputs=torch.ones(2, 3), rounds=1)


@pytest.mark.parametrize(
    "wrong",
    [{"rounds": 0}, {"against": "magic"}, {"sweep": "n=1..2"}, {"sweep": [8, -1]},
     {"sweep": [1.5]}, {"seconds": math.nan}, {"seconds": math.inf}],
)  # fmt: skip
def test_what_makes_no_sense(machine: Machine, wrong: dict[str, Any]) -> None:
    with pytest.raises(cyclesim.CyclesimError):
        cyclesim.compare(machine, TEXT, **wrong)


# -- rounds that fit ---------------------------------------------------------------------------


def test_rounds_fit_into_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0]

    def run() -> int:
        now[0] += 100
        return 100

    monkeypatch.setattr(rounds, "perf_counter_ns", lambda: now[0])
    assert len(rounds.draw({"a": run}, budget_ns=1000).order) == 10
    assert len(rounds.draw({"a": run}, budget_ns=0).order) == FEWEST
    assert len(rounds.draw({"a": run}, budget_ns=10**9).order) == rounds.MOST


# -- nothing is left behind --------------------------------------------------------------------


def test_the_model_and_torch_are_left_as_they_were() -> None:
    model = small().train()  # draws random numbers
    machine = cyclesim.load(model=model, tokenizer=wordpiece(64))
    weights = {n: t.clone() for n, t in model.state_dict().items()}
    kinds = {n: (t.dtype, t.data_ptr()) for n, t in model.state_dict().items()}
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    cyclesim.compare(machine, TEXT, "sdpa,bf16,int8,threads=2", rounds=2, sweep=[8, 16])
    assert torch.equal(random, torch.get_rng_state()) and threads == torch.get_num_threads()
    assert all(torch.equal(weights[n], t) for n, t in model.state_dict().items())
    assert kinds == {n: (t.dtype, t.data_ptr()) for n, t in model.state_dict().items()}
    assert model.training and machine.attention == "eager"
    assert not nn_module._has_any_global_hook()


@pytest.mark.parametrize("variant", ["sdpa", "batch=2", "seq=16", "threads=2"])
def test_weights_are_shared_where_they_can_be(machine: Machine, variant: str) -> None:
    encoding, _ = input_of(machine, TEXT, None)
    base = forms.Form(machine, encoding, 1)
    made = forms.prepare(base, parse_variants(variant)[0])
    ours = {p.data_ptr() for p in machine.model.parameters()}
    assert {p.data_ptr() for p in made.machine.model.parameters()} == ours


def test_ctrl_c_leaves_threads_and_model(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    threads, random = torch.get_num_threads(), torch.get_rng_state()
    times = iter(range(100))

    def interrupted(self: Any) -> int:
        if next(times) == 12:
            assert torch.get_num_threads() == 2
            raise KeyboardInterrupt
        return 1

    monkeypatch.setattr(forms.Form, "time", interrupted)
    monkeypatch.setattr(comparing, "WARM_NS", 0)
    base = forms.Form
    monkeypatch.setattr(comparing.torch, "get_num_threads", lambda: 2)
    with pytest.raises(KeyboardInterrupt):
        cyclesim.compare(machine, TEXT, "threads=2", rounds=50)
    monkeypatch.undo()
    assert base.time is not interrupted
    assert torch.get_num_threads() == threads and torch.equal(random, torch.get_rng_state())


# -- a text that is written ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def written() -> Comparison:
    machine = writer("gpt2", max_new_tokens=4)
    against = "no-cache,bf16,batch=2,seq=12"
    return cyclesim.compare(machine, PROMPT, against, rounds=2, sweep=[4, 9])


def test_a_text_is_compared_token_by_token(written: Comparison) -> None:
    machine = writer("gpt2", max_new_tokens=4)
    plain = cyclesim.trace(machine, PROMPT, measure=False)
    assert written.setup.generated == len(plain.result["tokens"]) == 4
    for name in ("stepped", "traced", "baseline", "no-cache"):
        row = written[name]
        assert row.ok and row.difference is not None
        assert row.difference.bit_identical or name == "no-cache"
        assert row.difference.relative < 1e-5
    answer = written["baseline"].answer
    assert answer is not None and (answer.kind, answer.compared) == ("tokens", 4)
    assert not answer.changed
    first = written["no-cache"].first
    assert first is not None and "without a cache" in first.reason
    assert "one text" in written["batch=2"].failed
    assert written["seq=12"].answer is None and written["seq=12"].length == 12
    assert written.overhead is not None
    assert sum(item.ns for item in written.overhead.items) == written.overhead.total_ns
    assert "4 tokens written" in comparison_text(written)


def test_prefill_and_decode_share_the_cycles_of_the_model(written: Comparison) -> None:
    prefill, decode = written.phases
    assert (prefill.phase, prefill.tokens) == ("prefill", 1)
    assert (decode.phase, decode.tokens) == ("decode", 3)
    assert prefill.cycles + decode.cycles == len(written.cycles)
    assert prefill.ns + decode.ns == sum(unit.ns for unit in written.units)
    assert prefill.work is not None and decode.work is not None
    assert prefill.work.flops + decode.work.flops == sum(c.flops or 0 for c in written.cycles)
    # Many positions share the weights that they read; one alone reads them all for itself.
    assert prefill.work.intensity > decode.work.intensity
    assert [p["phase"] for p in written.to_json()["phases"]] == ["prefill", "decode"]
    assert written.sweep is not None and not any(point.failed for point in written.sweep.points)
    assert written.attention[0].rows == written.setup.tokens


def test_other_tokens_are_named_and_compared_as_far_as_they_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = forms.prepare

    def biased(base: Any, variant: Any) -> Any:
        form = made(base, variant)
        with torch.no_grad():
            form.machine.model.lm_head.weight *= -1  # the likeliest becomes the least likely
        return form

    monkeypatch.setattr(comparing, "prepare", biased)
    row = cyclesim.compare(writer("gpt2", max_new_tokens=3), PROMPT, "fp64", rounds=1)["fp64"]
    assert row.answer is not None and row.answer.changed and row.answer.compared == 3
    assert row.answer.changes[0].where == "token 0"
    assert row.difference is not None and row.difference.max_abs > 0


def test_a_forward_has_no_cache_and_no_phases(found: Comparison, machine: Machine) -> None:
    assert found.phases == () and found.setup.generated == 0
    row = cyclesim.compare(machine, TEXT, "no-cache", rounds=1)["no-cache"]
    assert "no cache to do without" in row.failed


# -- random weights, compiling ------------------------------------------------------------------


def test_a_config_alone_is_enough(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "whole", max_position_embeddings=64)
    only = tmp_path / "only"
    only.mkdir()
    shutil.copy(folder / "config.json", only)
    machine = cyclesim.load(only / "config.json", random_init=True)
    assert machine.random_weights and "random weights" in machine.name
    found = cyclesim.compare(machine, against="sdpa", rounds=1)
    assert found.setup.random_weights and found.setup.length == 32
    assert "random token ids" in found.setup.input_note and found["sdpa"].ok
    assert "Random weights" in comparison_text(found)
    with pytest.raises(cyclesim.CyclesimError, match="no weights"):
        cyclesim.load(only)


def test_a_config_is_drawn_whatever_lies_beside_it_and_whatever_it_is_called(
    tmp_path: Path,
) -> None:
    folder = make_folder(tmp_path / "whole")
    shutil.copy(folder / "config.json", folder / "small.json")
    file = folder / "model.safetensors"
    save_file({name: value + 1 for name, value in load_file(file).items()}, file)
    trained = cyclesim.load(folder, random_init=True)
    one, other = (
        cyclesim.load(folder / name, random_init=True) for name in ("config.json", "small.json")
    )
    names = [machine.name for machine in (trained, one, other)]
    assert names == ["whole", "whole (random weights)", "small (random weights)"]
    weights = [machine.model.classifier.weight for machine in (trained, one, other)]
    assert not torch.equal(weights[0], weights[1]) and torch.equal(weights[1], weights[2])
    with pytest.raises(cyclesim.CyclesimError, match="is a file"):
        cyclesim.load(folder / "small.json")


def test_random_weights_are_the_same_twice_and_leave_torchs_own_alone(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "whole")
    (folder / "model.safetensors").unlink()
    before = torch.get_rng_state()
    one, other = (cyclesim.load(folder, random_init=True) for _ in range(2))
    third = cyclesim.load(folder, random_init=True, seed=5)
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert any(
        not torch.equal(a, b)
        for a, b in zip(one.model.parameters(), third.model.parameters(), strict=True)
    )
    torch.set_rng_state(before)
    cyclesim.load(folder, random_init=True)
    assert torch.equal(before, torch.get_rng_state())
    assert one.tokenizer is not None  # it is in the folder


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_compile(machine: Machine) -> None:
    found = cyclesim.compare(machine, TEXT, "compile", rounds=2)
    row = found["compile"]
    assert row.ok, row.failed
    assert [p.name for p in row.preparations] == ["compile"]
    assert row.preparations[0].ns > 10 * max(row.times.ns)
    assert row.difference is not None and row.difference.max_abs < 1e-4
    assert row.first is not None and "opaque" in row.first.reason
    assert "inductor" in row.note and not hasattr(machine.model, "_orig_mod")


def test_compile_without_a_compiler(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(model: Any, **how: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("InvalidCxxCompiler: No working C++ compiler found in …\nand more")

        return call

    monkeypatch.setattr(torch, "compile", compiled)
    row = cyclesim.compare(machine, TEXT, "compile", rounds=1)["compile"]
    assert "no C++ compiler that works" in row.failed and "\n" not in row.failed


def test_a_model_that_never_runs_the_same_way_is_still_timed() -> None:
    class Moody(torch.nn.Module):
        calls = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            for _ in range(self.calls):
                x = torch.relu(x)
            return x

    found = cyclesim.compare(Moody(), inputs=torch.ones(2, 3), against="batch=2", rounds=2)
    assert "other functions every time" in found["traced"].failed
    assert found.overhead is None and found.baseline.ok and found["batch=2"].ok
    assert "did not run" in comparison_text(found)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu() -> None:
    machine = cyclesim.load(model=small().to("cuda"), tokenizer=wordpiece(64))
    found = cyclesim.compare(machine, TEXT, "sdpa,bf16,batch=2", rounds=2, sweep=[8, 16])
    assert all(row.ok for row in found.rows) and found.setup.device.startswith("cuda")
    memory = found["sdpa"].memory
    assert memory is not None and memory.how == "torch.cuda" and memory.peak
