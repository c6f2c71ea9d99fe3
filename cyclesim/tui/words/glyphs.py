"""The few signs the screen uses, and the same in plain ASCII.

Several of them are of ambiguous width in East Asian terminals; `--ascii` is the way out.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASCII", "UNICODE", "Glyphs"]

_PLAIN = {
    "→": "->", "←": "<-", "·": "-", "×": "x", "…": "...", "µ": "u", "√": "sqrt", "Σ": "sum",
    "∑": "sum", "−": "-", "–": "-", "—": "-", "∞": "inf", "≤": "<=", "≥": ">=", "ᵀ": "^T",
    "σ": "sigma", "μ": "mu", "ε": "eps", "γ": "gamma", "β": "beta", "Φ": "Phi", "α": "alpha",
    "⊙": "*", "∈": "in", "≠": "!=", "²": "^2", "½": "1/2", "π": "pi", "✓": "+", "✗": "x",
    "’": "'", "‘": "'", "“": '"', "”": '"', "∥": "|", "‖": "|", "÷": "/", "≈": "~", "⌊": "[",
    "⌋": "]", "ₖ": "_k", "ᵢ": "_i", "ⱼ": "_j", "∣": "|", "∂": "d", "∇": "grad", "⋅": ".", "●": "@",
}  # fmt: skip
_TABLE = str.maketrans(_PLAIN)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Signs by meaning."""

    ascii: bool = False
    now: str = "▼"
    done: str = "✓"
    current: str = "▶"
    waiting: str = "·"
    open: str = "▾"
    closed: str = "▸"
    fetched: str = "←"
    feeds: str = "→"
    yes: str = "✓"
    no: str = "✗"
    dot: str = "·"
    stop: str = "●"
    edited: str = "*"
    downstream: str = "~"
    nan: str = "!"
    differs: str = "≠"
    bookmark: str = "'"
    wait: str = "="
    cursor: str = "+"
    ellipsis: str = "…"

    def text(self, text: str) -> str:
        """Our own words (never the user's) in the characters that are allowed."""
        if not self.ascii:
            return text
        plain = text.translate(_TABLE)
        return plain if plain.isascii() else plain.encode("ascii", "replace").decode()


UNICODE = Glyphs()
ASCII = Glyphs(
    ascii=True, now="v", done="x", current=">", waiting=".", open="-", closed="+", fetched="<-",
    feeds="->", yes="ok", no="!!", dot="-", stop="@", differs="#", ellipsis="..",
)  # fmt: skip
