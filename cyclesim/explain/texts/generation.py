"""Generating a text: from the logits of one position to the next token, and on to the next pass."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["GENERATION", "NEXT_TOKEN"]

_SOFTMAX = ("pᵢ = exp(zᵢ) / Σⱼ exp(zⱼ)", "p_i = exp(z_i) / sum_j exp(z_j)")
_RACE = "Maddison et al. 2014 (A* Sampling): the Gumbel-max trick"

GENERATION: Table = {
    "input.model_inputs": (
        Entry(
            N_(
                "Prepares what the model is given for the next token: {note}. With a cache only "
                "the positions that it has not seen are computed."
            )
        ),
    ),
    "input.decoder_start": (
        Entry(
            N_(
                "Begins the decoder's text with the token that it was trained to begin with: "
                "{pieces}"
            )
        ),
    ),
    "input.expand_beams": (
        Entry(N_("Repeats the input, so that every beam has a row of its own: {note}.")),
    ),
    "input.chat_template": (
        Entry(
            N_(
                "Puts the message into the tokenizer's chat template, the form in which the model "
                "was trained to read a dialogue."
            )
        ),
    ),
    "input.prefix": (
        Entry(N_("Puts the words before the text by which the model knows the task: {note}.")),
    ),
    "output.logits": (
        Entry(
            N_(
                "Takes the logits of the last position, one for each token of the vocabulary: only "
                "they say what comes next. The largest: {note}."
            )
        ),
    ),
    "output.log_probabilities": (
        Entry(
            N_(
                "Turns the logits into logarithms of probabilities, so that those of a whole "
                "sequence can be added: {note}."
            ),
            "ln pᵢ = zᵢ − ln Σⱼ exp(zⱼ)",
            "ln p_i = z_i - ln sum_j exp(z_j)",
        ),
    ),
    "output.repetition_penalty:nop": (
        Entry(
            N_("Would make tokens that are there already less likely; here it changes no logit.")
        ),
    ),
    "output.repetition_penalty": (
        Entry(
            N_(
                "Makes every token that is there already less likely: its logit is divided by "
                "{the_penalty} where it is positive, and multiplied where it is negative."
            ),
            "zᵢ ← zᵢ / θ  if zᵢ > 0,  zᵢ · θ  otherwise,  for every token i of the text",
            "z_i <- z_i / theta  if z_i > 0,  z_i * theta  otherwise,  for every token i of the "
            "text",
            "Keskar et al. 2019 (CTRL), section 4.1",
        ),
    ),
    "output.temperature": (
        Entry(
            N_(
                "Divides every logit by the temperature {the_temperature}: below 1 the likely "
                "tokens become likelier, above 1 the unlikely ones."
            ),
            "z ← z / T",
            "z <- z / T",
            "Ackley, Hinton & Sejnowski 1985 (Boltzmann machines)",
        ),
    ),
    "output.top_k:nop": (
        Entry(N_("Would keep the {the_top_k} likeliest tokens; here there are not more.")),
    ),
    "output.top_k": (
        Entry(
            N_(
                "Keeps the {the_top_k} likeliest tokens; the logits of all others become −∞, so "
                "that they are never drawn ({note})."
            ),
            "zᵢ ← −∞  if zᵢ < the k-th largest",
            "z_i <- -inf  if z_i < the k-th largest",
            "Fan et al. 2018 (Hierarchical Neural Story Generation)",
        ),
    ),
    "output.top_p:nop": (
        Entry(
            N_(
                "Would keep the fewest tokens that have the probability {the_top_p} together; here "
                "these are all."
            )
        ),
    ),
    "output.top_p": (
        Entry(
            N_(
                "Keeps the likeliest tokens, the fewest that have the probability {the_top_p} "
                "together; the logits of all others become −∞ ({note})."
            ),
            "zᵢ ← −∞  if Σ pⱼ over all j likelier than i ≥ p",
            "z_i <- -inf  if sum p_j over all j likelier than i >= p",
            "Holtzman et al. 2020 (nucleus sampling)",
        ),
    ),
    "output.forced_bos:nop": (
        Entry(N_("Would force the first token of the text; this is not the first.")),
    ),
    "output.forced_bos": (
        Entry(N_("Leaves only the token that every text of this model begins with.")),
    ),
    "output.forced_eos:nop": (
        Entry(N_("Would force the end token if this were the last token that was asked for.")),
    ),
    "output.forced_eos": (
        Entry(N_("Leaves only the end token: as many tokens as were asked for are there.")),
    ),
    "output.no_repeat_ngram": (
        Entry(
            N_(
                "Forbids every token that would repeat {the_ngram_size} tokens in a row that are "
                "in the text already ({note})."
            ),
            source="Paulus et al. 2018 (A Deep Reinforced Model for Abstractive Summarization)",
        ),
    ),
    "output.argmax": (
        Entry(
            N_("Takes the likeliest token (greedy decoding): {note}."),
            "t = argmaxᵢ zᵢ",
            "t = argmax_i z_i",
        ),
    ),
    "output.draw": (
        Entry(
            N_(
                "Draws the next token by its probability: {note}. Each of the {race} tokens runs a "
                "race with a random number eᵢ, exponentially distributed, and the largest pᵢ / eᵢ "
                "wins; that is how a token wins as often as its probability says."
            ),
            "t = argmaxᵢ pᵢ / eᵢ,  eᵢ ~ Exp(1)",
            "t = argmax_i p_i / e_i,  e_i ~ Exp(1)",
            _RACE,
        ),
        Entry(N_("Draws the next token by its probability: {note}.")),
    ),
    "output.append": (
        Entry(N_("Puts the token at the end of the text ({note}): the next pass reads it.")),
    ),
    "output.beam_scores": (
        Entry(
            N_(
                "Adds the score of each beam to the log probability of every token that may follow "
                "it: the score of every continuation."
            ),
            "s(b, i) = s(b) + ln p(i | b)",
            "s(b, i) = s(b) + ln p(i | b)",
            "Graves 2012; Sutskever et al. 2014",
        ),
    ),
    "output.beam_candidates": (
        Entry(
            N_(
                "Looks for the {the_k} best continuations among those of all beams together: "
                "{note}. Some of them may end, so more are looked at than go on."
            ),
            "the k largest s(b, i)",
        ),
    ),
    "output.select_beams": (
        Entry(
            N_(
                "Chooses the {the_k} continuations that go on, and puts aside what has ended: "
                "{note}. What has ended is scored by its length, too."
            ),
            "s / Lᵅ for a sequence of L tokens that has ended",
            "s / L^alpha for a sequence of L tokens that has ended",
            "Wu et al. 2016 (GNMT), section 7",
        ),
    ),
    "output.reorder_cache": (
        Entry(N_("Gives each beam the keys and values of the beam that it goes on from: {note}.")),
    ),
    "output.detokenize": (Entry(N_("Joins the tokens that were generated to a text: {note}.")),),
}
#: The softmax of a generation is over the vocabulary.
NEXT_TOKEN = (
    Entry(
        N_("Turns the logits into the probabilities of the next token, which sum to 1: {note}."),
        *_SOFTMAX,
    ),
)
