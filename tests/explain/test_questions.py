"""Whatever is asked can be answered, and the tensors of the run agree with what is said right."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import cyclesim
from cyclesim.explain.questions import Kind, Outcome, Question, question_for, questions_for
from cyclesim.explain.shapes import shape_text
from cyclesim.trace import ArrayData, Cycle, Header, Trace, Value
from cyclesim.trace.attention import recompute_attention
from tests.engine.families import build, configurations, inputs

relaxed = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@pytest.fixture(scope="session")
def embedded() -> Trace:
    return cyclesim.trace(cyclesim.load(), "Ada Lovelace met Bob in Rome, in May.", measure=False)


@pytest.fixture(scope="session")
def fused() -> Trace:
    return cyclesim.trace(cyclesim.load(attn="sdpa"), "Ada met Bob in Rome.", measure=False)


def planned(trace: Trace) -> Trace:
    """The trace as a rehearsal has it: shapes and sources, no numbers."""
    bare = []
    for cycle in trace:
        blank = {
            side: tuple(replace(v, data=None, words=None) for v in getattr(cycle, side))
            for side in ("inputs", "outputs")
        }
        bare.append(replace(cycle, **blank))
    return Trace(trace.header, bare)


def numbers_agree(question: Question, cycle: Cycle, trace: Trace, right: set[int]) -> None:
    """Check what is right against the tensors, found here in another way."""
    output = cycle.outputs[0]
    if question.kind == "shape":
        assert [question.choices[i] for i in right] == [shape_text(output.shape)]
    elif question.kind == "source":
        stated = {int(question.choices[i].split()[0]) for i in right}
        offered = {int(choice.split()[0]) for choice in question.choices}
        assert stated == offered & set(cycle.sources)
    elif question.kind == "waits":
        reached, todo = set(), list(cycle.sources)
        while todo:
            number = todo.pop()
            if number not in reached:
                reached.add(number)
                todo += trace[number].sources
        assert right == ({0} if cycle.number - 1 in reached else {1})
    elif question.kind == "nop":
        assert right == ({0} if cycle.nop else {1})
        if cycle.nop and output.dtype == cycle.inputs[0].dtype:
            before = trace[cycle.inputs[0].source].outputs[0]
            if before.shape == output.shape:
                assert np.array_equal(before.numpy(), output.numpy(), equal_nan=True)
    elif question.kind == "tokens":
        assert [int(question.choices[i]) for i in right] == [len(output.numpy())]
    elif question.kind == "sums":
        head = re.search(r"head (\d+)", question.text)
        rows = output.numpy((0, int(head[1])) if head else (0,) * (len(output.shape) - 2))
        total = rows.astype(float).sum(-1)
        assert right == ({0} if np.allclose(total, 1, atol=1e-3) else {1})
    elif question.kind == "signs":
        negative = np.count_nonzero(np.signbit(output.numpy()) & (output.numpy() != 0))
        share = negative / output.numpy().size
        low, high = ((0, 0), (1e-9, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1))[min(right)]
        assert low <= share <= high


def check(trace: Trace) -> set[str]:
    plan, kinds = planned(trace), set()
    for cycle in trace:
        for question in questions_for(plan[cycle.number], plan):
            assert 2 <= len(set(question.choices)) == len(question.choices), question
            assert question.number == cycle.number
            outcomes = [question.outcome(trace, i) for i in range(len(question.choices))]
            if None in outcomes:  # a row of NaN: nobody is right, and nobody is told so
                assert outcomes == [None] * len(outcomes)
                assert question.kind in ("attention", "label", "sums")
                continue
            right = {i for i, o in enumerate(outcomes) if o.right}
            assert right, (cycle, question)
            assert len(right) < len(outcomes) or question.kind in ("attention", "label")
            assert {o.best for o in outcomes} <= right
            assert all(o.said for o in outcomes)
            numbers_agree(question, cycle, trace, right)
            kinds.add(question.kind)
    return kinds


def asked_of(question: Question, trace: Trace) -> tuple[int, int]:
    """The head and the place of the token that an attention question is about."""
    token, place, head = re.search(r"“(.+?)”(?: \((\d+)\))?.* head (\d+)", question.text).groups()
    return int(head), int(place) if place else trace.header.tokens.index(token)


def test_every_question_about_the_embedded_model(embedded: Trace, fused: Trace) -> None:
    of_training = {"balance", "largest", "moved", "clipped"}
    assert check(embedded) == check(fused) == set(get_args(Kind)) - of_training


@relaxed
@given(configurations())
def test_every_question_about_small_families(spec: dict[str, Any]) -> None:
    assert "shape" in check(cyclesim.trace(build(spec), inputs=inputs(spec), measure=False))


def test_the_plan_and_the_record_ask_the_same(embedded: Trace) -> None:
    plan = planned(embedded)
    for cycle in embedded:
        one = question_for(cycle, embedded)
        other = question_for(plan[cycle.number], plan)
        assert one is not None and other is not None
        assert (one.kind, one.text, one.choices) == (other.kind, other.text, other.choices)
        assert one.kind == question_for(cycle, embedded).kind  # and again


def test_questions_vary(embedded: Trace) -> None:
    asked = [question_for(c, embedded).kind for c in embedded]
    assert len(set(asked)) >= 6
    assert max(asked.count(kind) for kind in set(asked)) < len(asked) / 2


def test_attention_names_the_token_with_the_largest_share(embedded: Trace) -> None:
    for cycle in embedded.find(unit="attention", step="softmax"):
        question = next(q for q in questions_for(cycle, embedded) if q.kind == "attention")
        shares = cycle.outputs[0].numpy((0, *asked_of(question, embedded)))
        best = int(shares.argmax())
        outcome = question.outcome(embedded, best)
        assert outcome.right and outcome.best == best
        name, _, share = outcome.said.removesuffix(".").partition(": ")
        assert name == f"“{question.choices[best]}”"
        assert float(share) == pytest.approx(shares[best], abs=0.005)
        worst = int(shares.argmin())
        outcome = question.outcome(embedded, worst)
        assert not outcome.right and question.choices[worst] in outcome.said
        # “in” stands twice in the sentence: its two places can be told apart.
        assert sum(choice.startswith("in (") for choice in question.choices) == 2


def test_fused_attention_is_answered_by_what_is_recomputed(fused: Trace) -> None:
    cycle = fused.find(op="scaled_dot_product_attention")[1]
    question = next(q for q in questions_for(cycle, fused) if q.kind == "attention")
    shares = recompute_attention(cycle).probabilities.numpy((0, *asked_of(question, fused)))
    outcome = question.outcome(fused, int(shares.argmax()))
    assert outcome.right and f"{shares.max():.2f} (recomputed" in outcome.said


def test_labels_are_those_of_the_run(embedded: Trace) -> None:
    tokens, labels = embedded.header.tokens, embedded.header.labels
    given_labels = embedded.find(unit="output", step="labels")[0].outputs[0].words
    for step in ("logits", "probabilities", "labels"):
        cycle = embedded.find(step=step)[0]
        question = next(q for q in questions_for(cycle, embedded) if q.kind == "label")
        token = re.search(r"“(.+?)”", question.text)[1]
        assert question.choices == labels
        assert token[0].isupper()
        best = labels.index(given_labels[tokens.index(token)])
        assert question.outcome(embedded, best).right
        assert not question.outcome(embedded, (best + 1) % len(labels)).right


def test_what_was_not_kept_is_not_asked(embedded: Trace) -> None:
    softmax = embedded.find(unit="attention", step="softmax")[0]
    kinds = {q.kind for q in questions_for(softmax, embedded, kept=False)}
    assert kinds and not kinds & {"attention", "label", "sums"}


def test_numbers_that_are_missing_or_nan_judge_nobody(embedded: Trace) -> None:
    softmax = embedded.find(unit="attention", step="softmax")[0]
    question = next(q for q in questions_for(softmax, embedded) if q.kind == "attention")
    assert question.outcome(planned(embedded), 0) is None


def test_a_run_that_went_another_way_judges_nobody(embedded: Trace) -> None:
    cycle = embedded.find(step="scores")[0]
    question = next(q for q in questions_for(cycle, embedded) if q.kind == "shape")
    other = planned(embedded)
    value = other[cycle.number].outputs[0]
    other[cycle.number].outputs = (replace(value, shape=(7, 7)),)
    assert question.outcome(other, 0) is None


def test_nothing_is_asked_of_a_cycle_that_writes_nothing() -> None:
    cycle = Cycle(0, "other", "assert", "", 1, "assert")
    header = Header("model", "forward", "cpu", "float32", "eager")
    assert question_for(cycle, Trace(header, [cycle])) is None


def softmax_of(*shares: float) -> Trace:
    """A trace of one softmax with one query and these shares."""
    array = np.array(shares).reshape(1, 1, 1, -1)
    output = Value("output", array.shape, "float32", data=ArrayData(array))
    cycle = Cycle(0, "attention", "softmax", "", 1, "softmax", outputs=(output,))
    return Trace(Header("model", "forward", "cpu", "float32", "eager"), [cycle])


def attention_outcomes(trace: Trace) -> list[Outcome | None]:
    question = next(q for q in questions_for(trace[0], trace) if q.kind == "attention")
    return [question.outcome(trace, i) for i in range(len(question.choices))]


def test_shares_that_two_digits_cannot_tell_apart_get_more() -> None:
    first, second, third = attention_outcomes(softmax_of(0.3412, 0.3408, 0.318))
    assert first.right and not second.right and not third.right
    assert "0.3412" in second.said and "0.3408" in second.said
    assert "0.34;" not in third.said


def test_of_equal_shares_each_is_right() -> None:
    assert [o.right for o in attention_outcomes(softmax_of(0.5, 0.5))] == [True, True]
    assert attention_outcomes(softmax_of(0.5, math.nan)) == [None, None]
