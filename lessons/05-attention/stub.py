"""One head of attention, in NumPy."""

import numpy as np


def attention_weights(queries, keys, visible=None):
    """How much each token looks at each token.

    queries, keys: arrays [tokens, channels]
    visible: array of True and False [tokens], or None: which keys may be looked at
    returns: array [tokens, tokens], a row for each query
    """
    raise NotImplementedError


def context(weights, values):
    """What each token gets: the values, mixed by its weights.

    weights: array [tokens, tokens];  values: array [tokens, channels]
    returns: array [tokens, channels]
    """
    raise NotImplementedError
