"""The words of the language, and the step names that are the same in every model."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["ALIASES", "IDENTITIES", "KEYWORDS", "ORDER", "STEPS", "beginnings"]

#: The step names that are the same in every model; a trace adds its own.
STEPS = frozenset(
    """
    tokenize ids truncation special_tokens padding tensors attention_mask mask position_ids
    token_type_ids word_embeddings token_type_embeddings position_embeddings
    relative_attention_bias embeddings_project layernorm dropout query key value query_key_value
    scores scale softmax context output.dense scaled_dot_product_attention residual intermediate
    activation dense logits probabilities labels entities model_inputs key_cache value_cache
    repetition_penalty temperature top_k top_p draw argmax append detokenize
    cross_entropy clip.norms clip.total_norm clip.ratio clip.coefficient clip.scale adamw sgd
    schedule
    """.split()
)

ALIASES = {"cycle": "number"}
KEYWORDS = frozenset(("and", "or", "not", "in", "true", "false", "none", "True", "False", "None"))
#: After these a constant may follow without `==`: they say which cycle, not how much.
IDENTITIES = frozenset(("number", "layer", "rank", "call", "unit", "step", "op", "phase", "token"))
ORDER = frozenset(("<", "<=", ">", ">="))


def beginnings(step: str) -> Iterator[str]:
    """What a step is a part of: `rotary` and `rotary.query` for `rotary.query.sum`."""
    parts = step.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts)))
