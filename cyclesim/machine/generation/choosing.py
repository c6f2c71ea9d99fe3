"""From a model's logits to the next token, one cycle for each step.

`logits → repetition_penalty → temperature → top_k → top_p → probabilities → draw`, or `argmax`
instead of the draw. What is done to the logits is done by transformers' own processors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.generation.sequence import Names
from cyclesim.machine.steps import HostResult, HostStep, Steps, Written
from cyclesim.trace import Phase

__all__ = ["Chooser", "Chosen", "processor_name"]

#: What the library's processors are called in the field.
_STEPS = {
    "RepetitionPenaltyLogitsProcessor": "repetition_penalty",
    "EncoderRepetitionPenaltyLogitsProcessor": "encoder_repetition_penalty",
    "TemperatureLogitsWarper": "temperature",
    "TopKLogitsWarper": "top_k",
    "TopPLogitsWarper": "top_p",
    "MinPLogitsWarper": "min_p",
    "TypicalLogitsWarper": "typical_p",
    "NoRepeatNGramLogitsProcessor": "no_repeat_ngram",
    "EncoderNoRepeatNGramLogitsProcessor": "encoder_no_repeat_ngram",
    "NoBadWordsLogitsProcessor": "bad_words",
    "MinLengthLogitsProcessor": "min_length",
    "MinNewTokensLengthLogitsProcessor": "min_new_tokens",
    "ForcedBOSTokenLogitsProcessor": "forced_bos",
    "ForcedEOSTokenLogitsProcessor": "forced_eos",
    "SuppressTokensLogitsProcessor": "suppress_tokens",
    "SuppressTokensAtBeginLogitsProcessor": "begin_suppress_tokens",
    "ExponentialDecayLengthPenalty": "length_penalty",
    "InfNanRemoveLogitsProcessor": "remove_invalid_values",
    "LogitNormalization": "log_softmax",
}
#: Those that look at the scores alone; the others read the tokens so far, too.
_ONLY_SCORES = frozenset(
    ("TemperatureLogitsWarper", "TopKLogitsWarper", "TopPLogitsWarper", "MinPLogitsWarper",
     "TypicalLogitsWarper", "InfNanRemoveLogitsProcessor", "LogitNormalization")
)  # fmt: skip
#: Arguments of theirs that say how strong they are.
_ARGUMENTS = ("penalty", "temperature", "top_k", "top_p", "min_p", "ngram_size")
#: How many tokens a note names.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Chosen:
    """One token that was chosen, `[batch]`, and the probability that it had among all."""

    token: Written
    probabilities: torch.Tensor

    @property
    def score(self) -> float:
        """Probability of the first row's token."""
        return float(self.probabilities[0, int(self.token.value[0])])


