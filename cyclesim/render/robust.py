"""What `cyclesim robust` shows: a few lines for each changed sentence, and the count at the end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cyclesim.language import tr, trn
from cyclesim.render.text import safe_text
from cyclesim.robustness.report import Case, Layer, Place, Robustness

__all__ = ["robust_table"]

_DIM = Style(dim=True)
#: Layers shown of a deep model; `--json` has them all.
_LAYERS = 9


def robust_table(found: Robustness) -> Group:
    """A rich renderable of `found`."""
    return Group(*_parts(found))


def _parts(found: Robustness) -> Iterator[Text | Table]:
    yield Text(safe_text(found.text), Style(bold=True))
    for case in found.cases:
        yield Text("")
        yield from _case(case)
    yield Text("")
    said = trn(
        "{changed} of {count} change changed the answer",
        "{changed} of {count} changes changed the answer",
        len(found.cases),
    )
    colour = "red" if found.changed else "green"
    yield Text(said.format(changed=found.changed, count=len(found.cases)), Style(color=colour))


def _case(case: Case) -> Iterator[Text | Table]:
    change = case.change
    what = ", ".join(f"{safe_text(old, 40)} → {safe_text(new, 40)}" for old, new in change.changes)
    if len(change.changes) > 2:
        what = safe_text(change.text)
    yield Text(f"{tr(change.kind)} · {change.name}: {what}", Style(bold=True))
    old, new = case.tokens
    if old != new:
        said = tr("{old} tokens, now {new}: compared over the {kept} that both have")
        yield Text(said.format(old=old, new=new, kept=case.kept), _DIM)
    if case.note:
        yield Text(tr(case.note), _DIM)
    if case.parts is not None:
        yield Text(_where(case))
    if any(layer.changed is not None or layer.kept is not None for layer in case.layers):
        yield _distances(_chosen(case.layers))
    yield _answer(case)


def _where(case: Case) -> str:
    assert case.parts is not None
    if case.spreads is None:
        said = tr("the runs part at {parts}; no other word is touched")
        return said.format(parts=_place(case.parts))
    said = tr("the runs part at {parts}; the other words from {spreads} on")
    return said.format(parts=_place(case.parts), spreads=_place(case.spreads))


def _place(place: Place) -> str:
    return tr("cycle {number} ({label})").format(number=place.number, label=place.label)


def _chosen(layers: Sequence[Layer]) -> list[Layer]:
    """All of a few, else some at even distances, the first and the last among them."""
    if len(layers) <= _LAYERS:
        return list(layers)
    step = (len(layers) - 1) / (_LAYERS - 1)
    return [layers[round(i * step)] for i in range(_LAYERS)]


def _distances(layers: Sequence[Layer]) -> Table:
    table = Table(box=None, pad_edge=False, header_style=_DIM)
    table.add_column(tr("how far apart after layer"), style=_DIM, no_wrap=True)
    for layer in layers:
        name = tr("emb.") if layer.layer is None else str(layer.layer)
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(tr("the changed words"), *(_relative(layer.changed) for layer in layers))
    table.add_row(tr("the other words"), *(_relative(layer.kept) for layer in layers))
    if any(layer.answer is not None for layer in layers):
        marks = {True: tr("other", "answer"), False: tr("same", "answer"), None: "–"}
        table.add_row(tr("answer there (probe)"), *(marks[layer.answer] for layer in layers))
    return table


def _relative(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "–"
    return "<.01" if 0 < value < 0.005 else f"{value:.2f}"


def _answer(case: Case) -> Text:
    if not case.answered:
        return Text(tr("this model gives no answer that could be compared"), _DIM)
    if case.survives:
        return Text(tr("the answer is the same"), Style(color="green"))
    changes = "; ".join(
        f"{safe_text(what, 40)}: {safe_text(before, 40)} → {safe_text(after, 40)}"
        for what, before, after in case.answers
    )
    said = tr("the answer changes: {changes}")
    if case.turned:
        said = tr("the answer changes: {changes}; by the probe from layer {layer} on")
        if case.turns is None:
            said = tr("the answer changes: {changes}; by the probe from the embeddings on")
    return Text(said.format(changes=changes, layer=case.turns), Style(color="red"))
