"""Sentences are true of the very cycle, complete, and harmless whatever the tokens are."""

from __future__ import annotations

import re
from string import Formatter

import pytest
import torch

import cyclesim
from cyclesim.explain import Explanation, axes_of, explain
from cyclesim.explain.texts import GENERIC, TEXTS
from cyclesim.trace import Cycle, Header, Trace, Value

ALL = ["eager", "sdpa", "padded", "decoder"]


def of(trace: Trace, **where: object) -> Explanation:
    return explain(trace.find(**where)[0], trace)


@pytest.mark.parametrize("name", ALL)
def test_every_cycle_has_a_whole_sentence(name: str, request: pytest.FixtureRequest) -> None:
    trace: Trace = request.getfixturevalue(name)
    for cycle in trace:
        found = explain(cycle, trace)
        assert found.sentence.endswith((".", "…")) and "{" not in found.sentence, found.sentence
        assert found.sentence[0].isupper()
        assert found.formula.count("\n") <= 1 and found.formula_ascii.isascii()
        assert bool(found.formula) == bool(found.formula_ascii)
        assert "→" in found.shapes and found.shapes_ascii.isascii()
        assert [len(a) for a in found.axes] == [len(v.shape) for v in cycle.outputs]


def test_the_steps_of_bert_are_explained_by_name(eager: Trace) -> None:
    generic = re.compile(r"^(Runs|Ran) `")
    plain = [c.label for c in eager if generic.match(explain(c, eager).sentence)]
    assert plain == []


def test_sentences_speak_of_this_cycle(eager: Trace) -> None:
    assert "12 × 12 = 144 scores in each of the 4 heads" in of(eager, step="scores").sentence
    assert "1/√8 = 0.3536" in of(eager, step="scale").sentence
    assert "read as 4 heads of 8 numbers" in of(eager, step="query").sentence
    assert "5 labels (O, PER, ORG, LOC and MISC)" in of(eager, step="logits").sentence
    assert "“Ada” is number 5" in of(eager, step="ids").sentence
    assert "a table of 15 rows" in of(eager, step="word_embeddings").sentence
    assert "10 tokens" in of(eager, step="tokenize").sentence
    assert "from 32 to 64 numbers" in of(eager, step="intermediate").sentence
    residual = eager.find(step="residual")[0]
    for source in residual.sources:
        assert f"cycle {source} " in explain(residual, eager).sentence


def test_numbers_in_sentences_come_from_the_trace(eager: Trace) -> None:
    softmax = eager.find(step="softmax", unit="attention")[0]
    row = softmax.outputs[0].numpy((0, 0, 1))
    best = eager.header.tokens[int(row.argmax())]
    assert f"“Ada” attends most to “{best}” ({row.max():.2f})" in explain(softmax, eager).sentence
    label = eager.result["tokens"][0]["label"]
    assert f"“Ada” gets {label}." in of(eager, unit="output", step="labels").sentence


def test_a_nop_says_that_it_does_nothing(eager: Trace) -> None:
    for cycle in eager:
        if cycle.nop and cycle.op == "dropout":
            assert explain(cycle, eager).sentence.startswith("Does nothing")
    assert "nothing cut" in of(eager, step="truncation").sentence


def test_padding_is_counted_in_the_mask(padded: Trace) -> None:
    # 2 and 3 hidden keys, for each of 6 queries
    assert "30 of its 108 entries block" in of(padded, step="mask").sentence
    assert "of each of the 3 sequences" in of(padded, step="query").sentence
    assert of(padded, step="logits").sentence.startswith("Scores each of the 3 sequences")


def test_axes(eager: Trace, sdpa: Trace, padded: Trace) -> None:
    four = ("batch", "head", "query", "key")
    for step in ("scores", "scale", "softmax"):
        assert of(eager, step=step, unit="attention").axes == (four,)
    dropouts = eager.find(unit="attention", step="dropout", layer=0)
    assert axes_of(dropouts[0], eager) == (four,)
    assert axes_of(dropouts[1], eager) == (("batch", "token", "hidden"),)
    assert of(eager, step="context").axes == (("batch", "head", "query", "channel"),)
    fused = of(sdpa, step="scaled_dot_product_attention")
    assert fused.axes == (("batch", "head", "query", "channel"),)
    assert of(eager, step="activation").axes == (("batch", "token", "intermediate"),)
    assert of(eager, step="logits").axes == (("batch", "token", "label"),)
    assert of(padded, step="logits").axes == (("batch", "label"),)
    assert of(eager, step="entities").axes == (("entity", "start/end"),)
    assert of(padded, unit="pooler", step="dense").axes == (("batch", "hidden"),)


