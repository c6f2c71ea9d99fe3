"""Linear layers and heads."""

import numpy as np


def linear(x, weight, bias):
    """A linear layer: x [tokens, in], weight [out, in], bias [out]; returns [tokens, out]."""
    raise NotImplementedError


def split_heads(x, heads):
    """Read [tokens, hidden] as heads: returns [heads, tokens, hidden / heads]."""
    raise NotImplementedError


def merge_heads(x):
    """Put heads side by side again: [heads, tokens, channels] to [tokens, heads * channels]."""
    raise NotImplementedError
