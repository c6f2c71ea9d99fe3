"""The feed-forward network: its layers, its gate, and GELU in its parts."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["FFN", "GELU"]

GELU = "Hendrycks & Gimpel 2016, section 2"
_EQ2 = "Vaswani et al. 2017, eq. 2"
_GLU = "Shazeer 2020, section 2"
_TANH_GELU = (
    "y ≈ x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))",
    "y ~ x/2 * (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))",
    GELU,
)
_PART = Entry(
    N_(
        "One part of an activation function that is written out in several steps ({module}): "
        "`{op}` reads {read} and writes {written}."
    )
)


def _one(sentence: str, formula: str = "", ascii_: str = "", source: str = "") -> tuple[Entry, ...]:
    return (Entry(sentence, formula, ascii_, source),)


_PARTS: Table = {
    "activation.half": _one(
        N_("Halves each of the {numbers}: the factor in front of GELU's bracket."),
        "x/2",
        "x/2",
        GELU,
    ),
    "activation.cube": _one(
        N_("Takes the third power of each of the {numbers}, for GELU's approximation."),
        "x³",
        "x^3",
        GELU,
    ),
    "activation.cube.scale": _one(
        N_("Multiplies the third powers by {scalar}, a constant that was fitted to GELU."),
        "0.044715 x³",
        "0.044715 x^3",
        GELU,
    ),
    "activation.inner": _one(
        N_("Adds the numbers themselves to their scaled third powers."),
        "x + 0.044715 x³",
        "x + 0.044715 x^3",
        GELU,
    ),
    "activation.inner.scale": _one(
        N_("Multiplies by {scalar}, which is √(2/π): what the hyperbolic tangent is taken of."),
        "√(2/π) (x + 0.044715 x³)",
        "sqrt(2/pi) (x + 0.044715 x^3)",
        GELU,
    ),
    "activation.tanh": _one(
        N_("Squeezes each of the {numbers} between −1 and 1, an S-curve from no to yes."),
        "tanh(√(2/π) (x + 0.044715 x³))",
        "tanh(sqrt(2/pi) (x + 0.044715 x^3))",
        GELU,
    ),
    "activation.plus_one": _one(
        N_("Adds 1, so that the S-curve goes from 0 to 2: GELU's bracket."),
        "1 + tanh(√(2/π) (x + 0.044715 x³))",
        "1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))",
        GELU,
    ),
    "activation:mul": (
        Entry(
            N_(
                "Multiplies the halves by the bracket, {a} by {b}: the {approximation} "
                "approximation of GELU, in which large numbers pass and negative ones fade to 0."
            ),
            *_TANH_GELU,
        ),
        _PART,
    ),
}

FFN: Table = {
    "ffn.intermediate": (
        Entry(
            N_(
                "{widens} the vector of {each_token} {in_to_out} numbers: the first linear layer "
                "of the feed-forward network, which treats every token by itself."
            ),
            "h = x Wᵀ + b",
            "h = x W^T + b",
            _EQ2,
        ),
        Entry(
            N_(
                "The first linear layer of the feed-forward network ({layer_shape}), which treats "
                "every token by itself."
            ),
            "h = x Wᵀ + b",
            "h = x W^T + b",
            _EQ2,
        ),
    ),
    "ffn.output.dense": (
        Entry(
            N_(
                "Brings the vector of {each_token} back {in_to_out} numbers: the second linear "
                "layer of the feed-forward network."
            ),
            "y = h Wᵀ + b",
            "y = h W^T + b",
            _EQ2,
        ),
    ),
    "ffn.gate": _one(
        N_(
            "Computes the gate of the feed-forward network ({layer_shape}): after the activation "
            "it says how much of each channel of the other branch passes."
        ),
        "g = x W_gᵀ",
        "g = x W_g^T",
        _GLU,
    ),
    "ffn.up": _one(
        N_(
            "Computes the branch of the feed-forward network that the gate acts on ({layer_shape})."
        ),
        "u = x W_uᵀ",
        "u = x W_u^T",
        _GLU,
    ),
    "ffn.gate_up": _one(
        N_(
            "Computes both branches of a gated feed-forward network in one linear layer "
            "({layer_shape}): the one that becomes the gate and the one that it acts on."
        ),
        "[g u] = x Wᵀ",
        "[g u] = x W^T",
        _GLU,
    ),
    "ffn.gate_product": _one(
        N_(
            "Multiplies the two branches number by number: {a} and {b}. Where the activated gate "
            "is near 0, a channel is shut."
        ),
        "h = act(g) · u",
        "h = act(g) * u",
        _GLU,
    ),
    "ffn.down": _one(
        N_(
            "Brings what passed the gate back {in_to_out} numbers: the last linear layer of the "
            "feed-forward network."
        ),
        "y = h Wᵀ",
        "y = h W^T",
        _GLU,
    ),
    **{
        f"{unit}.{part}": entries
        for unit in ("ffn", "classifier")
        for part, entries in _PARTS.items()
    },
    "ffn.activation:add": (_PART,),
    "ffn.activation:pow": (_PART,),
}
