"""The pooler and the head of the run that the exercise is held against."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    for run in (trace, runs["other"], runs["padded"]):
        states = run.find("layernorm")[-1].outputs[0].numpy(0)
        (dense,) = run.find("pooler and dense")
        (pooled,) = run.find("pooler and activation")
        (logits,) = run.find("logits")
        (shares,) = run.find("probabilities")
        vector = pooled.outputs[0].numpy(0)
        yield Case("pooler", "pooler", (states, *_weights(dense)), vector)
        yield Case("answer", "answer", (vector, *_weights(logits)), shares.outputs[0].numpy(0))
        mask = _mask(run)
        check = "mean" if mask.all() else "padding"
        yield Case(check, "mean_pooling", (states, mask), states[mask == 1].mean(axis=0))


def _weights(cycle):
    found = {value.name: value.numpy() for value in cycle.inputs}
    return found["weight"], found["bias"]


def _mask(run):
    (tensors,) = run.find("step == tensors")
    return next(v for v in tensors.outputs if v.name == "attention_mask").numpy(0)
