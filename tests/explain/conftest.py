"""Real traces of small random models, made once for all tests of this folder."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertTokenizerFast,
    GPT2Config,
    GPT2LMHeadModel,
)

import cyclesim
from cyclesim.trace import Trace

SENTENCE = "Ada Lovelace worked with Charles Babbage in London."
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
}
LABELS = {0: "O", 1: "PER", 2: "ORG", 3: "LOC", 4: "MISC"}


def tokenizer() -> BertTokenizerFast:
    words = (
        "[PAD] [UNK] [CLS] [SEP] [MASK] Ada Love ##lace worked with Charles Babbage in London ."
    ).split()
    return BertTokenizerFast(vocab={w: i for i, w in enumerate(words)}, do_lower_case=False)


def ner(attention: str, **more: Any) -> BertForTokenClassification:
    torch.manual_seed(0)
    config = BertConfig(
        **{**SIZES, **more},
        vocab_size=15,
        id2label=LABELS,
        attn_implementation=attention,
        initializer_range=0.5,
    )
    return BertForTokenClassification(config).eval()


@pytest.fixture(scope="session")
def eager() -> Trace:
    return cyclesim.trace(ner("eager"), SENTENCE, tokenizer=tokenizer(), measure=False)


@pytest.fixture(scope="session")
def sdpa() -> Trace:
    model = ner("sdpa", hidden_act="gelu_new")
    return cyclesim.trace(model, SENTENCE, tokenizer=tokenizer(), measure=False)


@pytest.fixture(scope="session")
def padded() -> Trace:
    """Three sequences, two of them padded, for a classifier of whole texts."""
    torch.manual_seed(0)
    config = BertConfig(**SIZES, vocab_size=15, num_labels=3, attn_implementation="eager")
    ids = torch.randint(5, 15, (3, 6))
    mask = torch.ones_like(ids)
    mask[1, 4:] = mask[2, 3:] = 0
    inputs = {"input_ids": ids, "attention_mask": mask}
    model = BertForSequenceClassification(config).eval()
    return cyclesim.trace(model, inputs=inputs, measure=False)


@pytest.fixture(scope="session")
def decoder() -> Trace:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=15, n_embd=32, n_layer=1, n_head=4, n_positions=40, attn_implementation="eager"
    )
    inputs = {"input_ids": torch.randint(5, 15, (1, 6))}
    return cyclesim.trace(GPT2LMHeadModel(config).eval(), inputs=inputs, measure=False)
