"""Loss, gradients, and one step."""

import numpy as np


def loss(logits, targets):
    """The mean, over labelled tokens, of −log of the probability of the target.

    logits: array [tokens, labels];  targets: array [tokens] of places, −100 for no label
    returns: a number
    """
    raise NotImplementedError


def gradient_of_logits(logits, targets):
    """The gradient of that loss: array [tokens, labels]."""
    raise NotImplementedError


def gradient_of_weight(gradient, states):
    """The gradient of the weight of the linear layer that wrote the logits.

    gradient: array [tokens, labels];  states: array [tokens, hidden], what the layer read
    returns: array [labels, hidden]
    """
    raise NotImplementedError


def adamw(value, gradient, lr, decay, eps):
    """The values after the first step of AdamW; all arrays of one shape."""
    raise NotImplementedError
