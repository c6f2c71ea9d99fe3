"""What a user can say about how a text is generated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["Generation"]


@dataclass(frozen=True, slots=True)
class Generation:
    """How a text is generated.

    What is None is as the model's generation config says, else as transformers' `generate` has it.

    Attributes:
        max_new_tokens: stop after so many.
        sample: draw each token from its probabilities instead of taking the likeliest. None: draw
            if a temperature, top-k or top-p is given.
        temperature: logits are divided by it; below 1 the likely become likelier.
        top_k: draw among so many of the likeliest; 0 for all.
        top_p: draw among the fewest that have this probability together.
        repetition_penalty: makes what is there already less likely, above 1.
        num_beams: keep so many best continuations at every step (beam search); 1 for one.
        seed: of the random numbers that tokens are drawn with.
        use_cache: keep keys and values from token to token; without, everything is computed again.
        stop: texts that end the generation where they appear in what was generated.

    Raises:
        CyclesimError: a value makes no sense.
    """

    max_new_tokens: int = 20
    sample: bool | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float | None = None
    num_beams: int = 1
    seed: int = 0
    use_cache: bool = True
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.stop, str):
            object.__setattr__(self, "stop", (self.stop,))
        for name, (allowed, wanted) in _ALLOWED.items():
            value = getattr(self, name)
            if value is not None and not allowed(value):
                raise CyclesimError(
                    tr("{name} {value} makes no sense: give {wanted}.").format(
                        name=name, value=value, wanted=tr(wanted())
                    )
                )
        warmers = [n for n in _SAMPLING if getattr(self, n) is not None]
        if self.sample is False and warmers:
            raise CyclesimError(
                tr("{name} changes nothing when the likeliest token is taken: sample.").format(
                    name=warmers[0]
                )
            )
        if self.sampled and self.num_beams > 1:
            raise CyclesimError(tr("beam search draws nothing: leave sampling out, or the beams."))

    @property
    def sampled(self) -> bool:
        """Whether tokens are drawn."""
        if self.sample is None:
            return any(getattr(self, name) is not None for name in _SAMPLING)
        return self.sample

    @classmethod
    def of(cls, given: Any) -> Generation:
        """From settings, or a mapping of their names.

        Raises:
            CyclesimError: it is neither, or names what there is not.
        """
        if isinstance(given, Generation):
            return given
        known = [field.name for field in fields(cls)]
        try:
            unknown = [name for name in given if name not in known]
            if unknown:
                raise CyclesimError(
                    tr("generation has no setting {name!r}: use {names}.").format(
                        name=unknown[0], names=", ".join(known)
                    )
                )
            return cls(**given)
        except TypeError:
            raise CyclesimError(
                tr("generation is told by a mapping of settings, not by {kind}.").format(
                    kind=type(given).__name__
                )
            ) from None


_SAMPLING = ("temperature", "top_k", "top_p")


def _number(value: Any, low: float, high: float = float("inf")) -> bool:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return plain and low < value <= high


def _whole(value: Any, low: int, high: float = float("inf")) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_ALLOWED: dict[str, tuple[Callable[[Any], bool], Callable[[], str]]] = {
    "max_new_tokens": (lambda n: _whole(n, 1), lambda: tr("1 or more")),
    "temperature": (lambda t: _number(t, 0), lambda: tr("a number above 0")),
    "top_k": (lambda k: _whole(k, 0), lambda: tr("0 (for all tokens) or more")),
    "top_p": (lambda p: _number(p, 0, 1), lambda: tr("a number above 0, up to 1")),
    "repetition_penalty": (lambda r: _number(r, 0), lambda: tr("a number above 0")),
    "num_beams": (lambda n: _whole(n, 1, 64), lambda: tr("1 to 64")),
    "seed": (lambda s: _whole(s, -(2**63), 2**64 - 1), lambda: tr("a whole number of 64 bits")),
}
