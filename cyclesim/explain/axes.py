"""What each axis of a tensor counts: batch, head, query, key, token, hidden, label …

The views label heatmaps with these names. A name is given where the step says it, or where a cycle
that only changes numbers in place of others took it over from its input; else the axis is a number.
"""

from __future__ import annotations

from collections.abc import Sequence

from cyclesim.cost.names import canonical
from cyclesim.cost.tables import PER_OUTPUT
from cyclesim.explain.gradient_axes import learning_axes
from cyclesim.explain.labels import lengths
from cyclesim.explain.task_axes import TASK_AXES, TASK_CLASSES
from cyclesim.language import N_, tr
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["Axes", "axes_of", "axis_text", "sequence_length"]

#: One name for each axis of one tensor.
Axes = tuple[str, ...]

_SCORES = ("batch", "head", "query", "key")
_MANY_SCORES = ("batch·head", "query", "key")
_CONTEXT = ("batch", "head", "query", "channel")
_KEYS = ("batch", "head", "key", "channel")
_HIDDEN = ("batch", "token", "hidden")
_POOLED = ("batch", "hidden")

#: By `unit.step`, then by rank. Steps absent here take their axes from their input.
_BY_STEP: dict[str, dict[int, Axes]] = {
    "input.tokenize": {1: ("token",), 2: ("token", "start/end")},
    "input.ids": {1: ("token",)},
    "input.truncation": {1: ("token",)},
    "input.special_tokens": {1: ("token",)},
    "input.padding": {1: ("token",)},
    "input.inputs": {2: ("batch", "token"), 3: _HIDDEN},
    "input.attention_mask": {2: ("batch", "token"), 4: _SCORES},
    "embedding.word_embeddings": {2: ("token", "hidden"), 3: _HIDDEN},
    "embedding.position_embeddings": {2: ("token", "hidden"), 3: _HIDDEN},
    "embedding.token_type_embeddings": {2: ("token", "hidden"), 3: _HIDDEN},
    "embedding.sum": {2: ("token", "hidden"), 3: _HIDDEN},
    "embedding.embeddings_project": {2: ("token", "hidden"), 3: _HIDDEN},
    **{
        f"embedding.rotary.{part}": {3: ("batch", "token", "channel")}
        for part in ("pairs", "cos", "sin")
    },
    "embedding.token_type_ids": {1: ("token",), 2: ("batch", "token")},
    "embedding.position_ids": {1: ("token",), 2: ("batch", "token")},
    "attention.query": {3: _HIDDEN},
    "attention.key": {3: _HIDDEN},
    "attention.value": {3: _HIDDEN},
    "attention.query_key_value": {
        2: ("token", "query·key·value"),
        3: ("batch", "token", "query·key·value"),
    },
    "attention.scores": {4: _SCORES, 3: _MANY_SCORES},
    "attention.softmax": {4: _SCORES, 3: _MANY_SCORES},
    "attention.context": {4: _CONTEXT, 3: ("batch·head", "query", "channel")},
    "attention.scaled_dot_product_attention": {4: _CONTEXT, 3: ("batch·head", "query", "channel")},
    "attention.output.dense": {2: ("token", "hidden"), 3: _HIDDEN},
    "attention.key_cache": {4: _KEYS},
    "attention.value_cache": {4: _KEYS},
    "attention.repeat_kv.key": {4: _KEYS},
    "attention.repeat_kv.value": {4: _KEYS},
    "attention.position_bias.distance": {2: _SCORES[2:]},
    "attention.position_bias.bucket": {2: _SCORES[2:]},
    "attention.position_bias.lookup": {3: ("query", "key", "head")},
    **{f"attention.position_bias.{part}": {4: _SCORES} for part in ("expand", "zeros", "mask")},
    "attention.position_bias.add": {4: _SCORES, 3: _MANY_SCORES},
    "attention.position_scores": {4: ("batch", "head", "query", "distance")},
    "attention.position_scores.shift": {4: _SCORES},
    "attention.c2p.scores": {3: ("batch·head", "query", "distance")},
    "attention.p2c.scores": {3: ("batch·head", "key", "distance")},
    "attention.p2c.gather": {3: ("batch·head", "key", "query")},
    **{
        f"attention.{part}": {3: _MANY_SCORES}
        for part in ("c2p.gather", "c2p.scale", "c2p.sum", "p2c.scale", "p2c.sum")
    },
    "residual.residual": {3: _HIDDEN},
    "layernorm.layernorm": {2: _POOLED, 3: _HIDDEN},
    "ffn.intermediate": {2: ("token", "intermediate"), 3: ("batch", "token", "intermediate")},
    "ffn.gate": {3: ("batch", "token", "intermediate")},
    "ffn.up": {3: ("batch", "token", "intermediate")},
    "ffn.gate_up": {3: ("batch", "token", "gate·up")},
    "ffn.gate_product": {3: ("batch", "token", "intermediate")},
    "ffn.down": {3: _HIDDEN},
    "ffn.activation": {2: ("token", "intermediate"), 3: ("batch", "token", "intermediate")},
    "ffn.output.dense": {2: ("token", "hidden"), 3: _HIDDEN},
    "pooler.dense": {2: _POOLED},
    "pooler.activation": {2: _POOLED},
    "classifier.dense": {2: _POOLED, 3: _HIDDEN},
    "classifier.activation": {2: _POOLED, 3: _HIDDEN},
    "output.entities": {2: ("entity", "start/end")},
    "input.model_inputs": {2: ("batch", "token")},
    "input.decoder_start": {2: ("batch", "token")},
    "input.chat_template": {2: ("text", "start/end")},
    "input.prefix": {2: ("text", "start/end")},
    **{
        f"output.{part}": {2: ("batch", "vocabulary")}
        for part in (
            "logits",
            "log_probabilities",
            "repetition_penalty",
            "temperature",
            "top_k",
            "top_p",
            "min_p",
            "typical_p",
            "no_repeat_ngram",
            "bad_words",
            "min_length",
            "min_new_tokens",
            "forced_bos",
            "forced_eos",
            "suppress_tokens",
            "begin_suppress_tokens",
        )
    },
    "output.beam_scores": {2: ("beam", "vocabulary")},
    "output.beam_candidates": {1: ("candidate",)},
    "output.select_beams": {1: ("beam",), 2: ("beam", "token")},
    "output.reorder_cache": {4: ("beam", *_KEYS[1:])},
    "output.argmax": {1: ("batch",)},
    "output.draw": {1: ("batch",), 2: ("batch", "vocabulary")},
    "output.append": {2: ("batch", "token")},
    "output.detokenize": {1: ("token",)},
    "output.labels": {0: (), 2: ("batch", "token")},
    **TASK_AXES,
}
#: XLNet counts tokens before sequences, and heads after them, until its head.
_XLNET: dict[str, dict[int, Axes]] = {
    **{
        f"attention.{part}": {4: ("token", "batch", "head", "channel")}
        for part in ("query", "key", "value")
    },
    "attention.context": {4: ("query", "batch", "head", "channel")},
    "attention.position_key": {4: ("distance", "batch", "head", "channel")},
}
#: The names that are words, for the catalogue.
_WORDS = (
    N_("batch"), N_("head"), N_("query"), N_("key"), N_("channel"), N_("token"), N_("hidden"),
    N_("start/end"), N_("query·key·value"), N_("batch·head"), N_("intermediate"), N_("entity"),
    N_("label"), N_("beam"), N_("text"), N_("vocabulary"), N_("output"), N_("distance"),
    N_("gate·up"), N_("choice"),
    N_("marker"), N_("mask"), N_("place"), N_("candidate"), N_("start"), N_("end"),
    N_("sentence"), N_("other sentence"), N_("input channel"), N_("output channel"), N_("row"),
)  # fmt: skip
#: How far to look back for the names of an axis.
_FAR = 64
_SHAPE_KEEPING = frozenset(PER_OUTPUT) | {"to", "clone", "type", "float", "half", "contiguous"}


