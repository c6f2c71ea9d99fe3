"""What transformers' own `generate` makes of the settings for a model.

The loop here is ours, so that it can be stepped through. What goes into it is the library's: the
merged generation config, the processors of the logits in their order, the model's inputs for every
token. So the tokens are those of `model.generate`, whatever the family; tests compare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.generation.settings import Generation

__all__ = ["Library"]


class Library:
    """One model with one set of settings, as the library would have them.

    Attributes:
        config: the model's generation config with the settings in it.
        eos: ids of the tokens that end a text.

    Raises:
        CyclesimError: the model cannot generate, or lacks a token that it needs to begin.
    """

    def __init__(self, model: Any, settings: Generation) -> None:
        self.model = model
        if not hasattr(model, "generate"):
            raise CyclesimError(
                tr("{kind} has no language-model head: it cannot generate a text.").format(
                    kind=type(model).__name__
                )
            )
        given = asdict(settings)
        kept = ("temperature", "top_k", "top_p", "repetition_penalty", "num_beams", "use_cache")
        told = {name: given[name] for name in kept if given[name] is not None}
        try:
            self.config, _ = model._prepare_generation_config(
                None, do_sample=settings.sampled, **told
            )
            model._prepare_special_tokens(self.config, True, device=model.device)
        except ValueError as error:
            raise CyclesimError(_beginning(error)) from None
        eos = self.config._eos_token_tensor
        self.eos: tuple[int, ...] = tuple(eos.tolist()) if eos is not None else ()
        pad = self.config._pad_token_tensor
        self.pad: int = int(pad) if pad is not None else 0

    @property
    def is_encoder_decoder(self) -> bool:
        """Whether one half reads and the other writes."""
        return bool(self.model.config.is_encoder_decoder)

    @property
    def start(self) -> int:
        """The id of the token that a decoder begins with."""
        return int(self.config._decoder_start_token_tensor)

    def processors(
        self, ids: torch.Tensor, encoded: torch.Tensor, kwargs: Mapping[str, Any], room: int
    ) -> list[Any]:
        """What is done to the logits of each token, in order.

        Args:
            ids: where the generated text begins, `[batch, length]`.
            encoded: the model's input, the encoder's where there is one.
            room: how many tokens will be generated at most.
        """
        self.config.max_length = ids.shape[1] + room
        made = self.model._get_logits_processor(
            generation_config=self.config,
            input_ids_seq_length=ids.shape[1],
            encoder_input_ids=encoded,
            device=ids.device,
            model_kwargs=dict(kwargs),
        )
        return list(made)


def _beginning(error: Exception) -> str:
    said = " ".join(str(error).split())
    if "decoder_start_token_id" in said:
        return tr(
            "the config of this encoder–decoder has neither decoder_start_token_id nor "
            "bos_token_id: its decoder does not know how to begin."
        )
    return tr("the generation config of this model cannot be used: {why}").format(why=said)
