"""The public function: run a sentence, change it a little, run it again, compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cyclesim.engine import Probe, trace
from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine import Machine
from cyclesim.robustness.answers import differences, names_in
from cyclesim.robustness.comparing import compare_case
from cyclesim.robustness.perturb import KINDS, Perturbation, perturbations
from cyclesim.robustness.report import Robustness
from cyclesim.robustness.words import SYNONYMS

__all__ = ["robust"]


def robust(
    machine: Any,
    text: str,
    kinds: Sequence[str] = KINDS,
    *,
    count: int = 2,
    seed: int = 0,
    synonyms: Mapping[str, Sequence[str]] = SYNONYMS,
    probe: bool = True,
    progress: Callable[[str], Any] = lambda _: None,
) -> Robustness:
    """Change a sentence a little, in several ways, and see where the runs part.

    Args:
        machine: from `cyclesim.load`, or a Hugging Face model with a tokenizer in it.
        text: the sentence.
        kinds: which changes to make: `typo`, `case`, `synonym`, `name`.
        count: at most so many of each kind.
        seed: decides which words are changed, and how.
        synonyms: for a word in lower case, the words that may stand for it.
        probe: also ask the model's head at every layer, where it can be asked.
        progress: told what is being done.

    Raises:
        CyclesimError: a kind is unknown, or the text has nothing that could be changed.

    Example:
        >>> found = cyclesim.robust(machine, text, ["typo"], count=1)
        >>> case = found.cases[0]
        >>> case.parts.label, case.layers[0].layer, len(case.layers)
        ('embedding · word_embeddings', None, 5)
    """
    for kind in kinds:
        if kind not in KINDS:
            said = tr("unknown kind of change {kind!r}: use {names}.")
            raise CyclesimError(said.format(kind=kind, names=", ".join(KINDS)))
    machine = Machine.of(machine)
    progress(text)
    old = trace(machine, text, measure=False)
    changes = list(
        perturbations(
            text, kinds, count=count, seed=seed, names=names_in(text, old.result),
            synonyms=synonyms,
        )
    )  # fmt: skip
    if not changes:
        said = tr("this text has no word to change by {kinds}: give a longer one.")
        raise CyclesimError(said.format(kinds=", ".join(kinds)))
    before = _probed(machine, text) if probe else {}
    cases = []
    for change in changes:
        progress(change.text)
        new = trace(machine, change.text, measure=False)
        after = _probed(machine, change.text) if before else {}
        cases.append(compare_case(old, new, change, _otherwise(before, after, change)))
    header = old.header
    return Robustness(
        header.model, header.task, text, header.tokens, old.verdict.bit_identical, old.result, cases
    )


def _probed(machine: Machine, text: str) -> dict[int | None, Mapping[str, Any]]:
    """What the model's head says of each layer; nothing for a model that cannot be asked."""
    try:
        return {answer.layer: answer.result for answer in Probe(machine, text).over_layers()}
    except CyclesimError:
        return {}


def _otherwise(
    before: Mapping[int | None, Mapping[str, Any]],
    after: Mapping[int | None, Mapping[str, Any]],
    change: Perturbation,
) -> dict[int | None, bool]:
    return {
        layer: bool(differences(result, after[layer], change))
        for layer, result in before.items()
        if layer in after
    }
