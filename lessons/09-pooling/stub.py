"""From a vector for each token to one answer for the text."""

import numpy as np


def pooler(states, weight, bias):
    """What BERT's pooler makes of the last states.

    states: array [tokens, hidden];  weight: array [hidden, hidden], as [out, in];  bias: [hidden]
    returns: array [hidden]
    """
    raise NotImplementedError


def mean_pooling(states, mask):
    """The mean of the real tokens.

    states: array [tokens, hidden];  mask: array [tokens], one for a real token, zero for padding
    returns: array [hidden]
    """
    raise NotImplementedError


def answer(pooled, weight, bias):
    """The probability of each label.

    pooled: array [hidden];  weight: array [labels, hidden];  bias: array [labels]
    returns: array [labels]
    """
    raise NotImplementedError
