"""Embeddings: from ids to vectors."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["EMBEDDING"]

_BERT = "Devlin et al. 2018 (BERT), figure 2"

EMBEDDING: Table = {
    "embedding.word_embeddings": (
        Entry(
            N_(
                "Looks up the vector of {each_token}: its id picks one row of {row_width} from a "
                "table of {rows}, one row for each entry of the vocabulary."
            ),
            "eᵢ = E[xᵢ]",
            "e_i = E[x_i]",
            _BERT,
        ),
    ),
    "embedding.position_embeddings:embedding": (
        Entry(
            N_(
                "Looks up a learned vector of {row_width} for the position of {each_token}, "
                "because attention alone cannot tell the order of the tokens."
            ),
            "pᵢ = P[positionᵢ]",
            "p_i = P[position_i]",
            _BERT,
        ),
    ),
    "embedding.token_type_embeddings": (
        Entry(
            N_(
                "Looks up a vector of {row_width} for the segment of {each_token}: the table's "
                "{rows} stand for the first text, the second, and so on."
            ),
            "sᵢ = S[typeᵢ]",
            "s_i = S[type_i]",
            _BERT,
        ),
    ),
    "embedding.token_type_ids:zeros": (
        Entry(N_("Puts every position into segment 0, since no segments were given: {out}.")),
    ),
    "embedding.token_type_ids": (
        Entry(
            N_(
                "Reads the segment number of each position from a table that the model brings "
                "along, since none was given."
            )
        ),
    ),
    "embedding.position_ids:arange": (
        Entry(N_("Counts the positions of the tokens, {out}."), "0, 1, 2, …", "0, 1, 2, ..."),
    ),
    "embedding.position_ids:cumsum": (
        Entry(
            N_("Counts the tokens up to each position; padding is not counted: {out}."),
            "pᵢ = Σⱼ≤ᵢ mⱼ",
            "p_i = sum_{j<=i} m_j",
        ),
    ),
    "embedding.position_ids": (
        Entry(
            N_(
                "One part of working out the position of each token: `{op}` reads {read} and "
                "writes {written}."
            )
        ),
    ),
    "embedding.scale": (
        Entry(
            N_(
                "Multiplies the embeddings by one number, so that they are of the size that the "
                "layers expect: {out}."
            ),
            "h ← c · h",
            "h <- c * h",
            "Vaswani et al. 2017, section 3.4",
        ),
    ),
    "embedding.mask.cast": (
        Entry(N_("Makes the attention mask numbers that embeddings can be multiplied by: {out}.")),
    ),
    "embedding.mask": (
        Entry(
            N_("Multiplies the vector of each token by 1 and that of padding by 0: {out}."),
            "hᵢ ← mᵢ hᵢ",
            "h_i <- m_i h_i",
        ),
    ),
    "embedding.sum:add": (
        Entry(
            N_(
                "Adds two vectors of {width} numbers for {each_token}: what {a} wrote and what {b} "
                "wrote."
            ),
            "hᵢ = aᵢ + bᵢ",
            "h_i = a_i + b_i",
            _BERT,
        ),
    ),
    "embedding.embeddings_project:linear": (
        Entry(
            N_(
                "Maps the vector of {each_token} {in_to_out} numbers, from the width of the "
                "embeddings to the width of the layers."
            ),
            "h = x Wᵀ + b",
            "h = x W^T + b",
        ),
    ),
}
