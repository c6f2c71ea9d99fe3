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
from functools import lru_cache
from typing import NamedTuple

from cyclesim.trace import Call, Cycle, Unit

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
        operands: number of tensor inputs.
        same_shape: whether there are two tensor inputs that fill the same shape.
        reads: the units of the cycles that it reads from.
        integer: whether the output holds integers or booleans.
        function: name of the Python function that made the call.
        file: name of the source file that made the call.
    """

    op: str
    stack: tuple[Call, ...]
    operands: int
    same_shape: bool
    reads: frozenset[str]
    integer: bool
    function: str
    file: str


_PROJECTIONS = {
    "query": "query", "q_lin": "query", "q_proj": "query", "q": "query", "wq": "query",
    "key": "key", "k_lin": "key", "k_proj": "key", "k": "key", "wk": "key",
    "value": "value", "v_lin": "value", "v_proj": "value", "v": "value", "wv": "value",
    "c_attn": "query_key_value", "query_key_value": "query_key_value", "Wqkv": "query_key_value",
    "qkv_proj": "query_key_value", "in_proj": "query_key_value",
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
_PLAIN_MATMULS = {op.strip("_") for op in _MATMULS}
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


class _Place(NamedTuple):
    """What the stack of module calls says. Remembered: every run has the same stacks."""

    last: str
    norm: bool
    head: bool
    pooler: bool
    attention: Call | None
    embeddings: bool
    block: bool
    activation: bool
    ffn: bool
    into_ffn: bool
    out_of_ffn: bool
    model: bool

    @classmethod
    @lru_cache(maxsize=8192)
    def of(cls, stack: tuple[Call, ...]) -> _Place:
        inner = stack[1:]
        leaf = stack[-1] if stack else None
        parent = stack[-2] if len(stack) > 1 else None
        last = leaf.path.rpartition(".")[2] if leaf else ""
        return cls(
            last=last,
            norm=leaf is not None and leaf.module.endswith(("LayerNorm", "RMSNorm")),
            head=any(word in _HEADS for call in inner for word in call.path.split(".")),
            pooler=_first(inner, "pooler") is not None,
            # BERT nests `attention` → `attention.self`: together they are one attention.
            attention=_first(inner, "attention", "attn"),
            embeddings=last in _EMBEDDINGS or _first(inner, "embeddings") is not None,
            block=any(c.path.rpartition(".")[2].isdigit() and not c.leaf for c in stack),
            activation=leaf is not None and "activation" in _words(leaf),
            ffn=_first(inner, "ffn", "mlp") is not None,
            into_ffn=parent is not None and "intermediate" in _words(parent),
            out_of_ffn=parent is not None and parent.path.endswith(".output"),
            model=len(stack) == 2,
        )


class Namer:
    """Names the computations of one run, in order; call it once for each cycle."""

    def __init__(self) -> None:
        self._attention: dict[Call, _Attention] = {}
        self._in_the_head = False

    def name(self, seen: Seen) -> Name:
        """The unit and step of the next computation."""
        place = _Place.of(seen.stack)
        op = seen.op
        if place.norm or op in {"layer_norm", "rms_norm"}:
            return Name("layernorm", "layernorm")
        if seen.file == "masking_utils.py" or "attention_mask" in seen.function:
            return Name("input", "attention_mask")
        if "position_ids" in seen.function:
            return Name("embedding", "position_ids")
        if place.head:
            self._in_the_head = True
            return self._in_head(seen, place)
        if place.pooler:
            return Name("pooler", _dense_or_activation(seen, place))
        if place.attention is not None:
            return self._in_attention(seen, place, place.attention)
        if place.embeddings:
            return self._in_embeddings(seen, place)
        if place.block:
            return self._in_block(seen, place)
        if op in _DROPOUTS and place.model and place.last == "dropout":
            # The dropout that the model class itself keeps in front of its head.
            return Name("classifier", "dropout")
        if op in _ADDS | _DROPOUTS and seen.reads == {"embedding"} and not seen.integer:
            # GPT-2's own class adds up its embeddings.
            return Name("embedding", "sum" if op in _ADDS else "dropout")
        if self._in_the_head and op in _ACTIVATIONS:
            # DistilBERT's own class applies the activation of its head.
            return Name("classifier", "activation")
        return Name("other", _plain(op))

    def adopt(self, cycle: Cycle) -> None:
        """Count a cycle that an earlier run has named, so that the next ones are named right."""
        attention = _Place.of(cycle.stack).attention if cycle.unit == "attention" else None
        if attention is not None:
            state = self._attention.setdefault(attention, _Attention())
            if cycle.op in _FUSED:
                state.matmuls = 2
            state.matmuls += cycle.op in _PLAIN_MATMULS
            state.softmaxes += cycle.op == "softmax"

    def _in_head(self, seen: Seen, place: _Place) -> Name:
        if seen.op in _LINEARS | _MATMULS and place.last in _LAST_OF_HEAD:
            return Name("classifier", "logits")
        return Name("classifier", _dense_or_activation(seen, place))

    def _in_embeddings(self, seen: Seen, place: _Place) -> Name:
        if seen.op == "embedding":
            return Name("embedding", _EMBEDDINGS.get(place.last, place.last or "embedding"))
        if seen.op in _LINEARS:
            return Name("embedding", _EMBEDDINGS.get(place.last, place.last))
        if seen.op in _DROPOUTS:
            return Name("embedding", "dropout")
        if seen.op in _ADDS and not seen.integer and seen.operands > 1:
            return Name("embedding", "sum")
        if seen.op == "gather" and seen.integer:
            return Name("embedding", "token_type_ids")
        return Name("embedding", _plain(seen.op))

    def _in_attention(self, seen: Seen, place: _Place, attention: Call) -> Name:
        state = self._attention.setdefault(attention, _Attention())
        if seen.op in _FUSED:
            state.matmuls = 2
            return Name("attention", "scaled_dot_product_attention")
        if seen.op in _LINEARS:
            if place.last in _PROJECTIONS and not state.done:
                return Name("attention", _PROJECTIONS[place.last])
            if place.last in _ATTENTION_OUT:
                return Name("attention", "output.dense")
            return Name("attention", place.last or "linear")
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
        if seen.op in _SCALES and seen.operands == 1 and state.matmuls:
            return Name("attention", "scale")
        if seen.op in _FILLS or (seen.op in _ADDS and state.matmuls and not state.softmaxes):
            return Name("attention", "mask")
        return Name("attention", _plain(seen.op))

    def _in_block(self, seen: Seen, place: _Place) -> Name:
        if seen.op in _LINEARS:
            if place.last in _FFN_IN or place.into_ffn:
                return Name("ffn", "intermediate")
            if place.last in _FFN_OUT or place.out_of_ffn:
                return Name("ffn", "output.dense")
            return Name("ffn" if place.ffn else "other", place.last or "linear")
        if seen.op in _ACTIVATIONS or place.activation:
            return Name("ffn", "activation")
        if seen.op in _DROPOUTS:
            return Name("attention" if seen.reads == {"attention"} else "ffn", "dropout")
        if seen.op in _ADDS and seen.same_shape:
            return Name("residual", "residual")
        return Name("other", _plain(seen.op))


def _dense_or_activation(seen: Seen, place: _Place) -> str:
    if seen.op in _LINEARS:
        return "dense"
    if seen.op in _ACTIVATIONS or place.activation:
        return "activation"
    return "dropout" if seen.op in _DROPOUTS else _plain(seen.op)


def _words(call: Call) -> str:
    """Last part of the path and class name, in lower case: what the rules search."""
    return f"{call.path.rpartition('.')[2]} {call.module}".lower()


def _first(stack: Sequence[Call], *words: str) -> Call | None:
    """The outermost call whose name or class holds one of `words`."""
    return next((c for c in stack if any(word in _words(c) for word in words)), None)


def _plain(op: str) -> str:
    """`__getitem__` → `getitem`, `add_` → `add`."""
    return op.strip("_") or op
