"""Input preprocessing: from text to tensors."""

from cyclesim.explain.entry import Entry, Table

__all__ = ["INPUTS"]

INPUTS: Table = {
    "input.tokenize": (
        Entry(
            "Splits the text into {length}, the pieces that the model's vocabulary is made of: "
            "{pieces}",
            "text → t₁ t₂ … tₙ",
            "text -> t_1 t_2 ... t_n",
        ),
        Entry("Splits the text into tokens, the pieces that the model's vocabulary is made of."),
    ),
    "input.ids": (
        Entry(
            "Looks up the number of each of the {length} in the vocabulary, because the model "
            "computes with numbers: {id_of}.",
            "xᵢ = vocabulary[tᵢ]",
            "x_i = vocabulary[t_i]",
        ),
        Entry(
            "Looks up the number of each token in the vocabulary.",
            "xᵢ = vocabulary[tᵢ]",
            "x_i = vocabulary[t_i]",
        ),
    ),
    "input.truncation:nop": (
        Entry("Checks that the text is not too long for the model: {note}."),
        Entry("Checks that the text is not too long for the model, and cuts nothing."),
    ),
    "input.truncation": (
        Entry("The text is too long for the model, so its end is cut: {note}."),
        Entry("The text is too long for the model, so its end is cut."),
    ),
    "input.special_tokens:nop": (
        Entry("Would add the marks that a model expects around a text: {note}."),
        Entry("Would add the marks that a model expects around a text; this one expects none."),
    ),
    "input.special_tokens": (
        Entry("Adds the marks that this model expects around a text ({note}): now {length}."),
        Entry("Adds the marks that this model expects around a text: now {length}."),
    ),
    "input.padding:nop": (
        Entry("Would fill the sequence up to a fixed length; nothing is added, it stays {length}."),
        Entry("Would fill the sequence up to a fixed length; nothing is added."),
    ),
    "input.padding": (
        Entry(
            "Fills the sequence up to {length} with padding ({note}), which the attention mask "
            "will hide."
        ),
        Entry("Fills the sequence up with padding, which the attention mask will hide."),
    ),
    "input.tensors": (
        Entry("Packs what was prepared into the tensors that the model reads: {names}, {out}."),
    ),
    "input.inputs": (Entry("Takes the tensors that it was given: {note}."),),
    "input.attention_mask:all": (
        Entry(
            "Asks whether every position holds a real token; if so, nothing has to be masked.",
            "∀ᵢ mᵢ",
            "all(m_i)",
        ),
    ),
    "input.attention_mask": (
        Entry(
            "Prepares the attention mask, which says which positions may be looked at: `{op}` "
            "reads {read} and writes {written}."
        ),
    ),
}
