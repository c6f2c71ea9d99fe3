"""The model that training starts from: its weights or random ones, and a head for the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.finetuning.settings import Settings
from cyclesim.language import tr
from cyclesim.machine.catalog import DEFAULT
from cyclesim.machine.folder import check_tokenizer
from cyclesim.machine.hub import find
from cyclesim.machine.loading import load_config, load_tokenizer, silent
from cyclesim.machine.machine import Machine
from cyclesim.machine.sentences import in_sentences

__all__ = ["Start", "make_start"]

_DROPOUTS = (
    "hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", "dropout",
    "attention_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop", "dropout_rate",
)  # fmt: skip


@dataclass
class Start:
    """A model ready to learn.

    Attributes:
        model: a model for token classification with the right labels, on the CPU, in float32.
        tokenizer: its tokenizer.
        name: what it is called.
        labels: its labels, in the order of their ids.
        new_head: whether its last layer knows nothing yet.
        notes: what was done, sentence by sentence.
    """

    model: Any
    tokenizer: Any
    name: str
    labels: list[str]
    new_head: bool
    notes: list[str]

    def longest(self, wanted: int | None) -> int | None:
        """The longest sequence it takes, in tokens; at most `wanted`.

        Raises:
            CyclesimError: it has no room for `wanted` tokens.
        """
        machine = Machine.of(self.model, self.tokenizer)
        machine.name = self.name
        return machine.limited(wanted).max_length


def make_start(settings: Settings, labels: Sequence[str], say: Callable[[str], None]) -> Start:
    """Load, or draw, the model that `settings` names, for these labels.

    A model that knows all the labels keeps its head, and its labels their order; any other gets a
    new head.

    Raises:
        CyclesimError: it cannot be loaded, or has no weights for more than the head.
    """
    name = settings.model or DEFAULT
    folder, shown, alone = find(
        name, say, random_init=settings.random, trust_remote_code=settings.trust_remote_code
    )
    check_tokenizer(folder, shown)
    options = {
        "trust_remote_code": settings.trust_remote_code,
        "local_files_only": not settings.trust_remote_code,
    }
    say(tr("loading {name}").format(name=shown))
    torch.manual_seed(settings.seed)
    with silent():
        config = load_config(alone or folder, shown, options)
        _check_plain(config, shown)
        tokenizer = load_tokenizer(folder, shown, options)
        if not getattr(tokenizer, "is_fast", False):
            said = tr("{name} has a slow tokenizer, which cannot say what a token came from.")
            raise CyclesimError(said.format(name=shown))
        known = _labels(config)
        keeps = not settings.random and set(labels) <= set(known)
        if not keeps:
            _relabel(config, labels)
        _set_dropout(config, settings.dropout)
        if settings.random:
            model = _drawn(config, shown, settings, options)
        else:
            model = _loaded(folder, shown, config, keeps, settings, options)
    notes = [] if keeps or settings.random else [_new_head(shown, known, labels)]
    named = tr("random weights of the shape of {name}").format(name=shown)
    model = model.to(torch.float32)
    return Start(
        model, tokenizer, named if settings.random else shown, known if keeps else list(labels),
        not keeps, notes,
    )  # fmt: skip


def _labels(config: Any) -> list[str]:
    """The labels of a model for token classification; none of any other model."""
    architecture = str(next(iter(getattr(config, "architectures", None) or ()), ""))
    names = config.id2label or {}
    if not architecture.endswith("ForTokenClassification"):
        return []
    return [str(names.get(i, f"LABEL_{i}")) for i in range(len(names))]


def _relabel(config: Any, labels: Sequence[str]) -> None:
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}


def _set_dropout(config: Any, dropout: float | None) -> None:
    for name in _DROPOUTS if dropout is not None else ():
        if getattr(config, name, None) is not None:
            setattr(config, name, dropout)


def _check_plain(config: Any, shown: str) -> None:
    if getattr(config, "quantization_config", None) is not None:
        said = tr(
            "{name} is quantised, and small steps vanish in it: train the model it was made of."
        )
        raise CyclesimError(said.format(name=shown))


def _drawn(config: Any, shown: str, settings: Settings, options: dict[str, Any]) -> Any:
    from transformers import AutoModelForTokenClassification

    with in_sentences("model", shown):
        return AutoModelForTokenClassification.from_config(
            config,
            dtype=torch.float32,
            attn_implementation=settings.attn,
            trust_remote_code=options["trust_remote_code"],
        )


def _loaded(
    folder: Path, shown: str, config: Any, keeps: bool, settings: Settings, options: dict[str, Any]
) -> Any:
    from transformers import AutoModelForTokenClassification

    with in_sentences("model", shown):
        model, info = AutoModelForTokenClassification.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            attn_implementation=settings.attn,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **options,
        )
    lacking = {*info["missing_keys"], *(name for name, *_ in info["mismatched_keys"])}
    body = model.base_model_prefix + "."
    wrong = sorted(name for name in lacking if keeps or name.startswith(body))
    if wrong:
        said = tr(
            "the checkpoint of {shown} has no fitting weights for {name}: choose another model."
        )
        raise CyclesimError(said.format(shown=shown, name=wrong[0]))
    if not keeps:
        _draw_head(model)
    return model


def _draw_head(model: Any) -> None:
    """Random weights for everything outside the encoder: what was there means other labels."""
    for name, module in model.named_children():
        if name != model.base_model_prefix:
            for part in module.modules():
                for key, parameter in list(part.named_parameters(recurse=False)):
                    # A new parameter, because one that was loaded is marked as not to be drawn.
                    setattr(part, key, torch.nn.Parameter(torch.empty_like(parameter)))
                part._is_hf_initialized = False
                model._init_weights(part)


def _new_head(shown: str, known: Sequence[str], labels: Sequence[str]) -> str:
    if not known:
        said = tr("{name} is no tagger yet: it gets a head for {labels}.")
        return said.format(name=shown, labels=", ".join(labels))
    unknown = [label for label in labels if label not in known]
    said = tr("{name} does not know {unknown}: it gets a new head for {labels}.")
    return said.format(name=shown, unknown=", ".join(unknown), labels=", ".join(labels))
