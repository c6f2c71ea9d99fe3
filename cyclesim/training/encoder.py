"""The shape that the small encoders have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import BertConfig

__all__ = ["small_bert"]

HEADS = 4


def small_bert(
    size: int, *, width: int, layers: int, positions: int, labels: Sequence[str] = (), **more: Any
) -> BertConfig:
    """A standard BERT of `layers` layers, `width` wide.

    Args:
        size: how many pieces its vocabulary has.
        positions: of the longest text.
        labels: the names of what its head tells apart, if it has names.
        more: other settings of a `BertConfig`.
    """
    if labels:
        more["id2label"] = dict(enumerate(labels))
        more["label2id"] = {label: number for number, label in enumerate(labels)}
    return BertConfig(
        vocab_size=size, hidden_size=width, num_hidden_layers=layers, num_attention_heads=HEADS,
        intermediate_size=4 * width, hidden_act="gelu", max_position_embeddings=positions,
        type_vocab_size=2, **more,
    )  # fmt: skip
