"""The manifest of a trace file: what it may say, and how a trace is turned into it and back.

The schema is the dataclasses themselves: `Trace`, `Header`, `Verdict`, `Timing`, `Cycle`, `Value`.
`codec(hint)` makes, from a type hint, the pair of functions that writes and reads a value of that
type, so a field that is added to `Cycle` is written, read and checked without a word here, and the
writer and the reader cannot drift apart. Fields that have their default value are left out.

A manifest that is read is somebody else's: every type, range and length is checked, the wrong spot
is named by its path (`cycles[17].inputs[0].shape`), and every limit is a number below. The writer
reads back what it is about to write, so it never makes a file that would be refused.
"""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from cyclesim._version import __version__
from cyclesim.language import tr
from cyclesim.trace.cycle import Call, Cycle
from cyclesim.trace.tensor import TensorData, Value
from cyclesim.trace.trace import Trace

__all__ = [
    "MAX_CYCLES",
    "MAX_DIMS",
    "MAX_HEADER",
    "MAX_PARTS",
    "MAX_STRING",
    "SCHEMA",
    "Keep",
    "Place",
    "Wrong",
    "check",
    "decode",
    "encode",
    "parse",
    "uncollected",
    "values_of",
]

#: Raised when an older reader would misread the new form. A new field with a default needs no new
#: number: files without it stay readable, and an older reader names the field it does not know.
SCHEMA = 1

#: Bytes of the header of a file; the safetensors format itself stops at 100 MB.
MAX_HEADER = 64_000_000
#: Lists, mappings and elements in it. Bytes alone would not bound memory: `[[],[],…` grows 30-fold.
MAX_PARTS = 8_000_000
MAX_CYCLES = 1_000_000
MAX_STRING = 4_000_000
MAX_DIMS = 64
MAX_INTEGER = 2**63
#: Depth of lists and mappings within a result.
MAX_DEPTH = 32

#: What a saved trace keeps the numbers of.
Keep = Literal["all", "outputs", "stats"]


class Wrong(Exception):
    """What is wrong, and where: `path` is filled from the inside out as the error rises."""

    def __init__(self, what: str, *path: str) -> None:
        super().__init__(what)
        self.path = list(path)

    def __str__(self) -> str:
        where = "".join(reversed(self.path)).removeprefix(".")
        return f"{where}: {self.args[0]}" if where else str(self.args[0])


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


@dataclass(frozen=True, slots=True)
class _Manifest:
    """The outermost mapping. `calls` holds each module call once; stacks are numbers into it."""

    schema: int
    cyclesim: str
    keep: Keep
    calls: tuple[Call, ...]
    trace: Trace


# -- codecs: from a type hint to the functions that write and read it ---------------------------


class _Codec(NamedTuple):
    """Both take the value and the table of module calls."""

    encode: Callable[[Any, Any], Any]
    decode: Callable[[Any, Any], Any]


@cache
def _codec(hint: Any) -> _Codec:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if origin in (Union, UnionType):
        return _optional(*(a for a in arguments if a is not NoneType))
    if origin is Literal:
        return _literal(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _STACK if arguments[0] is Call else _sequence(tuple, _codec(arguments[0]))
    if origin is list:
        return _sequence(list, _codec(arguments[0]))
    if origin is tuple:
        return _row(lambda items: tuple(items), [_codec(a) for a in arguments])
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_codec(arguments[1])) if arguments[1] is not Any else _ANY_MAPPING
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        hints = get_type_hints(hint)
        return _row(lambda items: hint(*items), [_codec(hints[f]) for f in hint._fields])
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


def _str_out(value: Any, _: Any) -> Any:
    text = str(value)
    # A lone surrogate cannot be written in UTF-8.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _str_in(value: Any, _: Any) -> Any:
    if not isinstance(value, str):
        raise Wrong(tr("must be a text"))
    if len(value) > MAX_STRING:
        raise Wrong(
            _beyond(tr("has {count:,} characters; the limit is {limit:,}"), len(value), MAX_STRING)
        )
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Wrong(tr("holds half a character (a lone surrogate)")) from None
    return value


def _optional(hint: Any) -> _Codec:
    inner = _codec(hint)
    return _Codec(
        lambda value, calls: None if value is None else inner.encode(value, calls),
        lambda value, calls: None if value is None else inner.decode(value, calls),
    )


def _literal(words: tuple[Any, ...]) -> _Codec:
    def decode(value: Any, _: Any) -> Any:
        if not isinstance(value, str) or value not in words:
            raise Wrong(
                tr("must be one of {words}").format(words=", ".join(w or repr(w) for w in words))
            )
        return value

    return _Codec(lambda value, _: value, decode)


def _sequence(make: Callable[[Any], Any], inner: _Codec) -> _Codec:
    def decode(value: Any, calls: Any) -> Any:
        items = []
        for place, item in enumerate(_list(value)):
            try:
                items.append(inner.decode(item, calls))
            except Wrong as wrong:
                wrong.path.append(f"[{place}]")
                raise
        return make(items)

    return _Codec(lambda value, calls: [inner.encode(v, calls) for v in value], decode)


