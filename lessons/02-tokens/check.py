"""The tokens of the run, and the vocabulary of its model."""

import json

from cyclesim.lessons.exercises import Case
from cyclesim.machine.catalog import embedded_path


def words(trace):
    """Each word of the text with its tokens, as the tokenizer cut them."""
    found = []
    for token, span in zip(trace.header.tokens, trace.header.offsets, strict=True):
        if span is None:
            continue
        if token.startswith("##"):
            word, cut = found.pop()
            found.append((word + token[2:], [*cut, token]))
        else:
            found.append((token, [token]))
    return found


def cases(trace, runs):
    file = embedded_path(trace.header.model) / "tokenizer.json"
    vocabulary = list(json.loads(file.read_text(encoding="utf-8"))["model"]["vocab"])
    for word, cut in words(trace):
        yield Case("pieces", "pieces", (word, vocabulary), cut)
    yield Case("unknown", "pieces", ("ab", ["a", "##c"]), ["[UNK]"])
    yield Case("unknown", "pieces", ("abc", ["ab", "a", "##bc"]), ["[UNK]"])  # greedy, no way back
    padded = runs["padded"]
    tokens, length = list(padded.header.tokens), len(padded.header.tokens)
    real = [t for t in tokens if t not in ("[CLS]", "[SEP]", "[PAD]")]
    mask = padded.find("step == tensors")[0].outputs[2].numpy()[0].tolist()
    yield Case("prepared", "prepare", (real, length), [tokens, mask])
    yield Case("prepared", "prepare", ([], 2), [["[CLS]", "[SEP]"], [1, 1]])
