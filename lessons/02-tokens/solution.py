"""A tokenizer, from words to the tensors that a model reads."""


def pieces(word, vocabulary):
    known, found, start = set(vocabulary), [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in known:
                break
        else:  # no piece begins here
            return ["[UNK]"]
        found.append(piece)
        start = end
    return found


def prepare(tokens, length):
    real = ["[CLS]", *tokens, "[SEP]"]
    filling = length - len(real)
    return real + ["[PAD]"] * filling, [1] * len(real) + [0] * filling
