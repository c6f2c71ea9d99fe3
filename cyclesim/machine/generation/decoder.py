"""What the model is given for each token: the new positions, their numbers, mask and cache."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from cyclesim.machine.generation.library import Library
from cyclesim.machine.steps import HostResult, HostStep, ModelCall, Program, Steps, Written
from cyclesim.trace import Phase

__all__ = ["Decoder"]


class Decoder:
    """The model as it is called for one token after the other, as `generate` calls it.

    Attributes:
        config: the library's generation config.
        cached: keys and values are kept from call to call.
        kwargs: what the calls have in common, kept up to date by the library's own function.
    """

    def __init__(self, library: Library, ids: torch.Tensor, given: Mapping[str, Any]) -> None:
        self._model = library.model
        self.config = library.config
        self.cached = bool(library.config.use_cache)
        self.kwargs: dict[str, Any] = dict(given)
        takes = set(inspect.signature(self._model.forward).parameters)
        if not library.is_encoder_decoder:
            self._prepare_positions(ids, takes)
        if "logits_to_keep" in takes:
            self.kwargs["logits_to_keep"] = 1  # only the last position says what comes next
        self._model._prepare_cache_for_generation(
            library.config, self.kwargs, library.config.get_generation_mode(None), ids.shape[0], 0
        )
        self.kwargs["use_cache"] = self.cached

    def expand(self, ids: Written, width: int) -> Steps[Written]:
        """The step that repeats what was given, once for each beam; the repeated ids."""
        encoded = self.kwargs.get("encoder_outputs")
        read = [ids]
        if encoded is not None:
            read.append(Written("last_hidden_state", encoded.last_hidden_state))

        def run() -> HostResult:
            longer, self.kwargs = self._model._expand_inputs_for_generation(
                expand_size=width,
                is_encoder_decoder=encoded is not None,
                input_ids=ids.value,
                **self.kwargs,
            )
            made = [Written("ids", longer)]
            made += [Written(k, v) for k, v in self.kwargs.items() if isinstance(v, torch.Tensor)]
            if encoded is not None:
                hidden = self.kwargs["encoder_outputs"].last_hidden_state
                made.append(Written("last_hidden_state", hidden))
            return HostResult(tuple(made), f"{width} times the same, one for each beam")

        arguments = (("repeats", str(width)),)
        op = "repeat_interleave"
        step = HostStep("input", "expand_beams", op, run, tuple(read), arguments, phase="prefill")
        return (yield step).outputs[0]

    def reorder(self, beams: Written, phase: Phase, token: int) -> Steps[None]:
        """The step that gives each beam the keys and values of the beam it goes on from."""
        cache = self.kwargs["past_key_values"]

        def run() -> HostResult:
            model = self._model
            if hasattr(model, "_reorder_cache"):
                self.kwargs["past_key_values"] = model._reorder_cache(cache, beams.value)
            else:
                cache.reorder_cache(beams.value)
            made = _tensors(self.kwargs["past_key_values"])
            same = beams.value.tolist() == list(range(len(beams.value)))
            note = "every beam goes on from itself" if same else f"{len(made)} tensors reordered"
            return HostResult(made, note)

        reads = (beams, *_tensors(cache))
        dim = (("dim", "0"),)
        yield HostStep(
            "output", "reorder_cache", "index_select", run, reads, dim, phase=phase, token=token
        )

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
        length = None if first or not self.cached else 1
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
        if not self.cached:
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


def _tensors(cache: Any) -> tuple[Written, ...]:
    """Keys and values of every layer."""
    halves = [getattr(cache, f"{half}_attention_cache", None) for half in ("self", "cross")]
    layers = [layer for half in halves if half is not None for layer in half.layers]
    return tuple(
        Written(f"{name}[{place}]", tensor, lasting=True)
        for place, layer in enumerate(layers or cache.layers)
        for name, tensor in (("keys", layer.keys), ("values", layer.values))
        if isinstance(tensor, torch.Tensor)
    )
