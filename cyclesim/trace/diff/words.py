"""Words that differences are told in."""

from __future__ import annotations

from collections.abc import Sequence

from cyclesim.language import tr
from cyclesim.trace.cycle import Cycle

__all__ = ["cosine_text", "names_text", "setting_text", "tokens_text"]


def cosine_text(cosine: float | None) -> str:
    """Nine digits, or how far below 1 it is where nine digits would round to 1."""
    if cosine is None:
        return tr("undefined")
    return f"1 − {1 - cosine:.1g}" if 0 < 1 - cosine < 5e-8 else f"{cosine:.9g}"


def setting_text(name: str, one: str, other: str) -> str:
    """`attention: eager and sdpa`: what two runs were made with."""
    text = tr("{name}: {one} and {other}")
    return text.format(name=tr(name), one=one or tr("none"), other=other or tr("none"))


def names_text(cycles: Sequence[Cycle], most: int = 4) -> str:
    """The numbers and names of the first of `cycles`, and how many more there are."""
    names = ", ".join(f"{c.number} {c.label}" for c in cycles[:most])
    if len(cycles) <= most:
        return names
    return tr("{names} and {count} more").format(names=names, count=f"{len(cycles) - most:,}")


def tokens_text(a: Sequence[str], b: Sequence[str]) -> str:
    """Which token is the first that differs, or how many there are of each."""
    if len(a) != len(b):
        return tr("tokens: {one} and {other}").format(one=f"{len(a):,}", other=f"{len(b):,}")
    place = next(i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
    text = tr("tokens: the first that differs is number {number}, {one} and {other}")
    return text.format(number=place, one=ascii(a[place]), other=ascii(b[place]))
