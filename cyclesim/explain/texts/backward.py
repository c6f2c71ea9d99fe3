"""What each function's backward does, and its formulas. Data, to be read.

g is the gradient of the loss with respect to what the forward cycle wrote, ∂L/∂y, of the shape of
y; each formula is the chain rule for one operand (Rumelhart, Hinton & Williams 1986).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyclesim.language import N_

__all__ = ["BACKWARD", "Gradient"]

#: A formula in symbols and in ASCII.
Formula = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Gradient:
    """One explanation.

    Attributes:
        sentence: with `{forward}`, the number of the forward cycle, and other facts.
        formulas: by the name of the output (`grad input`), in symbols and in ASCII.
    """

    sentence: str
    formulas: Mapping[str, Formula] = field(default_factory=dict)


#: Of a sum: the gradient passes to both sides.
_PASSED: dict[str, Formula] = {
    "grad input": ("∂L/∂x = g", "dL/dx = g"),
    "grad other": ("∂L/∂y = g", "dL/dy = g"),
}


_LINEAR = N_(
    "Differentiates the linear layer of cycle {forward}: the gradient goes back through the "
    "weights to what the layer read, and each weight gets its input times its output's gradient, "
    "summed over all places."
)
_MATMUL = {
    "grad input": ("∂L/∂A = G Bᵀ", "dL/dA = G B^T"),
    **dict.fromkeys(("grad other", "grad mat2"), ("∂L/∂B = Aᵀ G", "dL/dB = A^T G")),
}
_SCALE: dict[str, Formula] = {
    "grad input": ("∂L/∂x = g y", "dL/dx = g y"),
    "grad other": ("∂L/∂y = g x", "dL/dy = g x"),
}
_GELU = (
    "∂L/∂x = g (Φ(x) + x φ(x))", "dL/dx = g (Phi(x) + x phi(x))",
)  # fmt: skip

#: Keys are `unit.step:op`, `unit.step` or `:op`, with the name of the forward's function.
BACKWARD: Mapping[str, Gradient] = {
    "loss.cross_entropy": Gradient(
        N_(
            "Here the gradient begins: for each of the {rows} rows it is what the model said minus "
            "what it should have said, the probabilities minus 1 at the right class, divided by "
            "the {labelled} that have a label. A row without a label gets 0."
        ),
        {"grad input": ("∂L/∂z = (p − 1[y]) / N", "dL/dz = (p - 1[y]) / N")},
    ),
    ":cross_entropy": Gradient(
        N_(
            "Here the gradient begins: it is what the model said minus what it should have said, "
            "the probabilities minus 1 at the right class, divided by how many have a label."
        ),
        {"grad input": ("∂L/∂z = (p − 1[y]) / N", "dL/dz = (p - 1[y]) / N")},
    ),
    ":mse_loss": Gradient(
        N_("Here the gradient begins: twice the distance to what was wanted, divided by how many."),
        {"grad input": ("∂L/∂x = 2 (x − y) / N", "dL/dx = 2 (x - y) / N")},
    ),
    ":linear": Gradient(
        _LINEAR,
        {
            "grad input": ("∂L/∂x = g W", "dL/dx = g W"),
            "grad weight": ("∂L/∂W = gᵀ x", "dL/dW = g^T x"),
            "grad bias": ("∂L/∂b = Σ g", "dL/db = sum g"),
        },
    ),
    ":addmm": Gradient(
        _LINEAR,
        {
            "grad mat1": ("∂L/∂x = g Wᵀ", "dL/dx = g W^T"),
            "grad mat2": ("∂L/∂W = xᵀ g", "dL/dW = x^T g"),
            "grad input": ("∂L/∂b = Σ g", "dL/db = sum g"),
        },
    ),
    "attention.scores": Gradient(
        N_(
            "Differentiates the scores of cycle {forward}: each query gets the keys, weighted by "
            "the gradients of its scores, and each key the queries."
        ),
        {
            "grad input": ("∂L/∂Q = G K", "dL/dQ = G K"),
            **dict.fromkeys(("grad other", "grad mat2"), ("∂L/∂Kᵀ = Qᵀ G", "dL/dK^T = Q^T G")),
        },
    ),
    "attention.context": Gradient(
        N_(
            "Differentiates the context of cycle {forward}: a probability's gradient is how well "
            "its value suits the gradient of the context, and a value gets the gradients of all "
            "contexts that it went into, weighted by its probabilities."
        ),
        {
            "grad input": ("∂L/∂P = G Vᵀ", "dL/dP = G V^T"),
            **dict.fromkeys(("grad other", "grad mat2"), ("∂L/∂V = Pᵀ G", "dL/dV = P^T G")),
        },
    ),
    **dict.fromkeys(
        (":matmul", ":bmm", ":mm"),
        Gradient(
            N_(
                "Differentiates the matrix product of cycle {forward}: each operand's gradient is "
                "a product of the gradient with the other operand."
            ),
            _MATMUL,
        ),
    ),
    ":scaled_dot_product_attention": Gradient(
        N_(
            "Differentiates the whole attention of cycle {forward} in one kernel: the gradients of "
            "queries, keys and values, through the softmax between them."
        ),
        {
            "grad query": ("∂L/∂Q = G_s K / √d", "dL/dQ = G_s K / sqrt(d)"),
            "grad key": ("∂L/∂K = G_sᵀ Q / √d", "dL/dK = G_s^T Q / sqrt(d)"),
            "grad value": ("∂L/∂V = Pᵀ G", "dL/dV = P^T G"),
        },
    ),
    ":softmax": Gradient(
        N_(
            "Differentiates the softmax of cycle {forward}: a score's gradient is its probability "
            "times how far the gradient of that probability is above the average of its row. So "
            "each row of gradients sums to 0: what one score gains the others lose."
        ),
        {"grad input": ("∂L/∂sⱼ = pⱼ (gⱼ − Σₖ pₖ gₖ)", "dL/ds_j = p_j (g_j - sum_k p_k g_k)")},
    ),
    ":log_softmax": Gradient(
        N_("Differentiates the log-softmax of cycle {forward}."),
        {"grad input": ("∂L/∂zⱼ = gⱼ − pⱼ Σₖ gₖ", "dL/dz_j = g_j - p_j sum_k g_k")},
    ),
    ":layer_norm": Gradient(
        N_(
            "Differentiates the normalisation of cycle {forward}: what would only shift or stretch "
            "a whole vector is taken out of the gradient, for the norm would undo it. γ and β get "
            "sums over all places."
        ),
        {
            "grad input": (
                "∂L/∂x = (h − mean(h) − x̂ mean(h x̂)) / √(σ² + ε), h = g γ",
                "dL/dx = (h - mean(h) - n mean(h n)) / sqrt(var + eps), h = g gamma",
            ),
            "grad weight": ("∂L/∂γ = Σ g x̂", "dL/dgamma = sum g n"),
            "grad bias": ("∂L/∂β = Σ g", "dL/dbeta = sum g"),
        },
    ),
    ":gelu": Gradient(
        N_(
            "Differentiates GELU at the numbers that cycle {forward} read: where they were large "
            "the gradient passes, where they were far below 0 it is stopped."
        ),
        {"grad input": _GELU},
    ),
    ":relu": Gradient(
        N_("The gradient passes where cycle {forward} let a number pass, and is 0 elsewhere."),
        {"grad input": ("∂L/∂x = g where x > 0, else 0", "dL/dx = g where x > 0, else 0")},
    ),
    ":silu": Gradient(
        N_("Differentiates SiLU at the numbers that cycle {forward} read."),
        {
            "grad input": (
                "∂L/∂x = g σ(x) (1 + x (1 − σ(x)))",
                "dL/dx = g sigmoid(x) (1 + x (1 - sigmoid(x)))",
            )
        },
    ),
    ":tanh": Gradient(
        N_(
            "Differentiates the hyperbolic tangent of cycle {forward}: where it had come near −1 "
            "or 1, hardly any gradient passes."
        ),
        {"grad input": ("∂L/∂x = g (1 − y²)", "dL/dx = g (1 - y^2)")},
    ),
    ":sigmoid": Gradient(
        N_(
            "Differentiates the sigmoid of cycle {forward}: near 0 and 1 hardly any gradient "
            "passes."
        ),
        {"grad input": ("∂L/∂x = g y (1 − y)", "dL/dx = g y (1 - y)")},
    ),
    "residual.residual": Gradient(
        N_(
            "The residual of cycle {forward} added two tensors, so the gradient passes to both "
            "unchanged: past the layer it goes on as it came, which is why deep models can be "
            "trained at all."
        ),
        _PASSED,
    ),
    ":add": Gradient(
        N_(
            "Cycle {forward} added, so the gradient passes unchanged to what was added; where a "
            "tensor was used for several places, their gradients are summed."
        ),
        _PASSED,
    ),
    ":sub": Gradient(
        N_("Cycle {forward} subtracted: the gradient passes, to what was subtracted with a minus."),
        {
            "grad input": ("∂L/∂x = g", "dL/dx = g"),
            "grad other": ("∂L/∂y = −g", "dL/dy = -g"),
        },
    ),
    "attention.scale": Gradient(
        N_("Scales the gradient by the same factor by which cycle {forward} scaled the scores."),
        {"grad input": ("∂L/∂s = g / √d", "dL/ds = g / sqrt(d)")},
    ),
    ":mul": Gradient(
        N_(
            "Cycle {forward} multiplied: each factor's gradient is the gradient times the other "
            "one."
        ),
        _SCALE,
    ),
    ":div": Gradient(
        N_("Differentiates the division of cycle {forward}."),
        {
            "grad input": ("∂L/∂x = g / y", "dL/dx = g / y"),
            "grad other": ("∂L/∂y = −g x / y²", "dL/dy = -g x / y^2"),
        },
    ),
    ":pow": Gradient(
        N_("Differentiates the power of cycle {forward}."),
        {"grad input": ("∂L/∂x = g n xⁿ⁻¹", "dL/dx = g n x^(n-1)")},
    ),
    ":rsqrt": Gradient(
        N_("Differentiates 1/√x of cycle {forward}."),
        {"grad input": ("∂L/∂x = −g y³ / 2", "dL/dx = -g y^3 / 2")},
    ),
    ":mean": Gradient(
        N_("Cycle {forward} averaged, so each number gets its share of the gradient."),
        {"grad input": ("∂L/∂x = g / n", "dL/dx = g / n")},
    ),
    ":sum": Gradient(
        N_("Cycle {forward} summed, so each number gets the whole gradient."),
        {"grad input": ("∂L/∂x = g", "dL/dx = g")},
    ),
    ":dropout": Gradient(
        N_(
            "What dropout dropped in cycle {forward} gets no gradient; the rest is scaled up as it "
            "was there."
        ),
        {"grad input": ("∂L/∂x = g m, m = 0 or 1/(1 − p)", "dL/dx = g m, m = 0 or 1/(1 - p)")},
    ),
    ":masked_fill": Gradient(
        N_("The gradient passes where cycle {forward} did, and is 0 where it put a mask."),
        {
            "grad input": (
                "∂L/∂x = g where not masked, else 0",
                "dL/dx = g where not masked, else 0",
            )
        },
    ),
    ":where": Gradient(
        N_("Cycle {forward} chose between two: the gradient goes to the one that it took."),
        {
            "grad x": ("∂L/∂x = g where c, else 0", "dL/dx = g where c, else 0"),
            "grad y": ("∂L/∂y = 0 where c, else g", "dL/dy = 0 where c, else g"),
        },
    ),
    ":einsum": Gradient(
        N_(
            "Differentiates the sum of products of cycle {forward}: each operand's gradient is the "
            "gradient times the other operand, summed over the axes that it does not have."
        ),
    ),
    **dict.fromkeys(
        (":conv1d", ":conv2d", ":conv3d"),
        Gradient(
            N_(
                "Differentiates the convolution of cycle {forward}: what was read gets the "
                "gradient of every output that read it, times the weight that it was read with, "
                "and each weight its inputs times the gradients of their outputs, over all places."
            ),
            {
                "grad input": (
                    "∂L/∂x[i] = Σ g[t] w[k] over i = t s + k d − p",
                    "dL/dx[i] = sum g[t] w[k] over i = t s + k d - p",
                ),
                "grad weight": (
                    "∂L/∂w[k] = Σₜ g[t] x[t s + k d − p]",
                    "dL/dw[k] = sum_t g[t] x[t s + k d - p]",
                ),
                "grad bias": ("∂L/∂b = Σ g", "dL/db = sum g"),
            },
        ),
    ),
    "attention.mask": Gradient(
        N_(
            "Cycle {forward} added a mask, so the gradient passes unchanged to the scores; the "
            "mask itself learns nothing."
        ),
        _PASSED,
    ),
    ":embedding": Gradient(
        N_(
            "Adds the gradient of each place to the row of the table that cycle {forward} looked "
            "up for it. All other rows get 0."
        ),
        {
            "grad weight": (
                "∂L/∂W[i] = Σ gₜ over t with id i",
                "dL/dW[i] = sum g_t over t with id i",
            )
        },
    ),
    **dict.fromkeys(
        (":getitem", ":gather", ":index_select"),
        Gradient(
            N_(
                "Cycle {forward} took some of the numbers: each gets the gradient of the places "
                "that it was taken to, and what was left out gets 0."
            ),
            dict.fromkeys(
                ("grad self", "grad input"),
                ("∂L/∂x[i] = Σ gₜ over t taken from i", "dL/dx[i] = sum g_t over t taken from i"),
            ),
        ),
    ),
    **dict.fromkeys(
        (":repeat", ":expand", ":expand_as", ":broadcast_to"),
        Gradient(
            N_("Cycle {forward} copied: each number gets the sum of the gradients of its copies."),
            dict.fromkeys(
                ("grad self", "grad input"),
                ("∂L/∂x = Σ g over the copies", "dL/dx = sum g over the copies"),
            ),
        ),
    ),
    ":pad": Gradient(
        N_("Takes off what cycle {forward} put around: padding learns nothing."),
    ),
    **dict.fromkeys(
        (":cat", ":stack"),
        Gradient(N_("Cycle {forward} put tensors side by side: each gets its part back.")),
    ),
}
