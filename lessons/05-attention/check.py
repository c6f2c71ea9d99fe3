"""The numbers of the run that the exercise is held against."""

import numpy as np

from cyclesim.lessons.exercises import Case


def heads(trace, layer):
    """Queries, keys, values, weights and context of each head of a layer."""
    (scores,) = trace.find(f"layer {layer} and scores")
    (softmax,) = trace.find(f"layer {layer} and attention and softmax")
    (context,) = trace.find(f"layer {layer} and context")
    queries, keys = (value.numpy(0) for value in scores.inputs)
    values = context.inputs[1].numpy(0)
    weights, mixed = softmax.outputs[0].numpy(0), context.outputs[0].numpy(0)
    return zip(queries, keys.swapaxes(-1, -2), values, weights, mixed, strict=True)


def rows_sum_to_one(answer):
    sums = np.asarray(answer, float).sum(axis=-1)
    return "" if np.allclose(sums, 1, atol=1e-5) else f"a row sums to {sums.flat[0]:.4g}."


def cases(trace, runs):
    for layer in (0, 1):
        for queries, keys, values, weights, mixed in heads(trace, layer):
            yield Case("weights", "attention_weights", (queries, keys), weights)
            yield Case("rows", "attention_weights", (queries, keys), rows_sum_to_one)
            yield Case("context", "context", (weights, values), mixed)
    padded = runs["padded"]
    visible = np.array([token != "[PAD]" for token in padded.header.tokens])
    for queries, keys, _, weights, _ in heads(padded, 0):
        yield Case("masked", "attention_weights", (queries, keys, visible), weights)
