"""What the model is given for each token: the new positions, their numbers, mask and cache."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from cyclesim.machine.generation.library import Library
from cyclesim.machine.steps import HostResult, HostStep, ModelCall, Program, Written
from cyclesim.trace import Phase

__all__ = ["Decoder"]


class Decoder:
    """The model as it is called for one token after the other, as `generate` calls it.

    Attributes:
        kwargs: what the calls have in common, kept up to date by the library's own function.
    """

    def __init__(self, library: Library, ids: torch.Tensor, given: Mapping[str, Any]) -> None:
        self._model = library.model
        self._cached = bool(library.config.use_cache)
        self.kwargs: dict[str, Any] = dict(given)
        takes = set(inspect.signature(self._model.forward).parameters)
        if not self._model.config.is_encoder_decoder:
            self._prepare_positions(ids, takes)
        if "logits_to_keep" in takes:
            self.kwargs["logits_to_keep"] = 1  # only the last position says what comes next
        self._model._prepare_cache_for_generation(
            library.config, self.kwargs, library.config.get_generation_mode(None), ids.shape[0], 0
        )
        self.kwargs["use_cache"] = self._cached

    def call(self, ids: Written, phase: Phase, token: int) -> Program[Any]:
        """The step and the call that compute the logits after `ids`; the call's outputs."""
        inputs: dict[str, Any] = {}

        def prepare() -> HostResult:
            inputs.update(self._inputs(ids.value, first=phase == "prefill"))
            given = [v for v in self.kwargs.values() if isinstance(v, torch.Tensor)]
            made = tuple(
                Written(name, value)
                for name, value in inputs.items()
                if isinstance(value, torch.Tensor) and not any(value is g for g in given)
            )
            return HostResult(made, self._note(inputs))

        op = "prepare_inputs_for_generation"
        yield HostStep("input", "model_inputs", op, prepare, (ids,), phase=phase, token=token)
        outputs = yield ModelCall(inputs, phase=phase, token=token)
        self.kwargs = self._model._update_model_kwargs_for_generation(
            outputs, self.kwargs, is_encoder_decoder=self._model.config.is_encoder_decoder
        )
        return outputs

    def _inputs(self, ids: torch.Tensor, *, first: bool) -> dict[str, Any]:
        length = None if first or not self._cached else 1
        made = self._model.prepare_inputs_for_generation(
            ids, next_sequence_length=length, is_first_iteration=first, **self.kwargs
        )
        return {**made, "return_dict": True}

    def _note(self, inputs: Mapping[str, Any]) -> str:
        ids = inputs.get("decoder_input_ids", inputs.get("input_ids"))
        new = ids.shape[1] if isinstance(ids, torch.Tensor) else 0
        cache: Any = self.kwargs.get("past_key_values")
        reused = int(cache.get_seq_length()) if hasattr(cache, "get_seq_length") else 0
        said = f"{new:,} position" + ("" if new == 1 else "s")
        if not self._cached:
            return f"{said}, all computed anew: no cache"
        return f"{said} to compute, {reused:,} in the cache"

    def _prepare_positions(self, ids: torch.Tensor, takes: set[str]) -> None:
        mask = self.kwargs.get("attention_mask")
        if mask is None and "attention_mask" in takes:
            mask = self.kwargs["attention_mask"] = torch.ones_like(ids)
        if "position_ids" in takes and self.kwargs.get("position_ids") is None:
            self.kwargs["position_ids"] = self._model._prepare_position_ids_for_generation(
                ids, self.kwargs
            )
        if mask is not None and bool((mask == 1).all()):
            self.kwargs["attention_mask"] = None  # a mask that hides nothing is left out
