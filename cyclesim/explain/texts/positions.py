"""Positions that are no embedding added to the tokens: turned, or told to the scores.

A rotary embedding (Su et al. 2021, eq. 34) turns each pair of channels by an angle that grows with
the position. A relative position bias (Raffel et al. 2020; He et al. 2021; Dai et al. 2019) adds to
each score a number for the distance between query and key.
"""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["POSITIONS"]

_ROPE = "Su et al. 2021, eq. 34"
_T5 = "Raffel et al. 2020, section 2.1"
_DEBERTA = "He et al. 2021, eq. 4"
_XL = "Dai et al. 2019, section 3.3"


def _one(sentence: str, formula: str = "", ascii_: str = "", source: str = "") -> tuple[Entry, ...]:
    return (Entry(sentence, formula, ascii_, source),)


#: Applied to queries and to keys alike; `{those}` says which.
_TURN: Table = {
    "cos": _one(
        N_(
            "Multiplies the {those} by the cosines of the rotary table: the first part of turning "
            "each pair of channels by an angle that grows with the position."
        ),
        "a = x cos(mθ)",
        "a = x cos(m theta)",
        _ROPE,
    ),
    "negate": _one(
        N_(
            "Changes the sign of the second half of the channels of the {those}: in a rotation, "
            "one of the two channels of a pair takes the other's place with its sign changed."
        ),
        "−x₂",
        "-x2",
        _ROPE,
    ),
    "rotate_half": _one(
        N_(
            "Puts the two halves of the channels of the {those} in each other's place: a quarter "
            "turn of each pair."
        ),
        "rotate_half([x₁, x₂]) = [−x₂, x₁]",
        "rotate_half([x1, x2]) = [-x2, x1]",
        _ROPE,
    ),
    "sin": _one(
        N_(
            "Multiplies the {those}, given a quarter turn, by the sines of the rotary table: the "
            "second part of turning each pair of channels."
        ),
        "b = rotate_half(x) sin(mθ)",
        "b = rotate_half(x) sin(m theta)",
        _ROPE,
    ),
    "sum": _one(
        N_(
            "Adds the two parts: the {those} are now turned by an angle that grows with their "
            "position, so that a score depends on how far query and key are apart."
        ),
        "y = x cos(mθ) + rotate_half(x) sin(mθ)",
        "y = x cos(m theta) + rotate_half(x) sin(m theta)",
        _ROPE,
    ),
    "concat": _one(
        N_(
            "Puts the channels of the {those} that were turned and those that were not side by "
            "side again, into {out}."
        ),
    ),
}
_GATHER = N_("Picks for each pair of tokens the score of the distance between them, into {out}.")
#: The two kinds of DeBERTa's relative scores.
_DISENTANGLED: Table = {
    "attention.c2p.scores": _one(
        N_("Compares every query with the key of every distance: the content-to-position scores."),
        "sᵢδ = qᵢ · k_δ",
        "s_i,delta = q_i . k_delta",
        _DEBERTA,
    ),
    "attention.p2c.scores": _one(
        N_("Compares every key with the query of every distance: the position-to-content scores."),
        "sⱼδ = kⱼ · q_δ",
        "s_j,delta = k_j . q_delta",
        _DEBERTA,
    ),
    **dict.fromkeys(
        ("attention.c2p.index", "attention.p2c.index"),
        _one(
            N_(
                "Turns the distance between two tokens into a row of the table of distances: "
                "`{op}` reads {read} and writes {written}."
            ),
            "δ(i, j) = clamp(i − j + k, 0, 2k − 1)",
            "delta(i, j) = clamp(i - j + k, 0, 2k - 1)",
            "He et al. 2021, eq. 3",
        ),
    ),
    "attention.c2p.gather": _one(
        _GATHER, "sᵢⱼ = s_{i,δ(i,j)}", "s_ij = s_[i, delta(i,j)]", _DEBERTA
    ),
    "attention.p2c.gather": _one(
        _GATHER, "sⱼᵢ = s_{j,δ(j,i)}", "s_ji = s_[j, delta(j,i)]", _DEBERTA
    ),
    **dict.fromkeys(
        ("attention.c2p.scale", "attention.p2c.scale"),
        _one(
            N_(
                "Divides these scores by the root of the width of a head times the kinds of "
                "scores, as the scores of content by content are."
            ),
            "sᵢⱼ ← sᵢⱼ / √(k d)",
            "s_ij <- s_ij / sqrt(k d)",
            _DEBERTA,
        ),
    ),
    **dict.fromkeys(
        ("attention.c2p.sum", "attention.p2c.sum"),
        _one(
            N_("Adds up the scores that depend on the distance between two tokens: {out}."),
            "A = A_c2p + A_p2c",
            "A = A_c2p + A_p2c",
            _DEBERTA,
        ),
    ),
    **dict.fromkeys(
        ("attention.scale.width", "attention.scale.factor", "attention.scale.root"),
        _one(
            N_(
                "One part of working out what scores are divided by, the root of the width of a "
                "head times the kinds of scores: `{op}` writes {written}."
            ),
            "√(k d)",
            "sqrt(k d)",
            _DEBERTA,
        ),
    ),
    "attention.position_query": _one(
        N_("Computes a query for each distance between two tokens ({layer_shape})."),
        "q_δ = P_δ W_Qᵀ + b",
        "q_delta = P_delta W_Q^T + b",
        _DEBERTA,
    ),
    "attention.position_key": (
        Entry(
            N_("Computes a key for each distance between two tokens ({layer_shape})."),
            "k_δ = P_δ W_Kᵀ + b",
            "k_delta = P_delta W_K^T + b",
            _DEBERTA,
        ),
        Entry(
            N_("Computes a key for each distance between two tokens, {out}."),
            "k_δ = P_δ W_R",
            "k_delta = P_delta W_R",
            _XL,
        ),
    ),
    **dict.fromkeys(
        ("attention.position_query.repeat", "attention.position_key.repeat"),
        _one(N_("Repeats what was computed for each distance for every sequence, into {out}.")),
    ),
}
_XLNET: Table = {
    "attention.query.content_bias": _one(
        N_(
            "Adds a learned vector of each head to every query, for the scores by content: how "
            "much a key matters whoever asks."
        ),
        "q + u",
        "q + u",
        _XL,
    ),
    "attention.query.position_bias": _one(
        N_(
            "Adds a learned vector of each head to every query, for the scores by position: how "
            "much a distance matters whoever asks."
        ),
        "q + v",
        "q + v",
        _XL,
    ),
    "attention.query.segment_bias": _one(
        N_("Adds a learned vector of each head to every query, for the scores by segment."),
        "q + b",
        "q + b",
        "Yang et al. 2019, section 2.5",
    ),
    "attention.position_scores": _one(
        N_("Compares every query with the key of every distance: the scores by position, {out}."),
        "sᵢδ = (qᵢ + v) · k_δ",
        "s_i,delta = (q_i + v) . k_delta",
        _XL,
    ),
    **dict.fromkeys(
        ("attention.position_scores.index", "attention.position_scores.shift"),
        _one(
            N_(
                "Shifts each row of the scores by position, so that a column stands for a key and "
                "no longer for a distance: `{op}` writes {written}."
            ),
            "sᵢⱼ = s_{i,i−j}",
            "s_ij = s_[i, i-j]",
            "Dai et al. 2019, appendix B",
        ),
    ),
    **dict.fromkeys(
        ("attention.segment_bias", "attention.segment_bias.scores"),
        _one(
            N_(
                "One part of the scores by segment, whether two tokens are of the same one: "
                "`{op}` reads {read} and writes {written}."
            ),
            source="Yang et al. 2019, section 2.5",
        ),
    ),
    "attention.segment_bias.add": (
        Entry(
            N_("Adds the scores by segment to the others: {a} and {b}."),
            "sᵢⱼ ← sᵢⱼ + eᵢⱼ",
            "s_ij <- s_ij + e_ij",
            "Yang et al. 2019, section 2.5",
        ),
        Entry(N_("Adds {scalar} for the scores by segment, because no segments were given.")),
    ),
    "attention.target_mapping": _one(
        N_(
            "Picks the positions that are predicted, or puts what was found back there: `{op}` "
            "reads {read} and writes {written}."
        ),
        source="Yang et al. 2019, section 2.3",
    ),
    "embedding.segment_matrix": _one(
        N_(
            "One part of finding out which tokens are of the same segment: `{op}` reads {read} "
            "and writes {written}."
        )
    ),
}

