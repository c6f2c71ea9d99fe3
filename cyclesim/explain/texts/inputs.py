"""Input preprocessing: from text to tensors."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["INPUTS"]

INPUTS: Table = {
    "input.tokenize": (
        Entry(
            N_(
                "Splits each of the {texts} into tokens, the pieces that the model's vocabulary is "
                "made of; here the first text of the sequence that is looked at, {length}: {pieces}"
            ),
            "text → t₁ t₂ … tₙ",
            "text -> t_1 t_2 ... t_n",
        ),
        Entry(
            N_(
                "Splits the text into {length}, the pieces that the model's vocabulary is made of: "
                "{pieces}"
            ),
            "text → t₁ t₂ … tₙ",
            "text -> t_1 t_2 ... t_n",
        ),
        Entry(
            N_("Splits the text into tokens, the pieces that the model's vocabulary is made of.")
        ),
    ),
    "input.ids": (
        Entry(
            N_(
                "Looks up the number of each of the {length} in the vocabulary, because the model "
                "computes with numbers: {id_of}."
            ),
            "xᵢ = vocabulary[tᵢ]",
            "x_i = vocabulary[t_i]",
        ),
        Entry(
            N_("Looks up the number of each token in the vocabulary."),
            "xᵢ = vocabulary[tᵢ]",
            "x_i = vocabulary[t_i]",
        ),
    ),
    "input.truncation:nop": (
        Entry(N_("Checks that the text is not too long for the model: {note}.")),
        Entry(N_("Checks that the text is not too long for the model, and cuts nothing.")),
    ),
    "input.truncation": (
        Entry(N_("The text is too long for the model, so its end is cut: {note}.")),
        Entry(N_("The text is too long for the model, so its end is cut.")),
    ),
    "input.special_tokens:nop": (
        Entry(N_("Would add the marks that a model expects around a text: {note}.")),
        Entry(N_("Would add the marks that a model expects around a text; this one expects none.")),
    ),
    "input.special_tokens": (
        Entry(N_("Adds the marks that this model expects around a text ({note}): now {length}.")),
        Entry(N_("Adds the marks that this model expects around a text: now {length}.")),
    ),
    "input.padding:nop": (
        Entry(
            N_("Would fill the sequence up to a fixed length; nothing is added, it stays {length}.")
        ),
        Entry(N_("Would fill the sequence up to a fixed length; nothing is added.")),
    ),
    "input.padding": (
        Entry(
            N_(
                "Fills the sequence up to {length} with padding ({note}), which the attention mask "
                "will hide."
            )
        ),
        Entry(N_("Fills the sequence up with padding, which the attention mask will hide.")),
    ),
    "input.tensors": (
        Entry(N_("Packs what was prepared into the tensors that the model reads: {names}, {out}.")),
    ),
    "input.inputs": (Entry(N_("Takes the tensors that it was given: {note}.")),),
    "input.attention_mask:all": (
        Entry(
            N_("Asks whether every position holds a real token; if so, nothing has to be masked."),
            "∀ᵢ mᵢ",
            "all(m_i)",
        ),
    ),
    "input.attention_mask.causal": (
        Entry(
            N_(
                "Marks for every query the keys that do not come after it: a token may look back "
                "and not ahead."
            ),
            "mᵢⱼ = (j ≤ i)",
            "m_ij = (j <= i)",
            "Vaswani et al. 2017, section 3.2.3",
        ),
    ),
    "input.attention_mask.sliding_window": (
        Entry(
            N_(
                "One part of the sliding window, in which a token looks only at tokens near it: "
                "`{op}` reads {read} and writes {written}."
            ),
            "mᵢⱼ = (|i − j| within the window)",
            "m_ij = (|i - j| within the window)",
            "Beltagy et al. 2020, section 3.1",
        ),
    ),
    "input.decoder_input_ids": (
        Entry(
            N_(
                "One part of shifting the ids right by one, which gives the decoder its input: "
                "`{op}` reads {read} and writes {written}."
            )
        ),
    ),
    "input.attention_mask": (
        Entry(
            N_(
                "Prepares the attention mask, which says which positions may be looked at: `{op}` "
                "reads {read} and writes {written}."
            )
        ),
    ),
}
