"""What a run that writes a text has written so far, and what each token cost.

Everything is read off the recorded cycles, so it stands at any of them: the tokens off the cycles
that choose them, what was computed and reused off the embeddings and the key-value cache.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

import numpy as np

from cyclesim.trace.cycle import Cycle, Phase
from cyclesim.trace.trace import Trace

__all__ = ["Generated", "GeneratedToken"]

#: Steps that choose a token. Beams choose several at once, which is no token of the text yet.
_CHOICES = frozenset({"argmax", "draw"})
_MARKS = frozenset({*_CHOICES, "word_embeddings", "probabilities"})


@dataclass(frozen=True, slots=True)
class GeneratedToken:
    """One token of the text, or the one that is being computed.

    Attributes:
        token: which one, from 0.
        phase: `prefill` or `decode`.
        first, last: numbers of its cycles, as far as they have run.
        text: the token; None before it is chosen.
        score: the probability it was chosen with; None before that, or where numbers are not kept.
        computed: positions that the model computed for it.
        reused: positions that it took from the cache.
        nbytes: of the whole cache afterwards.
        flops: of its cycles.
    """

    token: int
    phase: Phase
    first: int
    last: int
    text: str | None = None
    score: float | None = None
    computed: int = 0
    reused: int = 0
    nbytes: int = 0
    flops: int = 0


class Generated:
    """The text of `trace`, up to any of its cycles.

    Example:
        >>> text = Generated(trace)  # of a machine that writes a text
        >>> [token.text for token in text.tokens()]
        []
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._read = 0
        self._marks: list[int] = []
        self._starts: list[int] = []  # the first cycle of each token
        self._flops = [0]

    def tokens(self, until: int | None = None) -> list[GeneratedToken]:
        """The tokens that cycles 0 to `until` (by default, all that ran) worked for."""
        last = self._index(until)
        found: list[GeneratedToken] = []
        for place, first in enumerate(self._starts):
            if first > last:
                break
            following = self._starts[place + 1] if place + 1 < len(self._starts) else last + 1
            found.append(self._token(first, min(following - 1, last)))
        return found

    # -- reading the run -----------------------------------------------------------------------

    def _index(self, until: int | None) -> int:
        """Read the cycles that are new; the last one to speak of."""
        cycles = self.trace.cycles
        last = len(cycles) - 1 if until is None else min(until, len(cycles) - 1)
        while self._read <= last:
            cycle = cycles[self._read]
            before = cycles[self._read - 1].token if self._read else None
            if cycle.token is not None and cycle.token != before:
                self._starts.append(cycle.number)
            if cycle.token is not None and cycle.step in _MARKS:
                self._marks.append(cycle.number)
            self._flops.append(self._flops[-1] + cycle.flops)
            self._read += 1
        return last

    def _token(self, first: int, last: int) -> GeneratedToken:
        """The token that cycles `first` to `last` worked for."""
        cycle = self.trace.cycles[first]
        held = self.trace.cache.held(last)
        token = GeneratedToken(
            token=cycle.token or 0,
            phase=cycle.phase,
            first=first,
            last=last,
            reused=max(
                (s.reused for s in held if s.token == cycle.token and not s.cross), default=0
            ),
            nbytes=sum(step.nbytes for step in held),
            flops=self._flops[last + 1] - self._flops[first],
        )
        for number in self._marks[bisect_right(self._marks, first - 1) :]:
            if number > last:
                break
            token = self._told(token, self.trace.cycles[number])
        return token

    def _told(self, token: GeneratedToken, cycle: Cycle) -> GeneratedToken:
        """`token` with what one of its cycles says of it."""
        if cycle.step == "word_embeddings":
            # Of an encoder–decoder the decoder's come last.
            return replace(token, computed=cycle.outputs[0].shape[-2])
        if cycle.step in _CHOICES:
            words = cycle.outputs[0].words
            return replace(token, text=words[0] if words else None, score=self._score(cycle))
        return token

    def _score(self, choice: Cycle) -> float | None:
        """The probability that the chosen token had."""
        place = bisect_right(self._marks, choice.number) - 1
        said = self.trace.cycles[self._marks[place - 1]] if place else None
        if said is None or said.step != "probabilities" or said.token != choice.token:
            return None
        chosen, probabilities = choice.outputs[0], said.outputs[0]
        if not (chosen.kept and probabilities.kept):
            return None
        index = int(np.ravel(chosen.numpy())[0])
        return float(probabilities.numpy((0, index)))
