"""What can be said about one cycle: the words that go into a sentence.

Only what the trace holds is a fact. A fact that is not known is absent, and the sentences that need
it are then not used.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from cyclesim.cost.names import canonical
from cyclesim.explain.axes import Axes
from cyclesim.explain.labels import tokens_of_axis
from cyclesim.explain.looked_at import example_token, own_header, own_output, rows_known
from cyclesim.explain.notes import note_text
from cyclesim.explain.quote import join_words, printable, quote
from cyclesim.explain.shapes import operand, scalar_operand, shape_text
from cyclesim.explain.task_facts import task_facts
from cyclesim.language import N_, tr, trn
from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value
from cyclesim.trace.trace import Trace

__all__ = ["facts_of"]

#: What a part of a step's name stands for.
_THOSE = {
    "query": N_("queries"),
    **dict.fromkeys(("key", "key_cache"), N_("keys")),
    **dict.fromkeys(("value", "value_cache"), N_("values")),
}
#: Scores at or below this are as good as minus infinity to a softmax.
_MASKED = -1e4
#: Longest row that a sentence may read numbers from; the views call this at every step.
_MOST = 1 << 20


def facts_of(
    cycle: Cycle, trace: Trace | None, axes: tuple[Axes, ...], cell: tuple[int, ...] | None = None
) -> dict[str, str]:
    """Every known fact about `cycle`, as text ready to be put into a sentence.

    Args:
        cell: a place in the first output, whose token and head are the example.
    """
    facts = {
        "op": printable(cycle.op),
        "module": printable(cycle.module),
        "path": printable(cycle.path),
        "note": printable(note_text(cycle.note)).rstrip("."),
        "read": join_words([shape_text(v.shape) for v in cycle.inputs]) or tr("nothing"),
        "written": join_words([shape_text(v.shape) for v in cycle.outputs]) or tr("nothing"),
        "names": join_words([printable(v.name) for v in cycle.outputs]),
    }
    facts = {key: text for key, text in facts.items() if text}
    if not cycle.stack:
        facts |= {f"the_{name}": printable(text) for name, text in cycle.arguments.items()}
    if cycle.step == "draw" and len(cycle.outputs) > 1:
        facts["race"] = f"{cycle.outputs[1].shape[-1]:,}"
    # Queries, keys and values go through the same steps, each under a name of its own.
    those = next((_THOSE[part] for part in cycle.step.split(".") if part in _THOSE), None)
    if those is not None:
        facts["those"] = tr(those)
    words, answers = partial(_words, cell=cell), partial(_answers, cell=cell)
    tasks = partial(task_facts, cell=cell)
    for part in (_sizes, _operands, words, _weights, _scaling, answers, _mask, tasks):
        try:
            part(facts, cycle, trace, axes)
        except (LookupError, ValueError, TypeError, ArithmeticError, OSError):
            continue  # the trace does not hold what this part needs: fewer facts
    return facts


def _sizes(
    facts: dict[str, str], cycle: Cycle, trace: Trace | None, axes: tuple[Axes, ...]
) -> None:
    output = cycle.outputs[0]
    named = dict(zip(axes[0], output.shape, strict=False))
    facts["out"] = shape_text(output.shape)
    facts["numbers"] = _numbers(math.prod(output.shape))
    if output.shape:
        facts["width"] = f"{output.shape[-1]:,}"
        facts["last_axis"] = axes[0][-1]
    batch = named.get("batch", 1)
    tokens = named.get("token", named.get("query"))
    if tokens is not None:
        facts["each_token"] = _each(tokens, batch)
    if batch > 1:
        facts["sequences"] = tr("{count} sequences").format(count=f"{batch:,}")
    if "head" in named and named["head"] > 0:
        heads = named["head"]
        in_each = trn("in its one head", "in each of the {count} heads", heads)
        facts["each_head"] = in_each.format(count=f"{heads:,}")
        facts["heads"] = _heads(heads)
    if "key" in named and "query" in named:
        queries, keys = named["query"], named["key"]
        facts["pairs"] = f"{queries:,} × {keys:,} = {queries * keys:,}"
        facts["every_token"] = tr("all tokens") if keys > 1 else tr("the only token")
    if "channel" in named:
        facts["channels"] = _numbers(named["channel"])


def _each(tokens: int, batch: int) -> str:
    if batch > 1:
        text = tr("each of the {tokens} tokens of each of the {batch} sequences")
        return text.format(tokens=f"{tokens:,}", batch=f"{batch:,}")
    text = trn("the one token", "each of the {count} tokens", tokens)
    return text.format(count=f"{tokens:,}")


def _numbers(count: int) -> str:
    return trn("{count} number", "{count} numbers", count).format(count=f"{count:,}")


def _heads(count: int) -> str:
    return trn("{count} head", "{count} heads", count).format(count=f"{count:,}")


def _operands(
    facts: dict[str, str], cycle: Cycle, trace: Trace | None, axes: tuple[Axes, ...]
) -> None:
    described = [_origin(v, trace) for v in cycle.inputs]
    for name, text in zip(("a", "b", "c"), described, strict=False):
        if text:
            facts[name] = text
    if len(cycle.inputs) == 2:
        facts["two"] = tr("two tensors")
    number = scalar_operand(cycle)
    if number is not None and len(cycle.inputs) == 1:
        facts["scalar"] = f"{number:.4g}"


def _origin(value: Value, trace: Trace | None) -> str:
    """Where an operand came from, in a few words: `cycle 16 (attention · dropout)`."""
    if value.parameter:
        return tr("the weight {name}").format(name=printable(value.parameter))
    if value.source is None:
        return tr("a constant")
    if trace is None or not 0 <= value.source < len(trace):
        return tr("cycle {number}").format(number=value.source)
    label = trace.cycles[value.source].label
    return tr("cycle {number} ({label})").format(number=value.source, label=label)


def _words(
    facts: dict[str, str],
    cycle: Cycle,
    trace: Trace | None,
    axes: tuple[Axes, ...],
    cell: tuple[int, ...] | None,
) -> None:
    output = own_output(cycle, trace)
    words = output.words or ()
    if words and len(words) >= 1:
        facts["pieces"] = join_words([quote(w) for w in words])
        if cycle.unit == "input" and not facts["pieces"].endswith("…"):
            facts["pieces"] = tr("{sentence}.").format(sentence=facts["pieces"])
    if cycle.step == "ids" and words and output.data is not None:
        header = trace.header if trace is not None else None
        place = example_token(header, len(words)) or 0
        number = f"{int(output.numpy(place)):,}"
        facts["id_of"] = tr("{word} is number {number}").format(
            word=quote(words[place]), number=number
        )
    if cycle.unit == "input":
        if len(cycle.outputs) > 1 and cycle.step == "tokenize":
            facts["texts"] = tr("{count} texts").format(count=f"{len(cycle.outputs):,}")
        if output.shape:
            length = output.shape[0 if cycle.step == "tokenize" else -1]
            if cycle.step == "ids":
                length = sum(v.shape[-1] for v in cycle.outputs)
            text = trn("{count} token", "{count} tokens", length)
            facts["length"] = text.format(count=f"{length:,}")
        return
    header = own_header(cycle, trace, axes[0], cell)
    named = dict(zip(axes[0], output.shape, strict=False))
    counted = next((a for a in ("token", "query") if a in named), "")
    tokens: tuple[str, ...] = ()
    if header is not None and counted:
        tokens = tokens_of_axis(counted, named[counted], cycle, header)
    batch = named.get("batch", 1)
    if not tokens or named.get(counted) != len(tokens) or not rows_known(trace, batch):
        return
    example = example_token(header, len(tokens))
    if cycle.token is not None:
        example = len(tokens) - 1  # where the next token comes from
    if cell is not None:
        example = cell[axes[0].index(counted)]
    if example is not None:
        facts["token"] = quote(tokens[example])
        facts["token_place"] = str(example)


def _weights(
    facts: dict[str, str], cycle: Cycle, trace: Trace | None, axes: tuple[Axes, ...]
) -> None:
    weight = operand(cycle, "weight")
    name = canonical(cycle.op)
    if name == "embedding" and weight is not None:
        rows = weight.shape[0]
        facts["rows"] = trn("{count} row", "{count} rows", rows).format(count=f"{rows:,}")
        facts["row_width"] = _numbers(weight.shape[1])
        return
    source = operand(cycle, "input", "self") or cycle.inputs[0]
    if source.shape:
        facts["inner"] = f"{source.shape[-1]:,}"
    if name in ("linear", "addmm") and cycle.outputs:
        if name == "addmm":  # GPT-2's Conv1D: bias, input, weight
            source = operand(cycle, "mat1") or cycle.inputs[1]
            facts["inner"] = f"{source.shape[-1]:,}"
        into, out = source.shape[-1], cycle.outputs[0].shape[-1]
        facts["layer_shape"] = f"{into:,} → {out:,}"
        widens = N_("Widens") if out > into else N_("Narrows") if out < into else N_("Transforms")
        facts["widens"] = tr(widens)
        change = tr("from {into} to {out}") if into != out else tr("of {into}")
        facts["in_to_out"] = change.format(into=f"{into:,}", out=f"{out:,}")
        _split_heads(facts, cycle, trace)
    if name == "scaled_dot_product_attention":
        key = operand(cycle, "key") or cycle.inputs[1]
        query = operand(cycle, "query") or cycle.inputs[0]
        queries, keys = query.shape[-2], key.shape[-2]
        facts["pairs"] = f"{queries:,} × {keys:,} = {queries * keys:,}"
        facts["head_size"] = f"{query.shape[-1]:,}"
    if name in ("matmul", "bmm", "baddbmm"):
        terms = cycle.inputs[-2].shape[-1]
        facts["terms"] = trn("{count} product", "{count} products", terms).format(
            count=f"{terms:,}"
        )
    if name in ("layer_norm", "rms_norm"):
        facts["eps"] = cycle.arguments.get("eps", "")
    if "tanh" in cycle.arguments.get("approximate", "") or cycle.module == "NewGELUActivation":
        facts["approximation"] = "tanh"
    for argument in ("p", "dim"):
        if argument in cycle.arguments:
            facts[argument] = printable(cycle.arguments[argument])


def _split_heads(facts: dict[str, str], cycle: Cycle, trace: Trace | None) -> None:
    """How many heads a projection is read as, if the cycle that reads it has run."""
    if trace is None or cycle.step not in ("query", "key", "value"):
        return
    for reader in trace.cycles[cycle.number + 1 : cycle.number + 12]:
        if reader.step in ("scores", "context", "scaled_dot_product_attention"):
            for value in reader.inputs:
                if value.source == cycle.number and len(value.shape) == 4:
                    size = value.shape[-2 if _transposed(reader, value) else -1]
                    heads = cycle.outputs[0].shape[-1] // size
                    facts["heads"] = _heads(heads)
                    facts["head_size"] = f"{size:,}"
                    return


def _transposed(reader: Cycle, value: Value) -> bool:
    """Keys meet queries turned round: `[batch, head, channel, key]`."""
    return reader.step == "scores" and value is not reader.inputs[0]


def _scaling(
    facts: dict[str, str], cycle: Cycle, trace: Trace | None, axes: tuple[Axes, ...]
) -> None:
    if cycle.step != "scale":
        return
    number = scalar_operand(cycle)
    if axes[0][-1] == "key":
        facts["every_score"] = tr("every score")
    size = _head_size(cycle, trace)
    if number is None or size is None:
        return
    # A factor and a divisor say the same thing; only call it 1/√d where it is.
    factor = number if canonical(cycle.op) == "mul" else 1 / number
    if math.isclose(factor, size**-0.5, rel_tol=1e-5):
        facts["root"] = f"√{size}"
        facts["inverse_root"] = f"1/√{size} = {factor:.4g}"


def _head_size(cycle: Cycle, trace: Trace | None) -> int | None:
    """d, the numbers that one head's query has: the terms of each score."""
    if trace is None or not cycle.inputs or cycle.inputs[0].source is None:
        return None
    source: Cycle = trace.cycles[cycle.inputs[0].source]
    if source.step == "scores":
        return source.inputs[0].shape[-1]
    return cycle.outputs[0].shape[-1] if source.step == "query" else None


