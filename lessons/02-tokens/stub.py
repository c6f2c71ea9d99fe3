"""A tokenizer, from words to the tensors that a model reads."""


def pieces(word, vocabulary):
    """Cut one word into the longest pieces that the vocabulary has, from the left.

    word: text without spaces;  vocabulary: a list of pieces
    returns: a list, such as ["Lo", "##vel", "##ace"], or ["[UNK]"] where that cannot be done
    """
    raise NotImplementedError


def prepare(tokens, length):
    """Add [CLS] and [SEP], pad with [PAD] to `length`, and say which tokens are real.

    returns: two lists of `length`: the tokens, and the attention mask (1 real, 0 padding)
    """
    raise NotImplementedError
