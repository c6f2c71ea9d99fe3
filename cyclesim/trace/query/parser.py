"""From text to tree: recursive descent, with every mistake at its word.

condition := both ("or" both)*
both      := term ("and" term)*
term      := "not" term | "(" condition ")" | chain
chain     := operand (relation operand)* | identity constant | name | number
operand   := field | constant | "[" constants "]"
relation  := == != < <= > >= | in | not in | ~
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cyclesim.language import N_, tr
from cyclesim.trace.cycle import PHASES, UNITS
from cyclesim.trace.query.errors import QueryError, UnknownName
from cyclesim.trace.query.fields import FIELDS, FieldKind
from cyclesim.trace.query.lexer import Token, tokens
from cyclesim.trace.query.query import Query
from cyclesim.trace.query.tree import (
    And,
    Compare,
    Condition,
    Constant,
    Flag,
    Items,
    Measure,
    Name,
    Not,
    Operand,
    Or,
    Reference,
    Word,
    pattern,
)

__all__ = ["MAX_LENGTH", "MAX_NESTING", "STEPS", "compile_query"]

#: Longest condition, in characters.
MAX_LENGTH = 1000
#: Deepest nesting of parentheses and `not`.
MAX_NESTING = 50

#: The step names that are the same in every model; a trace adds its own.
STEPS = frozenset(
    """
    tokenize ids truncation special_tokens padding tensors attention_mask mask position_ids
    token_type_ids word_embeddings token_type_embeddings position_embeddings
    relative_attention_bias embeddings_project layernorm dropout query key value query_key_value
    scores scale softmax context output.dense scaled_dot_product_attention residual intermediate
    activation dense logits probabilities labels entities model_inputs key_cache value_cache
    repetition_penalty temperature top_k top_p draw argmax append detokenize
    cross_entropy clip.norms clip.total_norm clip.ratio clip.coefficient clip.scale adamw sgd
    schedule
    """.split()
)

_ALIASES = {"cycle": "number"}
_KEYWORDS = frozenset(("and", "or", "not", "in", "true", "false", "none", "True", "False", "None"))
#: After these a constant may follow without `==`: they say which cycle, not how much.
_IDENTITIES = frozenset(("number", "layer", "rank", "call", "unit", "step", "op", "phase", "token"))
_ORDER = frozenset(("<", "<=", ">", ">="))
_CHAINED = _ORDER | {"==", "!="}

_MEASURES: dict[str, tuple[Measure, int]] = {
    "ns": ("ns", 1), "us": ("ns", 10**3), "µs": ("ns", 10**3), "μs": ("ns", 10**3),
    "ms": ("ns", 10**6), "s": ("ns", 10**9),
    "B": ("B", 1), "kB": ("B", 10**3), "KB": ("B", 10**3), "MB": ("B", 10**6), "GB": ("B", 10**9),
    "KiB": ("B", 2**10), "MiB": ("B", 2**20), "GiB": ("B", 2**30),
}  # fmt: skip
_NUMBER = re.compile(r"([0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9]+)?)(.*)", re.DOTALL)

_ARTICLE = {
    "number": N_("a number"),
    "count": N_("a count"),
    "ns": N_("a duration"),
    "time": N_("a duration"),
    "bytes": N_("a number of bytes"),
    "text": N_("text"),
    "truth": N_("true or false"),
    "shape": N_("a list of sizes"),
}
_NUMERIC: frozenset[FieldKind] = frozenset(("number", "count", "ns", "time", "bytes"))


def compile_query(text: str, names: Iterable[str] = ()) -> Query:
    """Parse a condition on cycles; call the `Query` that comes back with a cycle.

    Args:
        text: the condition; the language is in the documentation of `cyclesim.trace.query`.
        names: step names to know as bare words beside the usual ones, such as those of a trace.

    Example: `compile_query('softmax and layer 3 and max > 0.9')(trace[17])`.

    Raises:
        QueryError: it is no condition; the error points at the wrong word.
    """
    return Query(text, _Parser(text, names).parse())


class _Part(NamedTuple):
    """An operand and where it stands."""

    operand: Operand
    token: Token

    @property
    def kind(self) -> FieldKind | None:
        """Of a field; None for a constant."""
        return FIELDS[self.operand.name].kind if isinstance(self.operand, Reference) else None


def _beginnings(step: str) -> Iterator[str]:
    """What a step is a part of: `rotary` and `rotary.query` for `rotary.query.sum`."""
    parts = step.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts)))


class _Parser:
    def __init__(self, text: str, names: Iterable[str]) -> None:
        if len(text) > MAX_LENGTH:
            problem = tr("a condition has at most {most} characters, this one has {count}")
            problem = problem.format(most=MAX_LENGTH, count=len(text))
            raise QueryError(problem, text, MAX_LENGTH)
        self._text = text
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0
        self._names = STEPS.union(UNITS, PHASES, names)
        self._wholes = frozenset().union(*map(_beginnings, self._names))

    # -- tokens ------------------------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def _is(self, *texts: str) -> bool:
        # A quoted "and" is a text, so look at the kind as well.
        return self._next.kind in ("word", "sign") and self._next.text in texts

    def _wrong(
        self, problem: str, token: Token, suggestion: str | None = None, **values: object
    ) -> QueryError:
        said = problem.format(**values)
        return QueryError(said, self._text, token.position, len(token.text), suggestion)

    def _unknown(
        self, problem: str, token: Token, suggestion: str | None = None, **values: object
    ) -> QueryError:
        said = problem.format(**values)
        return UnknownName(said, self._text, token.position, len(token.text), suggestion)

    def _expect(self, sign: str, opened: Token) -> None:
        if self._next.kind == "end":
            raise self._wrong(
                tr("this {text!r} has no {sign!r}"), opened, text=opened.text, sign=sign
            )
        if not self._is(sign):
            raise self._wrong(
                tr("{shown} should be {sign!r}"), self._next, shown=_shown(self._next), sign=sign
            )
        self._take()

    # -- conditions --------------------------------------------------------------------------

    def parse(self) -> Condition:
        if self._next.kind == "end":
            raise self._wrong(tr("write a condition, such as softmax and max > 0.9"), self._next)
        found = self._condition()
        rest = self._next
        if rest.kind != "end":
            if rest.text == ")":
                raise self._wrong(tr("this ')' closes nothing"), rest)
            if rest.kind == "sign":
                raise self._wrong(tr("{text!r} cannot follow a condition"), rest, text=rest.text)
            raise self._wrong(
                tr("'and' or 'or' is missing before {shown}"),
                rest,
                None if rest.kind != "word" else _nearest(rest.text, ("and", "or")),
                shown=_shown(rest),
            )
        return found

    def _condition(self) -> Condition:
        return self._joined("or", self._both, Or)

    def _both(self) -> Condition:
        return self._joined("and", self._term, And)

    def _joined(
        self, word: str, part: Callable[[], Condition], made: type[And] | type[Or]
    ) -> Condition:
        items = [part()]
        while self._is(word):
            self._take()
            items.append(part())
        return items[0] if len(items) == 1 else made(tuple(items))

    def _term(self) -> Condition:
        if not self._is("not", "("):
            return self._chain()
        opened = self._take()
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self._wrong(tr("conditions nest at most {most} deep"), opened, most=MAX_NESTING)
        if opened.text == "not":
            found: Condition = Not(self._term())
        else:
            found = self._condition()
            self._expect(")", opened)
            if self._is(*_CHAINED, "~", "in"):
                raise self._wrong(tr("a parenthesis holds a condition and is not compared"), opened)
        self._depth -= 1
        return found

    def _chain(self) -> Condition:
        first = self._operand()
        parts, ops, signs = [first], list[str](), list[Token]()
        while (sign := self._relation()) is not None:
            if ops and not {sign.text, ops[-1]} <= _CHAINED:
                raise self._wrong(tr("only == != < <= > >= can be chained; write 'and'"), sign)
            ops.append(sign.text)
            signs.append(sign)
            # Beside a text field a known name is text: `unit == attention` needs no quotes.
            parts.append(self._operand(beside=parts[-1]))
        if not ops:
            return self._alone(first)
        parts = self._settle_nan_and_inf(parts)
        for left, sign, right in zip(parts, signs, parts[1:], strict=False):
            self._check(left, sign, right)
        return Compare(tuple(p.operand for p in parts), tuple(ops))

    def _relation(self) -> Token | None:
        if self._is(*_CHAINED, "~", "in"):
            return self._take()
        if self._is("not"):
            token = self._take()
            if not self._is("in"):
                raise self._wrong(tr("'and' or 'or' is missing before 'not'"), token)
            self._take()
            return Token("word", "not in", token.position)
        return None

    def _alone(self, part: _Part) -> Condition:
        """A condition of one operand: a flag, a name, a cycle's number."""
        operand, token = part
        if isinstance(operand, Items):
            raise self._wrong(tr("a list belongs after 'in'"), token)
        if isinstance(operand, Reference):
            name = operand.name
            if name in _IDENTITIES and self._next.kind in ("number", "string", "word"):
                following = self._next.text
                if self._next.kind != "word" or following not in _KEYWORDS:
                    _, right = self._settle_nan_and_inf([part, self._operand(beside=part)])
                    if not isinstance(right.operand, Constant):
                        raise self._wrong(
                            tr("a comparison is missing before this word"), right.token
                        )
                    self._check(part, Token("sign", "==", right.token.position), right)
                    return Compare((operand, right.operand), ("==",))
            kind = FIELDS[name].kind
            if kind in ("truth", "count"):
                return Flag(name)
            example = {
                "text": f'{name} == "…"', "shape": f"{name} == [1, 9]", "time": f"{name} > 50us",
                "ns": f"{name} > 50us", "bytes": f"{name} > 1MB",
            }.get(kind, f"{name} > 1")  # fmt: skip
            raise self._wrong(
                tr("{name} is {kind}: compare it, as in {example}"),
                token,
                name=name,
                kind=tr(_ARTICLE[kind]),
                example=example,
            )
        value = operand.constant
        if isinstance(value, bool):
            return Word(value)
        if isinstance(value, int) and not operand.measure and token.text[:1].isdigit():
            return Compare((Reference("number"), operand), ("==",))
        if isinstance(value, str) and token.kind == "word":
            return Name(value)
        raise self._wrong(tr("{shown} alone is no condition"), token, shown=_shown(token))

    # -- operands ----------------------------------------------------------------------------

    def _operand(self, beside: _Part | None = None) -> _Part:
        token = self._take()
        if token.kind == "word" and token.text not in _KEYWORDS:
            return self._word(token, beside)
        if token.text == "[" or (token.text == "(" and beside is not None):
            return _Part(self._items(token, beside), token)
        constant = self._constant(token)
        if constant is None:
            if token.kind == "end":
                raise self._wrong(tr("something is missing at the end"), token)
            raise self._wrong(
                tr("a field or a value should stand before {shown}"), token, shown=_shown(token)
            )
        return _Part(constant, token)

    def _word(self, token: Token, beside: _Part | None) -> _Part:
        name = _ALIASES.get(token.text, token.text)
        if name in FIELDS:
            return _Part(Reference(name), token)
        known = name in self._names
        if beside is None and not known and name not in self._wholes:
            joined = re.fullmatch(r"([a-z]+)([0-9]+)", name)
            near = _nearest(name, [*FIELDS, *self._names, *self._wholes, *_CONSTANTS])
            if joined and joined[1] in _IDENTITIES.union(_ALIASES):
                near = f"{joined[1]} {joined[2]}"
            raise self._unknown(
                tr("no field, unit or step is called {name!r}"), token, near, name=_cut(name)
            )
        if beside is None:
            return _Part(Constant(name), token)
        if beside.kind == "text":
            field = str(beside.operand)
            if field == "unit" and name not in UNITS:
                raise self._unknown(
                    tr("no unit is called {name!r}"), token, _nearest(name, UNITS), name=_cut(name)
                )
            if field == "step" and not known:
                # A step of a model that is not at hand is possible: in quotes, anything goes.
                raise self._unknown(
                    tr("no known step is called {name!r}; quotes allow any"),
                    token,
                    _nearest(name, self._names),
                    name=_cut(name),
                )
            return _Part(Constant(name), token)
        raise self._unknown(
            tr("no field is called {name!r}"),
            token,
            _nearest(name, [*FIELDS, *_CONSTANTS]),
            name=_cut(name),
        )

    def _items(self, opened: Token, beside: _Part | None) -> Items:
        closing = "]" if opened.text == "[" else ")"
        items: list[Constant] = []
        while not self._is(closing):
            token = self._take()
            constant = self._constant(token)
            if constant is None and token.kind == "word" and token.text in ("nan", "inf"):
                constant = Constant(math.nan if token.text == "nan" else math.inf)
            if constant is None and token.kind == "word" and token.text not in _KEYWORDS:
                part = self._word(token, beside)
                if isinstance(part.operand, Constant):
                    constant = part.operand
            if constant is None:
                if token.kind == "end":
                    raise self._wrong(
                        tr("this {text!r} has no {closing!r}"),
                        opened,
                        text=opened.text,
                        closing=closing,
                    )
                raise self._wrong(
                    tr("a list holds values, and {shown} is none"), token, shown=_shown(token)
                )
            items.append(constant)
            if not self._is(closing):
                if not self._is(","):
                    self._expect(closing, opened)
                self._take()
        self._take()
        return Items(tuple(items))

    def _constant(self, token: Token) -> Constant | None:
        """The value that begins at `token`, which has been taken; None where none does."""
        if token.kind == "number":
            return self._number(token)
        if token.kind == "string":
            return Constant(re.sub(r"\\([\\\"'])", r"\1", token.text[1:-1]))
        if token.kind == "word":
            return _CONSTANTS.get(token.text)
        if token.text in ("-", "+"):
            sign = -1 if token.text == "-" else 1
            after = self._next
            if after.kind == "number":
                number = self._number(self._take())
                assert isinstance(number.constant, (int, float))
                return Constant(sign * number.constant, number.measure)
            if after.kind == "word" and after.text in ("inf", "nan"):
                self._take()
                return Constant(sign * math.inf if after.text == "inf" else math.nan)
            raise self._wrong(tr("a number should follow {text!r}"), token, text=token.text)
        return None

    def _number(self, token: Token) -> Constant:
        match = _NUMBER.match(token.text)
        assert match is not None
        digits, suffix = match.groups()
        if suffix and suffix not in _MEASURES:
            known = "ns us ms s B kB MB GB KiB MiB GiB"
            raise self._unknown(
                tr("no unit of measure is called {name!r} (there are {known})"),
                token,
                _nearest(suffix, _MEASURES),
                name=_cut(suffix),
                known=known,
            )
        measure, factor = _MEASURES.get(suffix, ("", 1))
        try:
            value: int | float = int(digits) * factor if digits.replace("_", "").isdigit() else (
                float(digits) * factor
            )  # fmt: skip
        except ValueError:
            raise self._wrong(tr("{shown} is no number"), token, shown=_shown(token)) from None
        if math.isinf(value) if isinstance(value, float) else value > 10**300:
            raise self._wrong(tr("this number is too large"), token)
        return Constant(value, measure)

    def _settle_nan_and_inf(self, parts: list[_Part]) -> list[_Part]:
        """`nan` and `inf` are counts, and also numbers: beside another field they are numbers.

        So `nan > 0` counts NaN, and `max == inf` compares with infinity.
        """

        def ambiguous(part: _Part) -> bool:
            return isinstance(part.operand, Reference) and part.operand.name in ("nan", "inf")

        if not any(p.kind is not None and not ambiguous(p) for p in parts):
            return parts
        number = {"nan": Constant(math.nan), "inf": Constant(math.inf)}
        return [p._replace(operand=number[str(p.operand)]) if ambiguous(p) else p for p in parts]

    # -- meaning -----------------------------------------------------------------------------

    def _check(self, left: _Part, sign: Token, right: _Part) -> None:
        """Refuse a comparison that could never be true, at the word that makes it so."""
        op = sign.text
        field, other = (left, right) if left.kind is not None else (right, left)
        if field.kind is None:
            raise self._wrong(tr("one side of a comparison is a field"), left.token)
        if op in ("in", "not in"):
            self._check_in(left, sign, right)
        elif op == "~":
            self._check_pattern(left, right)
        else:
            if field.kind in ("text", "truth", "shape") and op in _ORDER:
                raise self._wrong(
                    tr("{operand} is {kind}, which has no order"),
                    sign,
                    "==",
                    operand=field.operand,
                    kind=tr(_ARTICLE[field.kind]),
                )
            if isinstance(other.operand, Constant) and other.operand.constant is None:
                if op in _ORDER:
                    raise self._wrong(tr("none has no order"), other.token)
                return
            self._check_kind(field, other)

    def _check_in(self, left: _Part, sign: Token, right: _Part) -> None:
        if isinstance(right.operand, Items):
            if left.kind is None or left.kind == "shape":
                raise self._wrong(
                    tr("what stands before {text!r} is a single field"), left.token, text=sign.text
                )
            for item in right.operand.items:
                if item.constant is not None:
                    self._check_kind(left, _Part(item, right.token))
        elif right.kind == "shape":
            if isinstance(left.operand, Constant) and left.operand.constant is not None:
                self._check_number(right, left)
            elif left.kind not in _NUMERIC:
                raise self._wrong(tr("a shape holds numbers"), left.token)
        elif _is_text(right):
            if not _is_text(left):
                raise self._wrong(tr("only text is in text"), left.token)
        else:
            raise self._wrong(
                tr("a list or text should follow {text!r}"), right.token, text=sign.text
            )

    def _check_pattern(self, left: _Part, right: _Part) -> None:
        if left.kind != "text":
            raise self._wrong(tr("a text field should stand before '~'"), left.token)
        glob = right.operand.constant if isinstance(right.operand, Constant) else None
        if not isinstance(glob, str):
            raise self._wrong(
                tr("a pattern should follow '~', as in \"*.attention.*\""), right.token
            )
        if not any(c in glob for c in "*?["):
            raise self._wrong(tr("a pattern has a *, ? or [ in it; write == or in"), right.token)
        try:
            pattern(glob)
        except re.error:
            raise self._wrong(tr("this pattern cannot be understood"), right.token) from None

    def _check_kind(self, field: _Part, other: _Part) -> None:
        """`other` is of a kind that `field` can be equal to."""
        kind, operand = field.kind, other.operand
        assert kind is not None
        if isinstance(operand, Reference):
            fits = other.kind == kind or {kind, other.kind} <= _NUMERIC
        elif isinstance(operand, Items):
            fits = kind == "shape"
            for item in operand.items if fits else ():
                self._check_number(field, _Part(item, other.token))
        elif kind in _NUMERIC:
            self._check_number(field, other)
            fits = True
        else:
            expected = {"text": str, "truth": bool}.get(kind)
            fits = expected is not None and isinstance(operand.constant, expected)
            if fits and str(field.operand) == "unit" and operand.constant not in UNITS:
                unit = str(operand.constant)
                raise self._unknown(
                    tr("no unit is called {name!r}"),
                    other.token,
                    _nearest(unit, UNITS),
                    name=_cut(unit),
                )
        if not fits:
            problem = tr("{operand} is {kind} and is never {shown}")
            if kind == "text":
                problem = tr("{operand} is text and is never {shown}; text stands in quotes")
            raise self._wrong(
                problem.format(
                    operand=field.operand, kind=tr(_ARTICLE[kind]), shown=_shown(other.token)
                ),
                other.token,
            )

    def _check_number(self, field: _Part, other: _Part) -> None:
        """A numeric field (or the sizes of a shape) beside a constant: a number, a fitting unit."""
        operand, kind = other.operand, field.kind
        assert isinstance(operand, Constant) and kind is not None
        value, measure = operand.constant, operand.measure
        if value is None or isinstance(value, (bool, str)):
            raise self._wrong(
                tr("{operand} is {kind} and is never {shown}"),
                other.token,
                operand=field.operand,
                kind=tr(_ARTICLE[kind]),
                shown=_shown(other.token),
            )
        if kind == "time" and not measure and value != 0 and math.isfinite(value):
            raise self._wrong(
                tr("{operand} needs a unit: ns, us, ms or s"),
                other.token,
                f"{other.token.text}us" if other.token.kind == "number" else None,
                operand=field.operand,
            )
        takes = {"ns": "ns", "time": "ns", "bytes": "B"}.get(kind, "")
        if measure and measure != takes:
            raise self._wrong(
                tr("{operand} is not measured in that unit"), other.token, operand=field.operand
            )


_CONSTANTS = {
    "true": Constant(True), "True": Constant(True),
    "false": Constant(False), "False": Constant(False),
    "none": Constant(None), "None": Constant(None),
}  # fmt: skip


def _is_text(part: _Part) -> bool:
    if isinstance(part.operand, Constant):
        return isinstance(part.operand.constant, str)
    return part.kind == "text"


def _cut(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:39]}…"


def _shown(token: Token) -> str:
    if token.kind == "end":
        return tr("the end")
    return _cut(token.text) if token.kind == "string" else repr(_cut(token.text))


def _nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant; capitals and dashes do not count."""
    if len(word) > 40:
        return None
    names = sorted(set(known))
    plain = word.lower().replace("-", "_")
    if plain in names:
        return plain
    return next(iter(difflib.get_close_matches(plain, names, n=1, cutoff=0.7)), None)
