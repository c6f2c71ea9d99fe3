"""Attention that looks back only, and a cache."""

import numpy as np


def causal_weights(queries, keys):
    """How much each token looks at each token before it, and at itself.

    queries, keys: arrays [tokens, channels]
    returns: array [tokens, tokens], a row for each query
    """
    raise NotImplementedError


def remember(cached, new):
    """The cache with one row more.

    cached: array [tokens, channels];  new: array [1, channels]
    returns: array [tokens + 1, channels]
    """
    raise NotImplementedError


def decode(query, keys, values):
    """What the newest token gets.

    query: array [1, channels];  keys, values: arrays [tokens, channels], its own the last
    returns: array [1, channels]
    """
    raise NotImplementedError


def cache_bytes(layers, tokens, hidden, width):
    """The size of the cache; `width` bytes for a number, `hidden` numbers for a key or a value."""
    raise NotImplementedError
