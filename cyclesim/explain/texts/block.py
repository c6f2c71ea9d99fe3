"""The rest of a block: residual connections, activation functions, dropout."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.explain.texts.ffn import GELU
from cyclesim.language import N_

__all__ = ["BLOCK"]

BLOCK: Table = {
    "residual.residual:add": (
        Entry(
            N_(
                "Adds two states of {each_token}, {a} and {b}: the residual connection, which lets "
                "what was there before pass by unchanged."
            ),
            "y = x + f(x)",
            "y = x + f(x)",
            "He et al. 2015; Vaswani et al. 2017, section 3.1",
        ),
        Entry(
            N_(
                "Adds {a} and {b}: the residual connection, which lets what was there before pass "
                "by unchanged."
            ),
            "y = x + f(x)",
            "y = x + f(x)",
            "He et al. 2015; Vaswani et al. 2017, section 3.1",
        ),
    ),
    ":gelu": (
        Entry(
            N_(
                "Applies GELU (its {approximation} approximation) to each of the {numbers}: large "
                "ones pass, negative ones fade to 0."
            ),
            "y ≈ x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))",
            "y ~ x/2 * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
            GELU,
        ),
        Entry(
            N_("Applies GELU to each of the {numbers}: large ones pass, negative ones fade to 0."),
            "y = x · Φ(x)",
            "y = x * Phi(x), Phi the normal distribution function",
            GELU,
        ),
    ),
    ":relu": (
        Entry(
            N_("Sets each of the {numbers} that is negative to 0, and keeps the others."),
            "y = max(0, x)",
            "y = max(0, x)",
        ),
    ),
    ":tanh": (
        Entry(
            N_("Squeezes each of the {numbers} between −1 and 1 by the hyperbolic tangent."),
            "y = tanh(x)",
            "y = tanh(x)",
        ),
    ),
    ":silu": (
        Entry(
            N_("Applies SiLU to each of the {numbers}: x times its own sigmoid."),
            "y = x / (1 + exp(−x))",
            "y = x / (1 + exp(-x))",
            "Hendrycks & Gimpel 2016; Elfwing et al. 2017",
        ),
    ),
    ":sigmoid": (
        Entry(
            N_("Squeezes each of the {numbers} between 0 and 1."),
            "y = 1 / (1 + exp(−x))",
            "y = 1 / (1 + exp(-x))",
        ),
    ),
    ":dropout:nop": (
        Entry(
            N_("Does nothing: dropout sets numbers to 0 at random only while a model is trained."),
            "y = x",
            "y = x",
            "Srivastava et al. 2014",
        ),
    ),
    ":dropout": (
        Entry(
            N_(
                "Dropout: sets each of the {numbers} to 0 with probability {p} and scales up the "
                "others, because the model is in training mode."
            ),
            "y = x · r / (1 − p), r = 0 with probability p, else 1",
            "y = x * r / (1 - p), r = 0 with probability p, else 1",
            "Srivastava et al. 2014",
        ),
        Entry(N_("Applies dropout, which sets numbers to 0 at random in training.")),
    ),
}
