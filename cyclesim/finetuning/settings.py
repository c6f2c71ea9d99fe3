"""Everything that decides the result of a training run, checked before anything is loaded."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["METHODS", "PRECISIONS", "Settings"]

#: What is trained: every weight, the head alone, low-rank updates beside the weights, or vectors
#: that scale activations.
METHODS = ("full", "frozen", "lora", "adapter")
#: `bf16` and `fp16` are mixed precision: the weights stay float32.
PRECISIONS = ("fp32", "bf16", "fp16")

_RATES = {"full": 5e-5, "frozen": 1e-3, "lora": 1e-3, "adapter": 1e-2}
_RATE_FROM_SCRATCH = 1e-3
_VARIATION_FROM_SCRATCH = 0.04, 0.12


@dataclass(frozen=True)
class Settings:
    """How to train. The defaults are those of the usual BERT fine-tune.

    Attributes:
        data: a CoNLL-format file or a folder with train, dev and test files, or a folder that the
            `datasets` package saved; None for generated sentences.
        columns: which columns hold word and tag: numbers from 1, or names in a saved data set.
        sentences: how many sentences to generate, without `data`.
        model: a name or folder to start from; None for random weights of the shape of `tiny-ner`.
        from_scratch: take the shape of `model`, and not its weights.
        trust_remote_code: run Python code that comes with the model.
        method: one of `METHODS`.
        rank: of the updates of `lora`.
        keep_adapter: save what `lora` and `adapter` learnt beside the weights, not merged.
        epochs: how often every training sentence is seen; 0 only measures the model.
        batch: sentences a step.
        accumulate: steps whose gradients are summed for one update.
        rate: the highest learning rate; None for the usual one of the method.
        warmup: the share of the updates in which the rate rises to that; afterwards it falls to 0.
        decay: weight decay of AdamW, on everything but biases, norms and scaling vectors.
        clip: the largest norm of the gradients; 0 for no limit.
        dropout: instead of the probability that the model's config names.
        hide: the share of the words that training sees masked, others in each epoch; None for the
            usual one: nothing, but 0.04 without `model`.
        spell: the share of the words that training sees in more and shorter pieces; None for the
            usual one: nothing, but 0.12 without `model`.
        precision: one of `PRECISIONS`.
        patience: stop after so many epochs without a better F1 on dev; None for never.
        all_subwords: label every subword of a word, not only the first.
        max_length: cut sentences to so many tokens; None for what the model has positions for.
        attn: attention implementation while training, `sdpa` or `eager`.
        device: `auto`, `cpu`, `cuda` or `cuda:0`.
        seed: of new weights, of the order of the sentences and of dropout.
        prune: afterwards, also save a model with this share of its linear weights set to 0.
        int8: afterwards, also save a dynamically quantised model.
        save_every: seconds between two checkpoints; there is one after every epoch anyway.
    """

    data: str | None = None
    columns: str | None = None
    sentences: int = 50_000
    model: str | None = None
    from_scratch: bool = False
    trust_remote_code: bool = False
    method: str = "full"
    rank: int = 8
    keep_adapter: bool = False
    epochs: int = 3
    batch: int = 16
    accumulate: int = 1
    rate: float | None = None
    warmup: float = 0.1
    decay: float = 0.01
    clip: float = 1.0
    dropout: float | None = None
    hide: float | None = None
    spell: float | None = None
    precision: str = "fp32"
    patience: int | None = None
    all_subwords: bool = False
    max_length: int | None = None
    attn: str = "sdpa"
    device: str = "auto"
    seed: int = 7
    prune: float | None = None
    int8: bool = False
    save_every: float = 60.0

    @property
    def random(self) -> bool:
        """Whether the run starts from random weights."""
        return self.from_scratch or self.model is None

    @property
    def highest_rate(self) -> float:
        """`rate`, or the usual one."""
        if self.rate is not None:
            return self.rate
        return _RATE_FROM_SCRATCH if self.random else _RATES[self.method]

    @property
    def variation(self) -> tuple[float, float]:
        """`hide` and `spell`, or the usual ones: those that `tiny-ner` was made with."""
        usual = _VARIATION_FROM_SCRATCH if self.model is None else (0.0, 0.0)
        hide = usual[0] if self.hide is None else self.hide
        return hide, usual[1] if self.spell is None else self.spell

    def check(self) -> Settings:
        """Itself, if its values make sense.

        Raises:
            CyclesimError: one does not; the sentence names the option.
        """
        self._check_choices()
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                said = tr("--{option} {value} makes no sense: use {low} to {high}.")
                option = name.replace("_", "-")
                raise CyclesimError(
                    said.format(option=option, value=f"{value:g}", low=f"{low:g}", high=f"{high:g}")
                )
        self._check_together()
        return self

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.name for field in fields(cls))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Settings:
        """The settings that `to_json` wrote; unknown keys are refused.

        Raises:
            ValueError: it is not what `to_json` writes.
        """
        if set(content) != set(cls.names()):
            raise ValueError(f"settings {sorted(set(content) ^ set(cls.names()))}")
        return cls(**content)

    def _check_choices(self) -> None:
        for name, value, allowed in (
            ("method", self.method, METHODS),
            ("precision", self.precision, PRECISIONS),
            ("attn", self.attn, ("sdpa", "eager")),
        ):
            if value not in allowed:
                said = tr("unknown --{what} {value!r}: use {names}.")
                names = ", ".join(allowed)
                raise CyclesimError(said.format(what=name, value=value, names=names))

    def _check_together(self) -> None:
        if self.random and self.method != "full":
            said = tr("--method {method} trains beside weights that are there: give a --model.")
            raise CyclesimError(said.format(method=self.method))
        if self.keep_adapter and self.method not in ("lora", "adapter"):
            raise CyclesimError(tr("--keep-adapter goes with --method lora or adapter."))
        if self.keep_adapter and (self.prune or self.int8):
            raise CyclesimError(
                tr("--prune and --int8 change the weights: leave --keep-adapter out.")
            )
        if not self.epochs and self.random:
            raise CyclesimError(tr("--epochs 0 measures a model: give a --model."))


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("sentences", 100, 1_000_000),
    ("rank", 1, 1024),
    ("epochs", 0, 10_000),
    ("batch", 1, 65_536),
    ("accumulate", 1, 65_536),
    ("rate", 1e-12, 1e30),
    ("warmup", 0, 1),
    ("decay", 0, 100),
    ("clip", 0, math.inf),
    ("dropout", 0, 0.95),
    ("hide", 0, 0.95),
    ("spell", 0, 1),
    ("patience", 1, 10_000),
    ("max_length", 3, 1_000_000),
    ("seed", 0, 2**63 - 1),
    ("prune", 0.01, 0.99),
    ("save_every", 0, 1e9),
)