def axes_of(cycle: Cycle, trace: Trace | None = None) -> tuple[Axes, ...]:
    """For each output of `cycle`, the names of its axes, outermost first. Never raises."""
    if cycle.phase in ("backward", "update"):
        return tuple(
            learning_axes(cycle, value, trace, axes_of) or plain_axes(value.shape)
            for value in cycle.outputs
        )
    return tuple(_axes(cycle, value, trace) for value in cycle.outputs)


def _axes(cycle: Cycle, value: Value, trace: Trace | None) -> Axes:
    seen: Cycle | None = cycle
    for _ in range(_FAR):
        if seen is None:
            break
        known = _named(seen, value, trace)
        if known is not None:
            return known
        seen = _same_shaped_source(seen, value.shape, trace)
    return _by_rank(cycle, value, trace)


def _named(cycle: Cycle, value: Value, trace: Trace | None) -> Axes | None:
    rank = len(value.shape)
    if cycle.op == "multi_head_attention_forward":  # it wants the sequence first
        if value is cycle.outputs[0]:
            return {2: ("token", "hidden"), 3: ("token", "batch", "hidden")}.get(rank)
        return {2: _SCORES[2:], 3: ("batch", "query", "key"), 4: _SCORES}.get(rank)
    key = f"{cycle.unit}.{cycle.step}"
    if key == "output.probabilities" and cycle.token is not None:
        return {2: ("batch", "vocabulary")}.get(rank)
    if key in ("classifier.logits", "output.probabilities"):
        classes = _classes(cycle, value, trace)
        names = {1: (classes,), 2: ("batch", classes), 3: ("batch", "token", classes)}
        task = trace.header.task if trace is not None else ""
        if rank == 2 and task in TASK_CLASSES and (cycle.unit == "output" or task[:5] == "token"):
            return TASK_CLASSES[task]
        return names.get(rank)
    if key == "output.labels" and value.dtype == "bool":  # each label by itself
        return ("batch", "label")
    if key == "output.labels" and rank == 1:
        tokens = len(trace.header.tokens) if trace is not None else 0
        several = value.shape[0] != 1 or tokens == 1
        task = trace.header.task if trace is not None else ""
        per_token = task == "token-classification" or (not task and several)
        return ("token",) if per_token else ("batch",)
    return _at_step(cycle, key, value, trace)


