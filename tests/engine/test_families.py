"""Every family of docs/families.md: the run is the model's, and its steps have true names."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
import transformers

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.explain import axes_of, explain
from cyclesim.explain.numbers import work_out
from cyclesim.explain.texts import TEXTS
from cyclesim.trace import Cycle, Trace
from tools.families import PAGE, page

from .zoo import ZOO, traced

RUNS = [(name, attention) for name, family in ZOO.items() for attention in family.attentions]
every_run = pytest.mark.parametrize(("name", "attention"), RUNS)
every_family = pytest.mark.parametrize("name", ZOO)
#: Cycles that are no unit of any other family.
TRULY_OTHER = {"DeBERTa-v2": {"convolution"}}


def array(cycle: Cycle) -> np.ndarray:
    return cycle.outputs[0].numpy()


def read(trace: Trace, cycle: Cycle, step: str) -> Cycle:
    """The cycle of `step` that `cycle` reads."""
    (found,) = (trace[s] for s in cycle.sources if trace[s].step == step)
    return found


# -- what holds for all of them -------------------------------------------------------------------


@every_run
def test_the_run_is_the_untraced_run_without_gaps(name: str, attention: str) -> None:
    trace = traced(name, attention)
    assert trace.verdict.bit_identical is True and trace.verdict.max_abs_diff == 0.0
    assert [c.number for c in trace] == list(range(len(trace)))
    assert trace.header.attention == attention


@every_run
def test_data_flows_forward(name: str, attention: str) -> None:
    trace = traced(name, attention)
    for cycle in trace:
        assert cycle.outputs, cycle
        for value in cycle.inputs:
            if value.source is None:
                assert value.kind in ("parameter", "buffer", "constant")
            else:
                assert 0 <= value.source < cycle.number
                assert value.dtype in {v.dtype for v in trace[value.source].outputs}
    assert 0 in trace.upstream(len(trace) - 1)


@every_run
def test_every_cycle_has_a_unit(name: str, attention: str) -> None:
    trace = traced(name, attention)
    other = {c.step.partition(".")[0] for c in trace.find(unit="other")}
    assert other == TRULY_OTHER.get(name, set())
    fused = attention == "sdpa"
    assert bool(trace.find(step="scaled_dot_product_attention")) == fused
    assert len(trace.find(unit="attention", step="softmax")) == len(
        trace.find(unit="attention", step="context")
    )
    assert trace.find(unit="classifier", step="logits")


@every_family
def test_only_what_a_class_supports_is_left_out(name: str) -> None:
    family = ZOO[name]
    supports = getattr(transformers, family.model)._supports_sdpa
    assert ("sdpa" in family.attentions) == supports


@every_run
def test_every_cycle_is_explained_and_its_numbers_agree(name: str, attention: str) -> None:
    trace = traced(name, attention)
    seen = set()
    for cycle in trace:
        key = (cycle.unit, cycle.step, cycle.op)
        if key in seen:
            continue
        seen.add(key)
        found = explain(cycle, trace)
        assert found.sentence.endswith((".", "…")) and "{" not in found.sentence
        assert not found.sentence.startswith("Runs `"), (key, found.sentence)
        assert [len(a) for a in found.axes] == [len(v.shape) for v in cycle.outputs]
        shape = cycle.outputs[0].shape
        if shape and 0 not in shape:
            try:
                worked = work_out(cycle, trace, [n // 2 for n in shape])
            except CyclesimError:
                continue  # a copy that wiring made is not kept
            assert worked is None or worked.agrees, (key, worked)


@every_family
def test_what_the_model_returns_is_in_the_trace(name: str) -> None:
    """Hidden states and attention weights are the outputs of the cycles that stand for them."""
    family, trace = ZOO[name], traced(name, "eager")
    with torch.no_grad():
        told = family.build("eager")(
            **family.inputs(), output_hidden_states=True, output_attentions=True
        )
    softmaxes = trace.find(unit="attention", step="softmax")
    if family.pairs:
        crossing = [c for c in softmaxes if "encoder_attn" in c.path or "EncDec" in c.path]
        rest = [c for c in softmaxes if c not in crossing]
        weights = [*told.encoder_attentions, *told.decoder_attentions, *told.cross_attentions]
        softmaxes = rest + crossing
    else:
        weights = list(told.attentions)
    assert len(softmaxes) == len(weights) > 0
    for cycle, expected in zip(softmaxes, weights, strict=True):
        probabilities = array(cycle)
        assert np.array_equal(probabilities, expected.numpy())
        assert np.allclose(probabilities.sum(-1), 1, atol=1e-6)

    if family.pairs:
        states = {"encoder": told.encoder_hidden_states, "decoder": told.decoder_hidden_states}
    else:
        states = {"": told.hidden_states}
    for stack, hidden in states.items():
        ends = layer_ends(trace, stack)
        assert len(ends) == len(hidden) - 1
        for cycle, expected in zip(ends, hidden[1:], strict=True):
            got = array(cycle)
            if name == "XLNet":
                assert axes_of(cycle, trace)[0] == ("token", "batch", "hidden")
                got = got.swapaxes(0, 1)
            assert np.array_equal(got.reshape(expected.shape), expected.numpy()), cycle


def layer_ends(trace: Trace, stack: str) -> list[Cycle]:
    """The last computation before each next layer, and before the head."""
    found: dict[int, Cycle] = {}
    layer = None
    for cycle in trace:
        inside = cycle.path.startswith((f"{stack}.", f"model.{stack}.")) if stack else True
        # OPT narrows its states before it returns them; the rest of the head stays outside.
        head = cycle.unit == "classifier" and not cycle.path.endswith(".project_out")
        if not inside or head or cycle.path.startswith(("cls.", "head.", "lm_head.")):
            continue
        if not cycle.stack:  # steps outside the model
            continue
        layer = cycle.layer if cycle.layer is not None else layer
        if layer is not None and not cycle.nop:
            found[layer] = cycle
    return [found[layer] for layer in sorted(found)]


@pytest.mark.parametrize("name", ["Llama", "T5 v1.1", "DeBERTa-v3", "XLNet", "Gemma 2"])
def test_a_rewound_run_goes_on_with_the_same_names(name: str) -> None:
    trace = traced(name, "eager")
    names = [(c.unit, c.step) for c in trace]
    with cyclesim.Clock(
        ZOO[name].build("eager"), inputs=ZOO[name].inputs(), measure=False
    ) as clock:
        clock.finish()
        for stop in range(len(trace) // 7, len(trace), len(trace) // 3):
            clock.rewind(stop)
            assert [(c.unit, c.step) for c in clock.finish()] == names


# -- the steps of their own -----------------------------------------------------------------------

LLAMA_LIKE = ["Llama", "Mistral", "Qwen2", "Qwen3", "Gemma", "Gemma 2", "Gemma 3", "Phi-3"]
ROTARY = [*LLAMA_LIKE, "GPT-NeoX", "Phi", "ModernBERT"]


@pytest.mark.parametrize("name", [*LLAMA_LIKE, "T5", "T5 v1.1"])
def test_rms_norm_in_parts_is_the_formula(name: str) -> None:
    trace = traced(name, "eager")
    steps = Counter(c.step for c in trace.find(unit="layernorm"))
    parts = ["square", "mean", "eps", "rsqrt", "scale", "weight"]
    assert len({steps[f"rms_norm.{part}"] for part in parts}) == 1
    for weight in trace.find(step="rms_norm.weight"):
        scale = read(trace, weight, "rms_norm.scale")
        rsqrt = read(trace, scale, "rms_norm.rsqrt")
        square = trace[trace[trace[rsqrt.sources[0]].sources[0]].sources[0]]
        assert square.step == "rms_norm.square"
        x = np.sqrt(array(square).astype(np.float64))
        eps = float(trace[rsqrt.sources[0]].arguments["other"])
        size = np.sqrt((x**2).mean(-1, keepdims=True) + eps)
        assert np.allclose(abs(array(scale)), x / size, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ROTARY)
def test_rotary_turns_queries_and_keys_by_their_position(name: str) -> None:
    trace = traced(name, "eager")
    scores = trace.find(unit="attention", step="scores")
    for which, operand in (("query", 0), ("key", 1)):
        sums = trace.find(step=f"rotary.{which}.sum")
        assert len(sums) == len(scores)
        for cycle, reader in zip(sums, scores, strict=True):
            cos, sin = (read(trace, cycle, f"rotary.{which}.{part}") for part in ("cos", "sin"))
            assert np.array_equal(array(cycle), array(cos) + array(sin))
            turned = array(read(trace, sin, f"rotary.{which}.rotate_half"))
            table = {
                part: next(trace[s] for s in c.sources if trace[s].step == f"rotary.{part}.scale")
                for part, c in (("cos", cos), ("sin", sin))
            }
            angles = np.arctan2(array(table["sin"]), array(table["cos"]))
            x = array(cos) / array(table["cos"])[:, None]
            half = x.shape[-1] // 2
            assert np.allclose(turned[..., :half], -x[..., half:], rtol=1e-3, atol=1e-5)
            # Turning keeps lengths, position 0 is not turned, and channel 0 by 1 a position.
            assert np.allclose(
                np.hypot(x[..., :half], x[..., half:]),
                np.hypot(array(cycle)[..., :half], array(cycle)[..., half:]),
                rtol=1e-3, atol=1e-5,
            )  # fmt: skip
            assert np.allclose(angles[0, :, 0], [0, 1, 2, 3, 4 - 2 * np.pi, 5 - 2 * np.pi])
            # What was turned for a query is what queries are: it reaches the left of the scores.
            source = reader.inputs[operand].source
            assert cycle.number in {source, *trace.upstream(source)}
            others = reader.inputs[1 - operand].source
            assert cycle.number not in {others, *trace.upstream(others)}


@pytest.mark.parametrize(("name", "attention"), [run for run in RUNS if run[0] in LLAMA_LIKE])
def test_grouped_queries_repeat_keys_and_values(name: str, attention: str) -> None:
    trace = traced(name, attention)
    for which in ("key", "value"):
        repeats = trace.find(step=f"repeat_kv.{which}")
        assert len(repeats) == 2
        for cycle in repeats:
            kept = read(trace, cycle, f"{which}_cache")
            assert np.array_equal(array(cycle), array(kept).repeat(2, axis=1))
            assert cycle.flops == 0 and cycle.op == "reshape"


def test_no_cycle_is_spent_on_repeating_where_nothing_is_repeated() -> None:
    for name in ("GPT-2", "Phi", "OPT", "BERT"):
        assert not traced(name, "eager").find(op="reshape")


@pytest.mark.parametrize("name", [*LLAMA_LIKE, "T5 v1.1", "ModernBERT"])
def test_the_gate_multiplies_two_branches(name: str) -> None:
    trace = traced(name, "eager")
    products = trace.find(unit="ffn", step="gate_product")
    steps = Counter(c.step for c in trace.find(unit="ffn"))
    assert len(products) == steps["down"] > 0 and not steps["output.dense"]
    fused = steps["gate_up"]
    assert (steps["gate"], steps["up"]) == ((0, 0) if fused else (len(products),) * 2)
    for product in products:
        activated = array(read(trace, product, "activation"))
        branch = array(read(trace, product, "gate_up" if fused else "up"))
        # Which half is the gate is the family's own choice.
        halves = np.split(branch, 2, axis=-1) if fused else [branch]
        assert any(np.array_equal(array(product), activated * half) for half in halves)


@pytest.mark.parametrize("name", ["Mistral", "Phi-3", "Qwen2", "Gemma 2", "Gemma 3", "ModernBERT"])
def test_the_sliding_window_shuts_what_is_far(name: str) -> None:
    trace = traced(name, "eager")
    (last,) = trace.find(step="attention_mask.sliding_window")[-1:]
    allowed = array(last)[0, 0]
    i, j = np.indices((6, 6))
    near = abs(i - j) <= 2 if name == "ModernBERT" else j > i - 4
    assert np.array_equal(np.broadcast_to(allowed, (6, 6)), near)
    reach = {
        c.layer: bool(array(c)[1][:, ~near].any())
        for c in trace.find(unit="attention", step="softmax")
        if last.number in trace.upstream(c.number)
    }
    # Layers behind it read it too, by way of the states.
    assert reach and not reach[min(reach)]


@pytest.mark.parametrize("name", ["GPT-2", "Llama", "OPT", "BART", "Gemma 3"])
def test_causal_attention_does_not_look_ahead(name: str) -> None:
    trace = traced(name, "eager")
    causal = array(trace.find(step="attention_mask.causal")[0])[0, 0]
    assert np.array_equal(causal, np.tri(len(causal), dtype=bool))


@pytest.mark.parametrize("name", ["T5", "MPNet"])
def test_the_position_bias_depends_on_the_distance_alone(name: str) -> None:
    trace = traced(name, "eager")
    lookup = trace.find(step="position_bias.lookup")[0]
    bias = array(lookup)
    assert axes_of(lookup, trace)[0] == ("query", "key", "head")
    for offset in range(-5, 6):
        diagonal = np.array([bias[i, i + offset] for i in range(6) if 0 <= i + offset < 6])
        assert (diagonal == diagonal[0]).all()
    assert {trace[s].step for c in trace.find(step="mask") for s in c.sources} >= {
        "position_bias.add"
    }
    adds = trace.find(step="position_bias.add")
    assert len(adds) == len(trace.find(step="softmax"))


def test_deberta_adds_two_kinds_of_relative_scores() -> None:
    for name in ("DeBERTa-v2", "DeBERTa-v3"):
        trace = traced(name, "eager")
        for total in trace.find(step="position_bias.add"):
            assert [trace[s].step for s in total.sources] == ["scores", "p2c.sum"]
            assert {"c2p.scores", "p2c.scores"} <= {
                trace[s].step for s in trace.upstream(total.number)
            }
        for kind, content, position in (
            ("c2p", "query", "position_key"), ("p2c", "key", "position_query"),
        ):  # fmt: skip
            for scores in trace.find(step=f"{kind}.scores"):
                sources = {trace[s].step.partition(".")[0] for s in scores.sources}
                assert sources == {content, position}
        assert {trace[s].step for c in trace.find(step="context") for s in c.sources} == {
            "value", "dropout"
        }  # fmt: skip


def test_xlnet_with_segments_and_two_streams() -> None:
    family, inputs = ZOO["XLNet"], ZOO["XLNet"].inputs()
    inputs["token_type_ids"] = torch.tensor([[0, 0, 0, 1, 1, 1]] * 2)
    inputs["perm_mask"] = torch.zeros(2, 6, 6)
    inputs["perm_mask"][:, :, -1] = 1
    inputs["target_mapping"] = torch.zeros(2, 1, 6)
    inputs["target_mapping"][:, 0, -1] = 1
    config = transformers.XLNetConfig(**family.settings)
    model = transformers.XLNetLMHeadModel(config).eval()
    trace = cyclesim.trace(model, inputs=inputs, measure=False)
    assert trace.verdict.bit_identical is True
    # The dropout of a learned vector, which reads no other cycle, and nothing else.
    assert {c.op for c in trace.find(unit="other")} == {"dropout"}
    steps = Counter(c.step for c in trace.find(unit="attention"))
    per_stream = ("query", "scores", "position_scores", "segment_bias", "softmax", "context")
    assert {steps[step] for step in per_stream} == {4}
    assert steps["key"] == steps["value"] == steps["position_key"] == 2
    assert len(trace.find(unit="residual")) == 8


def test_a_cache_grows_and_half_precision_is_named() -> None:
    model = ZOO["Mistral"].build("eager").to(torch.bfloat16)
    inputs = ZOO["Mistral"].inputs()
    with torch.no_grad():
        past = model(**inputs).past_key_values
    mask = torch.cat([inputs["attention_mask"], torch.ones(2, 1, dtype=torch.long)], 1)
    more: dict[str, Any] = {
        "input_ids": torch.tensor([[7], [9]]), "attention_mask": mask, "past_key_values": past,
    }  # fmt: skip
    trace = cyclesim.trace(model, inputs=more, measure=False)
    assert trace.verdict.bit_identical is True and not trace.find(unit="other")
    for which in ("key", "value"):
        for cycle in trace.find(step=f"{which}_cache"):
            assert [v.shape[2] for v in (*cycle.inputs, *cycle.outputs)] == [3, 1, 4]
        assert not trace.find(step=f"{which}_cache.empty")
    steps = Counter(c.step for c in trace)
    assert steps["rms_norm.upcast"] == steps["rms_norm.downcast"] == steps["rms_norm.mean"]
    assert steps["softmax.cast"] == steps["softmax"] == 2


def test_gelu_in_parts_is_gelu() -> None:
    trace = traced("GPT-2", "eager")
    for cycle in trace.find(unit="ffn", step="activation"):
        half = read(trace, cycle, "activation.half")
        x = array(half).astype(np.float64) * 2
        inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
        assert np.allclose(array(cycle), x / 2 * (1 + np.tanh(inner)), atol=1e-6)
        assert "tanh approximation of GELU" in explain(cycle, trace).sentence
        parts = trace[half.number : cycle.number + 1]
        assert len({c.step for c in parts}) == len(parts) == 8


def test_a_word_finds_all_parts_of_a_step() -> None:
    trace = traced("Llama", "eager")
    assert {c.step for c in trace.find("rotary.query")} == {
        f"rotary.query.{part}" for part in ("cos", "negate", "rotate_half", "sin", "sum")
    }
    assert len(trace.find("rms_norm")) == 6 * len(trace.find("rms_norm.mean"))
    assert {c.unit for c in traced("BERT", "eager").find("output")} <= {"output"}
    assert not trace.find('step == "rms_norm"')
    with pytest.raises(CyclesimError, match="did you mean 'rotary'"):
        trace.find("rotari")


def test_soft_caps_press_scores_and_logits() -> None:
    trace = traced("Gemma 2", "eager")
    for unit, cap, before in (("attention", 50, "scale"), ("classifier", 30, "logits")):
        for cycle in trace.find(unit=unit, step="softcap.multiply"):
            divide = trace[read(trace, cycle, "softcap.tanh").sources[0]]
            raw = array(read(trace, divide, before)).astype(np.float64)
            assert np.allclose(array(cycle), cap * np.tanh(raw / cap), atol=1e-5)


# -- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "model", "more"),
    [
        ("BloomConfig", "BloomForCausalLM", {"n_layer": 2, "n_head": 2}),
        (
            "GPTJConfig",
            "GPTJForCausalLM",
            {"n_embd": 16, "n_layer": 2, "n_head": 2, "rotary_dim": 4},
        ),
        ("FalconConfig", "FalconForCausalLM", {}),
        ("CohereConfig", "CohereForCausalLM", {"pad_token_id": 1}),
    ],
)
def test_a_family_without_rules_runs_and_is_true(config: str, model: str, more: dict) -> None:
    torch.manual_seed(2)
    settings = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2,
                "num_attention_heads": 2, "intermediate_size": 24, "bos_token_id": 0,
                "eos_token_id": 2, **more}  # fmt: skip
    built = getattr(transformers, model)(getattr(transformers, config)(**settings)).eval()
    trace = cyclesim.trace(built, inputs=ZOO["GPT-2"].inputs(), measure=False)
    assert trace.verdict.bit_identical is True
    assert [c.number for c in trace] == list(range(len(trace)))
    for cycle in trace:
        assert explain(cycle, trace).sentence
        if cycle.unit == "other":
            assert cycle.step == cycle.op or cycle.step in cycle.path
    assert trace.find(unit="classifier", step="logits")


def test_the_texts_of_the_new_steps_are_all_used() -> None:
    """A text whose key no cycle has would never be read."""
    keys = {
        key
        for name, attention in RUNS
        for c in traced(name, attention)
        for key in (f"{c.unit}.{c.step}", f"{c.unit}.{c.step}:{c.op.strip('_')}")
    }
    words = ("rotary", "position_bias", "c2p", "p2c", "rms_norm", "gate", "repeat_kv", "softcap")
    written = {k for k in TEXTS if k.partition(".")[2].startswith(words) and ":" not in k}
    only_in_half = {
        "layernorm.rms_norm",
        "layernorm.rms_norm.upcast",
        "layernorm.rms_norm.downcast",
    }
    assert written - keys <= only_in_half


def test_the_table_is_what_the_runs_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tools.families`"
