"""The embeddings of the run that the exercise is held against."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    words, types, positions = (
        trace.find(f"{name}_embeddings")[0] for name in ("word", "token_type", "position")
    )
    ids = words.inputs[0].numpy(0)
    tables = [cycle.inputs[1].numpy() for cycle in (words, types, positions)]
    total = trace.find("embedding and step == sum")[-1].outputs[0].numpy(0)
    norm = trace.find("layernorm")[0]
    gamma, beta = (value.numpy() for value in norm.inputs[1:])
    yield Case("lookup", "lookup", (tables[1], ids * 0 + 1), tables[1][ids * 0 + 1])
    yield Case("sum", "embed", (ids, *tables), total)
    eps = float(norm.arguments["eps"])
    yield Case("normalised", "normalise", (total, gamma, beta, eps), norm.outputs[0].numpy(0))
