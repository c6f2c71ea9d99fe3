"""The tokens so far: their ids and names, and why the text ends."""

from __future__ import annotations

from typing import Any

from cyclesim.machine.generation.library import Library
from cyclesim.machine.generation.settings import Generation

__all__ = ["Names", "Stopping"]


class Names:
    """What tokens are called, and the text that they make."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def of(self, ids: list[int]) -> tuple[str, ...]:
        """One string for each id; the number itself where there is no tokenizer, or no such id."""
        if self._tokenizer is None:
            return tuple(map(str, ids))
        found = self._tokenizer.convert_ids_to_tokens(ids)
        return tuple(
            str(i) if name is None else str(name) for i, name in zip(ids, found, strict=True)
        )

    def text(self, ids: list[int], *, special: bool = False) -> str:
        """The text of `ids`, without special tokens unless they are asked for."""
        if self._tokenizer is None:
            return " ".join(map(str, ids))
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=not special, clean_up_tokenization_spaces=False
            )
        )

    def quoted(self, index: int) -> str:
        """One token as a note has it: `'was'`."""
        return repr(self.text([index], special=True))


class Stopping:
    """Why a text ends: its end token, a text to stop at, enough tokens, or no position left.

    Attributes:
        room: how many tokens can be generated at most.
    """

    def __init__(
        self,
        settings: Generation,
        library: Library,
        names: Names,
        begun: int,
        positions: int | None,
    ) -> None:
        self._names = names
        self._stop = settings.stop
        self._eos = library.eos
        self._wanted = settings.max_new_tokens
        # The last token needs no position: nothing is computed from it.
        left = None if positions is None else positions - begun + 1
        self.room = self._wanted if left is None else min(self._wanted, left)

    def reason(self, ids: list[int]) -> str:
        """Why a text that was generated so far ends here; "" where it does not."""
        if ids and ids[-1] in self._eos:
            return "eos"
        if self._stop and any(text in self._names.text(ids) for text in self._stop):
            return "stop"
        if len(ids) >= self.room:
            return "length" if len(ids) >= self._wanted else "context"
        return ""
