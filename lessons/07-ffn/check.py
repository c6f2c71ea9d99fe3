"""The network of the run that the exercise is held against."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    (up,) = trace.find("layer 0 and intermediate")
    (bend,) = trace.find("layer 0 and activation")
    (down,) = trace.find("layer 0 and ffn and output.dense")
    wide = up.outputs[0].numpy(0)
    yield Case("gelu", "gelu", (wide,), bend.outputs[0].numpy(0))
    weights = [value.numpy() for cycle in (up, down) for value in cycle.inputs[1:]]
    given = up.inputs[0].numpy(0)
    yield Case("network", "network", (given, *weights), down.outputs[0].numpy(0), within=1e-4)
    tokens = len(trace.header.tokens)
    for cycle in trace.find("op == linear"):
        out, into = cycle.inputs[1].shape
        yield Case("flops", "linear_flops", (tokens, into, out), cycle.flops)
    # Both grow as the run says, one with the square of the tokens.
    mixing = sum(trace.find(f"layer 0 and {step}")[0].flops for step in ("scores", "context"))
    linear = up.flops + down.flops
    first = next(n for n in range(1, 10**5) if mixing * n * n * tokens > linear * n * tokens**2)
    hidden = given.shape[1]
    yield Case("overtake", "overtakes", (hidden, wide.shape[1]), first)
