"""The few signs the screen uses, and the same in plain ASCII.

Several of them are of ambiguous width in East Asian terminals; `--ascii` is the way out.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["ASCII", "UNICODE", "Glyphs"]

_PLAIN = {
    "→": "->", "←": "<-", "·": "-", "×": "x", "…": "...", "µ": "u", "√": "sqrt", "Σ": "sum",
    "∑": "sum", "−": "-", "–": "-", "—": "-", "∞": "inf", "≤": "<=", "≥": ">=", "ᵀ": "^T",
    "σ": "sigma", "μ": "mu", "ε": "eps", "γ": "gamma", "β": "beta", "Φ": "Phi", "α": "alpha",
    "⊙": "*", "∈": "in", "≠": "!=", "²": "^2", "½": "1/2", "π": "pi", "✓": "+", "✗": "x",
    "’": "'", "‘": "'", "“": '"', "”": '"', "∥": "|", "‖": "|", "÷": "/", "≈": "~", "⌊": "[",
    "⌋": "]", "ₖ": "_k", "ᵢ": "_i", "ⱼ": "_j", "∣": "|", "∂": "d", "∇": "grad", "⋅": ".", "●": "@",
    "\u0302": "^",  # of x̂
}  # fmt: skip
_TABLE = str.maketrans(_PLAIN)


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    """`sign`, if terminals agree on its width: a letter, or a sign as wide as a Chinese one."""
    letter = unicodedata.category(sign)[0] in "LMN"
    return sign if sign.isascii() or letter or unicodedata.east_asian_width(sign) in "WF" else "?"


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
        """Our own words in the characters that are allowed.

        Letters stay as they are, of whatever writing: those of a text, and a language's own.
        """
        if not self.ascii:
            return text
        plain = text.translate(_TABLE)
        return plain if plain.isascii() else "".join(map(_plain, plain))


UNICODE = Glyphs()
ASCII = Glyphs(
    ascii=True, now="v", done="x", current=">", waiting=".", open="-", closed="+", fetched="<-",
    feeds="->", yes="ok", no="!!", dot="-", stop="@", differs="#", ellipsis="..",
)  # fmt: skip
