"""The training loop: forward, backward, update; evaluation and a checkpoint after each epoch.

A plain loop, and not `transformers.Trainer`: the Trainer keeps optimizer and random states as
pickles and needs accelerate, and going on from its checkpoints is not promised to the last bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cyclesim.engine.running.state import Randomness
from cyclesim.finetuning.checkpoint import Position
from cyclesim.finetuning.corpus import PARTS, Corpus
from cyclesim.finetuning.encode import IGNORED, Batch, Coder, Example
from cyclesim.finetuning.evaluating import losses, measure
from cyclesim.finetuning.nonfinite import explain_gradient, explain_loss
from cyclesim.finetuning.optimizing import adamw, rate_at
from cyclesim.finetuning.order import batches_of
from cyclesim.finetuning.precision import Precision
from cyclesim.finetuning.settings import Settings
from cyclesim.finetuning.varying import Varying
from cyclesim.finetuning.watch import Progress, Watcher

__all__ = ["Loop"]


@dataclass
class Loop:
    """One run of the loop, from wherever `position` says.

    Attributes:
        model: what is trained; on its device, in float32.
        coder, corpus, examples: the data; `examples` by part.
        settings: how.
        position: where the run stands; kept up to date.
        save: writes a checkpoint of where the run stands.
        keep_best: writes the trained weights down, as the best so far.
        watcher: told what happens.
    """

    model: Any
    coder: Coder
    corpus: Corpus
    examples: dict[str, list[Example]]
    settings: Settings
    position: Position
    save: Callable[[], None]
    keep_best: Callable[[int], None]
    watcher: Watcher

    def __post_init__(self) -> None:
        self.device = next(self.model.parameters()).device
        self.optimizer = adamw(self.model, self.settings.highest_rate, self.settings.decay)
        self.precision = Precision(self.settings.precision, self.device)
        self.randomness = Randomness(self.model)
        self.varying = Varying(self.coder, *self.settings.variation)
        self._lengths = [len(example) for example in self.examples["train"]]
        self._saved = time.monotonic()

    @property
    def updates(self) -> int:
        """How many updates there are in the whole run."""
        batches = -(-len(self._lengths) // self.settings.batch)
        return self.settings.epochs * -(-batches // self.settings.accumulate)

    def run(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        """Train to the end, or until `interrupted` after an update.

        Raises:
            CyclesimError: the loss or a gradient is not a number, or a file cannot be written.
            KeyboardInterrupt: it was interrupted; the checkpoint is of now.
        """
        if self.position.scaler:
            self.precision.scaler.load_state_dict(self.position.scaler)
        while self.position.epoch < self.settings.epochs and not self._impatient():
            self._epoch(interrupted)
            self._measure()
            self._checkpoint()

    def _epoch(self, interrupted: Callable[[], bool]) -> None:
        """Train the rest of an epoch."""
        at = self.position
        batches = batches_of(self._lengths, self.settings.batch, self.settings.seed, at.epoch)
        self.model.train()
        began, done = time.monotonic(), 0
        while at.batches < len(batches):
            some = batches[at.batches : at.batches + self.settings.accumulate]
            norm = self._update(some)
            done += sum(map(len, some))
            speed = done / max(1e-9, time.monotonic() - began)
            self._told(norm, speed)
            stop = interrupted()
            if stop or time.monotonic() - self._saved >= self.settings.save_every:
                self._checkpoint()
            if stop:
                raise KeyboardInterrupt

    def _update(self, batches: list[list[int]]) -> float:
        """One update from the gradients of some batches; their norm."""
        at, settings = self.position, self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = settings.highest_rate * rate_at(at.updates, self.updates, settings.warmup)
        made = [self.coder.batch([self._example(row) for row in rows]) for rows in batches]
        # The mean over all words of the update, however they fall into its batches.
        scored = sum(int((batch.labels != IGNORED).sum()) for batch in made)
        for batch in made:
            self._forward_backward(batch.to(self.device), scored)
        norm = self.precision.update(self.optimizer, self.model, settings.clip)
        if not math.isfinite(norm) and not self.precision.forgives:
            raise explain_gradient(self.model, at.updates + 1)
        self.optimizer.zero_grad(set_to_none=True)
        at.updates += 1
        at.batches += len(batches)
        at.scored += scored
        at.scaler = self.precision.scaler.state_dict()
        return norm

    def _example(self, row: int) -> Example:
        """A training sentence as this epoch sees it; a run that goes on sees it the same."""
        seed = f"{self.settings.seed}/{self.position.epoch}/{row}"
        return self.varying(self.examples["train"][row], seed)

    def _forward_backward(self, batch: Batch, scored: int) -> None:
        before = self.randomness.now()
        with self.precision.autocast():
            logits = self.model(**batch.inputs).logits
        loss = losses(logits, batch.labels)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise explain_loss(
                self.model, batch, self.position.updates + 1, before, self.precision.autocast
            )
        self.precision.backward(loss / max(1, scored))
        self.position.loss += value
        hits = logits.argmax(-1) == batch.labels
        self.position.right += int(hits.sum())

    def _measure(self) -> None:
        """The line of an epoch that is done, and whether it is the best so far."""
        at = self.position
        line: dict[str, Any] = {"epoch": at.epoch + 1, "updates": at.updates}
        seen = max(1, at.scored)
        line["train"] = {"loss": at.loss / seen, "accuracy": at.right / seen}
        for part in PARTS[1:]:
            if self.examples[part]:
                self.watcher.doing(part)
                found = measure(self.model, self.coder, self.corpus.part(part), self.examples[part])
                line[part] = {"loss": found.loss, "accuracy": found.accuracy, **asdict(found.score)}
        line["best"] = at.best is None or line["dev"]["f1"] > at.best[0]
        if line["best"]:
            at.best = (line["dev"]["f1"], at.epoch)
            self.keep_best(at.epoch)
        at.history.append(line)
        at.epoch, at.batches = at.epoch + 1, 0
        at.loss, at.scored, at.right = 0.0, 0, 0
        self.watcher.epoch_done(line)

    def _checkpoint(self) -> None:
        self.save()
        self._saved = time.monotonic()

    def _impatient(self) -> bool:
        """Whether the best epoch is longer ago than there is patience."""
        at, patience = self.position, self.settings.patience
        return (
            patience is not None and at.best is not None and at.epoch - 1 - at.best[1] >= patience
        )

    def _told(self, norm: float, speed: float) -> None:
        at, settings = self.position, self.settings
        self.watcher.stepped(
            Progress(
                epoch=at.epoch + 1,
                epochs=settings.epochs,
                update=at.updates,
                updates=self.updates,
                loss=at.loss / max(1, at.scored),
                rate=self.optimizer.param_groups[0]["lr"],
                norm=norm,
                speed=speed,
            )
        )