def _row(make: Callable[[list[Any]], Any], inner: list[_Codec]) -> _Codec:
    """Fields by position, for named tuples: short, and their fields never change."""

    def decode(value: Any, calls: Any) -> Any:
        if len(_list(value)) != len(inner):
            raise Wrong(tr("must have {count} elements").format(count=len(inner)))
        return make([c.decode(v, calls) for c, v in zip(inner, value, strict=True)])

    def encode(value: Any, calls: Any) -> Any:
        return [c.encode(v, calls) for c, v in zip(inner, value, strict=True)]

    return _Codec(encode, decode)


def _mapping(inner: _Codec) -> _Codec:
    def decode(value: Any, calls: Any) -> Any:
        return {
            _str_in(k, None): inner.decode(v, calls) for k, v in _object(value).items()
        }  # fmt: skip

    def encode(value: Any, calls: Any) -> Any:
        return {_str_out(k, None): inner.encode(v, calls) for k, v in value.items()}

    return _Codec(encode, decode)


def _record(cls: Any) -> _Codec:
    hints = get_type_hints(cls)
    parts: dict[str, tuple[str, _Codec, Any]] = {}
    for field in fields(cls):
        default = field.default
        if field.default_factory is not MISSING:
            default = field.default_factory()
        # `_stats` is private to views, not to files.
        parts[field.name.lstrip("_")] = field.name, _codec(hints[field.name]), default

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
                        field=_quote(key)
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

    return _Codec(encode, decode)


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
        keyed = ((_str_out(k, None), v) for k, v in value.items())
        return {"$" + k if k[:1] == "$" else k: _any_out(v, depth + 1) for k, v in keyed}
    if isinstance(value, (list, tuple)):
        return [_any_out(v, depth + 1) for v in value]
    if hasattr(value, "tolist"):  # a NumPy number or array
        return _any_out(value.tolist(), depth)
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": str(value)}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _str_out(value, None)


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


def _beyond(said: str, count: int, limit: int) -> str:
    """There are `count` of something, and `limit` is the most there may be."""
    return said.format(count=count, limit=limit)


def _quote(text: str) -> str:
    """A piece of the file in a message: short, and with no character that a terminal obeys."""
    return ascii(text if len(text) <= 40 else text[:40] + "...")


_STACK = _Codec(_stack_out, _stack_in)
_ANY_MAPPING = _Codec(
    lambda value, _: _any_out(value),
    lambda value, _: _object(_any_in(value)),
)
_SIMPLE: dict[Any, _Codec] = {
    bool: _Codec(lambda value, _: bool(value), _bool),
    int: _Codec(lambda value, _: int(value), _int),
    float: _Codec(_float_out, _float_in),
    str: _Codec(_str_out, _str_in),
}
# In a trace on its way to or from a file, the place in it stands for the numbers.
_SIMPLE[TensorData] = _record(Place)


# -- the manifest ------------------------------------------------------------------------------


def encode(trace: Trace, keep: Keep) -> str:
    """The manifest of `trace`, in whose values `data` is a `Place` or None.

    Raises:
        Wrong: the trace cannot be written.
    """
    calls: dict[Call, int] = {}
    body = _codec(Trace).encode(trace, calls)
    rows = [[*map(_str_or_number, call)] for call in calls]
    manifest = {
        "schema": SCHEMA,
        "cyclesim": __version__,
        "keep": keep,
        "calls": rows,
        "trace": body,
    }
    text = json.dumps(manifest, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    check(decode(text).trace)
    return text


def decode(text: str) -> _Manifest:
    """The manifest in `text`: types, ranges and lengths checked, values with a `Place` as `data`.

    Raises:
        Wrong: it is none.
    """
    raw = parse(text)
    if not isinstance(raw, dict):
        raise Wrong(tr("must be a mapping"))
    # First of all the version: what follows may be of another form.
    schema = raw.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise Wrong(tr("has no schema number"))
    if schema > SCHEMA:
        said = tr("schema {schema} is newer than this cyclesim reads ({known}): upgrade it")
        raise Wrong(said.format(schema=min(schema, 10**6), known=SCHEMA))
    cycles = raw.get("trace", {}).get("cycles", ()) if isinstance(raw.get("trace"), dict) else ()
    if isinstance(cycles, list) and len(cycles) > MAX_CYCLES:
        raise Wrong(
            _beyond(tr("{count:,} cycles; the limit is {limit:,}"), len(cycles), MAX_CYCLES)
        )
    try:
        calls = _sequence(tuple, _codec(Call)).decode(raw.get("calls"), None)
    except Wrong as wrong:
        wrong.path.append("calls")
        raise
    # The table has been read; from here on it is what stacks are numbers into.
    made: _Manifest = _codec(_Manifest).decode({**raw, "calls": []}, calls)
    return made


def parse(text: str) -> Any:
    """JSON as strict as it can be had: no duplicate keys, no NaN, no endless numbers or nesting.

    Raises:
        Wrong: `text` is not such JSON.
    """
    parts = sum(text.count(mark) for mark in ",[{")
    if parts > MAX_PARTS:
        raise Wrong(_beyond(tr("{count:,} elements; the limit is {limit:,}"), parts, MAX_PARTS))
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_short_integer,
        )
    except RecursionError:
        raise Wrong(tr("lists are nested too deeply")) from None
    except json.JSONDecodeError as error:
        said = tr("not JSON: {why} at character {place:,}")
        raise Wrong(said.format(why=error.msg, place=error.pos)) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        raise Wrong(tr("the key {key} is there twice").format(key=_quote(twice)))
    return made


