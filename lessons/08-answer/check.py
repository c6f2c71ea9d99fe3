"""The answer of the run that the exercise is held against."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    (logits,) = trace.find("logits")
    (shares,) = trace.find("probabilities")
    (labels,) = trace.find("step == labels")
    numbers, names = logits.outputs[0].numpy(0), list(trace.header.labels)
    yield Case("probabilities", "probabilities", (numbers,), shares.outputs[0].numpy(0))
    chosen = [names[i] for i in labels.outputs[0].numpy()]
    yield Case("labels", "choose", (numbers, names), chosen)
    # The marks at both ends belong to no word.
    inner = [
        label if span is not None else "O"
        for label, span in zip(chosen, trace.header.offsets, strict=True)
    ]
    tokens = [i for i, span in enumerate(trace.header.offsets) if span is not None]
    wanted = []
    for entity in trace.result["entities"]:
        inside = [i for i in tokens if _within(trace.header.offsets[i], entity)]
        wanted.append([inside[0], inside[-1], entity["label"]])
    yield Case("spans", "spans", (inner,), wanted)
    yield Case("spans", "spans", (["PER", "LOC", "LOC", "O", "LOC"],),
               [[0, 0, "PER"], [1, 2, "LOC"], [4, 4, "LOC"]])  # fmt: skip


def _within(span, entity):
    return entity["start"] <= span[0] and span[1] <= entity["end"]