def _at_step(cycle: Cycle, key: str, value: Value, trace: Trace | None) -> Axes | None:
    """The names that the step `key` gives to the axes of `value`."""
    rank = len(value.shape)
    if cycle.step.startswith(("rotary.query.", "rotary.key.", "rms_norm.")) and rank == 4:
        # Families differ in whether heads or tokens come first: the sizes say so, or nothing does.
        token = cycle.step.split(".")[1] if cycle.unit == "attention" else "token"
        return _four(value, token, _lengths(cycle, trace))
    if key.startswith("layernorm.rms_norm"):
        key = "layernorm.layernorm"
    known = _BY_STEP.get(key, {}).get(rank)
    if cycle.stack and cycle.stack[0].module.startswith("XLNet"):
        known = _XLNET.get(key, {}).get(rank, known)
        if known == _HIDDEN and cycle.unit != "classifier":
            return ("token", "batch", "hidden")
        if known is not None and known[:2] == ("batch", "token") and cycle.unit == "ffn":
            return ("token", "batch", *known[2:])
    return known


def _four(value: Value, token: str, tokens: frozenset[int]) -> Axes:
    heads_first, tokens_first = value.shape[2] in tokens, value.shape[1] in tokens
    if heads_first == tokens_first:
        return plain_axes(value.shape)
    middle = ("head", token) if heads_first else (token, "head")
    return ("batch", *middle, "channel")


def _classes(cycle: Cycle, value: Value, trace: Trace | None) -> str:
    """What a head's outputs stand for."""
    words = (cycle.path or "").rpartition(".")[2]
    if words == "qa_outputs":
        return "start/end"
    if words in ("lm_head", "decoder", "vocab_projector", "generator_lm_head"):
        return "vocabulary"
    if trace is not None and trace.header.task == "multiple-choice":
        return "output"
    labels = trace.header.labels if trace is not None else ()
    if not labels or len(labels) == value.shape[-1]:
        return "label"
    return "output"


def _same_shaped_source(cycle: Cycle, shape: tuple[int, ...], trace: Trace | None) -> Cycle | None:
    """The cycle whose output this one changed element by element, if that is what it did."""
    if trace is None or canonical(cycle.op) not in _SHAPE_KEEPING:
        return None
    for read in cycle.inputs:
        if read.source is None or not 0 <= read.source < min(cycle.number, len(trace)):
            continue
        source: Cycle = trace.cycles[read.source]
        # Wiring may have turned the tensor on the way: its own shape must still be the same.
        if read.shape == shape and any(v.shape == shape for v in source.outputs):
            return source
    return None


def _by_rank(cycle: Cycle, value: Value, trace: Trace | None) -> Axes:
    shape = value.shape
    tokens = _lengths(cycle, trace)
    if cycle.unit == "attention" and len(shape) == 4:
        return _SCORES if shape[-1] == shape[-2] and shape[-1] in tokens else _CONTEXT
    if len(shape) == 3 and shape[1] in tokens:
        return ("batch", "token", "channel")
    if len(shape) == 2 and shape[1] in tokens and cycle.unit in ("input", "embedding"):
        return ("batch", "token")
    return plain_axes(shape)


def _lengths(cycle: Cycle, trace: Trace | None) -> frozenset[int]:
    """How many tokens a sequence may have where the cycle ran; nothing where not known."""
    if trace is not None and trace.header.generated:
        return lengths(cycle, trace.header)
    known = sequence_length(trace)
    return frozenset({known} if known else ())


def axis_text(axis: str) -> str:
    """The name of an axis in the language that is spoken."""
    if axis in _WORDS:
        return tr(axis)
    return tr("axis {number}").format(number=axis.removeprefix("axis "))


def plain_axes(shape: Sequence[int]) -> Axes:
    """`("axis 0", "axis 1")`: nothing is known about them."""
    return tuple(f"axis {i}" for i in range(len(shape)))


def sequence_length(trace: Trace | None) -> int:
    """How many tokens the run reads, padding and special ones included; 0 where not known."""
    if trace is None:
        return 0
    if trace.header.tokens:
        return len(trace.header.tokens)
    for cycle in trace.cycles[:8]:
        if cycle.unit == "input" and cycle.outputs and len(cycle.outputs[0].shape) == 2:
            return cycle.outputs[0].shape[1]
    return 0
