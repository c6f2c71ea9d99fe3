"""Linear layers and heads."""

import numpy as np


def linear(x, weight, bias):
    return x @ weight.T + bias


def split_heads(x, heads):
    return np.swapaxes(x.reshape(len(x), heads, -1), 0, 1)


def merge_heads(x):
    return np.swapaxes(x, 0, 1).reshape(x.shape[1], -1)
