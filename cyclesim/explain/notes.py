"""The notes of host steps, told in the language that is spoken."""

from __future__ import annotations

from cyclesim.language import N_, retell

__all__ = ["note_text"]

#: As `cyclesim.machine` writes them, the more particular form first.
_FORMS = (
    N_("{characters} characters of {texts} texts → {count} tokens"),
    N_("{characters} characters → {count} token"),
    N_("{characters} characters → {count} tokens"),
    N_("{count} token looked up among {size}, {unknown} unknown"),
    N_("{count} tokens looked up among {size}, {unknown} unknown"),
    N_("{count} token looked up among {size}"),
    N_("{count} tokens looked up among {size}"),
    N_("nothing cut (no limit)"),
    N_("nothing cut (at most {most})"),
    N_(
        "kept {count} token of {length}: the text before character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_(
        "kept {count} token of {length}: the text after character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_(
        "kept {count} tokens of {length}: the text before character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_(
        "kept {count} tokens of {length}: the text after character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_("kept {count} tokens of {length}: {cuts}, as {most} fit with the special ones"),
    N_("{cut} of {count} sequences are cut, as {most} fit with the special ones"),
    N_("this tokenizer adds none"),
    N_("nothing added"),
    N_("added {count} × {token} to {padded} of {sequences} sequences"),
    N_("{prefix} before the text"),
    N_("{count} position to compute, {cached} in the cache"),
    N_("{count} positions to compute, {cached} in the cache"),
    N_("{count} position, all computed anew: no cache"),
    N_("{count} positions, all computed anew: no cache"),
    N_("{left} of {count} tokens left"),
    N_("{token}, the likeliest, p = {p}"),
    N_("{token}, drawn, p = {p}"),
    N_("{token}, chosen by you"),
    N_("{count} tokens, the end: an end token"),
    N_("{count} tokens, the end: a text to stop at"),
    N_("{count} tokens, the end: as many as were asked for"),
    N_("{count} tokens, the end: the model has no position left"),
    N_("{width} times the same, one for each beam"),
    N_("best: beam {beam}"),
    N_("from {beams}"),
    N_("{count} ended"),
    N_("nothing can become better"),
    N_("every beam goes on from itself"),
    N_("{count} tensors reordered"),
    N_("softmax over {count} labels"),
    N_("softmax over {count} tokens"),
    N_("softmax over {count} choices"),
    N_("softmax over {count} positions"),
    N_("sigmoid of each of {count} labels"),
    N_("{count} label at {least} or above"),
    N_("{count} labels at {least} or above"),
    N_("the number is the answer"),
    N_("added {markers}, each one token"),
    N_("added {markers}, which this tokenizer reads in pieces"),
    N_("added {tokens}"),
    N_("{count} tokens in a name"),
    N_("{count} mask"),
    N_("{count} masks"),
    N_("{count} rows of logits"),
    N_("the {count} most probable of each row"),
    N_("{count} positions are possible, [CLS] among them: it says *no answer*"),
    N_("{count} positions are possible"),
    N_("{count} set to −∞"),
    N_("{count} pairs of positions"),
    N_("{legal} of {count} pairs are spans of the text, of at most {most} tokens"),
    N_("best: tokens {first} to {last}"),
    N_("no answer in the text"),
    N_("{count} vectors of {size} numbers"),
    N_("{real} of {count} tokens are real"),
    N_("padding is 0 now"),
    N_("the means of {count} sentences"),
    N_("the state of the first token"),
    N_("{count} are padding"),
    N_("the largest of each channel"),
    N_("vectors of length 1"),
    N_("{count} tokens"),
    N_("{count} pair"),
    N_("{count} pairs"),
    N_("{count} entity"),
    N_("{count} entities"),
    N_("its gradient is put together from {count} gradients"),
    N_("its gradient is the sum of {count} gradients"),
    N_("its gradient is {count} gradients side by side"),
    N_("{name} is used more than once: {count} gradients are added"),
    N_("{count} parameters at once: this optimizer mixes them"),
    N_("learning rate {before} → {after}"),
    N_("the model's own answer, as no labels were given: {count} of {all} tokens have one"),
    N_("as they were given, at the first token of each word: {count} of {all} tokens have one"),
    N_("the model's own answer, as no labels were given"),
    N_("as they were given"),
    N_("the text itself: {count} of {all} tokens hidden"),
    N_("the text itself: the next token"),
    N_("the text itself, as no other was given"),
    N_("the text that was given"),
    N_("the words that were given"),
    N_("the answer that was given"),
)


def note_text(note: str) -> str:
    """`note`, which a cycle was saved with, in the language that is spoken."""
    return "; ".join(retell(part, _FORMS) for part in note.split("; "))
