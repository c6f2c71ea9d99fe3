"""How a value is written: what may stand after the bar in `{{ value | .2f }}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cyclesim.lessons.expression import ExpressionError
from cyclesim.lessons.views import TensorView, is_number

__all__ = ["FORMATS", "written"]

_NUMBER = re.compile(r",?(\.\d{1,2}[fe])?|\+\.\d{1,2}f")
_SCALES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))

_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()
_CHINESE = "零 一 两 三 四 五 六 七 八 九 十".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
).split()


def written(value: Any, form: str, language: str) -> str:
    """`value` in the form that stands after the bar; "" for the usual one.

    Raises:
        ExpressionError: there is no such form, or the value has none by itself.
    """
    form = form.strip()
    if form in FORMATS:
        return FORMATS[form](value, language)
    if form and not _NUMBER.fullmatch(form):
        raise ExpressionError(
            f"there is no form {form!r}: write .2f, or one of {', '.join(FORMATS)}"
        )
    if form and not is_number(value):
        raise ExpressionError(f"{form!r} is a form of numbers")
    if form:
        return format(value, form).replace("-", "−")
    return _usual(value, language)


def _usual(value: Any, language: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, TensorView):
        raise ExpressionError("a tensor is no text: ask for one number of it, or its shape")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace("-", "−")
    if isinstance(value, float):
        raise ExpressionError(f"how many digits of {value} are to be shown? Write | .2f")
    if isinstance(value, tuple) and all(type(n) is int for n in value):
        return "[" + ",".join(map(str, value)) + "]"
    raise ExpressionError(f"{type(value).__name__} cannot be shown")


def _words(value: Any, language: str) -> str:
    count = _count(value)
    known = _CHINESE if language == "zh" else _ENGLISH
    return known[count] if count < len(known) else str(count)


def _ordinal(value: Any, language: str) -> str:
    count = _count(value)
    if language == "zh":
        return "第" + ("二" if count == 2 else _words(count, language))
    return _ORDINALS[count] if count < len(_ORDINALS) else f"{count}th"


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ExpressionError("only a count can be spelt out")
    return value


def _list(value: Any, language: str) -> str:
    if not isinstance(value, tuple) or not value:
        raise ExpressionError("only a list can be joined, and not an empty one")
    items = [str(item) for item in value]
    if len(items) == 1:
        return items[0]
    if language == "zh":
        return "、".join(items[:-1]) + " 和 " + items[-1]
    return ", ".join(items[:-1]) + " and " + items[-1]


def _row(value: Any, language: str) -> str:
    """The parts of a list beside each other: two digits of a number, and the label it is of."""
    view = isinstance(value, TensorView)
    parts: Sequence[Any] = value.numbers if view else value
    said = [f"{x:.2f}".replace("-", "−") if isinstance(x, float) else str(x) for x in parts]
    if view and value.labels:
        said = [f"{label} {x}" for label, x in zip(value.labels, said, strict=True)]
    return "  ".join(said)


def _percent(value: Any, language: str) -> str:
    return f"{float(value):.0%}" if float(value) >= 0.1 else f"{float(value):.1%}"


def _short(value: Any, language: str) -> str:
    """`1.97 M`: three digits and a prefix."""
    for size, prefix in _SCALES:
        if abs(value) >= size:
            return f"{value / size:.3g} {prefix}"
    return f"{value:g}"


def _quoted(value: Any, language: str) -> str:
    return f"“{value}”"


def _yes(value: Any, language: str) -> str:
    return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")


#: The forms that have a name.
FORMATS: Mapping[str, Callable[[Any, str], str]] = {
    "given": _usual,
    "words": _words,
    "ordinal": _ordinal,
    "list": _list,
    "row": _row,
    "percent": _percent,
    "short": _short,
    "quoted": _quoted,
    "yes": _yes,
}
