"""Explanations of what follows the forward in a training step: backward, clip and update."""

from __future__ import annotations

import math

from cyclesim.cost.learning import forward_op
from cyclesim.cost.names import canonical
from cyclesim.explain.axes import Axes
from cyclesim.explain.entry import Entry
from cyclesim.explain.explanation import Explanation, ascii_text
from cyclesim.explain.notes import note_text
from cyclesim.explain.quote import printable
from cyclesim.explain.shapes import operand, scalar_operand, shape_text
from cyclesim.explain.texts.backward import BACKWARD, Gradient
from cyclesim.explain.texts.update import UPDATE
from cyclesim.language import N_, tr
from cyclesim.trace.cycle import Cycle

__all__ = ["explain_learning"]

_CHAIN_RULE = "Rumelhart et al. 1986 (the chain rule)"
_ANY_GRADIENT = Gradient(
    N_("Turns the gradient of what cycle {forward} wrote into gradients of what it read.")
)
_ANY_UPDATE = Entry(N_("Runs `{op}`: reads {read} and writes {written}."))
_TANH_GELU = (
    "∂L/∂x = g y'(x), y ≈ x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))",
    "dL/dx = g y'(x), y ~ x/2 * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
)
#: The other operand of a gradient that is a product, and whether it stands on the left.
_FACTORS: dict[str, dict[str, tuple[str, bool]]] = {
    "linear": {"grad input": ("weight", False), "grad weight": ("input", False)},
    "addmm": {"grad mat1": ("mat2", False), "grad mat2": ("mat1", True)},
    "matmul": {"grad input": ("other", False), "grad other": ("input", True)},
    "bmm": {"grad input": ("mat2", False), "grad mat2": ("input", True)},
}


def explain_learning(cycle: Cycle, axes: tuple[Axes, ...]) -> Explanation:
    """Explain a cycle of backward or of the update. Never raises."""
    if cycle.forward is not None:
        return _of_gradient(cycle, axes)
    return _of_update(cycle, axes)


def _of_gradient(cycle: Cycle, axes: tuple[Axes, ...]) -> Explanation:
    op = forward_op(cycle.op) or ""
    place, facts = f"{cycle.unit}.{cycle.step}", _facts(cycle)
    found, sentence = _ANY_GRADIENT, None
    for key in (f"{place}:{op}", place, f":{op}"):
        known = BACKWARD.get(key)
        if known is not None and (key[0] == ":" or _suits(cycle, known)):
            sentence = Entry(known.sentence).fill(facts)
            if sentence is not None:
                found = known
                break
    if sentence is None:
        sentence = tr(_ANY_GRADIENT.sentence).format(forward=cycle.forward)
    written = [v.name for v in cycle.outputs if v.name in found.formulas]
    formulas = [found.formulas[name] for name in written]
    if op == "gelu" and "tanh" in cycle.arguments.get("approximate", ""):
        formulas = [_TANH_GELU]
    return Explanation(
        sentence,
        ";  ".join(symbols for symbols, _ in formulas),
        ";  ".join(plain for _, plain in formulas),
        _shapes(cycle, op),
        axes,
        _CHAIN_RULE if formulas else "",
    )


def _suits(cycle: Cycle, known: Gradient) -> bool:
    """Whether the formulas of a step are those of the function that it is done with here."""
    return not known.formulas or any(v.name in known.formulas for v in cycle.outputs)


def _facts(cycle: Cycle) -> dict[str, str]:
    facts = {"forward": str(cycle.forward)}
    logits, total = operand(cycle, "log_probabilities"), None
    if logits is not None and len(logits.shape) == 2:
        facts["rows"] = f"{logits.shape[0]:,}"
    for value in cycle.inputs:
        if value.name.endswith("total_weight") and value.kept and not value.shape:
            total = float(value.numpy())
    if total is not None and math.isfinite(total) and cycle.arguments.get("reduction") == "'mean'":
        facts["labelled"] = f"{total:,.0f}"
    return facts


def _shapes(cycle: Cycle, op: str) -> str:
    """`[1,9,512] @ [512,128] → [1,9,128]`, one for each gradient."""
    arrived = operand(cycle, "grad output")
    if arrived is None:
        return ""
    g, lines = shape_text(arrived.shape), []
    for value in cycle.outputs:
        name, first = _FACTORS.get(op, {}).get(value.name, ("", False))
        other = operand(cycle, name) if name else None
        read = g
        if other is not None:
            read = _product(op, value.name, g, shape_text(other.shape), first)
        lines.append(f"{read} → {shape_text(value.shape)}")
    return ";  ".join(dict.fromkeys(lines))


def _product(op: str, name: str, g: str, other: str, first: bool) -> str:
    if op == "linear":
        return f"{g} @ {other}" if name == "grad input" else f"{g}ᵀ @ {other}"
    return f"{other}ᵀ @ {g}" if first else f"{g} @ {other}ᵀ"


def _of_update(cycle: Cycle, axes: tuple[Axes, ...]) -> Explanation:
    key = f"{cycle.unit}.{cycle.step}"
    if cycle.step == "sgd" and float(cycle.arguments.get("momentum", 0) or 0):
        key += ":momentum"
    if cycle.step == "schedule":
        named = f"{key}:{cycle.arguments.get('schedule', '').strip(chr(39))}"
        key = named if named in UPDATE else key
    facts = _update_facts(cycle)
    read = [shape_text(v.shape) for v in cycle.inputs]
    shapes = (
        f"{', '.join(_few(read))} → {', '.join(_few([shape_text(v.shape) for v in cycle.outputs]))}"
    )
    for entry in (*UPDATE.get(key, ()), _ANY_UPDATE):
        sentence = entry.fill(facts)
        if sentence is not None:
            formula = entry.formula
            plain = entry.ascii or ascii_text(formula)
            return Explanation(sentence, formula, plain, shapes, axes, entry.source)
    said = tr("Runs {function}.").format(function=ascii(cycle.op))
    return Explanation(said, "", "", shapes, axes)


def _update_facts(cycle: Cycle) -> dict[str, str]:
    facts = {
        "op": printable(canonical(cycle.op)),
        "read": ", ".join(_few([shape_text(v.shape) for v in cycle.inputs])) or tr("nothing"),
        "written": ", ".join(_few([shape_text(v.shape) for v in cycle.outputs])) or tr("nothing"),
        "parameters": f"{sum(v.of is not None for v in cycle.inputs):,}",
    }
    if cycle.note:
        facts["note"] = printable(note_text(cycle.note)).rstrip(".")
    if len({v.of for v in cycle.outputs if v.of}) == 1 and cycle.outputs[0].of:
        facts["parameter"] = printable(cycle.outputs[0].of)
    scalar = scalar_operand(cycle)
    if scalar is not None:
        facts["scalar"] = f"{scalar:.4g}"
    return facts


def _few(shapes: list[str]) -> list[str]:
    if len(shapes) <= 4:
        return shapes
    return [*shapes[:3], tr("{count} more").format(count=len(shapes) - 3)]
