"""The input and output steps of the tasks: masks, answers, choices, entities, sentence vectors."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["TASKS"]

_SOFTMAX = ("pᵢ = exp(zᵢ) / Σⱼ exp(zⱼ)", "p_i = exp(z_i) / sum_j exp(z_j)")
_SIGMOID = ("pₖ = 1 / (1 + exp(−zₖ))", "p_k = 1 / (1 + exp(-z_k))")
_SPANS = ("sᵢⱼ = pᵢ(start) · pⱼ(end)", "s_ij = p_i(start) * p_j(end)")
_MARKS = "Baldini Soares et al. 2019, Matching the Blanks, section 3.2"
_BERT_QA = "Devlin et al. 2018 (BERT), section 4.2"
_NO_ANSWER = "Devlin et al. 2018 (BERT), section 4.3"
_SBERT = "Reimers & Gurevych 2019, Sentence-BERT, section 3"

TASKS: Table = {
    # -- relation extraction
    "input.entities": (
        Entry(
            N_(
                "Finds the two entities whose relation is asked for, by the marks around them or "
                "by the places that were given: {entities}."
            ),
            source=_MARKS,
        ),
        Entry(N_("Finds the two entities whose relation is asked for.")),
    ),
    "input.markers": (
        Entry(
            N_(
                "Puts markers around both entities, so that the model sees which two are meant: "
                "{note}."
            ),
            source=_MARKS,
        ),
    ),
    # -- masked words
    "output.masks": (
        Entry(N_("Looks for the mask among the ids: {note}, the first is {mask_token}.")),
        Entry(N_("Looks for the mask among the ids: {note}.")),
    ),
    "output.mask_logits": (
        Entry(
            N_(
                "Takes the logits of the masked places and leaves all others aside: {written} out "
                "of {read}."
            )
        ),
    ),
    "output.top_k": (
        Entry(
            N_(
                "Keeps the {count} most probable tokens of each mask; the best of {mask_token} has "
                "a probability of {best_share}."
            ),
            "top-k pᵢ",
            "top-k p_i",
        ),
        Entry(N_("Keeps the most probable tokens of each mask."), "top-k pᵢ", "top-k p_i"),
    ),
    "output.candidates": (
        Entry(N_("Looks up what these tokens are called; for the first mask: {best_tokens}.")),
        Entry(N_("Looks up what these tokens are called.")),
    ),
    # -- questions
    "output.positions": (
        Entry(
            N_(
                "Says which positions can begin or end an answer: tokens of the text, and not "
                "those of the question, the padding or the separators; {note}."
            )
        ),
        Entry(N_("Says which positions can begin or end an answer: tokens of the text.")),
    ),
    **dict.fromkeys(
        ("output.start_mask", "output.end_mask"),
        (
            Entry(
                N_(
                    "Takes every position that is not of the text out of the choice, by making its "
                    "score minus infinity: {note}."
                ),
                "zᵢ ← −∞ where i is not of the text",
                "z_i <- -inf where i is not of the text",
            ),
            Entry(N_("Takes every position that is not of the text out of the choice.")),
        ),
    ),
    "output.start_probabilities": (
        Entry(
            N_(
                "Turns the scores into the probability that the answer begins at each position; "
                "most likely it begins with {best_place}."
            ),
            *_SOFTMAX,
            _BERT_QA,
        ),
        Entry(
            N_("Turns the scores into the probability that the answer begins at each position."),
            *_SOFTMAX,
            _BERT_QA,
        ),
    ),
    "output.end_probabilities": (
        Entry(
            N_(
                "Turns the scores into the probability that the answer ends at each position; most "
                "likely it ends with {best_place}."
            ),
            *_SOFTMAX,
            _BERT_QA,
        ),
        Entry(
            N_("Turns the scores into the probability that the answer ends at each position."),
            *_SOFTMAX,
            _BERT_QA,
        ),
    ),
    "output.span_scores": (
        Entry(
            N_(
                "Multiplies the probability of every beginning with that of every end; of all "
                "pairs {first_token} to {last_token} has the highest, {pair_score}. That there is "
                "no answer, {null_token} to {null_token}, has {null_score}."
            ),
            *_SPANS,
            _NO_ANSWER,
        ),
        Entry(
            N_(
                "Multiplies the probability of every beginning with that of every end; of all "
                "pairs {first_token} to {last_token} has the highest, {pair_score}."
            ),
            *_SPANS,
            _BERT_QA,
        ),
        Entry(
            N_("Multiplies the probability of every beginning with that of every end."),
            *_SPANS,
            _BERT_QA,
        ),
    ),
    "output.legal_spans": (
        Entry(
            N_(
                "Sets to 0 what is no span: an end before its beginning, an answer that is too "
                "long, or *no answer*, which is weighed apart; {note}. The best that is left is "
                "{first_token} to {last_token}, {pair_score}."
            ),
            "sᵢⱼ ← 0 unless i ≤ j < i + 15",
            "s_ij <- 0 unless i <= j < i + 15",
        ),
        Entry(N_("Sets to 0 what is no span: an end before its beginning, or too long an answer.")),
    ),
    "output.best_spans": (
        Entry(
            N_(
                "Picks the {count} spans with the highest scores; the best is {first_token} to "
                "{last_token}, tokens {first_place} to {last_place}, {pair_score}."
            ),
            "argmaxᵢⱼ sᵢⱼ",
            "argmax_ij s_ij",
        ),
        Entry(N_("Picks the spans with the highest scores."), "argmaxᵢⱼ sᵢⱼ", "argmax_ij s_ij"),
    ),
    "output.answer": (
        Entry(
            N_(
                "Reads the span out of the text as it was typed: {answer}, characters {start} to "
                "{end}."
            )
        ),
        Entry(
            N_(
                "Finds {no_answer}: the position that stands for that has a higher score than "
                "every span."
            ),
            "s₀₀ > maxᵢⱼ sᵢⱼ",
            "s_00 > max_ij s_ij",
            _NO_ANSWER,
        ),
        Entry(N_("Reads the span out of the text as it was typed.")),
    ),
    # -- choices
    "output.choice": (
        Entry(
            N_("Picks the most probable choice: {choice}."),
            "choice = argmaxₖ pₖ",
            "choice = argmax_k p_k",
        ),
        Entry(N_("Picks the most probable choice.")),
    ),
    # -- labels that are not one of several
    "output.probabilities:sigmoid": (
        Entry(
            N_(
                "Turns each logit into a probability by itself: several labels can be right, so "
                "they need not sum to 1."
            ),
            *_SIGMOID,
        ),
    ),
    "output.labels:ge": (
        Entry(
            N_("Gives every label whose probability is {threshold} or more: {chosen}."),
            "pₖ ≥ ½",
            "p_k >= 1/2",
        ),
        Entry(N_("Gives every label that is probable enough: {note}.")),
    ),
    **dict.fromkeys(
        ("output.value:nop", "output.value"),
        (
            Entry(N_("This head gives a number, not a label, and that is the answer: {value}.")),
            Entry(N_("This head gives a number, not a label, and that is the answer.")),
        ),
    ),
    # -- sentences
    "output.pooling.mask": (
        Entry(
            N_(
                "Repeats the attention mask for every channel of the token states, 1 where a token "
                "is real and 0 where it is padding: {note}."
            ),
            "mₜ ∈ {0, 1}",
            "m_t in {0, 1}",
            _SBERT,
        ),
    ),
    "output.pooling.masked:mul": (
        Entry(
            N_("Multiplies every token's state with the mask, so that padding does not count."),
            "hₜ ← mₜ · hₜ",
            "h_t <- m_t * h_t",
            _SBERT,
        ),
    ),
    "output.pooling.masked:masked_fill": (
        Entry(
            N_(
                "Makes the state of padding so small that it is the largest nowhere: {note}."
            ),
            "hₜ ← −10⁹ where mₜ = 0",
            "h_t <- -1e9 where m_t = 0",
            _SBERT,
        ),
    ),
    "output.pooling.sum": (
        Entry(
            N_("Adds up the states of all tokens of a sentence, channel by channel."),
            "s = Σₜ mₜ hₜ",
            "s = sum_t m_t h_t",
            _SBERT,
        ),
    ),
    "output.pooling.count": (
        Entry(
            N_("Counts the real tokens of each sentence: {count} in this one."),
            "n = Σₜ mₜ",
            "n = sum_t m_t",
            _SBERT,
        ),
        Entry(N_("Counts the real tokens of each sentence."), "n = Σₜ mₜ", "n = sum_t m_t", _SBERT),
    ),
    "output.pooling.mean": (
        Entry(
            N_(
                "Divides by the number of tokens: the mean of a sentence's token states is the "
                "vector that stands for the sentence."
            ),
            "u = s / n",
            "u = s / n",
            _SBERT,
        ),
    ),
    "output.pooling.cls": (
        Entry(
            N_("Takes the state of the first token for the whole sentence."),
            "u = h₀",
            "u = h_0",
            _SBERT,
        ),
    ),
    "output.pooling.max": (
        Entry(
            N_("Takes the largest number of each channel over all tokens of a sentence."),
            "u = maxₜ hₜ",
            "u = max_t h_t",
            _SBERT,
        ),
    ),
    "output.normalize": (
        Entry(
            N_(
                "Divides each sentence's vector by its length, {norm} for this one, so that only "
                "its direction counts."
            ),
            "u ← u / ‖u‖₂",
            "u <- u / |u|_2",
            _SBERT,
        ),
        Entry(
            N_("Divides each sentence's vector by its length, so that only its direction counts."),
            "u ← u / ‖u‖₂",
            "u <- u / |u|_2",
            _SBERT,
        ),
    ),
    "output.similarity": (
        Entry(
            N_(
                "Multiplies every two sentence vectors: the cosine of the angle between them, 1 "
                "for the same direction. Most alike are {first_sentence} and {second_sentence}: "
                "{cosine}."
            ),
            "cos(u, v) = u · v / (‖u‖ ‖v‖)",
            "cos(u, v) = u * v / (|u| |v|)",
            _SBERT,
        ),
        Entry(
            N_("Multiplies every two sentence vectors: the cosine of the angle between them."),
            "cos(u, v) = u · v / (‖u‖ ‖v‖)",
            "cos(u, v) = u * v / (|u| |v|)",
            _SBERT,
        ),
    ),
    # -- vectors
    "output.norms": (
        Entry(
            N_(
                "This model has no head: its answer is a vector of numbers for each token. "
                "Measures how long they are; that of {token} is {norm} long."
            ),
            "‖h‖₂ = √(Σᵢ hᵢ²)",
            "|h|_2 = sqrt(sum_i h_i^2)",
        ),
        Entry(
            N_(
                "This model has no head: its answer is a vector of numbers for each token. "
                "Measures how long they are."
            ),
            "‖h‖₂ = √(Σᵢ hᵢ²)",
            "|h|_2 = sqrt(sum_i h_i^2)",
        ),
    ),
}  # fmt: skip
