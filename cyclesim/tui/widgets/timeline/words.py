"""What the timeline says in words: its rows and columns, its parallelism, the cycle pointed at."""

from __future__ import annotations

from cyclesim.language import tr, trn
from cyclesim.render.timeline import Order, Pipeline, Pipelines, Zoom
from cyclesim.tui.words.text import crop

__all__ = ["columns_said", "cycle_said", "ilp_said", "rows_in_view", "rows_said", "view_said"]


def rows_said(pictures: Pipelines, zoom: Zoom, here: int) -> str:
    """What a row is, where cycle `here` is in view."""
    if zoom == "units":
        return tr("Rows: units of the model")
    if zoom == "layers":
        return tr("Rows: layers")
    parts = pictures.parts
    title = parts[pictures.part(here)].title if parts else ""
    return tr("Rows: steps of {part}").format(part=title)


def columns_said(order: Order) -> str:
    """What a column is."""
    if order == "data":
        return tr("Columns: levels, as early as data allow")
    return tr("Columns: cycles, as they ran")


def ilp_said(pictures: Pipelines) -> str:
    """How much of the run could, by its data, go side by side."""
    flow = pictures.flow
    text = tr("ILP {ilp} = {cycles} cycles ÷ {depth} deep")
    return text.format(ilp=f"{flow.ilp:.2f}", cycles=len(flow), depth=flow.depth)


def view_said(picture: Pipeline, shown: range) -> str:
    """Which columns of a long run are in view; "" if all are."""
    if len(shown) >= len(picture.columns):
        return ""
    text = (
        tr("levels {first}–{last} of {total}")
        if picture.order == "data"
        else tr("cycles {first}–{last} of {total}")
    )
    return text.format(first=shown.start, last=shown.stop - 1, total=picture.columns.stop)


def rows_in_view(first: int, shown: int, total: int) -> str:
    """Which rows of many are in view; "" if all are."""
    if shown >= total:
        return ""
    text = tr("rows {first}–{last} of {total}")
    return text.format(first=first + 1, last=first + shown, total=total)


def cycle_said(pictures: Pipelines, number: int, order: Order) -> str:
    """Cycle `number`: what it is, what it reads, who reads it, and how long it waits."""
    flow = pictures.flow
    label = pictures.cycles[number].label
    said = tr("Enter goes to {number} {label}").format(number=number, label=label)
    parts = []
    if flow.sources[number]:
        parts.append(tr("reads {cycles}").format(cycles=_listed(flow.sources[number])))
    if flow.consumers[number]:
        parts.append(tr("read by {cycles}").format(cycles=_listed(flow.consumers[number])))
    first, last = pictures.wait(number, order)
    count = last - first + 1
    if count > 0 and order == "data":
        text = trn("its result waits {count} level", "its result waits {count} levels", count)
        parts.append(text.format(count=count))
    elif count > 0:
        text = trn(
            "waits {count} cycle for its turn", "waits {count} cycles for its turn", count
        )  # fmt: skip
        parts.append(text.format(count=count))
    return f"{said}: {', '.join(parts)}" if parts else said


def _listed(numbers: tuple[int, ...]) -> str:
    return crop(", ".join(map(str, numbers)), 24)
