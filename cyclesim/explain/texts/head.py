"""The head and the output: pooler, classifier, probabilities, labels."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["HEAD"]

_LINEAR = ("z = x Wᵀ + b", "z = x W^T + b")
_SOFTMAX = ("pₖ = exp(zₖ) / Σₗ exp(zₗ)", "p_k = exp(z_k) / sum_l exp(z_l)")
_ARGMAX = ("label = argmaxₖ pₖ", "label = argmax_k p_k")
_CONFIDENCE = "Hendrycks & Gimpel 2016, A Baseline for Detecting Misclassified Examples"

HEAD: Table = {
    "pooler.dense:linear": (
        Entry(
            N_(
                "Takes the state of one token of a sequence (in BERT the first, [CLS]) and passes "
                "it through a linear layer ({layer_shape}): a summary of the whole text."
            ),
            "h = x₀ Wᵀ + b",
            "h = x_0 W^T + b",
            "Devlin et al. 2018 (BERT)",
        ),
    ),
    "classifier.dense": (
        Entry(N_("A linear layer of the head ({layer_shape}), before the last one."), *_LINEAR),
    ),
    "classifier.scale": (
        Entry(
            N_(
                "Multiplies every number by {scalar} before the head, which shares its weights "
                "with the table of embeddings."
            ),
            "y = x / √d",
            "y = x / sqrt(d)",
            "Raffel et al. 2020 (T5)",
        ),
        Entry(N_("Scales every number before the head, {out}.")),
    ),
    "classifier.logits.bias": (
        Entry(N_("Adds a constant of each class to its logits: {b}."), "z ← z + b", "z <- z + b"),
    ),
    **dict.fromkeys(
        ("classifier.softcap.divide", "classifier.softcap.multiply"),
        (
            Entry(
                N_(
                    "One part of pressing every logit softly between −{scalar} and {scalar}: "
                    "`{op}` by {scalar}."
                ),
                "z ← c · tanh(z / c)",
                "z <- c * tanh(z / c)",
                "Gemma Team 2024 (Gemma 2), section 2",
            ),
        ),
    ),
    "classifier.softcap.tanh": (
        Entry(
            N_("Presses every logit softly between −1 and 1 by the hyperbolic tangent."),
            "tanh(z / c)",
            "tanh(z / c)",
            "Gemma Team 2024 (Gemma 2), section 2",
        ),
    ),
    "classifier.logits": (
        Entry(
            N_(
                "Scores {each_token} for each of the {labels}: the higher the logit, the better "
                "that label suits."
            ),
            *_LINEAR,
        ),
        Entry(
            N_(
                "Scores each of the {sequences} for each of the {labels}: the higher the logit, "
                "the better that label suits."
            ),
            *_LINEAR,
        ),
        Entry(
            N_(
                "Scores the text for each of the {labels}: the higher the logit, the better that "
                "label suits."
            ),
            *_LINEAR,
        ),
        Entry(
            N_(
                "Scores {each_token} for each of {classes} classes: the higher the logit, the "
                "better the class suits."
            ),
            *_LINEAR,
        ),
        Entry(
            N_("The last linear layer of the head ({layer_shape}): its logits score each class."),
            *_LINEAR,
        ),
    ),
    "output.probabilities": (
        Entry(
            N_(
                "Turns the {label_count} logits of {each_token} into probabilities that sum to 1: "
                "{token} is most likely {likeliest}."
            ),
            *_SOFTMAX,
            _CONFIDENCE,
        ),
        Entry(
            N_(
                "Turns the {label_count} logits into probabilities that sum to 1: most likely is "
                "{likeliest}."
            ),
            *_SOFTMAX,
            _CONFIDENCE,
        ),
        Entry(
            N_("Turns each row of logits into probabilities that sum to 1."), *_SOFTMAX, _CONFIDENCE
        ),
    ),
    "output.labels": (
        Entry(
            N_("Picks the most probable label for {each_token}: {token} gets {label}."),
            *_ARGMAX,
        ),
        Entry(N_("Picks the most probable label: {label}."), *_ARGMAX),
        Entry(N_("Picks the most probable label."), *_ARGMAX),
    ),
    "output.entities": (
        Entry(
            N_(
                "Joins neighbouring words that have the same label into names, and finds their "
                "places in the text: {note} ({pieces})."
            )
        ),
        Entry(
            N_(
                "Joins neighbouring words that have the same label into names, and finds their "
                "places in the text: {note}."
            )
        ),
        Entry(N_("Joins neighbouring words that have the same label into names.")),
    ),
}
