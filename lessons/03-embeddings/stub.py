"""From ids to the first hidden state."""

import numpy as np


def lookup(table, ids):
    """The rows of `table` that `ids` pick: an array [tokens, hidden]."""
    raise NotImplementedError


def embed(ids, words, types, positions):
    """The sum of the three embeddings of one text: an array [tokens, hidden].

    ids: array [tokens];  words, types, positions: tables [rows, hidden]
    """
    raise NotImplementedError


def normalise(x, gamma, beta, eps):
    """LayerNorm of [tokens, hidden]: each token to mean 0 and variance 1, then gamma and beta."""
    raise NotImplementedError
