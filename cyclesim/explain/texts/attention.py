"""Attention, one computation at a time.

The formulas are the parts of equation 1 of Vaswani et al. 2017, "Attention is all you need":
Attention(Q, K, V) = softmax(Q Kᵀ / √d) V.
"""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["ATTENTION"]

_EQ1 = "Vaswani et al. 2017, eq. 1"
_HEADS = "Vaswani et al. 2017, section 3.2.2"


def _projection(symbol: str, with_heads: str, alone: str) -> tuple[Entry, ...]:
    formula = f"{symbol} = x W_{symbol}ᵀ + b_{symbol}"
    ascii_ = f"{symbol} = x W_{symbol}^T + b_{symbol}"
    return tuple(Entry(text, formula, ascii_, _HEADS) for text in (with_heads, alone))


def _bare(symbol: str, sentence: str) -> tuple[Entry, ...]:
    return (Entry(sentence, f"{symbol} = x W_{symbol}", f"{symbol} = x W_{symbol}", _HEADS),)


def _one(sentence: str, formula: str = "", ascii_: str = "", source: str = "") -> tuple[Entry, ...]:
    return (Entry(sentence, formula, ascii_, source),)


_SOFTMAX = ("pᵢⱼ = exp(sᵢⱼ) / Σₖ exp(sᵢₖ)", "p_ij = exp(s_ij) / sum_k exp(s_ik)", _EQ1)
_SCORES = ("sᵢⱼ = qᵢ · kⱼ", "s_ij = q_i . k_j", _EQ1)
_CONTEXT = ("cᵢ = Σⱼ pᵢⱼ vⱼ", "c_i = sum_j p_ij v_j", _EQ1)
_FUSED = (
    "softmax(Q Kᵀ / √d + mask) V",
    "softmax(Q K^T / sqrt(d) + mask) V",
    "Vaswani et al. 2017, eq. 1; Dao et al. 2022 (computed without storing the scores)",
)

