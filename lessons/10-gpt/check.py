"""The weights and the cache of the run that the exercise is held against."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    layers = 0
    while trace.find(f"prefill and layer {layers} and softmax"):
        layers += 1
    size = 0
    for layer in range(layers):
        (scores,) = trace.find(f"prefill and layer {layer} and scores")
        (softmax,) = trace.find(f"prefill and layer {layer} and softmax")
        queries, keys = (value.numpy(0) for value in scores.inputs)
        for query, key, weights in zip(queries, keys, softmax.outputs[0].numpy(0), strict=True):
            yield Case("causal", "causal_weights", (query, key.T), weights)
        for name in ("key_cache", "value_cache"):
            (grown,) = trace.find(f"token 1 and layer {layer} and {name}")
            old, new = (value.numpy(0) for value in grown.inputs[:2])
            size += grown.outputs[0].nbytes
            yield Case("remember", "remember", (old[0], new[0]), grown.outputs[0].numpy((0, 0)))
        yield from _decoded(trace, layer)
    heads, tokens, width = grown.outputs[0].shape[1:]
    yield Case("bytes", "cache_bytes", (layers, tokens, heads * width, 4), size)


def _decoded(trace, layer):
    (scores,) = trace.find(f"token 1 and layer {layer} and scores")
    (context,) = trace.find(f"token 1 and layer {layer} and context")
    queries, keys = (value.numpy(0) for value in scores.inputs)
    values, mixed = context.inputs[1].numpy(0), context.outputs[0].numpy(0)
    for query, key, value, got in zip(queries, keys, values, mixed, strict=True):
        yield Case("decode", "decode", (query, key.T, value), got)
