"""One name for one operation: `__iadd__`, `add_` and `torch.add` are all `add`."""

from __future__ import annotations

from functools import cache

__all__ = ["canonical"]

#: Python's operator names that differ from the torch function they call.
_OPERATORS = {
    "truediv": "div",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "invert": "bitwise_not",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
    "true_divide": "div",
    "divide": "div",
    "multiply": "mul",
    "subtract": "sub",
    "negative": "neg",
    "absolute": "abs",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "not_equal": "ne",
    "special_softmax": "softmax",
    "special_expit": "sigmoid",
    "clip": "clamp",
    "concat": "cat",
    "concatenate": "cat",
}
#: Prefixes that Python gives to the reflected (`r`) and in-place (`i`) forms of an operator.
_REFLECTED = frozenset(
    "add sub mul div truediv floordiv mod pow and or xor lshift rshift matmul".split()
)


@cache
def canonical(op: str) -> str:
    """The plain name of a torch or host function.

    Example: `canonical("__rsub__")` is `"sub"`, `canonical("numpy.argmax")` is `"argmax"`.
    """
    name = op.rpartition(".")[2]
    if name.startswith("__") and name.endswith("__"):
        name = name[2:-2]
        if name[:1] in ("r", "i") and name[1:] in _REFLECTED:
            name = name[1:]
    elif not name.startswith("_"):
        name = name.rstrip("_")
    if name in ("rsub", "rdiv", "rpow"):
        name = name[1:]
    return _OPERATORS.get(name, name)
