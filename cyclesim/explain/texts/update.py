"""The clip, the optimizer's update and the schedule: sentences and formulas. Data, to be read.

η is the learning rate, λ the weight decay, θ a parameter, g its gradient after the clip; t is the
number of the next step, w the steps of the warm-up, T all of them.
"""

from __future__ import annotations

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["UPDATE"]

_CLIP = "Pascanu et al. 2013, algorithm 1"
_ADAMW = "Loshchilov & Hutter 2019, algorithm 2"
_ADAM = "Kingma & Ba 2015, algorithm 1"

UPDATE: Table = {
    "optimizer.clip.norms": (
        Entry(
            N_("Measures the length of the gradient of each of the {parameters} parameters."),
            "‖gᵢ‖ = √(Σ g²)", "|g_i| = sqrt(sum g^2)", _CLIP,
        ),
    ),
    "optimizer.clip.norms.stack": (
        Entry(N_("Puts the lengths of all gradients side by side.")),
    ),
    "optimizer.clip.total_norm": (
        Entry(
            N_(
                "The length of all gradients together, as if they were one long vector: the "
                "gradient norm that training curves show."
            ),
            "‖g‖ = √(Σᵢ ‖gᵢ‖²)", "|g| = sqrt(sum_i |g_i|^2)", _CLIP,
        ),
    ),
    "optimizer.clip.total_norm.eps": (
        Entry(
            N_("Adds the tiny {scalar}, so that nothing is divided by 0."),
            "‖g‖ + ε", "|g| + eps",
        ),
    ),
    "optimizer.clip.ratio": (
        Entry(
            N_("Divides the largest length that is allowed, {scalar}, by the length there is."),
            "c / (‖g‖ + ε)", "c / (|g| + eps)", _CLIP,
        ),
    ),
    "optimizer.clip.coefficient": (
        Entry(
            N_(
                "Cuts the factor at 1: gradients that are short enough stay as they are, and none "
                "is made longer."
            ),
            "k = min(1, c / (‖g‖ + ε))", "k = min(1, c / (|g| + eps))", _CLIP,
        ),
    ),
    "optimizer.clip.scale": (
        Entry(
            N_(
                "Multiplies the gradients of all {parameters} parameters by the same factor, so "
                "that together they are no longer than allowed and keep their direction."
            ),
            "g ← k g", "g <- k g", _CLIP,
        ),
    ),
    "optimizer.adamw": (
        Entry(
            N_(
                "Updates {parameter}: each number shrinks a little (weight decay), then moves "
                "against the running average of its gradient, divided by the root of the running "
                "average of its square, so that all numbers move by about the learning rate."
            ),
            "m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²; θ ← θ − ηλθ − η m̂ / (√v̂ + ε)",
            "m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2; "
            "w <- w - lr wd w - lr m_hat / (sqrt(v_hat) + eps)",
            _ADAMW,
        ),
    ),
    "optimizer.adam": (
        Entry(
            N_(
                "Updates {parameter}: each number moves against the running average of its "
                "gradient, divided by the root of the running average of its square."
            ),
            "m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²; θ ← θ − η m̂ / (√v̂ + ε)",
            "m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2; "
            "w <- w - lr m_hat / (sqrt(v_hat) + eps)",
            _ADAM,
        ),
    ),
    "optimizer.sgd": (
        Entry(
            N_(
                "Updates {parameter}: each number moves a step of the learning rate against its "
                "gradient, to which weight decay has added a pull towards 0."
            ),
            "θ ← θ − η (g + λθ)", "w <- w - lr (g + wd w)",
            "Robbins & Monro 1951",
        ),
    ),
    "optimizer.sgd:momentum": (
        Entry(
            N_(
                "Updates {parameter}: the gradient is added to what is left of the last steps "
                "(momentum), and each number moves a step of the learning rate against that."
            ),
            "b ← μb + g + λθ; θ ← θ − η b", "b <- mu b + g + wd w; w <- w - lr b",
            "Polyak 1964; Sutskever et al. 2013",
        ),
    ),
    "optimizer.schedule:linear": (
        Entry(
            N_(
                "Sets the learning rate of the next step: {note}. It rises in a straight line for "
                "the steps of the warm-up, then falls in one until the last step."
            ),
            "η = η₀ · t / w while t < w, then η₀ · (T − t) / (T − w)",
            "lr = lr0 * t / w while t < w, then lr0 * (T - t) / (T - w)",
        ),
    ),
    "optimizer.schedule:cosine": (
        Entry(
            N_(
                "Sets the learning rate of the next step: {note}. It rises in a straight line for "
                "the steps of the warm-up, then falls along half a wave of the cosine."
            ),
            "η = η₀ · t / w while t < w, then η₀ · (1 + cos(π (t − w) / (T − w))) / 2",
            "lr = lr0 * t / w while t < w, then lr0 * (1 + cos(pi (t - w) / (T - w))) / 2",
            "Loshchilov & Hutter 2017",
        ),
    ),
    "optimizer.schedule:constant_with_warmup": (
        Entry(
            N_(
                "Sets the learning rate of the next step: {note}. It rises in a straight line for "
                "the steps of the warm-up, then stays."
            ),
            "η = η₀ · min(1, t / w)", "lr = lr0 * min(1, t / w)",
        ),
    ),
    "optimizer.schedule": (
        Entry(N_("Sets the learning rate of the next step: {note}.")),
        Entry(N_("Sets the learning rate of the next step.")),
    ),
}  # fmt: skip
