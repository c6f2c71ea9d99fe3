"""Which task a model is for, and what it cannot do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

import cyclesim
from cyclesim import CyclesimError
from cyclesim.machine.tasks import FIELDS, TASKS, task_for, task_of
from tests.machine.folders import LABELS, save, small

from .runs import TOKENIZER, machine_of


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("BertForTokenClassification", "token-classification"),
        ("RobertaForSequenceClassification", "text-classification"),
        ("DistilBertForMaskedLM", "fill-mask"),
        ("BertForNextSentencePrediction", "next-sentence-prediction"),
        ("ElectraForQuestionAnswering", "question-answering"),
        ("XLNetForQuestionAnsweringSimple", "question-answering"),
        ("BertForMultipleChoice", "multiple-choice"),
        ("GPT2LMHeadModel", "text-generation"),
        ("LlamaForCausalLM", "text-generation"),
        ("SomethingElse", "forward"),
    ],
)
def test_the_task_of_a_class(architecture: str, task: str) -> None:
    assert task_of(architecture).name == task


def test_a_model_without_a_head_gives_features() -> None:
    assert task_for(small("BertModel")).name == "feature-extraction"

    class MyModel(torch.nn.Linear):
        pass

    assert task_for(MyModel(2, 2)).name == "forward"


def test_labels_are_those_of_the_config_where_a_head_has_some() -> None:
    names = dict(enumerate(LABELS))
    assert task_for(small("BertForTokenClassification", id2label=names)).labels == LABELS
    assert task_for(small("BertForQuestionAnswering")).labels == ()


@pytest.mark.parametrize("name", TASKS)
def test_every_task_says_what_it_reads(name: str) -> None:
    task = TASKS[name]
    assert {*task.needs, *task.takes} <= set(FIELDS)
    assert "text" in task.needs
    assert not set(task.needs) & set(task.takes)


def test_inputs_are_named() -> None:
    inputs = machine_of("BertForQuestionAnswering").inputs
    assert list(inputs) == ["question", "text"]
    assert "--question" in inputs["question"]


def test_a_head_that_a_built_model_has_not() -> None:
    with pytest.raises(CyclesimError) as caught:
        machine_of("BertForMaskedLM", "question-answering")
    assert str(caught.value) == (
        "BertForMaskedLM has no head for question-answering: it can do fill-mask, "
        "sentence-similarity, feature-extraction, forward."
    )


def test_a_head_that_a_checkpoint_has_not(tmp_path: Path) -> None:
    folder = save(tmp_path / "m", small("BertForTokenClassification"), TOKENIZER)
    with pytest.raises(CyclesimError) as caught:
        cyclesim.load(folder, task="question-answering")
    assert re.search(
        r"no weights for qa_outputs\.bias, qa_outputs\.weight: it was made for "
        r"token-classification, so leave --task out, or pass --random-init",
        str(caught.value),
    )
    machine = cyclesim.load(folder, task="question-answering", random_init=True)
    assert machine.task.name == "question-answering"


def test_a_task_that_a_family_cannot_do(tmp_path: Path) -> None:
    from transformers import T5Config, T5EncoderModel

    sizes = {"vocab_size": 180, "d_model": 16, "d_ff": 16, "d_kv": 8, "num_layers": 1}
    folder = save(tmp_path / "m", T5EncoderModel(T5Config(**sizes, num_heads=2)), TOKENIZER)
    with pytest.raises(CyclesimError, match=r"cannot do fill-mask: a t5 model can do token-class"):
        cyclesim.load(folder, task="fill-mask")
    with pytest.raises(CyclesimError, match="unknown --task 'poetry'"):
        cyclesim.load(folder, task="poetry")
