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
    "embedding.token_type_ids": (
        Entry(
            N_(
                "Reads the segment number of each position from a table that the model brings "
                "along, since none was given."
            )
        ),
    ),
    "embedding.position_ids": (
        Entry(
            N_(
                "One part of working out the position of each token, in which padding is not "
                "counted: `{op}` reads {read} and writes {written}."
            )
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
