"""From logits to entities."""

import numpy as np


def probabilities(logits):
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def choose(logits, names):
    return [names[place] for place in logits.argmax(axis=-1)]


def spans(labels):
    found = []
    for place, label in enumerate(labels):
        goes_on = found and found[-1][1] == place - 1 and found[-1][2] == label
        if label == "O":
            continue
        if goes_on:
            found[-1][1] = place
        else:
            found.append([place, place, label])
    return found