def test_shapes(eager: Trace) -> None:
    assert of(eager, step="scores").shapes == "[1,4,12,8] @ [1,4,8,12] → [1,4,12,12]"
    assert of(eager, step="query").shapes == "[1,12,32] @ [32,32]ᵀ + [32] → [1,12,32]"
    assert of(eager, step="scale").shapes == "[1,4,12,12] × 0.3536 → [1,4,12,12]"
    assert of(eager, step="scores").shapes_ascii == "[1,4,12,8] @ [1,4,8,12] -> [1,4,12,12]"


def test_an_activation_is_named_for_what_it_is(eager: Trace, sdpa: Trace) -> None:
    assert "GELU" in of(eager, step="activation").sentence
    assert of(eager, step="activation").formula == "y = x · Φ(x)"
    (last,) = sdpa.find(unit="ffn", step="activation", layer=0)
    assert last.op == "mul" and "tanh approximation of GELU" in explain(last, sdpa).sentence
    parts = [c for c in sdpa if c.layer == 0 and c.step.startswith("activation.")]
    assert len({explain(c, sdpa).sentence for c in parts}) == len(parts) == 7


def test_an_exact_gelu_that_says_so_is_not_called_approximate() -> None:
    x = Value("input", (2, 3), "float32")
    cycle = Cycle(0, "ffn", "activation", "", 1, "gelu", inputs=(x,), outputs=(x,))
    for form, approximate in (("'none'", False), ("'tanh'", True)):
        cycle.arguments = {"approximate": form}
        found = explain(cycle, None)
        assert ("approximation" in found.sentence) == ("tanh(" in found.formula) == approximate


def test_a_half_run_trace_and_no_trace_at_all(eager: Trace) -> None:
    for number, cycle in enumerate(eager):
        half = Trace(eager.header, eager.cycles[: number + 1])
        assert explain(cycle, half).sentence
        assert explain(cycle, None).sentence
        assert explain(cycle, Trace(eager.header)).sentence


def test_anything_is_explained() -> None:
    strange = Cycle(3, "other", "zap", "", 1, "zap{0}", note="{x}", outputs=())
    assert explain(strange, None).sentence == "Runs `zap{0}`: reads nothing and writes nothing."
    backward = Cycle(0, "attention", "softmax", "", 1, "softmax", phase="backward")
    assert explain(backward, None).sentence


def test_hostile_tokens_are_shown_safely() -> None:
    bad = ("\x1b[31mred", "a\nb", "\u202eevil", "\x00", "{token}", "[bold]x", "\ud800")
    words = Value("ids", (len(bad),), "int64", words=bad)
    trace = Trace(Header("m", "t", "cpu", "float32", "eager", tokens=bad))
    for step in ("tokenize", "ids", "special_tokens"):
        cycle = Cycle(0, "input", step, "", 1, "f", outputs=(words,), note="\x1b]0;x\x07")
        found = explain(cycle, trace)
        assert not re.search(
            "[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", found.sentence
        )


def test_the_tables_are_well_formed() -> None:
    entries = [e for group in TEXTS.values() for e in group] + list(GENERIC)
    for entry in entries:
        assert entry.sentence.endswith((".", "}", "…")), entry.sentence
        assert entry.formula.count("\n") <= 1
        assert (entry.ascii or entry.formula).isascii(), entry.formula
        names = [name for _, name, _, _ in Formatter().parse(entry.sentence) if name is not None]
        assert all(name.isidentifier() for name in names)


def test_fused_attention_of_torch_itself() -> None:
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    trace = cyclesim.trace(layer, inputs=torch.rand(3, 5, 8), measure=False)
    for fused in trace.find(op="multi_head_attention_forward"):
        found = explain(fused, trace)
        assert "projections" in found.sentence
        assert found.axes[0] == ("token", "batch", "hidden")
    for cycle in trace:
        assert explain(cycle, trace).sentence


def test_constants_are_told_apart_from_tensors() -> None:
    class Affine(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * 2 + 1 + x

    trace = cyclesim.trace(Affine(), inputs=torch.rand(3), measure=False)
    said = [explain(c, trace).sentence for c in trace.find(unit="other")]
    assert said[0].startswith("Multiplies every number of cycle 0") and said[0].endswith(" 2.")
    assert said[1].startswith("Adds the constant 1 to every number of cycle 1")
    assert said[2].startswith("Adds two tensors element by element: cycle 2 (other · add) and")
