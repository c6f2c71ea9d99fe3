"""Write docs/families.md, the table of what was verified: `python -m tools.families`.

Each row is a model that has run: `tests/engine/zoo.py` says which, and a test fails when the table
in the file is not the one that the runs give.
"""

from __future__ import annotations

from pathlib import Path

from cyclesim.trace import Trace
from tests.engine.zoo import ZOO, Family, traced

PAGE = Path(__file__).parents[1] / "docs" / "families.md"
#: Steps, or beginnings of steps, that tell families apart.
PARTS = (
    "rotary", "position_bias", "position_scores", "c2p", "p2c", "rms_norm", "query_key_value",
    "repeat_kv", "attention_mask.causal", "attention_mask.sliding_window", "key_cache", "softcap",
    "gate", "gate_up", "activation.tanh", "convolution",
)  # fmt: skip
_SHORT = {
    "num_hidden_layers": "layers", "n_layer": "layers", "n_layers": "layers",
    "num_layers": "layers", "hidden_size": "width", "n_embd": "width", "d_model": "width",
    "dim": "width", "num_attention_heads": "heads", "n_head": "heads", "n_heads": "heads",
    "num_heads": "heads", "num_key_value_heads": "key-value heads", "embedding_size": "embedding",
    "intermediate_size": "FFN", "ffn_dim": "FFN", "d_ff": "FFN", "d_inner": "FFN",
    "hidden_dim": "FFN", "encoder_layers": "encoder layers", "decoder_layers": "decoder layers",
    "encoder_attention_heads": "heads", "encoder_ffn_dim": "FFN",
}  # fmt: skip
#: What says nothing about the architecture.
_UNSAID = {
    "vocab_size", "max_position_embeddings", "n_positions", "bos_token_id", "eos_token_id",
    "pad_token_id", "decoder_start_token_id", "forced_eos_token_id", "decoder_attention_heads",
    "decoder_ffn_dim", "head_dim", "d_kv", "relative_attention_num_buckets",
    "relative_attention_max_distance",
}  # fmt: skip
_HEAD = """\
# Families

Each of these was run at a small random size, two sequences of six tokens, one of them padded. The
traced run is bit for bit the untraced one; cycles are numbered without gaps; every input names the
earlier cycle that wrote it; hidden states and attention weights are those that the model returns;
and every cycle has a unit and a step of its own, but for those in the last column. Where a class
has no `sdpa`, the column says so. Other models run as well and are as true: what the rules do not
know is called `other` and keeps its torch name.

`python -m tools.families` makes this table, and a test fails when it is stale.

| family | class | verified with | eager | sdpa | steps of its own | `other` |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole file, from runs of every family."""
    return _HEAD + "".join(row(family) + "\n" for family in ZOO.values())


def row(family: Family) -> str:
    """One line of the table."""
    runs = {attention: traced(family.name, attention) for attention in family.attentions}
    said = [_said(runs.get(attention)) for attention in ("eager", "sdpa")]
    steps = {cycle.step for cycle in runs["eager"]}
    own = [part for part in PARTS if any(f"{step}.".startswith(f"{part}.") for step in steps)]
    other = sorted(
        {c.step.partition(".")[0] for run in runs.values() for c in run.find(unit="other")}
    )
    cells = [family.name, f"`{family.model}`", _settings(family), *said, _code(own), _code(other)]
    return f"| {' | '.join(cells)} |"


def _said(run: Trace | None) -> str:
    if run is None:
        return "not in the class"
    return "bit-identical" if run.verdict.bit_identical else "differs"


def _settings(family: Family) -> str:
    found = []
    for name, value in family.settings.items():
        if name not in _UNSAID:
            short = _SHORT.get(name)
            found.append(f"{short} {value}" if short else f"`{name}={value}`".replace("'", ""))
    return ", ".join(found)


def _code(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