class Chooser:
    """Chooses tokens, by the same rules one after the other.

    Args:
        processors: transformers' logits processors, in order.
        generator: draws the random numbers; None to take the likeliest token.
    """

    def __init__(
        self, processors: list[Any], generator: torch.Generator | None, names: Names
    ) -> None:
        self._processors = processors
        self._generator = generator
        self._names = names

    def scores(
        self, outputs: Any, ids: Written, phase: Phase, token: int, *, logarithms: bool = False
    ) -> Steps[Written]:
        """The steps from what the model returned to the processed logits of the next token.

        With `logarithms`, from its log probabilities.
        """
        step = partial(HostStep, "output", phase=phase, token=token)

        def last() -> HostResult:
            # As the library has it: of the last position, in float32.
            logits = outputs.logits[:, -1].to(copy=True, dtype=torch.float32)
            return HostResult((Written("logits", logits),), self._best(logits))

        read = (Written("logits", outputs.logits),)
        scores = (yield step("logits", "select", last, read, (("position", "-1"),))).outputs[0]
        if logarithms:
            run = partial(self._log_softmax, scores.value)
            dim = (("dim", "-1"),)
            made = yield step("log_probabilities", "log_softmax", run, (scores,), dim)
            scores = made.outputs[0]
        for processor in self._processors:
            name, op = processor_name(processor), type(processor).__name__
            reads = (scores,) if op in _ONLY_SCORES else (scores, ids)
            run = partial(self._process, processor, ids, scores)
            scores = (yield step(name, op, run, reads, _arguments(processor))).outputs[0]
        return scores

    def choose(self, scores: Written, phase: Phase, token: int) -> Steps[Chosen]:
        """The steps from processed logits to a token."""
        step = partial(HostStep, "output", phase=phase, token=token)
        run = partial(self._softmax, scores.value)
        dim = (("dim", "-1"),)
        probabilities = (yield step("probabilities", "softmax", run, (scores,), dim)).outputs[0]
        rewrite = partial(self._rewritten, probabilities.value.shape[-1])
        if self._generator is None:
            run = partial(self._argmax, scores.value, probabilities.value)
            result = yield step("argmax", "argmax", run, (scores,), dim, rewrite=rewrite)
        else:
            run = partial(self._draw, probabilities.value)
            number = (("num_samples", "1"),)
            result = yield step(
                "draw", "multinomial", run, (probabilities,), number, rewrite=rewrite
            )
        return Chosen(result.outputs[0], probabilities.value)

    # -- what the steps do -------------------------------------------------------------------

    def _process(self, processor: Any, ids: Written, scores: Written) -> HostResult:
        before: Any = scores.value
        made = processor(ids.value, before.clone())
        same = torch.equal(made, before)
        left = int(made[0].isfinite().sum())
        note = self._best(made)
        if left < int(before[0].isfinite().sum()):
            note = f"{left:,} of {made.shape[-1]:,} tokens left; {note}"
        return HostResult((Written("scores", made),), note, nop=same)

    def _softmax(self, scores: torch.Tensor) -> HostResult:
        probabilities = torch.nn.functional.softmax(scores, dim=-1)
        return HostResult((Written("probabilities", probabilities),), self._best(probabilities))

    def _log_softmax(self, scores: torch.Tensor) -> HostResult:
        logarithms = torch.nn.functional.log_softmax(scores, dim=-1)
        return HostResult((Written("log_probabilities", logarithms),), self._best(logarithms))

    def _argmax(self, scores: torch.Tensor, probabilities: torch.Tensor) -> HostResult:
        best = torch.argmax(scores, dim=-1)
        return self._named(best, self._said(best, probabilities, "the likeliest"))

    def _draw(self, probabilities: torch.Tensor) -> HostResult:
        assert self._generator is not None
        state = self._generator.get_state()
        drawn = torch.multinomial(probabilities, num_samples=1, generator=self._generator)
        drawn = drawn.squeeze(1)
        made = self._named(drawn, self._said(drawn, probabilities, "drawn"))
        race = _race(probabilities, drawn, state)
        return made if race is None else HostResult((*made.outputs, race), made.note)

    def _rewritten(self, size: int, values: tuple[Any, ...]) -> HostResult:
        token = values[0]
        if not bool(((token >= 0) & (token < size)).all()):
            raise CyclesimError(
                tr("there is no token {token}: this model has tokens 0 to {last}.").format(
                    token=int(token.reshape(-1)[0]), last=size - 1
                )
            )
        return self._named(token, f"{self._names.quoted(int(token[0]))}, chosen by you")

    def _named(self, token: torch.Tensor, note: str) -> HostResult:
        return HostResult((Written("token", token, self._names.of(token.tolist())),), note)

    def _said(self, token: torch.Tensor, probabilities: torch.Tensor, how: str) -> str:
        index = int(token[0])
        p = float(probabilities[0, index])
        return f"{self._names.quoted(index)}, {how}, p = {p:.3f}"

    def _best(self, scores: torch.Tensor) -> str:
        best = scores[0].topk(min(_NAMED, scores.shape[-1]))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return " · ".join(f"{self._names.quoted(i)} {value:.3g}" for i, value in pairs)


def _race(probabilities: torch.Tensor, drawn: torch.Tensor, state: torch.Tensor) -> Written | None:
    """The random numbers that a token was drawn with; None where torch drew in another way.

    `torch.multinomial` draws an exponential number e for each token, and takes the largest p / e.
    """
    generator = torch.Generator(probabilities.device)
    generator.set_state(state)
    numbers = torch.empty_like(probabilities).exponential_(1, generator=generator)
    winners = (probabilities / numbers).argmax(dim=-1)
    return Written("exponentials", numbers) if torch.equal(winners, drawn) else None


def processor_name(processor: Any) -> str:
    """The step that one of transformers' logits processors is."""
    return _STEPS.get(type(processor).__name__, type(processor).__name__)


def _arguments(processor: Any) -> tuple[tuple[str, str], ...]:
    held = vars(processor)
    return tuple((name, f"{held[name]:g}") for name in _ARGUMENTS if name in held)