POSITIONS: Table = {
    # -- the rotary table -----------------------------------------------------------------------
    "embedding.rotary.positions": _one(
        N_("Makes the positions numbers that angles can be computed from: {out}.")
    ),
    "embedding.rotary.angles": _one(
        N_(
            "Multiplies each position by the speed of each pair of channels: how far the pair is "
            "turned there, fast in the first pairs and slowly in the last."
        ),
        "mθᵢ, θᵢ = base^(−2i/d)",
        "m theta_i, theta_i = base^(-2i/d)",
        "Su et al. 2021, eq. 15",
    ),
    "embedding.rotary.pairs": _one(
        N_("Writes every angle twice, since both channels of a pair are turned by it: {out}."),
        "[mθ, mθ]",
        "[m theta, m theta]",
        _ROPE,
    ),
    "embedding.rotary.cos": _one(
        N_("Takes the cosine of every angle: one half of the rotary table, {out}."),
        "cos(mθ)",
        "cos(m theta)",
        _ROPE,
    ),
    "embedding.rotary.sin": _one(
        N_("Takes the sine of every angle: the other half of the rotary table, {out}."),
        "sin(mθ)",
        "sin(m theta)",
        _ROPE,
    ),
    **dict.fromkeys(
        ("embedding.rotary.cos.scale", "embedding.rotary.sin.scale"),
        _one(
            N_(
                "Multiplies the rotary table by {scalar}, a factor that some models use to read "
                "longer texts than they were trained on."
            ),
            "y = x · c",
            "y = x * c",
        ),
    ),
    **{
        f"attention.rotary.{w}.{p}": entries
        for w in ("query", "key")
        for p, entries in _TURN.items()
    },
    # -- the bias for a distance ----------------------------------------------------------------
    **dict.fromkeys(
        ("attention.position_bias.positions", "attention.position_bias.cast"),
        _one(
            N_(
                "One part of working out how far every query and key are apart: `{op}` writes "
                "{written}."
            )
        ),
    ),
    "attention.position_bias.distance": _one(
        N_("Subtracts positions: how far every query and key are apart, {out}."),
        "δᵢⱼ = ±(i − j)",
        "delta_ij = +-(i - j)",
        _T5,
    ),
    "attention.position_bias.bucket": _one(
        N_(
            "One part of sorting distances into buckets, one each for near tokens and ever wider "
            "ones for those far away: `{op}` reads {read} and writes {written}."
        ),
        source=_T5,
    ),
    "attention.position_bias.lookup": _one(
        N_(
            "Looks up what to add to the score of each query and key: the bucket of their distance "
            "picks one row of {row_width}, one number for each head."
        ),
        "bᵢⱼ = B[bucket(j − i)]",
        "b_ij = B[bucket(j - i)]",
        _T5,
    ),
    "attention.position_bias.expand": _one(
        N_("Repeats the position bias for every sequence, into {out}.")
    ),
    "attention.position_bias.zeros": _one(
        N_(
            "Makes a position bias of zeros, {out}: between two different texts there are no "
            "distances."
        )
    ),
    "attention.position_bias.causal": _one(
        N_("Marks where the key does not come after the query: {out}."),
        "j ≤ i",
        "j <= i",
        "Vaswani et al. 2017, section 3.2.3",
    ),
    "attention.position_bias.mask": _one(
        N_(
            "Keeps the position bias where a token may look and puts a huge negative number where "
            "it may not, for the fused kernel to add to the scores."
        ),
        "bᵢⱼ where allowed, else −∞",
        "b_ij where allowed, else -inf",
    ),
    "attention.position_bias.add": (
        Entry(
            N_(
                "Adds to each score a number for the distance between its query and its key: {a} "
                "and {b}."
            ),
            "sᵢⱼ ← sᵢⱼ + bᵢⱼ",
            "s_ij <- s_ij + b_ij",
            "Shaw et al. 2018; Raffel et al. 2020; He et al. 2021; Dai et al. 2019",
        ),
    ),
    **_DISENTANGLED,
    # -- sinusoids for distances ----------------------------------------------------------------
    **dict.fromkeys(
        (
            "embedding.relative_positions.range",
            "embedding.relative_positions.frequencies",
            "embedding.relative_positions.concat",
        ),
        _one(
            N_(
                "One part of the table of sines and cosines for the distances between tokens: "
                "`{op}` writes {written}."
            ),
            source="Vaswani et al. 2017, section 3.5; Dai et al. 2019, section 3.3",
        ),
    ),
    "embedding.relative_positions.angles": _one(
        N_("Multiplies each distance between two tokens by each frequency: {out}."),
        "m / 10000^(2i/d)",
        "m / 10000^(2i/d)",
        "Vaswani et al. 2017, section 3.5",
    ),
    "embedding.relative_positions.sin": _one(
        N_("Takes the sine of every angle: half of the vector for each distance, {out}."),
        "sin(m / 10000^(2i/d))",
        "sin(m / 10000^(2i/d))",
        "Vaswani et al. 2017, section 3.5",
    ),
    "embedding.relative_positions.cos": _one(
        N_("Takes the cosine of every angle: half of the vector for each distance, {out}."),
        "cos(m / 10000^(2i/d))",
        "cos(m / 10000^(2i/d))",
        "Vaswani et al. 2017, section 3.5",
    ),
    **_XLNET,
}
