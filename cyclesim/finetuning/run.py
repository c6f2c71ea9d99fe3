"""One run in its folder: data and model made ready, the loop, the finished model put in place."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from cyclesim._version import __version__
from cyclesim.errors import CyclesimError
from cyclesim.finetuning.card import model_card
from cyclesim.finetuning.checkpoint import Position, restore, restore_trained, save, save_trained
from cyclesim.finetuning.compress import measure_forms, write_pruned, write_quantised
from cyclesim.finetuning.corpus import PARTS, Corpus
from cyclesim.finetuning.data import read_data
from cyclesim.finetuning.encode import Coder, Example
from cyclesim.finetuning.evaluating import measure
from cyclesim.finetuning.interrupt import interruptible
from cyclesim.finetuning.loop import Loop
from cyclesim.finetuning.methods import apply_method, count_parameters, merged
from cyclesim.finetuning.outcome import Form, Training
from cyclesim.finetuning.publish import publish, write_model
from cyclesim.finetuning.scores import kinder, scores
from cyclesim.finetuning.settings import Settings
from cyclesim.finetuning.start import Start, make_start
from cyclesim.finetuning.tags import labels_of
from cyclesim.finetuning.watch import Watcher
from cyclesim.finetuning.workspace import Workspace
from cyclesim.language import tr
from cyclesim.machine.loading import resolve_device
from cyclesim.machine.saving import is_adapted

__all__ = ["Run"]


@dataclass(frozen=True)
class _Ready:
    """Data and model, made ready for each other.

    Attributes:
        examples: the encoded sentences of each part.
        model: what is trained; `start.model`, or a peft model around it.
        notes: what was done to them, sentence by sentence.
    """

    corpus: Corpus
    start: Start
    coder: Coder
    examples: dict[str, list[Example]]
    model: Any
    notes: list[str]


class Run:
    """A run that begins, or stands where `position` says.

    Args:
        space: its folder.
        settings: how to train.
        watcher: told what happens.

    Raises:
        CyclesimError: the data or the model is no good, or they do not go together.
    """

    def __init__(
        self,
        space: Workspace,
        settings: Settings,
        watcher: Watcher,
        position: Position | None = None,
    ) -> None:
        self.space, self.settings, self.watcher = space, settings, watcher
        self.position = Position() if position is None else position
        self.ready = ready = _make_ready(settings, watcher)
        for note in ready.notes:
            watcher.said(note)
        torch.manual_seed(settings.seed)
        self.loop = Loop(
            ready.model, ready.coder, ready.corpus, ready.examples, settings, self.position,
            self.save, self._keep_best, watcher,
        )  # fmt: skip
        self.position.run = self.position.run or self.identity()
        self._began = time.monotonic()

    def identity(self) -> dict[str, Any]:
        """What decides the weights, down to the last bit."""
        sha = hashlib.sha256()
        for part in PARTS:
            for example in self.ready.examples[part]:
                sha.update(json.dumps([example.inputs, example.labels, example.first]).encode())
        return {
            "settings": self.settings.to_json(),
            "labels": self.ready.start.labels,
            "examples": sha.hexdigest(),
            "cyclesim": __version__,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "device": self.loop.device.type,
        }

    def restore(self) -> None:
        """Go to where the checkpoint stands."""
        restore(self.space.run, self.ready.model, self.loop.optimizer)

    def save(self) -> None:
        """Write a checkpoint of where the run stands."""
        now = time.monotonic()
        self.position.seconds += now - self._began
        self._began = now
        save(self.space.run, self.position, self.ready.model, self.loop.optimizer)

    def finish(self) -> Training:
        """Train to the end, score the best weights, and put the model in its place."""
        self.watcher.began(self.space.output, self.settings.to_json())
        with interruptible() as interrupted:
            self.loop.run(interrupted)
        ready, best = self.ready, self.position.best
        if best is not None:
            restore_trained(self.space.best, ready.model, best[1])
        parameters = count_parameters(ready.model)
        keep = self.settings.keep_adapter and is_adapted(ready.model)
        model = (ready.model if keep else merged(ready.model)).to("cpu").eval()
        self.watcher.doing(tr("scoring the best epoch"))
        report = {part: self._report(model, part) for part in PARTS[1:] if ready.examples[part]}
        write_model(self.space.model, model, ready.start.tokenizer)
        training = Training(
            folder=str(self.space.output),
            model=ready.start.name,
            data=ready.corpus.name,
            sizes={part: len(ready.corpus.part(part)) for part in PARTS},
            settings=self.settings.to_json(),
            labels=ready.start.labels,
            weights=parameters.total,
            trained=parameters.trained if self.settings.epochs else 0,
            history=self.position.history,
            best_epoch=0 if best is None else best[1] + 1,
            report=report,
            seconds=self.position.seconds + time.monotonic() - self._began,
            forms=self._forms(model),
            notes=ready.notes,
        )
        self._publish(training)
        return training

    def _keep_best(self, epoch: int) -> None:
        save_trained(self.space.best, self.ready.model, epoch)

    def _report(self, model: Any, part: str) -> dict[str, Any]:
        samples = self.ready.corpus.part(part)
        found = measure(model, self.ready.coder, samples, self.ready.examples[part])
        true = [sample.spans for sample in samples]
        by_type = scores(true, found.names, self.ready.corpus.types)
        return {
            "loss": found.loss,
            "accuracy": found.accuracy,
            "scores": {label: asdict(score) for label, score in by_type.items()},
            "kinder": kinder(true, found.names),
        }

    def _forms(self, model: Any) -> list[Form]:
        """The smaller forms that were asked for, in folders inside the model's, and itself."""
        made, settings, ready = self.space.model, self.settings, self.ready
        wanted = [(tr("trained"), made)]
        if settings.prune is not None:
            self.watcher.doing(tr("pruning"))
            folder = made / f"pruned-{settings.prune * 100:g}"
            write_pruned(model, ready.start.tokenizer, settings.prune, folder)
            wanted.append((tr("pruned {share}").format(share=f"{settings.prune:.0%}"), folder))
        if settings.int8:
            self.watcher.doing(tr("quantising"))
            write_quantised(made, ready.start.tokenizer, made / "int8")
            wanted.append(("int8", made / "int8"))
        if len(wanted) == 1:
            return []
        forms = measure_forms(
            wanted, ready.corpus, ready.coder, ready.examples, settings.attn, self.watcher.doing
        )
        places = [self.space.output / folder.relative_to(made) for _, folder in wanted]
        return [replace(f, folder=str(place)) for f, place in zip(forms, places, strict=True)]

    def _publish(self, training: Training) -> None:
        files = {
            "README.md": model_card(training, self.loop.device.type),
            "scores.json": json.dumps(training.to_json(), indent=2) + "\n",
        }
        publish(self.space.model, self.space.output, files)
        self.space.clear()


def _make_ready(settings: Settings, watcher: Watcher) -> _Ready:
    """Read the data, load the model, encode the one for the other."""
    device = resolve_device(settings.device)
    watcher.doing(tr("reading the data"))
    corpus = read_data(settings)
    start = make_start(settings, labels_of(corpus.types, corpus.scheme), watcher.doing)
    if start.new_head and not settings.epochs:
        said = tr("{name} needs a new head for these labels, and --epochs 0 would not train it.")
        raise CyclesimError(said.format(name=start.name))
    coder = Coder(
        start.tokenizer, start.labels, corpus.scheme, start.longest(settings.max_length),
        settings.all_subwords,
    )  # fmt: skip
    watcher.doing(tr("finding the subwords"))
    examples = {part: coder.encode(corpus.part(part)) for part in PARTS}
    notes = [*corpus.notes, *start.notes]
    for part in PARTS:
        notes += coder.notes(part, corpus.part(part), examples[part])
    model = apply_method(start.model, settings).to(device)
    return _Ready(corpus, start, coder, examples, model, notes)
