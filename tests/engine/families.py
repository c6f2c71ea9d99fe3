"""Random small configurations of the encoder families, for properties that hold for all of them."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from hypothesis import strategies as st

FAMILIES = ("Bert", "Roberta", "DistilBert", "Electra", "Albert")


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """A family, sizes, attention, batch, padding and seed."""
    heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "family": draw(st.sampled_from(FAMILIES)),
        "layers": draw(st.integers(1, 3)),
        "heads": heads,
        "width": heads * draw(st.sampled_from([4, 8])),
        "ffn": draw(st.sampled_from([8, 24])),
        "labels": draw(st.integers(2, 6)),
        "attention": draw(st.sampled_from(["eager", "sdpa"])),
        "batch": draw(st.sampled_from([1, 3])),
        "length": draw(st.integers(2, 11)),
        "padded": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**16)),
    }


def build(spec: dict[str, Any], head: str = "TokenClassification") -> torch.nn.Module:
    """The model of a configuration, with random weights, in eval mode."""
    torch.manual_seed(spec["seed"])
    names = {
        "vocab_size": 60,
        "hidden_size": spec["width"],
        "num_hidden_layers": spec["layers"],
        "num_attention_heads": spec["heads"],
        "intermediate_size": spec["ffn"],
        "max_position_embeddings": 40,
        "num_labels": spec["labels"],
    }
    if spec["family"] == "DistilBert":
        renamed = {
            "hidden_size": "dim",
            "num_hidden_layers": "n_layers",
            "num_attention_heads": "n_heads",
            "intermediate_size": "hidden_dim",
        }
        names = {renamed.get(k, k): v for k, v in names.items()}
    if spec["family"] in ("Electra", "Albert"):
        names["embedding_size"] = 12
    config = getattr(transformers, f"{spec['family']}Config")(**names)
    cls = getattr(transformers, f"{spec['family']}For{head}")
    return cls._from_config(config, attn_implementation=spec["attention"]).eval()


def inputs(spec: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Ids and attention mask; with padding, every sequence but the last is cut short."""
    generator = torch.Generator().manual_seed(spec["seed"])
    shape = (spec["batch"], spec["length"])
    ids = torch.randint(5, 60, shape, generator=generator)
    mask = torch.ones(shape, dtype=torch.long)
    if spec["padded"]:
        mask[0, (spec["length"] + 1) // 2 :] = 0
        ids[mask == 0] = 1
    return {"input_ids": ids, "attention_mask": mask}
