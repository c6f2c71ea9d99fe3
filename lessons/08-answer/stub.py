"""From logits to entities."""

import numpy as np


def probabilities(logits):
    """The softmax of each row of [tokens, labels]."""
    raise NotImplementedError


def choose(logits, names):
    """The label of each token: a list of texts.

    logits: array [tokens, labels];  names: the labels, in the order of the columns
    """
    raise NotImplementedError


def spans(labels):
    """Neighbours with the same label, O left out: a list of [first, last, label]."""
    raise NotImplementedError
