"""Beam search: at every step, the best continuations of all sequences that are kept.

A sequence is scored by the sum of the log probabilities of its tokens. Of all continuations by one
token the best go on; those that end are put aside, their score divided by a power of their length.
The arithmetic is that of transformers' `generate`, in its order, so that the sequences are its own.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Any, NamedTuple

import torch

from cyclesim.machine.generation.choosing import Chooser
from cyclesim.machine.generation.decoder import Decoder
from cyclesim.machine.generation.text import Text
from cyclesim.machine.steps import HostResult, HostStep, Program, Written
from cyclesim.trace import Phase

__all__ = ["beam_search"]

#: What the library adds to a score that must not be chosen.
_NEVER = -1.0e9


def beam_search(ids: Written, decoder: Decoder, chooser: Chooser, text: Text) -> Program[Written]:
    """Keep the best sequences until none of them can become better; the ids of the last step."""
    beams = Beams(ids.value, decoder.config, text)
    ids = yield from decoder.expand(ids, beams.width)
    for token in count():
        phase: Phase = "decode" if token else "prefill"
        step = partial(HostStep, "output", phase=phase, token=token)
        outputs = yield from decoder.call(ids, phase, token)
        scores = yield from chooser.scores(outputs, ids, phase, token, logarithms=True)
        run = partial(beams.add, scores.value)
        summed = (yield step("beam_scores", "add", run, (scores, beams.scores))).outputs[0]
        run = partial(beams.extend, scores.value, summed.value, ids.value)
        arguments = (("k", str(beams.wide)),)
        extended = yield step("beam_candidates", "topk", run, (summed, ids), arguments)
        width = (("k", str(beams.width)),)
        selected = yield step("select_beams", "topk", beams.select, extended.outputs, width)
        ids, beams.scores, origins = selected.outputs
        if decoder.cached:
            yield from decoder.reorder(origins, phase, token)
        text.grown(token + 1)
        yield text.named()
        if beams.finished:
            break
    text.finish(*beams.best())
    return ids


class _Ended(NamedTuple):
    """A sequence that has ended: its generated ids, their probabilities, and why."""

    ids: list[int]
    shares: list[float]
    reason: str


class Beams:
    """The sequences that a beam search keeps: those that go on, and those that have ended.

    Attributes:
        width: how many of each.
        wide: how many continuations are looked at, so that enough are left when some end.
        scores: sum of the log probabilities of each that goes on, `[beams]`.
        finished: nothing can become better.
    """

    def __init__(self, ids: torch.Tensor, config: Any, text: Text) -> None:
        self.width = int(config.num_beams)
        ends = 0 if config._eos_token_tensor is None else len(config._eos_token_tensor)
        self.wide = max(2, 1 + ends) * self.width
        # At first all beams are the same sequence: only the first of them counts.
        scores = torch.zeros(self.width, device=ids.device)
        scores[1:] = _NEVER
        self.scores = Written("scores", scores)
        self.finished = False
        self._text, self._config = text, config
        self._begun = ids.shape[1]
        self._shares = torch.zeros(self.width, 0, device=ids.device)
        self._ended: list[_Ended | None] = [None] * self.width
        self._ended_scores = torch.full((self.width,), _NEVER, device=ids.device)
        self._improvable = True

    # -- the steps ---------------------------------------------------------------------------

    def add(self, logarithms: torch.Tensor) -> HostResult:
        """The score of every continuation by one token, `[beams, vocabulary]`."""
        running: Any = self.scores.value
        return HostResult((Written("scores", logarithms + running[:, None]),))

    def extend(
        self, logarithms: torch.Tensor, summed: torch.Tensor, ids: torch.Tensor
    ) -> HostResult:
        """The best continuations: their scores, ids, and the beam each goes on from."""
        size = summed.shape[-1]
        scores, places = torch.topk(summed.reshape(-1), k=self.wide)
        origins, tokens = places // size, places % size
        self._candidates, self._origins = scores, origins
        self._longer = torch.cat([ids[origins], tokens[:, None]], dim=-1)
        shares = logarithms[origins, tokens].exp()[:, None]
        self._longer_shares = torch.cat([self._shares[origins], shares], dim=-1)
        words = tuple(
            f"{origin} {self._text.names.quoted(token)}"
            for origin, token in zip(origins.tolist(), tokens.tolist(), strict=True)
        )
        best = f"beam {words[0]} {float(scores[0]):.3g}"
        written = (
            Written("scores", scores, words),
            Written("tokens", tokens, words),
            Written("beams", origins, words),
        )
        return HostResult(written, f"best: {best}")

    def select(self) -> HostResult:
        """Which continuations go on; those that end are put aside."""
        reasons = [self._text.stopping.reason(row[self._begun :].tolist()) for row in self._longer]
        ends = torch.tensor([bool(reason) for reason in reasons], device=self._longer.device)
        running = self._candidates + ends.to(torch.float32) * _NEVER
        chosen = torch.topk(running, k=self.width)[1]
        self._put_aside(reasons, ends)
        self._shares = self._longer_shares[chosen]
        scores, ids, origins = running[chosen], self._longer[chosen], self._origins[chosen]
        self._settle(scores, ends)
        words = tuple(f"beam {origin}" for origin in origins.tolist())
        aside = int(ends.sum())
        note = f"from {', '.join(words)}" + (f"; {aside} ended" if aside else "")
        written = (
            Written("ids", ids, words),
            Written("scores", scores, words),
            Written("beams", origins, words),
        )
        return HostResult(written, note + ("; nothing can become better" * self.finished))

    def best(self) -> tuple[list[int], list[float], str, float]:
        """Generated ids, their probabilities, why it ended, and the score of the best sequence."""
        ended = self._ended[0]
        assert ended is not None
        return (*ended, float(self._ended_scores[0]))

    # -- what ends ---------------------------------------------------------------------------

    def _put_aside(self, reasons: list[str], ends: torch.Tensor) -> None:
        """Keep the best of what has ended before and of what ends now."""
        # Only those that would have gone on may end: the others were looked at as a reserve.
        first = torch.arange(self.wide, device=ends.device) < self.width
        length = self._longer.shape[1] - self._begun
        scores = self._candidates / (length**self._config.length_penalty)
        if (self._full and self._config.early_stopping is True) or not self._improvable:
            scores = scores + _NEVER
        scores = scores + (~(ends & first)) * _NEVER
        merged = torch.cat([self._ended_scores, scores])
        places = torch.topk(merged, k=self.width)[1]
        known: list[_Ended | None] = [*self._ended]
        for place, reason in enumerate(reasons):
            ids = self._longer[place, self._begun :].tolist()
            shares = self._longer_shares[place].tolist()
            known.append(_Ended(ids, shares, reason) if reason and bool(first[place]) else None)
        self._ended = [known[place] for place in places.tolist()]
        self._ended_scores = merged[places]

    def _settle(self, running: torch.Tensor, ends: torch.Tensor) -> None:
        """Whether a sequence that goes on can still become better than those that have ended."""
        config, length = self._config, self._longer.shape[1] - self._begun
        if config.early_stopping == "never" and config.length_penalty > 0:
            length = self._text.stopping.room
        possible = running[0] / (length**config.length_penalty)
        worst = float(self._ended_scores.min())
        bars = [worst if ended is not None else _NEVER for ended in self._ended]
        self._improvable = self._improvable and any(float(possible) > bar for bar in bars)
        enough = self._full and config.early_stopping is True
        self.finished = not self._improvable or enough or bool(ends.all())

    @property
    def _full(self) -> bool:
        return all(ended is not None for ended in self._ended)
