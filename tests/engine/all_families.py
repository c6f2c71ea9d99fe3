"""Small random models of the families that resuming and editing are checked on."""

from __future__ import annotations

from typing import Any

import torch
import transformers

_BERT_LIKE = {
    "vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 24, "max_position_embeddings": 40,
}  # fmt: skip
FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bert": ("BertConfig", "BertForTokenClassification", _BERT_LIKE),
    "roberta": ("RobertaConfig", "RobertaForTokenClassification", _BERT_LIKE),
    "distilbert": ("DistilBertConfig", "DistilBertForTokenClassification",
                   {"vocab_size": 60, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24}),
    "albert": ("AlbertConfig", "AlbertForTokenClassification",
               {**_BERT_LIKE, "embedding_size": 12}),
    "gpt2": ("GPT2Config", "GPT2LMHeadModel",
             {"vocab_size": 60, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 40,
              "bos_token_id": 0, "eos_token_id": 0}),
    "llama": ("LlamaConfig", "LlamaForCausalLM", {**_BERT_LIKE, "num_key_value_heads": 1}),
    "t5": ("T5Config", "T5ForConditionalGeneration",
           {"vocab_size": 60, "d_model": 16, "num_layers": 2, "num_heads": 2, "d_ff": 24,
            "d_kv": 8, "decoder_start_token_id": 0}),
    "bart": ("BartConfig", "BartForConditionalGeneration",
             {"vocab_size": 60, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2,
              "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 24,
              "decoder_ffn_dim": 24, "max_position_embeddings": 40, "bos_token_id": 0,
              "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 2,
              "forced_eos_token_id": 2}),
    "xlnet": ("XLNetConfig", "XLNetForTokenClassification",
              {"vocab_size": 60, "d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 24}),
}  # fmt: skip


def build(family: str, attention: str = "eager") -> torch.nn.Module:
    """The family's model with random weights, in eval mode."""
    transformers.logging.set_verbosity_error()
    torch.manual_seed(11)
    config_name, name, settings = FAMILIES[family]
    config = getattr(transformers, config_name)(**settings)
    return getattr(transformers, name)._from_config(config, attn_implementation=attention).eval()


def inputs(family: str) -> dict[str, torch.Tensor]:
    """Two sequences, the first padded."""
    ids = torch.randint(5, 60, (2, 6), generator=torch.Generator().manual_seed(4))
    mask = torch.ones_like(ids)
    mask[0, 4:] = 0
    made = {"input_ids": ids, "attention_mask": mask}
    if family in ("t5", "bart"):
        made["decoder_input_ids"] = ids[:, :3]
    return made
