"""One small random model of every family that is verified, and what to feed it.

`python -m tools.families` makes the table in docs/families.md from this list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
import transformers

import cyclesim
from cyclesim.trace import Trace

__all__ = ["ZOO", "Family", "traced"]

_SIZES = {
    "vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 24, "max_position_embeddings": 40,
}  # fmt: skip
_GROUPED = {**_SIZES, "num_key_value_heads": 2, "head_dim": 4, "pad_token_id": 1}
_BART = {
    "vocab_size": 60, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2,
    "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24, "max_position_embeddings": 40, "bos_token_id": 0, "eos_token_id": 2,
    "pad_token_id": 1, "decoder_start_token_id": 2, "forced_eos_token_id": 2,
}  # fmt: skip
_T5 = {
    "vocab_size": 60, "d_model": 16, "num_layers": 2, "num_heads": 4, "d_ff": 24, "d_kv": 4,
    "relative_attention_num_buckets": 8, "relative_attention_max_distance": 16,
    "decoder_start_token_id": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Family:
    """A family, verified with one configuration.

    Attributes:
        name: what people call it.
        config, model: names of the classes in transformers.
        settings: what the configuration says.
        attentions: the implementations that the class has.
        pairs: reads a second sequence, with a decoder.
    """

    name: str
    config: str
    model: str
    settings: dict[str, Any] = field(default_factory=dict)
    attentions: tuple[str, ...] = ("eager", "sdpa")
    pairs: bool = False

    def build(self, attention: str) -> torch.nn.Module:
        """The model with random weights, in eval mode."""
        transformers.logging.set_verbosity_error()
        torch.manual_seed(11)
        config = getattr(transformers, self.config)(**self.settings)
        cls = getattr(transformers, self.model)
        return cls._from_config(config, attn_implementation=attention).eval()

    def inputs(self) -> dict[str, torch.Tensor]:
        """Two sequences, the first padded."""
        ids = torch.randint(5, 60, (2, 6), generator=torch.Generator().manual_seed(4))
        mask = torch.ones_like(ids)
        mask[0, 4:] = 0
        ids[mask == 0] = 1
        made = {"input_ids": ids, "attention_mask": mask}
        if self.pairs:
            made["decoder_input_ids"] = ids[:, :3].clone()
        return made


_EAGER = ("eager",)
#: Every family, in the order of the table.
ZOO: dict[str, Family] = {
    family.name: family
    for family in (
        Family("BERT", "BertConfig", "BertForMaskedLM", _SIZES),
        Family("RoBERTa", "RobertaConfig", "RobertaForMaskedLM", _SIZES),
        Family("XLM-R", "XLMRobertaConfig", "XLMRobertaForTokenClassification", _SIZES),
        Family("DistilBERT", "DistilBertConfig", "DistilBertForSequenceClassification",
               {"vocab_size": 60, "dim": 16, "n_layers": 2, "n_heads": 4, "hidden_dim": 24,
                "max_position_embeddings": 40}),
        Family("ALBERT", "AlbertConfig", "AlbertForTokenClassification",
               {**_SIZES, "embedding_size": 12}),
        Family("ELECTRA", "ElectraConfig", "ElectraForPreTraining",
               {**_SIZES, "embedding_size": 12}),
        Family("DeBERTa-v2", "DebertaV2Config", "DebertaV2ForTokenClassification",
               {**_SIZES, "relative_attention": True, "pos_att_type": ["p2c", "c2p"],
                "conv_kernel_size": 3, "conv_act": "gelu"}, _EAGER),
        Family("DeBERTa-v3", "DebertaV2Config", "DebertaV2ForTokenClassification",
               {**_SIZES, "relative_attention": True, "pos_att_type": ["p2c", "c2p"],
                "position_buckets": 8, "share_att_key": True, "norm_rel_ebd": "layer_norm",
                "position_biased_input": False, "type_vocab_size": 0}, _EAGER),
        Family("MPNet", "MPNetConfig", "MPNetForTokenClassification", _SIZES, _EAGER),
        Family("ModernBERT", "ModernBertConfig", "ModernBertForMaskedLM",
               {**_SIZES, "local_attention": 4, "global_attn_every_n_layers": 2,
                "pad_token_id": 1}),
        Family("XLNet", "XLNetConfig", "XLNetForTokenClassification",
               {"vocab_size": 60, "d_model": 16, "n_layer": 2, "n_head": 4, "d_inner": 24},
               _EAGER),
        Family("GPT-2", "GPT2Config", "GPT2LMHeadModel",
               {"vocab_size": 60, "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 40,
                "bos_token_id": 0, "eos_token_id": 0}),
        Family("GPT-NeoX", "GPTNeoXConfig", "GPTNeoXForCausalLM", {**_SIZES, "rotary_pct": 0.5}),
        Family("OPT", "OPTConfig", "OPTForCausalLM",
               {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "ffn_dim": 24,
                "num_attention_heads": 4, "max_position_embeddings": 40, "pad_token_id": 1,
                "word_embed_proj_dim": 12}),
        Family("Llama", "LlamaConfig", "LlamaForCausalLM", _GROUPED),
        Family("Mistral", "MistralConfig", "MistralForCausalLM",
               {**_GROUPED, "sliding_window": 4}),
        Family("Qwen2", "Qwen2Config", "Qwen2ForCausalLM",
               {**_GROUPED, "use_sliding_window": True, "sliding_window": 4,
                "max_window_layers": 1}),
        Family("Qwen3", "Qwen3Config", "Qwen3ForCausalLM", _GROUPED),
        Family("Gemma", "GemmaConfig", "GemmaForCausalLM", _GROUPED),
        Family("Gemma 2", "Gemma2Config", "Gemma2ForCausalLM",
               {**_GROUPED, "sliding_window": 4, "query_pre_attn_scalar": 4}, _EAGER),
        Family("Gemma 3", "Gemma3TextConfig", "Gemma3ForCausalLM",
               {**_GROUPED, "sliding_window": 4, "query_pre_attn_scalar": 4,
                "layer_types": ["sliding_attention", "full_attention"]}),
        Family("Phi", "PhiConfig", "PhiForCausalLM",
               {**_SIZES, "partial_rotary_factor": 0.5, "pad_token_id": 1}),
        Family("Phi-3", "Phi3Config", "Phi3ForCausalLM",
               {**{k: v for k, v in _GROUPED.items() if k != "head_dim"}, "sliding_window": 4}),
        Family("T5", "T5Config", "T5ForConditionalGeneration", _T5, pairs=True),
        Family("T5 v1.1", "T5Config", "T5ForConditionalGeneration",
               {**_T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
               pairs=True),
        Family("BART", "BartConfig", "BartForConditionalGeneration", _BART, pairs=True),
        Family("Marian", "MarianConfig", "MarianMTModel",
               {**_BART, "static_position_embeddings": True, "scale_embedding": True},
               pairs=True),
        Family("mBART", "MBartConfig", "MBartForConditionalGeneration",
               {**_BART, "scale_embedding": True}, pairs=True),
    )
}  # fmt: skip


@cache
def traced(name: str, attention: str) -> Trace:
    """The run of a family's model, made once for all tests."""
    family = ZOO[name]
    return cyclesim.trace(family.build(attention), inputs=family.inputs(), measure=False)
