"""What a run that writes a text has written so far, and what its key-value cache holds.

Everything is read off the recorded cycles: the cache's growth off the cycles that append to it, the
tokens off the ones that choose them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from cyclesim.trace.cycle import Cycle, Phase
from cyclesim.trace.trace import Trace

__all__ = ["CacheEntry", "Generated", "GeneratedToken"]

#: Steps that choose a token. Beams choose several at once, which is no token of the text yet.
_CHOICES = frozenset({"argmax", "draw"})
#: What transformers' classes call the module that attends to the encoder.
_CROSS = ("cross", "encdec", "encoder_attn", "enc_attn")
_CACHES = ("key_cache", "value_cache")
_MARKS = frozenset({*_CHOICES, *_CACHES, "word_embeddings", "probabilities"})


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """The keys and values that one attention module holds.

    Attributes:
        path: the module; an encoder–decoder's blocks have two.
        layer: its block.
        token: the token for which it last grew.
        key, value: numbers of the cycles that appended to it last; `value` is None in between.
        reused, appended: positions that were there, and that were added.
        nbytes: of keys and values together.
    """

    path: str
    layer: int | None
    token: int
    key: int
    value: int | None
    reused: int
    appended: int
    nbytes: int

    @property
    def positions(self) -> int:
        """How many positions it holds."""
        return self.reused + self.appended

    @property
    def cross(self) -> bool:
        """Whether the positions are the encoder's: those of a cross-attention."""
        module = self.path.rpartition(".")[2].lower()
        return any(word in module for word in _CROSS)


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
    """The text of `trace`, and its cache, up to any of its cycles.

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
        cache: dict[str, CacheEntry] = {}
        marks = self._marked(last)
        mark = next(marks, None)
        for place, first in enumerate(self._starts):
            if first > last:
                break
            following = self._starts[place + 1] if place + 1 < len(self._starts) else last + 1
            end = min(following - 1, last)
            cycle = self.trace.cycles[first]
            token = GeneratedToken(cycle.token or 0, cycle.phase, first, end)
            while mark is not None and mark.number <= end:
                token = self._told(token, mark, cache)
                mark = next(marks, None)
            own = [entry for entry in cache.values() if entry.token == token.token]
            found.append(
                replace(
                    token,
                    reused=max((entry.reused for entry in own), default=0),
                    nbytes=sum(entry.nbytes for entry in cache.values()),
                    flops=self._flops[end + 1] - self._flops[first],
                )
            )
        return found

    def cache(self, until: int | None = None) -> list[CacheEntry]:
        """What each attention module holds after cycle `until`; nothing without a cache."""
        cache: dict[str, CacheEntry] = {}
        for cycle in self._marked(self._index(until)):
            _grow(cache, cycle)
        return list(cache.values())

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

    def _marked(self, last: int) -> Iterator[Cycle]:
        return (self.trace.cycles[n] for n in self._marks[: bisect_right(self._marks, last)])

    def _told(
        self, token: GeneratedToken, cycle: Cycle, cache: dict[str, CacheEntry]
    ) -> GeneratedToken:
        """`token` with what one of its cycles says of it."""
        if cycle.step in _CACHES:
            _grow(cache, cycle)
        elif cycle.step == "word_embeddings":
            # Of an encoder–decoder the decoder's come last.
            return replace(token, computed=cycle.outputs[0].shape[-2])
        elif cycle.step in _CHOICES:
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


def _grow(cache: dict[str, CacheEntry], cycle: Cycle) -> None:
    """Note that `cycle` appended to the keys or values of its module."""
    if cycle.step not in _CACHES or not cycle.outputs or len(cycle.outputs[0].shape) < 2:
        return
    written = cycle.outputs[0]
    # A cache begins as an empty tensor that has no positions yet.
    reused = next((v.shape[-2] for v in cycle.inputs[:1] if len(v.shape) >= 2), 0)
    if cycle.step == "key_cache":
        cache[cycle.path] = CacheEntry(
            path=cycle.path,
            layer=cycle.layer,
            token=cycle.token or 0,
            key=cycle.number,
            value=None,
            reused=reused,
            appended=written.shape[-2] - reused,
            nbytes=written.nbytes,
        )
    elif cycle.path in cache:
        entry = cache[cycle.path]
        cache[cycle.path] = replace(entry, value=cycle.number, nbytes=entry.nbytes + written.nbytes)