def _no_constant(word: str) -> Any:
    raise Wrong(tr("{word} is not JSON").format(word=word))


def _short_integer(digits: str) -> int:
    if len(digits) > 20:
        raise Wrong(tr("a number of {count:,} digits").format(count=len(digits)))
    return int(digits)


def _str_or_number(item: Any) -> Any:
    return item if isinstance(item, (bool, int)) else _str_out(item, None)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without garbage collection: the parts of a long trace are many, and none of them is garbage.

    Looking through them again and again, as they become more, takes longer than making them.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


# -- what no type says -------------------------------------------------------------------------


def values_of(cycle: Cycle) -> list[tuple[str, int, Value]]:
    """Every value of a cycle, with the field that holds it and its place in that field."""
    return [
        (name, place, value)
        for name in _value_fields()
        for place, value in enumerate(getattr(cycle, name))
    ]


@cache
def _value_fields() -> tuple[str, ...]:
    hints = get_type_hints(Cycle)
    found = [f.name for f in fields(Cycle) if hints[f.name] == tuple[Value, ...]]
    # Outputs first: an input that is a view of one then shows up under the output's name.
    return tuple(sorted(found, key=lambda name: name == "inputs"))


def check(trace: Trace) -> None:
    """Whether the parts fit together: numbers without gaps, data that flows forward.

    Raises:
        Wrong: they do not.
    """
    count = len(trace.cycles)
    for place, cycle in enumerate(trace.cycles):
        if cycle.number != place:
            said = tr("number is {number}, not {place}").format(number=cycle.number, place=place)
            raise Wrong(said, f"cycles[{place}]")
        if cycle.forward is not None and cycle.forward >= place:
            said = tr("forward {number} is not an earlier cycle").format(number=cycle.forward)
            raise Wrong(said, f"cycles[{place}]")
        for name, index, value in values_of(cycle):
            where = f"cycles[{place}].{name}[{index}]"
            if value.source is not None and value.source >= place:
                said = tr("source {source} is not an earlier cycle").format(source=value.source)
                raise Wrong(said, where)
            if len(value.shape) > MAX_DIMS:
                said = tr("has {count} dimensions; the limit is {limit}")
                raise Wrong(_beyond(said, len(value.shape), MAX_DIMS), where)
    first = trace.verdict.first_difference
    if first is not None and first >= count:
        said = tr("first_difference {number} is not a cycle").format(number=first)
        raise Wrong(said, "verdict")
    if any(number >= count for number in trace.verdict.edited):
        raise Wrong(tr("edited names a cycle that is not there"), "verdict")
    if 0 < len(trace.timing.full_speed) < count:
        raise Wrong(tr("full_speed has fewer times than there are cycles"), "timing")
    header = trace.header
    if header.offsets and len(header.offsets) != len(header.tokens):
        raise Wrong(tr("tokens and {field} differ in number").format(field="offsets"), "header")
    _check_sequences(trace)
    for result in (trace.result, *trace.answers):
        _check_result(result)


def _check_sequences(trace: Trace) -> None:
    header = trace.header
    if header.sequences:
        if header.sequence >= len(header.sequences):
            said = tr("sequence {number} is not there").format(number=header.sequence)
            raise Wrong(said, "header")
    elif header.sequence:
        raise Wrong(tr("names a sequence, and there are none"), "header")
    for place, row in enumerate(header.sequences):
        where = f"header.sequences[{place}]"
        for name in ("offsets", "words", "parts"):
            if getattr(row, name) and len(getattr(row, name)) != len(row.tokens):
                raise Wrong(tr("tokens and {field} differ in number").format(field=name), where)
        if any(part is not None and part >= len(row.texts) for part in row.parts):
            raise Wrong(tr("parts names a text that is not there"), where)
        if row.answer >= max(len(trace.answers), 1) and trace.complete:
            raise Wrong(tr("answer {number} is not there").format(number=row.answer), where)


#: The parts of a result that views read by name.
_RESULT: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "entities": {"text": str, "label": str, "start": int, "end": int, "score": (int, float)},
}


def _check_result(result: Mapping[str, Any]) -> None:
    for key, form in _RESULT.items():
        rows = result.get(key, [])
        if not isinstance(rows, (list, tuple)):
            raise Wrong(tr("must be a list"), f"result.{key}")
        for place, row in enumerate(rows):
            for name, kind in form.items():
                if not isinstance(row, Mapping) or not isinstance(row.get(name), kind):
                    said = tr("{field!r} is missing or of a wrong type").format(field=name)
                    raise Wrong(said, f"result.{key}[{place}]")
