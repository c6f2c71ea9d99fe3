"""The rest of a block: residual connections, layer norm, the feed-forward network."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["BLOCK"]

_GELU = "Hendrycks & Gimpel 2016, section 2"
_PART = Entry(
    N_(
        "One part of an activation function that is written out in several steps ({module}): "
        "`{op}` reads {read} and writes {written}."
    )
)

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
    "layernorm.layernorm:layer_norm": (
        Entry(
            N_(
                "Normalises the {width} numbers of {each_token} to mean 0 and variance 1, then "
                "scales and shifts each by a learned γ and β."
            ),
            "y = (x − μ) / √(σ² + ε) · γ + β",
            "y = (x - mean) / sqrt(var + eps) * gamma + beta",
            "Ba et al. 2016, eq. 4",
        ),
        Entry(
            N_(
                "Normalises each vector of {width} numbers to mean 0 and variance 1, then scales "
                "and shifts each by a learned γ and β."
            ),
            "y = (x − μ) / √(σ² + ε) · γ + β",
            "y = (x - mean) / sqrt(var + eps) * gamma + beta",
            "Ba et al. 2016, eq. 4",
        ),
    ),
    "layernorm.layernorm:rms_norm": (
        Entry(
            N_(
                "Divides the {width} numbers of {each_token} by their root mean square, then "
                "scales each by a learned γ."
            ),
            "y = x / √(mean(x²) + ε) · γ",
            "y = x / sqrt(mean(x^2) + eps) * gamma",
            "Zhang & Sennrich 2019, eq. 4",
        ),
    ),
    "layernorm.layernorm": (
        Entry(
            N_(
                "One part of a normalisation that is written out in several steps ({module}): "
                "`{op}` reads {read} and writes {written}."
            )
        ),
    ),
    "ffn.intermediate": (
        Entry(
            N_(
                "{widens} the vector of {each_token} {in_to_out} numbers: the first linear layer "
                "of the feed-forward network, which treats every token by itself."
            ),
            "h = x Wᵀ + b",
            "h = x W^T + b",
            "Vaswani et al. 2017, eq. 2",
        ),
        Entry(
            N_(
                "The first linear layer of the feed-forward network ({layer_shape}), which treats "
                "every token by itself."
            ),
            "h = x Wᵀ + b",
            "h = x W^T + b",
            "Vaswani et al. 2017, eq. 2",
        ),
    ),
    "ffn.activation:mul": (_PART,),
    "ffn.activation:add": (_PART,),
    "ffn.activation:pow": (_PART,),
    "ffn.output.dense": (
        Entry(
            N_(
                "Brings the vector of {each_token} back {in_to_out} numbers: the second linear "
                "layer of the feed-forward network."
            ),
            "y = h Wᵀ + b",
            "y = h W^T + b",
            "Vaswani et al. 2017, eq. 2",
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
            _GELU,
        ),
        Entry(
            N_("Applies GELU to each of the {numbers}: large ones pass, negative ones fade to 0."),
            "y = x · Φ(x)",
            "y = x * Phi(x), Phi the normal distribution function",
            _GELU,
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
