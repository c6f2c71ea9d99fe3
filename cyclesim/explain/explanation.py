"""What `explain` hands out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Explanation", "ascii_text"]

_ASCII = {
    "→": "->",
    "←": "<-",
    "×": "x",
    "·": "*",
    "ᵀ": "^T",
    "−": "-",
    "–": "-",
    "—": "-",
    "…": "...",
    "“": '"',
    "”": '"',
    "’": "'",
    "÷": "/",
    "√": "sqrt",
    "σ": "s",
    "∞": "inf",
    "μ": "m",
    "γ": "g",
    "β": "b",
    "ε": "eps",
    "Φ": "Phi",
    "Σ": "sum ",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∂": "d",
    "λ": "wd",
    "η": "lr",
    "θ": "w",
    "φ": "phi",
    "‖": "|",
    "²": "^2",
    "³": "^3",
}


def ascii_text(text: str) -> str:
    """`text` with the symbols that explanations use spelled in ASCII; other characters stay."""
    for symbol, spelled in _ASCII.items():
        text = text.replace(symbol, spelled)
    return text


@dataclass(frozen=True, slots=True)
class Explanation:
    """One cycle, explained.

    Attributes:
        sentence: plain English, true of this very cycle, for somebody who is learning.
        formula: the computation in symbols, one or two lines; "" where there is none.
        formula_ascii: the same in ASCII.
        shapes: the same with the real shapes: `[1,4,9,32] @ [1,4,32,9] → [1,4,9,9]`.
        axes: for each output, the name of each of its axes: `(("batch", "head", "query", "key"),)`.
        source: where the formula was first written down, or "".
    """

    sentence: str
    formula: str
    formula_ascii: str
    shapes: str
    axes: tuple[tuple[str, ...], ...]
    source: str = ""

    @property
    def shapes_ascii(self) -> str:
        """`shapes` in ASCII."""
        return ascii_text(self.shapes)
