"""Small random language models, and the tokenizer that they have in common."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import transformers

import cyclesim
from tests.machine.folders import byte_bpe

__all__ = ["PROMPT", "SETTINGS", "generated", "machine", "model", "tokenizer"]

PROMPT = "Ada Lovelace worked with"
_SIZES = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 24, "max_position_embeddings": 64,
}  # fmt: skip
#: Wide weights: otherwise a random model says one token for ever.
_WIDE = {"initializer_range": 0.5, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
_BART = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24,
    "max_position_embeddings": 64, "decoder_start_token_id": 2, "forced_eos_token_id": 2,
    "init_std": 0.5, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1,
}  # fmt: skip
_FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gpt2": (
        "GPT2Config",
        "GPT2LMHeadModel",
        {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 64, **_WIDE},
    ),
    "llama": ("LlamaConfig", "LlamaForCausalLM", {**_SIZES, **_WIDE}),
    "mistral": ("MistralConfig", "MistralForCausalLM", {**_SIZES, **_WIDE, "sliding_window": 4}),
    "t5": (
        "T5Config",
        "T5ForConditionalGeneration",
        {
            "d_model": 16, "num_layers": 2, "num_heads": 4, "d_ff": 24, "d_kv": 4,
            "initializer_factor": 3.0, "decoder_start_token_id": 1, "eos_token_id": 2,
            "pad_token_id": 1,
        },
    ),
    "bart": ("BartConfig", "BartForConditionalGeneration", _BART),
}  # fmt: skip
#: Ways to choose a token.
SETTINGS: dict[str, dict[str, Any]] = {
    "greedy": {},
    "penalised": {"repetition_penalty": 1.3},
    "warm": {"sample": True, "seed": 3},
    "narrow": {"temperature": 0.7, "top_k": 20, "top_p": 0.9, "seed": 5},
    "all": {
        "temperature": 1.4, "top_k": 0, "top_p": 0.95, "repetition_penalty": 1.2, "seed": 11,
    },
}  # fmt: skip


@cache
def tokenizer() -> Any:
    """Bytes, so that no text is unknown."""
    return byte_bpe()


def model(family: str, attention: str = "eager") -> Any:
    """A random model of a family, in eval mode; the same one every time."""
    return _model(family, attention)


@cache
def _model(family: str, attention: str) -> Any:
    transformers.logging.set_verbosity_error()
    config, name, settings = _FAMILIES[family]
    torch.manual_seed(7)
    made = getattr(transformers, config)(vocab_size=len(tokenizer()), **settings)
    return getattr(transformers, name)._from_config(made, attn_implementation=attention).eval()


def machine(family: str, attention: str = "eager", **settings: Any) -> cyclesim.Machine:
    """A machine that generates with `settings`."""
    made = cyclesim.Machine.of(model(family, attention), tokenizer())
    return made.with_generation(**settings)


def generated(family: str, settings: dict[str, Any], attention: str = "eager") -> list[int]:
    """What transformers' own `generate` says: the ids of the new tokens."""
    known = dict(settings)
    seed, stop = known.pop("seed", 0), known.pop("stop", None)
    sample = known.pop("sample", None)
    if sample is None:
        sample = any(name in known for name in ("temperature", "top_k", "top_p"))
    inputs = tokenizer()(PROMPT, return_tensors="pt")
    torch.manual_seed(seed)
    made = model(family, attention).generate(
        **inputs, do_sample=sample, **{"max_new_tokens": 20, **known},
        **({"stop_strings": stop, "tokenizer": tokenizer()} if stop else {}),
    )  # fmt: skip
    decoder = model(family).config.is_encoder_decoder
    begun = 1 if decoder else inputs["input_ids"].shape[1]
    return made[0, begun:].tolist()
