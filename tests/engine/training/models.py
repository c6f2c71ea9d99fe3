"""Small models with random weights, and the plain PyTorch step to compare a stepped one with."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import transformers

from cyclesim.trace import Trace

__all__ = ["FAMILIES", "Plain", "build", "gradients", "inputs", "moments", "plain_step", "weights"]

_BERT = {
    "vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 24, "max_position_embeddings": 40, "num_labels": 3,
}  # fmt: skip
_GPT2 = {
    "vocab_size": 60, "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 40,
    "bos_token_id": 0, "eos_token_id": 0,
}  # fmt: skip
_T5 = {
    "vocab_size": 60, "d_model": 16, "num_layers": 2, "num_heads": 4, "d_ff": 24, "d_kv": 4,
    "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16,
    "decoder_start_token_id": 0,
}  # fmt: skip
#: Configuration, model and settings. All of them drop out; GPT-2 and T5 have tied weights.
FAMILIES = {
    "BERT": ("BertConfig", "BertForTokenClassification", _BERT),
    "GPT-2": ("GPT2Config", "GPT2LMHeadModel", _GPT2),
    "T5": ("T5Config", "T5ForConditionalGeneration", _T5),
}


def build(family: str, attention: str = "eager") -> torch.nn.Module:
    """A model with random weights, in eval mode."""
    transformers.logging.set_verbosity_error()
    config, model, settings = FAMILIES[family]
    torch.manual_seed(11)
    made = getattr(transformers, config)(**settings)
    return getattr(transformers, model)._from_config(made, attn_implementation=attention).eval()


@cache
def inputs(family: str) -> dict[str, torch.Tensor]:
    """Two sequences of six tokens, the first padded, with labels."""
    dice = torch.Generator().manual_seed(4)
    ids = torch.randint(5, 60, (2, 6), generator=dice)
    mask = torch.ones_like(ids)
    mask[0, 4:] = 0
    labels = torch.randint(0, 3, ids.shape, generator=dice) if family == "BERT" else ids.clone()
    labels[mask == 0] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


@dataclass
class Plain:
    """What the plain step computed."""

    loss: torch.Tensor
    gradients: dict[str, torch.Tensor]
    norm: torch.Tensor | None
    weights: dict[str, torch.Tensor]
    moments: dict[str, dict[str, torch.Tensor]]


def plain_step(
    model: torch.nn.Module,
    given: dict[str, torch.Tensor],
    make: Any,
    *,
    seed: int = 0,
    clip: float | None = None,
    train: bool = True,
) -> Plain:
    """The step as a book on PyTorch has it, on a copy of `model`."""
    model = copy.deepcopy(model)
    model.train(train)
    optimizer = make([p for p in model.parameters() if p.requires_grad])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        loss = model(**given).loss
    loss.backward()
    named = dict(model.named_parameters())
    gradients = {n: p.grad.clone() for n, p in named.items() if p.grad is not None}
    norm = None
    if clip is not None:
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    moments = {
        n: {k: v for k, v in optimizer.state[p].items() if isinstance(v, torch.Tensor)}
        for n, p in named.items()
        if p in optimizer.state
    }
    return Plain(loss.detach(), gradients, norm, {n: p.detach() for n, p in named.items()}, moments)


def gradients(trace: Trace) -> dict[str, torch.Tensor]:
    """The gradient of each parameter, before any clipping, as the cycles of backward show it."""
    found = {}
    for cycle in trace.find(phase="backward"):
        for value in cycle.outputs:
            if value.of is not None:  # the last has the sum, where several cycles contribute
                found[value.of] = torch.from_numpy(value.numpy())
    return found


def weights(trace: Trace) -> dict[str, torch.Tensor]:
    """The updated parameters, as the cycles of the update show them."""
    return {
        value.of: torch.from_numpy(value.numpy())
        for cycle in trace.find(phase="update")
        for value in cycle.outputs
        if value.name == "value"
    }


def moments(trace: Trace) -> dict[str, dict[str, torch.Tensor]]:
    """What the optimizer remembers of each parameter after its update."""
    found: dict[str, dict[str, torch.Tensor]] = {}
    for cycle in trace.find(phase="update"):
        if cycle.op.endswith(".step") and cycle.step != "schedule":
            for value in cycle.outputs:
                if value.name != "value":
                    numbers = torch.from_numpy(value.numpy())
                    found.setdefault(value.of, {})[value.name] = numbers
    return found
