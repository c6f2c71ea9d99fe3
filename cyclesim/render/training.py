"""What `cyclesim train` shows: a bar while it learns, a row an epoch, and the report at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console, Group
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cyclesim.finetuning.outcome import Training
from cyclesim.finetuning.watch import Progress as Step
from cyclesim.finetuning.watch import Watcher
from cyclesim.language import tr
from cyclesim.render.text import pad, safe_text
from cyclesim.render.units import duration, factor, size

__all__ = ["TrainingWatcher", "epoch_heading", "epoch_row", "training_table"]

_PARTS = ("dev", "test")


def epoch_heading() -> str:
    """The two lines above the rows of `epoch_row`."""
    part = f"{pad(tr('loss'), 8)}{pad(tr('accuracy'), 10)}"
    upper = f"{'':8}{pad('train', 20)}{pad('dev', 27)}test"
    lower = f"{pad(tr('epoch'), 8)}{part}  " + f"{part}{pad('F1', 9)}" * 2
    return f"{upper}\n{lower.rstrip()}"


def epoch_row(line: Mapping[str, Any], epochs: int) -> str:
    """An entry of `Training.history` as a line of at most 80 columns; * where dev was better."""
    train = line["train"]
    row = f"{line['epoch']}/{epochs}".ljust(8)
    row += f"{train['loss']:<8.4f}{train['accuracy']:<10.2%}  "
    for part in _PARTS:
        found = line.get(part)
        if found is None:
            row += f"{'–':<8}{'–':<10}{'–':<9}"
        else:
            row += f"{found['loss']:<8.4f}{found['accuracy']:<10.2%}{found['f1']:<7.2%}"
            row += "* " if line["best"] and part == "dev" else "  "
    return row.rstrip()


class TrainingWatcher(Watcher):
    """Prints rows to stdout as epochs end, and says on stderr what else there is to say.

    Args:
        rows: whether to print rows; not where stdout is for JSON.
    """

    def __init__(self, rows: bool = True) -> None:
        self.rows = rows
        self.epochs = 0
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[about]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=1, about="", visible=False)
        self._headed = False
        self._bar.start()

    def began(self, folder: Any, settings: Mapping[str, Any]) -> None:
        self.epochs = settings["epochs"]

    def said(self, sentence: str) -> None:
        self._console.print(Text(safe_text(sentence)))

    def doing(self, sentence: str) -> None:
        self._bar.update(self._task, description=safe_text(sentence), about="", visible=True)

    def stepped(self, progress: Step) -> None:
        said = tr("epoch {epoch}/{epochs}")
        about = tr("loss {loss}, {speed} sentences/s")
        self._bar.update(
            self._task,
            description=said.format(epoch=progress.epoch, epochs=progress.epochs),
            completed=progress.update,
            total=progress.updates,
            about=about.format(loss=f"{progress.loss:.4f}", speed=f"{progress.speed:,.0f}"),
            visible=True,
        )

    def epoch_done(self, line: Mapping[str, Any]) -> None:
        if not self.rows:
            return
        if not self._headed:
            print(epoch_heading())
            self._headed = True
        print(epoch_row(line, self.epochs), flush=True)

    def close(self) -> None:
        self._bar.stop()


def training_table(training: Training) -> Group:
    """A rich renderable of the report: scores by type, weights, forms, and what to do now."""
    return Group(*_parts(training))


def _parts(training: Training) -> Iterator[Text | Table]:
    for part, measured in training.report.items():
        yield _report(part, measured)
        kinder = measured["kinder"]
        said = tr("F1 {exact} if the type may be wrong, {ent_type} if the boundaries may be")
        yield Text(
            said.format(exact=f"{kinder['exact']:.1%}", ent_type=f"{kinder['ent_type']:.1%}"),
            style="dim",
        )
        yield Text("")
    said = tr("{trained} of {weights} weights were trained ({share})")
    share = training.trained / max(1, training.weights)
    yield Text(
        said.format(
            trained=f"{training.trained:,}", weights=f"{training.weights:,}", share=f"{share:.2%}"
        )
    )
    if training.forms:
        yield Text("")
        yield _forms(training)
    if training.best_epoch:
        said = tr("the weights are those after epoch {best}, the best on dev; {time} in all")
        time = duration(training.seconds * 1e9)
        yield Text(said.format(best=training.best_epoch, time=time))
    yield Text(f"cyclesim --model {safe_text(training.folder)}", style="bold")


def _report(part: str, measured: Mapping[str, Any]) -> Table:
    table = Table(title=part, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for name in (tr("precision"), tr("recall"), "F1", tr("names")):
        table.add_column(name, justify="right", no_wrap=True)
    for label, score in measured["scores"].items():
        table.add_row(
            safe_text(label, 30),
            f"{score['precision']:.1%}",
            f"{score['recall']:.1%}",
            f"{score['f1']:.1%}",
            f"{score['wanted']:,}",
            style="bold" if label == "all" else "",
        )
    return table


def _forms(training: Training) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(tr("form", "column"), no_wrap=True)
    for name in (
        tr("not 0", "column"), tr("file", "column"), tr("packed", "column"),
        tr("one sentence", "column"), "", "dev F1", "test F1",
    ):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    first = training.forms[0]
    for form in training.forms:
        table.add_row(
            form.name,
            f"{form.nonzero / max(1, form.weights):.0%}",
            size(form.file_bytes),
            size(form.zipped_bytes),
            duration(form.seconds * 1e9),
            factor(first.seconds / form.seconds),
            *("–" if f1 is None else f"{f1:.1%}" for f1 in (form.dev, form.test)),
        )
    return table
