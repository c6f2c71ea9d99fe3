"""Loss, gradients, and one step."""

import numpy as np


def softmax(logits):
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def loss(logits, targets):
    labelled = np.flatnonzero(targets != -100)
    return -np.log(softmax(logits)[labelled, targets[labelled]]).mean()


def gradient_of_logits(logits, targets):
    labelled = np.flatnonzero(targets != -100)
    gradient = np.zeros(logits.shape)
    gradient[labelled] = softmax(logits)[labelled]
    gradient[labelled, targets[labelled]] -= 1
    return gradient / len(labelled)


def gradient_of_weight(gradient, states):
    return gradient.T @ states


def adamw(value, gradient, lr, decay, eps):
    return value * (1 - lr * decay) - lr * gradient / (np.abs(gradient) + eps)
