"""Unit and step name of a computation, in the field's words.

A name is read off where the call stands: the classes and names of the modules that were executing,
the torch function, and how many computations of which sort came before it in the same attention.
What these rules do not know is called `other` and keeps its torch name; nothing is guessed.

The rules read the architectures' own vocabulary (BERT's `query`, DistilBERT's `q_lin`, Llama's
`q_proj`), so a new family usually needs a word here and no code elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cyclesim.trace import Call, Unit

__all__ = ["Name", "Namer", "Seen"]


class Name(NamedTuple):
    """What a cycle is called."""

    unit: Unit
    step: str


class Seen(NamedTuple):
    """What the rules may look at.

    Attributes:
        op: short name of the torch function.
        stack: the executing module calls, outermost first.
        ranks: number of dimensions of each tensor input, in order.
        same_shape: whether there are two tensor inputs that fill the same shape.
        integer: whether the output holds integers or booleans (None before it has run).
        function: name of the Python function that made the call.
        file: name of the source file that made the call.
    """

    op: str
    stack: Sequence[Call]
    ranks: tuple[int, ...]
    same_shape: bool
    integer: bool | None
    function: str
    file: str


_PROJECTIONS = {
    "query": "query", "q_lin": "query", "q_proj": "query", "q": "query", "wq": "query",
    "key": "key", "k_lin": "key", "k_proj": "key", "k": "key", "wk": "key",
    "value": "value", "v_lin": "value", "v_proj": "value", "v": "value", "wv": "value",
    "c_attn": "query_key_value", "query_key_value": "query_key_value", "qkv_proj": "query_key_value",
    "Wqkv": "query_key_value", "in_proj": "query_key_value",
}  # fmt: skip
_ATTENTION_OUT = {"out_lin", "o_proj", "out_proj", "o", "c_proj", "dense", "Wo"}
_EMBEDDINGS = {
    "word_embeddings": "word_embeddings", "embed_tokens": "word_embeddings",
    "wte": "word_embeddings", "word_embedding": "word_embeddings", "shared": "word_embeddings",
    "tok_embeddings": "word_embeddings",
    "position_embeddings": "position_embeddings", "wpe": "position_embeddings",
    "embed_positions": "position_embeddings",
    "token_type_embeddings": "token_type_embeddings",
    "relative_attention_bias": "relative_attention_bias",
    "embeddings_project": "embeddings_project",
    "embedding_hidden_mapping_in": "embeddings_project",
}  # fmt: skip
_FFN_IN = {"lin1", "fc1", "wi", "c_fc", "dense_h_to_4h", "ffn", "up_proj", "gate_proj", "Wi"}
_FFN_OUT = {"lin2", "fc2", "wo", "c_proj", "dense_4h_to_h", "ffn_output", "down_proj", "Wo"}
_HEADS = {
    "classifier", "qa_outputs", "lm_head", "score", "cls", "pre_classifier", "vocab_transform",
    "vocab_projector", "vocab_layer_norm", "generator_predictions", "generator_lm_head",
    "discriminator_predictions", "predictions", "classification_head", "logits_proj",
}  # fmt: skip
_LAST_OF_HEAD = {"classifier", "out_proj", "qa_outputs", "lm_head", "score", "decoder",
                 "vocab_projector", "generator_lm_head", "dense_prediction", "logits_proj",
                 "seq_relationship"}  # fmt: skip
_ACTIVATIONS = {
    "gelu", "relu", "tanh", "silu", "sigmoid", "mish", "leaky_relu", "relu6", "elu", "selu",
    "hardtanh", "hardswish", "softplus", "quick_gelu", "hardsigmoid", "logsigmoid", "prelu",
    "relu_", "silu_",
}  # fmt: skip
_MATMULS = {"matmul", "bmm", "baddbmm", "__matmul__", "einsum"}
_LINEARS = {"linear", "addmm"}
_SCALES = {"mul", "div", "__mul__", "__truediv__", "__rmul__", "mul_", "div_", "true_divide"}
_ADDS = {"add", "__add__", "__radd__", "add_", "__iadd__"}
_FILLS = {"masked_fill", "masked_fill_", "where"}
_DROPOUTS = {"dropout", "dropout_", "alpha_dropout", "feature_dropout"}
_FUSED = {"scaled_dot_product_attention", "multi_head_attention_forward"}


@dataclass(slots=True)
class _Attention:
    """How far one call of an attention module has come."""

    matmuls: int = 0
    softmaxes: int = 0

    @property
    def done(self) -> bool:
        return self.matmuls >= 2


class Namer:
    """Names the computations of one run, in order; call it once for each cycle."""

    def __init__(self) -> None:
        self._attention: dict[Call, _Attention] = {}

    def name(self, seen: Seen) -> Name:
        """The unit and step of the next computation."""
        leaf = seen.stack[-1] if seen.stack else None
        last = leaf.path.rpartition(".")[2] if leaf else ""
        if seen.op in {"layer_norm", "rms_norm"} or _is_norm(leaf):
            return Name("layernorm", "layernorm")
        if seen.file == "masking_utils.py" or "attention_mask" in seen.function:
            return Name("input", "attention_mask")
        if "position_ids" in seen.function:
            return Name("embedding", "position_ids")

        if head := self._head(seen):
            return self._in_head(seen, head, last)
        if any("pooler" in _words(c) for c in seen.stack[1:]):
            return Name("pooler", self._projection_or(seen, "dense", "activation"))
        if (attention := _innermost(seen.stack, "attention", "attn")) is not None:
            return self._in_attention(seen, attention, last)
        if last in _EMBEDDINGS or any("embeddings" in _words(c) for c in seen.stack[1:]):
            return self._in_embeddings(seen, last)
        if _in_block(seen.stack):
            return self._in_block(seen, last)
        if seen.op in _DROPOUTS and len(seen.stack) == 2 and last == "dropout":
            # The dropout that the model class itself keeps in front of its head.
            return Name("classifier", "dropout")
        if leaf is None or len(seen.stack) == 1:
            return Name("other", _plain(seen.op))
        return Name("other", _plain(seen.op))

    def _head(self, seen: Seen) -> str | None:
        for call in seen.stack[1:]:
            for word in call.path.split("."):
                if word in _HEADS:
                    return word
        return None

    def _in_head(self, seen: Seen, head: str, last: str) -> Name:
        if seen.op in _LINEARS | _MATMULS:
            is_last = last in _LAST_OF_HEAD or last == "generator_lm_head"
            return Name("classifier", "logits" if is_last else "dense")
        if seen.op in _DROPOUTS:
            return Name("classifier", "dropout")
        if seen.op in _ACTIVATIONS or _in_activation(seen.stack):
            return Name("classifier", "activation")
        return Name("classifier", _plain(seen.op))

    def _in_embeddings(self, seen: Seen, last: str) -> Name:
        if seen.op == "embedding":
            return Name("embedding", _EMBEDDINGS.get(last, last or "embedding"))
        if seen.op in _LINEARS:
            return Name("embedding", _EMBEDDINGS.get(last, last))
        if seen.op in _DROPOUTS:
            return Name("embedding", "dropout")
        if seen.op in _ADDS and not seen.integer and len(seen.ranks) > 1:
            return Name("embedding", "sum")
        if seen.op == "gather" and seen.integer is not False:
            return Name("embedding", "token_type_ids")
        return Name("embedding", _plain(seen.op))

    def _in_attention(self, seen: Seen, attention: Call, last: str) -> Name:
        state = self._attention.setdefault(attention, _Attention())
        if seen.op in _FUSED:
            state.matmuls = 2
            return Name("attention", "scaled_dot_product_attention")
        if seen.op in _LINEARS:
            if last in _PROJECTIONS and not state.done:
                return Name("attention", _PROJECTIONS[last])
            if last in _ATTENTION_OUT:
                return Name("attention", "output.dense")
            return Name("attention", last or "linear")
        if seen.op in _MATMULS:
            state.matmuls += 1
            if state.matmuls <= 2:
                return Name("attention", ("scores", "context")[state.matmuls - 1])
            return Name("attention", _plain(seen.op))
        if seen.op == "softmax":
            state.softmaxes += 1
            return Name("attention", "softmax")
        if seen.op in _DROPOUTS:
            return Name("attention", "dropout")
        if state.done:
            # After the context, a sum of two whole states is the residual connection.
            if seen.op in _ADDS and seen.same_shape:
                return Name("residual", "residual")
            return Name("attention", _plain(seen.op))
        if seen.op in _SCALES and len(seen.ranks) == 1:
            return Name("attention", "scale")
        if seen.op in _FILLS or (seen.op in _ADDS and state.matmuls and not state.softmaxes):
            return Name("attention", "mask")
        return Name("attention", _plain(seen.op))

    def _in_block(self, seen: Seen, last: str) -> Name:
        if seen.op in _LINEARS:
            parent = seen.stack[-2] if len(seen.stack) > 1 else None
            if last in _FFN_IN or (parent and "intermediate" in _words(parent)):
                return Name("ffn", "intermediate")
            if last in _FFN_OUT or (parent and parent.path.endswith(".output")):
                return Name("ffn", "output.dense")
            return Name("ffn" if _innermost(seen.stack, "ffn", "mlp") else "other", last)
        if seen.op in _ACTIVATIONS or _in_activation(seen.stack):
            return Name("ffn", "activation")
        if seen.op in _DROPOUTS:
            return Name("ffn", "dropout")
        if seen.op in _ADDS and seen.same_shape:
            return Name("residual", "residual")
        return Name("other", _plain(seen.op))

    @staticmethod
    def _projection_or(seen: Seen, projection: str, activation: str) -> str:
        if seen.op in _LINEARS:
            return projection
        if seen.op in _ACTIVATIONS or _in_activation(seen.stack):
            return activation
        return "dropout" if seen.op in _DROPOUTS else _plain(seen.op)


def _words(call: Call) -> str:
    """Last part of the path and class name, in lower case: what the rules search."""
    return f"{call.path.rpartition('.')[2]} {call.module}".lower()


def _innermost(stack: Sequence[Call], *words: str) -> Call | None:
    """The outermost call of the innermost run of calls whose names hold one of `words`.

    BERT nests `attention` → `attention.self`: together they are one attention.
    """
    found: Call | None = None
    for call in stack[1:]:
        if any(word in _words(call) for word in words):
            return call
    return found


def _in_block(stack: Sequence[Call]) -> bool:
    return any(c.path.rpartition(".")[2].isdigit() and not c.leaf for c in stack)


def _in_activation(stack: Sequence[Call]) -> bool:
    return bool(stack) and "activation" in _words(stack[-1])


def _is_norm(leaf: Call | None) -> bool:
    return leaf is not None and leaf.module.endswith(("LayerNorm", "RMSNorm"))


def _plain(op: str) -> str:
    """`__getitem__` → `getitem`, `add_` → `add`."""
    return op.strip("_") or op
