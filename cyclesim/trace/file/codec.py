"""From a type hint to the pair of functions that write a value of that type as JSON and read it.

A field that is added to a dataclass is written, read and checked without a word here, and the
writer and the reader cannot drift apart. Fields that have their default value are left out. What is
read is somebody else's: every type, range and length is checked, and the wrong spot is named by its
path (`cycles[17].inputs[0].shape`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from cyclesim.language import tr
from cyclesim.trace.cycle import Call
from cyclesim.trace.file.limits import MAX_DEPTH, MAX_INTEGER, MAX_STRING, Wrong, beyond, quoted
from cyclesim.trace.tensor import TensorData

__all__ = ["Codec", "Place", "codec", "sequence", "text_out"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file the numbers of a value are.

    Attributes:
        tensor: name of the safetensors entry; "" for a value without elements.
        offset: bytes from the start of that entry to its first element.
        strides: bytes between neighbours, by dimension; None where the elements are contiguous.
    """

    tensor: str
    offset: int = 0
    strides: tuple[int, ...] | None = None


class Codec(NamedTuple):
    """Both take the value and the table of module calls."""

    encode: Callable[[Any, Any], Any]
    decode: Callable[[Any, Any], Any]


@cache
def codec(hint: Any) -> Codec:
    """The pair for a type hint.

    Raises:
        TypeError: a trace file has no form for it.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if origin in (Union, UnionType):
        return _optional(*(a for a in arguments if a is not NoneType))
    if origin is Literal:
        return _literal(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _STACK if arguments[0] is Call else sequence(tuple, codec(arguments[0]))
    if origin is list:
        return sequence(list, codec(arguments[0]))
    if origin is tuple:
        return _row(lambda items: tuple(items), [codec(a) for a in arguments])
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(codec(arguments[1])) if arguments[1] is not Any else _ANY_MAPPING
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        hints = get_type_hints(hint)
        return _row(lambda items: hint(*items), [codec(hints[f]) for f in hint._fields])
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"a trace file has no form for {hint!r}")


def _bool(value: Any, _: Any) -> Any:
    if not isinstance(value, bool):
        raise Wrong(tr("must be true or false"))
    return value


def _int(value: Any, _: Any) -> Any:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MAX_INTEGER:
        raise Wrong(tr("must be a whole number from 0 to 2**63 - 1"))
    return value


_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _float_out(value: Any, _: Any) -> Any:
    value = float(value)
    # JSON has no NaN and no infinity; as words they survive.
    return value if math.isfinite(value) else str(value)


def _float_in(value: Any, _: Any) -> Any:
    if isinstance(value, str) and value in _FLOATS:
        return _FLOATS[value]
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Wrong(tr("must be a number"))
    if not abs(value) < math.inf:
        raise Wrong(tr("must be a finite number"))
    return float(value)


def text_out(value: Any, _: Any) -> Any:
    """`value` as a text that UTF-8 can hold."""
    text = str(value)
    # A lone surrogate cannot be written in UTF-8.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _str_in(value: Any, _: Any) -> Any:
    if not isinstance(value, str):
        raise Wrong(tr("must be a text"))
    if len(value) > MAX_STRING:
        raise Wrong(
            beyond(tr("has {count:,} characters; the limit is {limit:,}"), len(value), MAX_STRING)
        )
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Wrong(tr("holds half a character (a lone surrogate)")) from None
    return value


def _optional(hint: Any) -> Codec:
    inner = codec(hint)
    return Codec(
        lambda value, calls: None if value is None else inner.encode(value, calls),
        lambda value, calls: None if value is None else inner.decode(value, calls),
    )


def _literal(words: tuple[Any, ...]) -> Codec:
    def decode(value: Any, _: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise Wrong(
                tr("must be one of {words}").format(words=", ".join(w or repr(w) for w in words))
            )
        return value

    return Codec(lambda value, _: value, decode)


def sequence(make: Callable[[Any], Any], inner: Codec) -> Codec:
    """The pair for a list of what `inner` is the pair for."""

    def decode(value: Any, calls: Any) -> Any:
        items = []
        for place, item in enumerate(_list(value)):
            try:
                items.append(inner.decode(item, calls))
            except Wrong as wrong:
                wrong.path.append(f"[{place}]")
                raise
        return make(items)

    return Codec(lambda value, calls: [inner.encode(v, calls) for v in value], decode)


def _row(make: Callable[[list[Any]], Any], inner: list[Codec]) -> Codec:
    """Fields by position, for named tuples: short, and their fields never change."""

    def decode(value: Any, calls: Any) -> Any:
        if len(_list(value)) != len(inner):
            raise Wrong(tr("must have {count} elements").format(count=len(inner)))
        return make([c.decode(v, calls) for c, v in zip(inner, value, strict=True)])

    def encode(value: Any, calls: Any) -> Any:
        return [c.encode(v, calls) for c, v in zip(inner, value, strict=True)]

    return Codec(encode, decode)


def _mapping(inner: Codec) -> Codec:
    def decode(value: Any, calls: Any) -> Any:
        return {
            _str_in(k, None): inner.decode(v, calls) for k, v in _object(value).items()
        }  # fmt: skip

    def encode(value: Any, calls: Any) -> Any:
        return {text_out(k, None): inner.encode(v, calls) for k, v in value.items()}

    return Codec(encode, decode)


def _record(cls: Any) -> Codec:
    hints = get_type_hints(cls)
    parts: dict[str, tuple[str, Codec, Any]] = {}
    for field in fields(cls):
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        # `_stats` is private to views, not to files.
        parts[field.name.lstrip("_")] = field.name, codec(hints[field.name]), default

    def encode(value: Any, calls: Any) -> Any:
        made = {}
        for key, (name, codec, default) in parts.items():
            item = getattr(value, name)
            # By type as well: 0 and False are equal, and a list does not equal a tuple.
            if type(item) is not type(default) or item != default:
                made[key] = codec.encode(item, calls)
        return made

    def decode(value: Any, calls: Any) -> Any:
        given = {}
        for key, item in _object(value).items():
            if key not in parts:
                raise Wrong(
                    tr("unknown field {field}: a newer cyclesim may have written it").format(
                        field=quoted(key)
                    )
                )
            name, codec, _ = parts[key]
            try:
                given[name] = codec.decode(item, calls)
            except Wrong as wrong:
                wrong.path.append(f".{key}")
                raise
        for key, (name, _, default) in parts.items():
            if default is MISSING and name not in given:
                raise Wrong(tr("has no {field!r}").format(field=key))
        return cls(**given)

    return Codec(encode, decode)


def _stack_out(value: Any, calls: dict[Call, int]) -> Any:
    return [calls.setdefault(call, len(calls)) for call in value]


def _stack_in(value: Any, calls: Sequence[Call]) -> Any:
    if any(not isinstance(n, int) or not 0 <= n < len(calls) for n in _list(value)):
        raise Wrong(tr("names a module call that is not in the file"))
    return tuple(calls[n] for n in value)


def _any_out(value: Any, depth: int = 0) -> Any:
    """Plain JSON types. `$` marks what JSON cannot say: `{"$": "nan"}`."""
    if depth > MAX_DEPTH:
        raise Wrong(tr("is nested deeper than {limit} levels").format(limit=MAX_DEPTH))
    if isinstance(value, Mapping):
        keyed = ((text_out(k, None), v) for k, v in value.items())
        return {"$" + k if k[:1] == "$" else k: _any_out(v, depth + 1) for k, v in keyed}
    if isinstance(value, (list, tuple)):
        return [_any_out(v, depth + 1) for v in value]
    if hasattr(value, "tolist"):  # a NumPy number or array
        return _any_out(value.tolist(), depth)
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": str(value)}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return text_out(value, None)


def _any_in(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise Wrong(tr("is nested deeper than {limit} levels").format(limit=MAX_DEPTH))
    if isinstance(value, dict):
        if value.keys() == {"$"} and value["$"] in ("nan", "inf", "-inf"):
            return _FLOATS[value["$"]]
        keyed = ((_str_in(k, None), v) for k, v in value.items())
        return {k[1:] if k[:1] == "$" else k: _any_in(v, depth + 1) for k, v in keyed}
    if isinstance(value, list):
        return [_any_in(v, depth + 1) for v in value]
    if isinstance(value, str):
        return _str_in(value, None)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= MAX_INTEGER:
        raise Wrong(tr("has a number beyond 2**63"))
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong(tr("has a number beyond the largest there is"))
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Wrong(tr("must be a list"))
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(tr("must be a mapping"))
    return value


_STACK = Codec(_stack_out, _stack_in)
_ANY_MAPPING = Codec(
    lambda value, _: _any_out(value),
    lambda value, _: _object(_any_in(value)),
)
_SIMPLE: dict[Any, Codec] = {
    bool: Codec(lambda value, _: bool(value), _bool),
    int: Codec(lambda value, _: int(value), _int),
    float: Codec(_float_out, _float_in),
    str: Codec(text_out, _str_in),
}
# In a trace on its way to or from a file, the place in it stands for the numbers.
_SIMPLE[TensorData] = _record(Place)
