"""From text to tree: recursive descent, with every mistake at its word.

condition := both ("or" both)*
both      := term ("and" term)*
term      := "not" term | "(" condition ")" | chain
chain     := operand (relation operand)* | identity constant | name | number
operand   := field | constant | "[" constants "]"
relation  := == != < <= > >= | in | not in | ~
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

from cyclesim.language import tr
from cyclesim.trace.cycle import PHASES, UNITS
from cyclesim.trace.query.constants import CONSTANTS, number
from cyclesim.trace.query.errors import QueryError
from cyclesim.trace.query.fields import FIELDS
from cyclesim.trace.query.lexer import Token, tokens
from cyclesim.trace.query.meaning import Meaning, settle_nan_and_inf
from cyclesim.trace.query.mistakes import Mistakes, cut, nearest, shown
from cyclesim.trace.query.names import ALIASES, IDENTITIES, KEYWORDS, ORDER, STEPS, beginnings
from cyclesim.trace.query.part import ARTICLE, Part
from cyclesim.trace.query.query import Query
from cyclesim.trace.query.tree import (
    And,
    Compare,
    Condition,
    Constant,
    Flag,
    Items,
    Name,
    Not,
    Or,
    Reference,
    Word,
)

__all__ = ["MAX_LENGTH", "MAX_NESTING", "compile_query"]

#: Longest condition, in characters.
MAX_LENGTH = 1000
#: Deepest nesting of parentheses and `not`.
MAX_NESTING = 50

_CHAINED = ORDER | {"==", "!="}


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


class _Parser:
    def __init__(self, text: str, names: Iterable[str]) -> None:
        if len(text) > MAX_LENGTH:
            problem = tr("a condition has at most {most} characters, this one has {count}")
            problem = problem.format(most=MAX_LENGTH, count=len(text))
            raise QueryError(problem, text, MAX_LENGTH)
        self._mistakes = Mistakes(text)
        self._meaning = Meaning(self._mistakes)
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0
        self._names = STEPS.union(UNITS, PHASES, names)
        self._wholes = frozenset().union(*map(beginnings, self._names))

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

    def _expect(self, sign: str, opened: Token) -> None:
        if self._next.kind == "end":
            raise self._mistakes.wrong(
                tr("this {text!r} has no {sign!r}"), opened, text=opened.text, sign=sign
            )
        if not self._is(sign):
            raise self._mistakes.wrong(
                tr("{shown} should be {sign!r}"), self._next, shown=shown(self._next), sign=sign
            )
        self._take()

    # -- conditions --------------------------------------------------------------------------

    def parse(self) -> Condition:
        if self._next.kind == "end":
            raise self._mistakes.wrong(
                tr("write a condition, such as softmax and max > 0.9"), self._next
            )
        found = self._condition()
        rest = self._next
        if rest.kind != "end":
            if rest.text == ")":
                raise self._mistakes.wrong(tr("this ')' closes nothing"), rest)
            if rest.kind == "sign":
                raise self._mistakes.wrong(
                    tr("{text!r} cannot follow a condition"), rest, text=rest.text
                )
            raise self._mistakes.wrong(
                tr("'and' or 'or' is missing before {shown}"),
                rest,
                None if rest.kind != "word" else nearest(rest.text, ("and", "or")),
                shown=shown(rest),
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
            raise self._mistakes.wrong(
                tr("conditions nest at most {most} deep"), opened, most=MAX_NESTING
            )
        if opened.text == "not":
            found: Condition = Not(self._term())
        else:
            found = self._condition()
            self._expect(")", opened)
            if self._is(*_CHAINED, "~", "in"):
                raise self._mistakes.wrong(
                    tr("a parenthesis holds a condition and is not compared"), opened
                )
        self._depth -= 1
        return found

    def _chain(self) -> Condition:
        first = self._operand()
        parts, ops, signs = [first], list[str](), list[Token]()
        while (sign := self._relation()) is not None:
            if ops and not {sign.text, ops[-1]} <= _CHAINED:
                raise self._mistakes.wrong(
                    tr("only == != < <= > >= can be chained; write 'and'"), sign
                )
            ops.append(sign.text)
            signs.append(sign)
            # Beside a text field a known name is text: `unit == attention` needs no quotes.
            parts.append(self._operand(beside=parts[-1]))
        if not ops:
            return self._alone(first)
        parts = settle_nan_and_inf(parts)
        for left, sign, right in zip(parts, signs, parts[1:], strict=False):
            self._meaning.check(left, sign, right)
        return Compare(tuple(p.operand for p in parts), tuple(ops))

    def _relation(self) -> Token | None:
        if self._is(*_CHAINED, "~", "in"):
            return self._take()
        if self._is("not"):
            token = self._take()
            if not self._is("in"):
                raise self._mistakes.wrong(tr("'and' or 'or' is missing before 'not'"), token)
            self._take()
            return Token("word", "not in", token.position)
        return None

    def _alone(self, part: Part) -> Condition:
        """A condition of one operand: a flag, a name, a cycle's number."""
        operand, token = part
        if isinstance(operand, Items):
            raise self._mistakes.wrong(tr("a list belongs after 'in'"), token)
        if isinstance(operand, Reference):
            name = operand.name
            if name in IDENTITIES and self._next.kind in ("number", "string", "word"):
                following = self._next.text
                if self._next.kind != "word" or following not in KEYWORDS:
                    _, right = settle_nan_and_inf([part, self._operand(beside=part)])
                    if not isinstance(right.operand, Constant):
                        raise self._mistakes.wrong(
                            tr("a comparison is missing before this word"), right.token
                        )
                    self._meaning.check(part, Token("sign", "==", right.token.position), right)
                    return Compare((operand, right.operand), ("==",))
            kind = FIELDS[name].kind
            if kind in ("truth", "count"):
                return Flag(name)
            example = {
                "text": f'{name} == "…"', "shape": f"{name} == [1, 9]", "time": f"{name} > 50us",
                "ns": f"{name} > 50us", "bytes": f"{name} > 1MB",
            }.get(kind, f"{name} > 1")  # fmt: skip
            raise self._mistakes.wrong(
                tr("{name} is {kind}: compare it, as in {example}"),
                token,
                name=name,
                kind=tr(ARTICLE[kind]),
                example=example,
            )
        value = operand.constant
        if isinstance(value, bool):
            return Word(value)
        if isinstance(value, int) and not operand.measure and token.text[:1].isdigit():
            return Compare((Reference("number"), operand), ("==",))
        if isinstance(value, str) and token.kind == "word":
            return Name(value)
        raise self._mistakes.wrong(tr("{shown} alone is no condition"), token, shown=shown(token))

    # -- operands ----------------------------------------------------------------------------

    def _operand(self, beside: Part | None = None) -> Part:
        token = self._take()
        if token.kind == "word" and token.text not in KEYWORDS:
            return self._word(token, beside)
        if token.text == "[" or (token.text == "(" and beside is not None):
            return Part(self._items(token, beside), token)
        constant = self._constant(token)
        if constant is None:
            if token.kind == "end":
                raise self._mistakes.wrong(tr("something is missing at the end"), token)
            raise self._mistakes.wrong(
                tr("a field or a value should stand before {shown}"), token, shown=shown(token)
            )
        return Part(constant, token)

    def _word(self, token: Token, beside: Part | None) -> Part:
        name = ALIASES.get(token.text, token.text)
        if name in FIELDS:
            return Part(Reference(name), token)
        known = name in self._names
        if beside is None and not known and name not in self._wholes:
            joined = re.fullmatch(r"([a-z]+)([0-9]+)", name)
            near = nearest(name, [*FIELDS, *self._names, *self._wholes, *CONSTANTS])
            if joined and joined[1] in IDENTITIES.union(ALIASES):
                near = f"{joined[1]} {joined[2]}"
            raise self._mistakes.unknown(
                tr("no field, unit or step is called {name!r}"), token, near, name=cut(name)
            )
        if beside is None:
            return Part(Constant(name), token)
        if beside.kind == "text":
            field = str(beside.operand)
            if field == "unit" and name not in UNITS:
                raise self._mistakes.unknown(
                    tr("no unit is called {name!r}"), token, nearest(name, UNITS), name=cut(name)
                )
            if field == "step" and not known:
                # A step of a model that is not at hand is possible: in quotes, anything goes.
                raise self._mistakes.unknown(
                    tr("no known step is called {name!r}; quotes allow any"),
                    token,
                    nearest(name, self._names),
                    name=cut(name),
                )
            return Part(Constant(name), token)
        raise self._mistakes.unknown(
            tr("no field is called {name!r}"),
            token,
            nearest(name, [*FIELDS, *CONSTANTS]),
            name=cut(name),
        )

    def _items(self, opened: Token, beside: Part | None) -> Items:
        closing = "]" if opened.text == "[" else ")"
        items: list[Constant] = []
        while not self._is(closing):
            token = self._take()
            constant = self._constant(token)
            if constant is None and token.kind == "word" and token.text in ("nan", "inf"):
                constant = Constant(math.nan if token.text == "nan" else math.inf)
            if constant is None and token.kind == "word" and token.text not in KEYWORDS:
                part = self._word(token, beside)
                if isinstance(part.operand, Constant):
                    constant = part.operand
            if constant is None:
                if token.kind == "end":
                    raise self._mistakes.wrong(
                        tr("this {text!r} has no {closing!r}"),
                        opened,
                        text=opened.text,
                        closing=closing,
                    )
                raise self._mistakes.wrong(
                    tr("a list holds values, and {shown} is none"), token, shown=shown(token)
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
            return number(token, self._mistakes)
        if token.kind == "string":
            return Constant(re.sub(r"\\([\\\"'])", r"\1", token.text[1:-1]))
        if token.kind == "word":
            return CONSTANTS.get(token.text)
        if token.text in ("-", "+"):
            sign = -1 if token.text == "-" else 1
            after = self._next
            if after.kind == "number":
                found = number(self._take(), self._mistakes)
                assert isinstance(found.constant, (int, float))
                return Constant(sign * found.constant, found.measure)
            if after.kind == "word" and after.text in ("inf", "nan"):
                self._take()
                return Constant(sign * math.inf if after.text == "inf" else math.nan)
            raise self._mistakes.wrong(
                tr("a number should follow {text!r}"), token, text=token.text
            )
        return None
