"""What a person gave to be read, and how the model reads it: one sequence of tokens for each row.

A task reads one text, or two, or a question and its text, or a text with choices. Several prompts
in one run are a batch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["Prompt", "TokenSequence", "prompts_of", "span_of"]

_SPAN = re.compile(r"(\d{1,9}):(\d{1,9})")
#: Other names for the fields of a prompt: those that Hugging Face has.
_ALIASES = {"context": "text", "text_pair": "pair", "sentence": "text"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is given for one answer.

    Attributes:
        text: the text; of a question, the text that the answer is looked for in (its *context*).
        pair: a second text, read after the first.
        question: read before the text.
        choices: continuations of the text, one of which is to be chosen.
        entities: start and end, in characters of the text, of the entities that are asked about.
    """

    text: str | None = None
    pair: str | None = None
    question: str | None = None
    choices: tuple[str, ...] = ()
    entities: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, given: Any) -> Prompt:
        """From a text, a tuple of two, a mapping of this class's fields, or a prompt.

        Example:
            >>> Prompt.of({"question": "Who?", "context": "Ada."})
            Prompt(text='Ada.', pair=None, question='Who?', choices=(), entities=())

        Raises:
            CyclesimError: it is none of these.
        """
        if isinstance(given, Prompt):
            return given
        if isinstance(given, str):
            return cls(given)
        if isinstance(given, tuple) and len(given) == 2 and all(isinstance(x, str) for x in given):
            return cls(*given)
        if isinstance(given, Mapping):
            return cls._of_mapping(given)
        raise CyclesimError(
            tr(
                "{kind} is no text: give a text, two texts as a tuple, or a mapping such as "
                "{{'question': …, 'context': …}}."
            ).format(kind=type(given).__name__)
        )

    @classmethod
    def _of_mapping(cls, given: Mapping[str, Any]) -> Prompt:
        made: dict[str, Any] = {}
        for key, value in given.items():
            name = _ALIASES.get(key, key)
            if name not in {field.name for field in fields(cls)}:
                raise CyclesimError(
                    tr(
                        "{key!r} is nothing that a model is given to read: use text, pair, "
                        "question, context, choices or entities."
                    ).format(key=key)
                )
            if name in ("text", "pair", "question") and not isinstance(value, str):
                raise CyclesimError(tr("{key!r} is no text.").format(key=key))
            made[name] = value
        if "choices" in made:
            made["choices"] = tuple(map(str, made["choices"]))
        if "entities" in made:
            made["entities"] = tuple((int(a), int(b)) for a, b in made["entities"])
        return cls(**made)

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the fields that hold something."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) not in (None, ()))


def span_of(text: str) -> tuple[int, int] | None:
    """Start and end as a person writes the place of an entity, `0:3`; None for anything else."""
    match = _SPAN.fullmatch(text.strip())
    return None if match is None else (int(match[1]), int(match[2]))


def prompts_of(given: Any) -> tuple[Prompt, ...]:
    """One prompt, or one for each element of a list.

    Raises:
        CyclesimError: nothing that can be read, or an empty list.
    """
    if not isinstance(given, list):
        return (Prompt.of(given),)
    if not given:
        raise CyclesimError(tr("the batch is empty: give at least one text."))
    return tuple(map(Prompt.of, given))


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """One row of the model's input: the texts it was made of, and its tokens.

    Attributes:
        texts: name and content of each text, in the order in which they are read: `text`, or
            `question` and `text`, `text` and `pair`, `text` and `choice`.
        tokens: one string per position, special tokens and padding included.
        offsets: character span of each token in its text; None for special tokens.
        words: index of the word (of the pre-tokenizer) that each token belongs to; None likewise.
        parts: which of the texts each token is of; None likewise.
        answer: which of the answers (`Trace.results`) is about it.
    """

    texts: tuple[tuple[str, str], ...] = ()
    tokens: tuple[str, ...] = ()
    offsets: tuple[tuple[int, int] | None, ...] = ()
    words: tuple[int | None, ...] = ()
    parts: tuple[int | None, ...] = ()
    answer: int = 0

    @property
    def text(self) -> str | None:
        """The text that results point into."""
        return dict(self.texts).get("text")

    @property
    def title(self) -> str:
        """All its texts, on one line."""
        return " · ".join(" ".join(text.split()) for _, text in self.texts)

    def place(self, name: str) -> int | None:
        """Which of the texts is called `name`."""
        names = [given for given, _ in self.texts]
        return names.index(name) if name in names else None
