"""One row of the model's input on its way through the tokenizer: one text, or two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, tr
from cyclesim.trace import TokenSequence

__all__ = ["PreparedRow", "Row", "cut_lengths"]

Span = tuple[int, int]

_NAMES = {
    "text": N_("text"),
    "pair": N_("second text"),
    "question": N_("question"),
    "choice": N_("choice"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What one row is made of.

    Attributes:
        texts: name and content of its one or two texts, as they were given.
        answer: which of the answers is about it.
        whole: names of the texts of which nothing may be cut.
        read: what the tokenizer reads, where that is not just what was given (markers inserted).
        back: from a span of what is read to one of what was given; None for what was inserted.
        complete: what is read has its special tokens already (a chat template put them in).
    """

    texts: tuple[tuple[str, str], ...]
    answer: int = 0
    whole: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    back: Callable[[Span], Span | None] | None = None
    complete: bool = False

    def __post_init__(self) -> None:
        for name, text in self.texts:
            _check(name, text)
        if not self.read:
            object.__setattr__(self, "read", tuple(text for _, text in self.texts))


@dataclass
class PreparedRow:
    """The tokenizer's own records of a row's texts, which the steps change in its own order.

    Attributes:
        room: how many tokens of the texts fit beside the special ones; None for any number.
        parts: one record for each text, later one of the whole row.
        spans: the offsets of each text's tokens.
    """

    row: Row
    tokenizer: Any
    room: int | None = None
    parts: list[Any] = field(default_factory=list)
    spans: list[list[Span]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts = [None for _ in self.row.texts]

    @property
    def names(self) -> list[str]:
        """What its texts are called."""
        if len(self.parts) == 1 and len(self.row.texts) == 2:
            return [""]  # joined
        return [_NAMES.get(name, name) for name, _ in self.row.texts]

    @property
    def whole(self) -> Any:
        """The record of the whole row, once special tokens have joined its texts."""
        return self.parts[0]

    def tokenize(self) -> None:
        self.parts = [self._tokens_of(text) for text in self.row.read]
        for (name, _), part in zip(self.row.texts, self.parts, strict=True):
            if not part.ids:
                raise CyclesimError(_no_token(name))

    def _tokens_of(self, text: str) -> Any:
        # Not verbose: that a text is too long for the model is said by the truncation step.
        batch = self.tokenizer(
            text, add_special_tokens=False, truncation=False, padding=False, verbose=False
        )
        return batch.encodings[0]

    def add_special_tokens(self) -> list[str]:
        """Join the texts to one row; the special tokens that were added."""
        # A byte-level post-processor trims the space from every offset it sees. `tokenize` had it
        # done already; a second time would trim the first letter, so these are the ones to keep.
        self.spans = [list(part.offsets) for part in self.parts]
        before = sum(len(part.ids) for part in self.parts)
        post_process = self.tokenizer.backend_tokenizer.post_process
        joined = post_process(*_two(self.parts), not self.row.complete)
        self.parts = [joined]
        if len(joined.ids) == before:
            return []
        masked = zip(joined.tokens, joined.special_tokens_mask, strict=True)
        return [token for token, special in masked if special]

    def sequence(self) -> TokenSequence:
        """What the output steps and the views know of this row."""
        encoding = self.whole
        special = [bool(s) for s in encoding.special_tokens_mask]
        # What is not special is the first text's tokens, then the second's.
        places = iter([(i, span) for i, part in enumerate(self.spans) for span in part])
        known = [(None, None) if s else next(places) for s in special]
        offsets = [span for _, span in known]
        if self.row.back is not None:
            offsets = [span and self.row.back(span) for span in offsets]
        return TokenSequence(
            texts=self.row.texts,
            tokens=tuple(encoding.tokens),
            offsets=tuple(offsets),
            words=tuple(None if s else w for s, w in zip(special, encoding.word_ids, strict=True)),
            parts=tuple(part for part, _ in known),
            answer=self.row.answer,
        )


def cut_lengths(lengths: Sequence[int], room: int, *, whole: Sequence[str] = ()) -> list[int]:
    """How many tokens of each text are kept so that they fit into `room`.

    Of two texts the longer is cut first, as `truncation="longest_first"` does; where the first may
    not be cut, only the second is (`"only_second"`).

    Raises:
        CyclesimError: the first alone leaves no room.
    """
    if len(lengths) == 1:
        return [room]
    first, second = lengths
    if whole:
        if first >= room:
            raise CyclesimError(
                tr(
                    "the {part} has {count} tokens, which leaves no room for the text: give a "
                    "shorter one, or a larger --max-length."
                ).format(part=tr(_NAMES[whole[0]]), count=first)
            )
        return [first, room - first]
    shorter = min(first, second)
    longer = shorter if shorter > room else max(shorter, room - shorter)
    if shorter + longer > room:
        shorter = room // 2
        longer = shorter + room % 2
    return [shorter, longer] if first <= second else [longer, shorter]


def _two(parts: Sequence[Any]) -> tuple[Any, Any]:
    return parts[0], parts[1] if len(parts) > 1 else None


def _check(name: str, text: str | None) -> None:
    """Make sure that there is something in a text that can be tokenized."""
    if text is None or not text.strip():
        if name == "text":
            raise CyclesimError(tr("the text is empty: give at least one word."))
        raise CyclesimError(
            tr("the {part} is empty: give at least one word.").format(part=tr(_NAMES[name]))
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CyclesimError(
            tr(
                "character {start:,} of the text is half a character (not valid "
                "Unicode): give the text in UTF-8."
            ).format(start=error.start)
        ) from None


def _no_token(name: str) -> str:
    if name == "text":
        return tr("the tokenizer found no token in this text: give at least one word.")
    return tr("the tokenizer found no token in the {part}: give at least one word.").format(
        part=tr(_NAMES[name])
    )
