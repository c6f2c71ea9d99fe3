"""The projections of the run that the exercise is held against."""

import numpy as np

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    for step in ("query", "key", "value"):
        (cycle,) = trace.find(f"layer 0 and step == {step}")
        x, weight, bias = (value.numpy() for value in cycle.inputs)
        yield Case("linear", "linear", (x[0], weight, bias), cycle.outputs[0].numpy(0))
    (query,) = trace.find("layer 0 and query")
    (scores,) = trace.find("layer 0 and scores")
    heads = scores.inputs[0].numpy(0)
    yield Case("split", "split_heads", (query.outputs[0].numpy(0), len(heads)), heads)
    (context,) = trace.find("layer 0 and context")
    (joined,) = trace.find("layer 0 and attention and output.dense")
    weight, bias = (value.numpy() for value in joined.inputs[1:])

    def goes_on_as_the_run(answer):
        # What the run made of the merged heads tells whether they are in their places.
        made = np.asarray(answer, np.float32) @ weight.T + bias
        off = np.abs(made - joined.outputs[0].numpy(0)).max()
        return "" if off < 1e-4 else "the heads are not where the next layer looks for them."

    yield Case("merge", "merge_heads", (context.outputs[0].numpy(0),), goes_on_as_the_run)
