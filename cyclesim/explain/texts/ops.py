"""What a torch function does, whatever part of a model calls it."""

from cyclesim.explain.entry import Entry, Table
from cyclesim.language import N_

__all__ = ["OPS"]


def _one(sentence: str, formula: str = "", ascii_: str = "") -> tuple[Entry, ...]:
    return (Entry(sentence, formula, ascii_),)


def _elementwise(formula: str, ascii_: str, *sentences: str) -> tuple[Entry, ...]:
    return tuple(Entry(sentence, formula, ascii_) for sentence in sentences)


_COMPARES = N_("Compares element by element and writes true or false: {out}.")
_MATMUL = _one(
    N_("Multiplies two matrices: each number of {out} is a sum of {terms}."),
    "cᵢⱼ = Σₖ aᵢₖ bₖⱼ",
    "c_ij = sum_k a_ik b_kj",
)

OPS: Table = {
    ":nop": _one(N_("Ran `{op}` and changed nothing."), "y = x", "y = x"),
    ":linear": _one(N_("Applies a linear layer ({layer_shape})."), "y = x Wᵀ + b", "y = x W^T + b"),
    ":addmm": _one(
        N_("Applies a linear layer ({layer_shape}): a matrix product and a bias."),
        "y = x W + b",
        "y = x W + b",
    ),
    ":matmul": _MATMUL,
    ":bmm": _MATMUL,
    ":baddbmm": _one(
        N_("Adds a tensor to a batch of matrix products."),
        "y = β x + α a b",
        "y = beta x + alpha a b",
    ),
    ":add": _elementwise(
        "y = a + b",
        "y = a + b",
        N_("Adds {two} element by element: {a} and {b}."),
        N_("Adds the constant {scalar} to every number of {a}."),
        N_("Adds two operands element by element, into {out}."),
    ),
    ":mul": _elementwise(
        "y = a · b",
        "y = a * b",
        N_("Multiplies {two} element by element: {a} and {b}."),
        N_("Multiplies every number of {a} by the constant {scalar}."),
        N_("Multiplies two operands element by element, into {out}."),
    ),
    ":sub": _one(N_("Subtracts element by element, into {out}."), "y = a − b", "y = a - b"),
    ":div": _one(N_("Divides element by element, into {out}."), "y = a / b", "y = a / b"),
    ":pow": _one(N_("Raises every number to a power, into {out}."), "y = xᵖ", "y = x^p"),
    ":rsqrt": _one(N_("Takes 1 / square root of every number."), "y = 1/√x", "y = 1/sqrt(x)"),
    ":sqrt": _one(N_("Takes the square root of every number."), "y = √x", "y = sqrt(x)"),
    ":exp": _one(N_("Takes the exponential of every number."), "y = exp(x)", "y = exp(x)"),
    ":neg": _one(N_("Changes the sign of every number."), "y = −x", "y = -x"),
    ":cos": _one(N_("Takes the cosine of every number."), "y = cos(x)", "y = cos(x)"),
    ":sin": _one(N_("Takes the sine of every number."), "y = sin(x)", "y = sin(x)"),
    ":softmax": _one(
        N_("Turns numbers along one axis (dim={dim}) into weights that sum to 1."),
        "pᵢ = exp(xᵢ) / Σₖ exp(xₖ)",
        "p_i = exp(x_i) / sum_k exp(x_k)",
    ),
    ":layer_norm": _one(
        N_(
            "Normalises each vector of {width} numbers to mean 0 and variance 1, then scales and "
            "shifts it."
        ),
        "y = (x − μ) / √(σ² + ε) · γ + β",
        "y = (x - mean) / sqrt(var + eps) * gamma + beta",
    ),
    ":rms_norm": _one(
        N_("Divides each vector of {width} numbers by its root mean square, then scales it."),
        "y = x / √(mean(x²) + ε) · γ",
        "y = x / sqrt(mean(x^2) + eps) * gamma",
    ),
    **dict.fromkeys(
        (":lstm", ":gru", ":rnn_tanh", ":rnn_relu"),
        _one(
            N_(
                "Reads a sequence token by token, carrying a state from each to the next: {read} "
                "become {written}."
            ),
            "hₜ = f(xₜ, hₜ₋₁)",
            "h_t = f(x_t, h_(t-1))",
        ),
    ),
    **dict.fromkeys(
        (":lstm_cell", ":gru_cell", ":rnn_tanh_cell", ":rnn_relu_cell"),
        _one(
            N_(
                "Takes one step of a recurrent network: from one input and the state so far to the "
                "next state, {out}."
            ),
            "hₜ = f(xₜ, hₜ₋₁)",
            "h_t = f(x_t, h_(t-1))",
        ),
    ),
    ":embedding": _one(
        N_("Looks up one row of {row_width} for each id, in a table of {rows}."),
        "y = E[x]",
        "y = E[x]",
    ),
    ":mean": _one(N_("Averages along an axis, into {out}."), "y = Σ x / n", "y = sum(x) / n"),
    ":sum": _one(N_("Sums, into {out}."), "y = Σ x", "y = sum(x)"),
    ":cumsum": _one(
        N_("Sums up step by step along an axis."), "yᵢ = Σⱼ≤ᵢ xⱼ", "y_i = sum_{j<=i} x_j"
    ),
    ":argmax": _one(
        N_("Finds the place of the largest number."), "y = argmaxᵢ xᵢ", "y = argmax_i x_i"
    ),
    ":max": _one(N_("Finds the largest number, into {out}."), "y = max x", "y = max x"),
    ":min": _one(N_("Finds the smallest number, into {out}."), "y = min x", "y = min x"),
    ":all": _one(N_("Asks whether every element is true."), "∀ᵢ xᵢ", "all(x_i)"),
    ":any": _one(N_("Asks whether any element is true."), "∃ᵢ xᵢ", "any(x_i)"),
    ":eq": _one(_COMPARES, "a = b", "a == b"),
    ":ne": _one(_COMPARES, "a ≠ b", "a != b"),
    ":lt": _one(_COMPARES, "a < b", "a < b"),
    ":le": _one(_COMPARES, "a ≤ b", "a <= b"),
    ":gt": _one(_COMPARES, "a > b", "a > b"),
    ":ge": _one(_COMPARES, "a ≥ b", "a >= b"),
    ":where": _one(N_("Takes each number from one of two tensors, as a mask says, into {out}.")),
    ":masked_fill": _one(N_("Overwrites the places that a mask marks with one number.")),
    ":cat": _one(N_("Puts tensors one behind the other, into {out}.")),
    ":stack": _one(N_("Stacks tensors along a new axis, into {out}.")),
    ":gather": _one(N_("Picks numbers by their index, into {out}.")),
    ":index_select": _one(N_("Picks rows by their index, into {out}.")),
    ":getitem": _one(N_("Picks elements by their index, into {out}.")),
    ":setitem": _one(N_("Overwrites a part of a tensor of {out}.")),
    ":clone": _one(N_("Makes a copy of {read}.")),
    ":copy": _one(N_("Copies numbers into a tensor of {out}.")),
    **dict.fromkeys(
        (":to", ":type", ":type_as", ":float", ":half", ":bfloat16", ":long", ":int", ":bool"),
        _one(N_("Gives the same numbers another type or place: {out}.")),
    ),
    ":tensor": _one(N_("Makes a tensor of {out} from plain numbers.")),
    ":arange": _one(
        N_("Counts: makes the numbers of a range, {out}."), "0, 1, 2, …", "0, 1, 2, ..."
    ),
    ":einsum": _one(
        N_("Multiplies tensors and sums over the axes that they share: {read} become {written}.")
    ),
    ":conv1d": _one(
        N_("Slides a small window of weights along the tokens (a convolution), into {out}."),
        "yᵢ = Σₖ Wₖ xᵢ₊ₖ + b",
        "y_i = sum_k W_k x_(i+k) + b",
    ),
    ":abs": _one(N_("Takes the size of every number, without its sign."), "y = |x|", "y = |x|"),
    ":sign": _one(N_("Takes the sign of every number: −1, 0 or 1."), "y = sign(x)", "y = sign(x)"),
    ":log": _one(N_("Takes the natural logarithm of every number."), "y = ln(x)", "y = ln(x)"),
    ":ceil": _one(N_("Rounds every number up to a whole one."), "y = ⌈x⌉", "y = ceil(x)"),
    ":clamp": _one(N_("Keeps every number between two bounds, into {out}.")),
    ":bitwise_and": _one(
        N_("Says true where both operands are true, into {out}."), "a ∧ b", "a and b"
    ),
    ":bitwise_not": _one(
        N_("Turns true into false and false into true, into {out}."), "¬a", "not a"
    ),
    **dict.fromkeys(
        (":repeat", ":contiguous", ":reshape", ":flatten"),
        _one(N_("Writes numbers out several times that were there once: {read} become {written}.")),
    ),
    ":one_hot": _one(N_("Makes each number a row of zeros with a 1 at its place, into {out}.")),
    ":eye": _one(N_("Makes a matrix with ones on its diagonal, {out}.")),
    **dict.fromkeys(
        (":zeros_like", ":ones_like", ":full_like", ":new_zeros", ":new_ones"),
        _one(N_("Makes a tensor of {out} that holds one number everywhere.")),
    ),
    ":zeros": _one(N_("Makes a tensor of zeros, {out}.")),
    ":ones": _one(N_("Makes a tensor of ones, {out}.")),
    ":full": _one(N_("Makes a tensor filled with one number, {out}.")),
}
