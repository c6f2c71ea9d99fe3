"""Sentences with their names marked, in three parts: train, dev and test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cyclesim.errors import CyclesimError
from cyclesim.finetuning.tags import Scheme, Span
from cyclesim.language import tr, trn

__all__ = ["PARTS", "Corpus", "Sample", "completed"]

#: The parts of a corpus. Training sees the first, the second chooses the best epoch, and the third
#: is only scored.
PARTS = ("train", "dev", "test")

#: One sentence in so many is taken out of the training part where a part is missing.
_ONE_IN = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A sentence: its words, and the names in it by the numbers of their words."""

    words: tuple[str, ...]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Corpus:
    """What is learnt, and what that is measured on.

    Attributes:
        name: what it is called in a model card.
        scheme: how the labels of a model for it are written.
        types: the types of names, in the order of the labels.
        train, dev, test: the sentences; `test` may be empty.
        notes: what was done to the data, sentence by sentence.
    """

    name: str
    scheme: Scheme
    types: tuple[str, ...]
    train: Sequence[Sample]
    dev: Sequence[Sample]
    test: Sequence[Sample] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    def part(self, name: str) -> Sequence[Sample]:
        """The sentences of `train`, `dev` or `test`."""
        return {"train": self.train, "dev": self.dev, "test": self.test}[name]

    @property
    def digest(self) -> str:
        """A hash of every word and name: the same for the same data only."""
        sha = hashlib.sha256(json.dumps([self.scheme, self.types]).encode())
        for name in PARTS:
            sha.update(name.encode())
            for sample in self.part(name):
                sha.update(json.dumps([sample.words, sample.spans]).encode())
        return sha.hexdigest()


def completed(
    name: str, scheme: Scheme, parts: dict[str, list[Sample]], notes: Iterable[str] = ()
) -> Corpus:
    """A corpus of the parts there are; a missing dev or test part is taken out of train.

    A test part is made only where there was neither: who gives a dev part has chosen.

    Raises:
        CyclesimError: there is nothing to learn from, or nothing to be measured on.
    """
    notes = list(notes)
    kept = {part: _without_empty(part, parts.get(part, []), notes) for part in PARTS}
    given = {part for part in PARTS if parts.get(part)}
    if not kept["train"]:
        raise CyclesimError(tr("{name} has no sentence to train on.").format(name=name))
    if "dev" not in given:
        wanted = ("dev",) if "test" in given else ("dev", "test")
        for place, part in enumerate(wanted):
            chosen = kept["train"][place::_ONE_IN]
            kept[part] = chosen
            said = tr("{name} has no {part} part: every tenth sentence of its {count} is taken.")
            notes.append(said.format(name=name, part=part, count=f"{len(kept['train']):,}"))
        taken = {i for p in range(len(wanted)) for i in range(p, len(kept["train"]), _ONE_IN)}
        kept["train"] = [s for i, s in enumerate(kept["train"]) if i not in taken]
    for part in ("train", "dev"):
        if not kept[part]:
            said = tr("{name} has too few sentences to train on some and be measured on others.")
            raise CyclesimError(said.format(name=name))
    types = _types(name, kept, notes)
    return Corpus(name, scheme, types, kept["train"], kept["dev"], kept["test"], tuple(notes))


def _without_empty(part: str, samples: list[Sample], notes: list[str]) -> list[Sample]:
    kept = [sample for sample in samples if sample.words]
    empty = len(samples) - len(kept)
    if empty:
        said = trn(
            "{count} sentence of {part} has no word and is left out.",
            "{count} sentences of {part} have no word and are left out.",
            empty,
        )
        notes.append(said.format(count=f"{empty:,}", part=part))
    return kept


def _types(name: str, parts: dict[str, list[Sample]], notes: list[str]) -> tuple[str, ...]:
    """Every type of name in the data; what training never sees is said."""
    found = {part: {span.label for s in parts[part] for span in s.spans} for part in PARTS}
    if not found["train"]:
        said = tr(
            "{name} marks no name in the part to train on: every word has the label O, and there "
            "is nothing to learn."
        )
        raise CyclesimError(said.format(name=name))
    for part in ("dev", "test"):
        unseen = sorted(found[part] - found["train"])
        if unseen:
            said = tr("{types}: in {part} and not in train, so it cannot be learnt.")
            notes.append(said.format(types=", ".join(unseen), part=part))
    return tuple(sorted(set().union(*found.values())))