def _answers(
    facts: dict[str, str],
    cycle: Cycle,
    trace: Trace | None,
    axes: tuple[Axes, ...],
    cell: tuple[int, ...] | None,
) -> None:
    """Numbers that the cycle wrote, for the one token that the sentence names."""
    output = cycle.outputs[0]
    labels = trace.header.labels if trace is not None else ()
    classes = axes[0][-1] if axes and axes[0] else ""
    if classes == "label" and labels and len(labels) == output.shape[-1]:
        shown = join_words([printable(x) for x in labels], 5)
        text = trn("{count} label ({labels})", "{count} labels ({labels})", len(labels))
        facts["labels"] = text.format(count=f"{len(labels):,}", labels=shown)
        facts["label_count"] = f"{len(labels):,}"
    elif output.shape and classes in ("label", "vocabulary", "output"):
        facts["classes"] = f"{output.shape[-1]:,}"
    if output.data is None or trace is None:
        return
    place = int(facts["token_place"]) if "token_place" in facts else None
    header = own_header(cycle, trace, axes[0], cell)
    assert header is not None
    batch = header.sequence if output.shape[:1] == (len(header.sequences),) else 0
    if cycle.step == "softmax" and cycle.unit == "attention" and place is not None:
        head = cell[1] if cell is not None and len(cell) == 4 else 0
        row = output.numpy((batch, head, place))
        best = int(row.argmax())
        names = tokens_of_axis("key", len(row), cycle, header)
        # Of a row of zeros, as an edit leaves it, no token is the strongest.
        if names and math.isfinite(row[best]) and row[best] > 0:
            facts["head"] = str(head)
            facts["strongest"] = f"{quote(names[best])} ({row[best]:.2f})"
    if cycle.step == "probabilities" and labels:
        row = output.numpy((batch, place) if output.shape[1:-1] and place is not None else (batch,))
        if row.ndim == 1 and len(row) == len(labels) and math.isfinite(row.max()):
            best = int(row.argmax())
            facts["likeliest"] = f"{printable(labels[best])} ({row[best]:.2f})"
    words = own_output(cycle, trace).words or ()
    if cycle.step == "labels" and words:
        index = place if place is not None and "token" in axes[0] else batch
        facts["label"] = printable(words[index])


def _mask(facts: dict[str, str], cycle: Cycle, trace: Trace | None, axes: tuple[Axes, ...]) -> None:
    if cycle.step != "mask" or canonical(cycle.op) != "add" or len(cycle.inputs) != 2:
        return
    mask: Any = cycle.inputs[1]
    if mask.data is None or math.prod(mask.shape) > _MOST:
        return
    hidden, size = int((mask.numpy() <= _MASKED).sum()), math.prod(mask.shape)
    if not hidden:
        facts["masked"] = tr("here it blocks nothing")
        return
    text = tr("{hidden} of its {size} entries block a place here")
    facts["masked"] = text.format(hidden=f"{hidden:,}", size=f"{size:,}")
