"""Numbers with units, for people: `1.6 kFLOP`, `9 µs`, `4.1 kB`.

The rules, the same everywhere: three significant digits, trailing zeros dropped, decimal prefixes
(1 kB is 1,000 bytes), rounded before the prefix is chosen (999,999 B is 1 MB), a space before the
unit. What is below one base unit is shown as it is (`0.5 ns`), what is not known as `–`.
"""

from __future__ import annotations

import math

__all__ = ["UNKNOWN", "amount", "duration", "factor", "flops", "number", "rate", "size"]

#: Written where a number is not known.
UNKNOWN = "–"
_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
_TIMES = ("ns", "µs", "ms", "s")


def number(value: float, digits: int = 3) -> str:
    """`value` with `digits` significant digits, trailing zeros dropped, never in powers of ten.

    Example: `number(1234.5)` is `1230`; `number(0.05004)` is `0.05`.
    """
    if not math.isfinite(value):
        return str(value)
    rounded = float(f"{value:.{digits - 1}e}")
    if rounded == 0:
        return "0"
    places = max(digits - 1 - math.floor(math.log10(abs(rounded))), 0)
    text = f"{rounded:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float | None, unit: str = "", *, space: str = " ") -> str:
    """`value` with a decimal prefix: `amount(1600, "FLOP")` is `1.6 kFLOP`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    scaled, step = _scale(value, len(_PREFIXES) - 1)
    tail = f"{_PREFIXES[step]}{unit}"
    return f"{number(scaled)}{space}{tail}" if tail else number(scaled)


def flops(value: float | None) -> str:
    """Floating-point operations: `1.6 kFLOP`."""
    return amount(value, "FLOP")


def size(nbytes: float | None) -> str:
    """Bytes: `4.1 kB`, decimal."""
    return amount(nbytes, "B")


def rate(operations: float, ns: float | None) -> str:
    """Operations in a time of `ns` nanoseconds: `2.4 GFLOP/s`; not known without a time."""
    return amount(operations / ns * 1e9, "FLOP/s") if ns and operations else UNKNOWN


def duration(ns: float | None, *, ascii: bool = False) -> str:
    """Nanoseconds: `9 µs`, `1.23 ms`, `2 s`; minutes from 120 s: `2 min 5 s`."""
    if ns is None or not math.isfinite(ns):
        return UNKNOWN if not ascii else "-"
    if abs(ns) >= 120e9:
        minutes, seconds = divmod(round(ns / 1e9), 60)
        return f"{minutes:,} min {seconds} s" if seconds else f"{minutes:,} min"
    scaled, step = _scale(ns, len(_TIMES) - 1)
    unit = "us" if ascii and _TIMES[step] == "µs" else _TIMES[step]
    return f"{number(scaled)} {unit}"


def factor(value: float | None, *, ascii: bool = False) -> str:
    """A ratio: `×1.07`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN if not ascii else "-"
    return ("x" if ascii else "×") + number(value)


def _scale(value: float, most: int) -> tuple[float, int]:
    """Divide by thousands until three digits are left; round first, so that 999.9 becomes 1 k."""
    step = 0
    while step < most and abs(float(f"{value:.2e}")) >= 1000:
        value, step = value / 1000, step + 1
    return value, step
