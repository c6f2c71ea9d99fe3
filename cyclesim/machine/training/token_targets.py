"""Labels of tokens: a class for each, the token itself, the next one, where an answer is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.encoding import Encoding
from cyclesim.machine.steps import Written
from cyclesim.machine.training.rows import IGNORED, OWN, each, index_of, named_ids, without_text
from cyclesim.machine.training.words import first_token, word_labels

if TYPE_CHECKING:
    from cyclesim.machine.training.step import TrainingMachine

__all__ = ["hidden_tokens", "next_tokens", "spans", "token_labels"]

#: The share of the tokens that is hidden from a masked language model (Devlin et al. 2019, 3.1).
_HIDDEN = 0.15


def token_labels(machine: TrainingMachine, given: Any, encoding: Encoding) -> Any:
    """A class for each token of a text, or for the first token of each word."""
    known = machine.task.labels
    if given is None:
        made = machine.answer(encoding).logits.argmax(-1)
        made[without_text(encoding, made)] = IGNORED
        note = OWN
    else:
        if not encoding.sequences:
            raise CyclesimError(
                tr("labels for words need a text: with tensors, give the labels as a tensor too.")
            )
        shape = (len(encoding.sequences), len(encoding.tokens))
        made = torch.full(shape, IGNORED, device=machine.device)
        rows = zip(encoding.sequences, each(given, encoding, len(encoding.sequences)), strict=True)
        for number, (row, labels) in enumerate(rows):
            for place, label in word_labels(row, labels):
                made[number, place] = _class(label, known)
        note = "as they were given, at the first token of each word"
    count = int((made != IGNORED).sum())
    words = tuple(_name(known, i) for i in made[0].tolist()) if made.shape[0] == 1 else None
    return (Written("labels", made, words),), f"{note}: {count} of {made.numel()} tokens have one"


def _class(label: str | None, known: Sequence[str]) -> int:
    """The class that a label names: a mark's kind with a prefix, or without; None is `O`."""
    if label is None:
        return known.index("O") if "O" in known else IGNORED
    kind = label[2:] if label[:2] in ("B-", "I-") else label
    for name in (label, kind, f"I-{kind}"):
        if name in known and (name == label or label[:2] in ("B-", "I-")):
            return known.index(name)
    return index_of(kind, known)


def _name(known: Sequence[str], index: int) -> str:
    return "" if index == IGNORED else known[index] if index < len(known) else str(index)


def hidden_tokens(machine: TrainingMachine, given: Any, encoding: Encoding) -> Any:
    """Hide some of the tokens; the labels are what they were (Devlin et al. 2019, section 3.1)."""
    ids, mask = encoding.inputs["input_ids"], _mask_id(machine)
    if given is not None or bool((ids == mask).any()):
        return _under_the_masks(machine, given, encoding, mask)
    places = (~without_text(encoding, ids)).nonzero()
    if not len(places):
        raise CyclesimError(tr("there is no token to hide in this text: give at least one word."))
    dice = torch.Generator().manual_seed(machine.training.seed)
    count = max(1, round(_HIDDEN * len(places)))
    chosen = places[torch.randperm(len(places), generator=dice)[:count].to(places.device)]
    labels, hidden = torch.full_like(ids, IGNORED), ids.clone()
    shares = torch.rand(count, generator=dice).tolist()
    others = torch.randint(machine.model.config.vocab_size, (count,), generator=dice).tolist()
    for (row, column), share, other in zip(chosen.tolist(), shares, others, strict=True):
        labels[row, column] = ids[row, column]
        # Of ten, eight are masked, one is replaced by a random token, and one stays.
        if share < 0.9:
            hidden[row, column] = mask if share < 0.8 else other
    note = f"the text itself: {count} of {len(places)} tokens hidden"
    read = Written("input_ids", hidden, named_ids(machine, hidden))
    return (read, Written("labels", labels, named_ids(machine, ids))), note


def _under_the_masks(machine: TrainingMachine, given: Any, encoding: Encoding, mask: int) -> Any:
    """The text has masks: what stands under them is given, or the model's own answer."""
    ids = encoding.inputs["input_ids"]
    masked = ids == mask
    labels = torch.full_like(ids, IGNORED)
    if given is None:
        labels[masked] = machine.answer(encoding).logits.argmax(-1)[masked]
        return (Written("labels", labels),), OWN
    words = given.split() if isinstance(given, str) else [str(word) for word in given]
    found = [machine.tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
    if int(masked.sum()) != len(words) or any(len(one) != 1 for one in found):
        said = tr(
            "give one word of one token for each {mask} of the text: it has {count}, and these "
            "were given, with so many tokens: {words}."
        )
        shown = ", ".join(f"{w} ({len(f)})" for w, f in zip(words, found, strict=True))
        name = machine.tokenizer.mask_token
        raise CyclesimError(said.format(mask=name, count=int(masked.sum()), words=shown))
    labels[masked] = torch.tensor([one[0] for one in found], device=ids.device)
    return (Written("labels", labels),), "the words that were given"


def _mask_id(machine: TrainingMachine) -> int:
    known = getattr(machine.tokenizer, "mask_token_id", None)
    if known is None:
        raise CyclesimError(
            tr("this model's tokenizer has no mask token: give the labels as tensors.")
        )
    return int(known)


def next_tokens(machine: TrainingMachine, given: Any, encoding: Encoding) -> Any:
    """The text itself: the model learns each token from those before it."""
    if given is not None:
        raise CyclesimError(
            tr("a language model learns the text itself: leave the labels out, or give tensors.")
        )
    ids = encoding.inputs["input_ids"]
    if ids.shape[-1] < 2:
        raise CyclesimError(
            tr("there is no next token to learn in a text of one token: give a longer text.")
        )
    labels = ids.clone()
    mask = encoding.inputs.get("attention_mask")
    if isinstance(mask, torch.Tensor) and mask.shape == ids.shape:
        labels[mask == 0] = IGNORED
    return (Written("labels", labels, encoding.tokens or None),), "the text itself: the next token"


def spans(machine: TrainingMachine, given: Any, encoding: Encoding) -> Any:
    """The first and the last token of the answer."""
    if given is None:
        outputs = machine.answer(encoding)
        sides = outputs.start_logits.argmax(-1), outputs.end_logits.argmax(-1)
        note = OWN
    else:
        rows = zip(encoding.sequences, each(given, encoding, len(encoding.sequences)), strict=True)
        found = [_span(row, str(answer)) for row, answer in rows]
        sides = tuple(
            torch.tensor(side, device=machine.device) for side in zip(*found, strict=True)
        )
        note = "the answer that was given"
    names = ("start_positions", "end_positions")
    return tuple(Written(n, s) for n, s in zip(names, sides, strict=True)), note


def _span(row: Any, answer: str) -> tuple[int, int]:
    start = (row.text or "").find(answer) if answer else -1
    if start < 0:
        said = tr("the answer {answer!r} is not in the text: give a part of it.")
        raise CyclesimError(said.format(answer=answer))
    end = start + len(answer)
    first, last = first_token(row, start, end), first_token(row, end - 1, end)
    if first is None or last is None:
        said = tr("the answer {answer!r} was cut off with the end of the text.")
        raise CyclesimError(said.format(answer=answer))
    return first, last