ATTENTION: Table = {
    "attention.query:einsum": _bare(
        "Q", N_("Computes the query of every token, what a token is looking for: {out}.")
    ),
    "attention.key:einsum": _bare(
        "K", N_("Computes the key of every token, what a token can be found by: {out}.")
    ),
    "attention.value:einsum": _bare(
        "V", N_("Computes the value of every token, what a token hands over when looked at: {out}.")
    ),
    "attention.query": _projection(
        "Q",
        N_(
            "Computes the query of {each_token}, what a token is looking for: a linear layer "
            "({layer_shape}), read as {heads} of {head_size} numbers."
        ),
        N_(
            "Computes the query of {each_token}, what a token is looking for: a linear layer "
            "({layer_shape})."
        ),
    ),
    "attention.key": _projection(
        "K",
        N_(
            "Computes the key of {each_token}, what a token can be found by: a linear layer "
            "({layer_shape}), read as {heads} of {head_size} numbers."
        ),
        N_(
            "Computes the key of {each_token}, what a token can be found by: a linear layer "
            "({layer_shape})."
        ),
    ),
    "attention.value": _projection(
        "V",
        N_(
            "Computes the value of {each_token}, what a token hands over when looked at: a linear "
            "layer ({layer_shape}), read as {heads} of {head_size} numbers."
        ),
        N_(
            "Computes the value of {each_token}, what a token hands over when looked at: a linear "
            "layer ({layer_shape})."
        ),
    ),
    "attention.query_key_value": (
        Entry(
            N_(
                "Computes query, key and value of {each_token} in one linear layer ({layer_shape})."
            ),
            "[Q K V] = x Wᵀ + b",
            "[Q K V] = x W^T + b",
            _HEADS,
        ),
    ),
    "attention.scores": (
        Entry(
            N_(
                "Compares every query with every key by a dot product: {pairs} scores {each_head}, "
                "each saying how well two tokens suit each other."
            ),
            *_SCORES,
        ),
        Entry(
            N_(
                "Compares every query with every key by a dot product: each score says how well "
                "two tokens suit each other."
            ),
            *_SCORES,
        ),
    ),
    "attention.scale:mul": (
        Entry(
            N_(
                "Multiplies {every_score} by {inverse_root}, so that scores do not grow with the "
                "width of a head and the softmax stays gentle."
            ),
            "sᵢⱼ ← sᵢⱼ / √d",
            "s_ij <- s_ij / sqrt(d)",
            _EQ1,
        ),
        Entry(
            N_(
                "Multiplies every number by {inverse_root} before the scores are made, so that "
                "they do not grow with the width of a head."
            ),
            "x ← x / √d",
            "x <- x / sqrt(d)",
            _EQ1,
        ),
        Entry(N_("Multiplies every number by {scalar}."), "y = x · c", "y = x * c"),
    ),
    "attention.scale:div": (
        Entry(
            N_(
                "Divides {every_score} by {root}, so that scores do not grow with the width of a "
                "head and the softmax stays gentle."
            ),
            "sᵢⱼ ← sᵢⱼ / √d",
            "s_ij <- s_ij / sqrt(d)",
            _EQ1,
        ),
        Entry(
            N_(
                "Divides every number by {root} before the scores are made, so that they do not "
                "grow with the width of a head."
            ),
            "x ← x / √d",
            "x <- x / sqrt(d)",
            _EQ1,
        ),
        Entry(N_("Divides every number by {scalar}."), "y = x / c", "y = x / c"),
        Entry(
            N_("Divides {a} by {b}, so that scores do not grow with the width of a head."),
            "y = x / c",
            "y = x / c",
        ),
    ),
    "attention.mask:add": (
        Entry(
            N_(
                "Adds the mask to the scores: 0 where a token may look, a huge negative number "
                "where it may not ({masked})."
            ),
            "sᵢⱼ ← sᵢⱼ + mᵢⱼ",
            "s_ij <- s_ij + m_ij",
        ),
        Entry(
            N_(
                "Adds to the scores a term of their own shape, such as a mask that hides positions."
            ),
            "sᵢⱼ ← sᵢⱼ + mᵢⱼ",
            "s_ij <- s_ij + m_ij",
        ),
    ),
    "attention.mask:masked_fill": (
        Entry(
            N_(
                "Overwrites scores of positions that may not be looked at with a huge negative "
                "number, which the softmax turns into 0."
            ),
            "sᵢⱼ ← −∞ where masked",
            "s_ij <- -inf where masked",
        ),
    ),
    "attention.mask:where": (
        Entry(
            N_("Keeps the scores of positions that may be looked at and replaces the others."),
            "sᵢⱼ ← sᵢⱼ where allowed, else −∞",
            "s_ij <- s_ij where allowed, else -inf",
        ),
    ),
    "attention.mask:sub": _one(
        N_(
            "Subtracts the mask from the scores: 0 where a token may look, a huge number where it "
            "may not."
        ),
        "sᵢⱼ ← sᵢⱼ − mᵢⱼ",
        "s_ij <- s_ij - m_ij",
    ),
    **dict.fromkeys(
        (
            "attention.mask.cast",
            "attention.mask.invert",
            "attention.mask.permute",
            "attention.mask.scale",
        ),
        _one(
            N_(
                "Prepares the mask, which says where a token may look: `{op}` reads {read} and "
                "writes {written}."
            )
        ),
    ),
    "attention.softmax": (
        Entry(
            N_(
                "Turns each row of scores into weights that sum to 1: how much each token attends "
                "to {every_token}. In head {head}, {token} attends most to {strongest}."
            ),
            *_SOFTMAX,
        ),
        Entry(
            N_(
                "Turns each row of scores into weights that sum to 1: how much each token attends "
                "to {every_token}, {each_head}."
            ),
            *_SOFTMAX,
        ),
        Entry(N_("Turns each row of scores into weights that sum to 1."), *_SOFTMAX),
    ),
    "attention.context": (
        Entry(
            N_(
                "Mixes the values by the attention weights: {each_head}, {each_token} gets a "
                "weighted average of the values of the tokens it attends to, {channels} wide."
            ),
            *_CONTEXT,
        ),
        Entry(
            N_(
                "Mixes the values by the attention weights: each token gets a weighted average of "
                "the values it attends to."
            ),
            *_CONTEXT,
        ),
    ),
    "attention.scaled_dot_product_attention:multi_head_attention_forward": (
        Entry(
            N_(
                "Does all of attention in one function: the projections to query, key and value, "
                "scores, softmax, the weighted average of the values, and the output projection."
            ),
            "concat(softmax(QᵢKᵢᵀ/√d) Vᵢ) Wᵀ + b",
            "concat(softmax(Q_i K_i^T / sqrt(d)) V_i) W^T + b",
            _HEADS,
        ),
    ),
    "attention.scaled_dot_product_attention": (
        Entry(
            N_(
                "Does all of attention in one fused kernel: {pairs} scores {each_head}, their "
                "softmax, and the weighted average of the values, without writing the scores down."
            ),
            *_FUSED,
        ),
        Entry(
            N_(
                "Does all of attention in one fused kernel: scores, softmax, and the weighted "
                "average of the values."
            ),
            *_FUSED,
        ),
    ),
    **dict.fromkeys(
        ("attention.key_cache.empty", "attention.value_cache.empty"),
        _one(N_("Starts an empty cache for the {those} of the tokens that this layer has read.")),
    ),
    **dict.fromkeys(
        ("attention.key_cache", "attention.value_cache"),
        _one(
            N_(
                "Appends the new {those} to the cache, which then holds those of all tokens so far "
                "({out}): when the next token comes, they need not be computed again."
            ),
            "C ← [C; new]",
            "C <- [C; new]",
        ),
    ),
    "attention.key_value_cache.window": _one(
        N_(
            "Notes how many tokens the cache of a layer keeps at most: the width of its sliding "
            "window."
        )
    ),
    **dict.fromkeys(
        ("attention.repeat_kv.key", "attention.repeat_kv.value"),
        _one(
            N_(
                "Repeats the {those} so that there is one for each query head, because several "
                "query heads share one: grouped-query attention, {read} to {written}."
            ),
            "K_h ← K_{⌊h/g⌋}",
            "K_h <- K_[floor(h/g)]",
            "Ainslie et al. 2023, section 2.2",
        ),
    ),
    **dict.fromkeys(
        ("attention.softcap.divide", "attention.softcap.multiply"),
        _one(
            N_(
                "One part of pressing every score softly between −{scalar} and {scalar}: `{op}` by "
                "{scalar}."
            ),
            "s ← c · tanh(s / c)",
            "s <- c * tanh(s / c)",
            "Gemma Team 2024 (Gemma 2), section 2",
        ),
    ),
    "attention.softcap.tanh": _one(
        N_("Presses every score softly between −1 and 1 by the hyperbolic tangent."),
        "tanh(s / c)",
        "tanh(s / c)",
        "Gemma Team 2024 (Gemma 2), section 2",
    ),
    "attention.softmax.cast": _one(
        N_("Goes back from the precision of the softmax to that of the model, {out}.")
    ),
    "attention.output.dense:einsum": _one(
        N_("Mixes what the heads found into one vector for every token, {out}."),
        "o = concat(c₁ … c_h) W",
        "o = concat(c_1 ... c_h) W",
        _HEADS,
    ),
    "attention.output.dense": (
        Entry(
            N_(
                "Mixes what the heads found, side by side in {inner} numbers, into one vector of "
                "{width} for {each_token}."
            ),
            "o = concat(c₁ … c_h) Wᵀ + b",
            "o = concat(c_1 ... c_h) W^T + b",
            _HEADS,
        ),
    ),
}
