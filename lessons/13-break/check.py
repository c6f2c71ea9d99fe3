"""The broken run that the hunt goes through."""

from cyclesim.lessons.exercises import Case


def cases(trace, runs):
    broken, length = runs["broken"], len(trace.header.tokens)
    yield Case("first", "first_nan", (broken,), broken.first_nan)
    # Only what is read can be nothing: a run without a NaN has no first one.
    yield Case(
        "first", "first_nan", (trace,), lambda answer: "" if answer is None else "it found one."
    )
    (dense,) = broken.find("layer 1 and ffn and output.dense")
    (later,) = broken.find("layer 2 and attention and output.dense")
    place = trace.header.tokens.index("London")
    yield Case("tokens", "nan_tokens", (broken, dense.number), [place])
    yield Case("tokens", "nan_tokens", (broken, later.number), list(range(length)))
    yield Case("everywhere", "everywhere", (broken, length), later.number)
