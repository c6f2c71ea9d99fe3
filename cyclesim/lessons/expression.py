"""The small language between the braces: `cycle("layer 0 and softmax").output.at(head=1).max`.

It is written as Python is, parsed by Python's own parser, and never run by it: a walker goes over
the tree and knows names, numbers, texts, arithmetic, comparisons, calls and attributes, and nothing
else. What a name is, and what attributes a value has, the `Scope` and its values say; nothing of a
Python object is ever reached through them. Length, nesting and powers are bounded.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from cyclesim.errors import CyclesimError

__all__ = ["MAX_LENGTH", "ExpressionError", "Tree", "View", "evaluate", "parse"]

#: Longest expression, in characters.
MAX_LENGTH = 400
#: Deepest nesting.
MAX_DEPTH = 24
#: Largest exponent.
MAX_POWER = 64

#: A parsed expression.
Tree = ast.expr


class ExpressionError(CyclesimError):
    """An expression that cannot be understood or has no value; a sentence without its full stop."""


class View:
    """Something of a run that an expression can ask: only the names in `FIELDS` can be reached.

    A field is an attribute or, where it ends in `()`, a method.
    """

    FIELDS: frozenset[str] = frozenset()

    def field(self, name: str) -> Any:
        """The value of field `name`.

        Raises:
            ExpressionError: there is none.
        """
        if name not in self.FIELDS:
            near = get_close_matches(name, sorted(self.FIELDS), 1)
            raise ExpressionError(
                f"{type(self).__name__.removesuffix('View').lower()} has no {name!r}"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )
        return getattr(self, name)


_BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}


def parse(source: str) -> Tree:
    """Read an expression.

    Raises:
        ExpressionError: it is none.
    """
    text = source.strip()
    if not text:
        raise ExpressionError("there is no expression")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"{text!r} is no expression") from None
    return tree


def evaluate(tree: Tree, scope: Mapping[str, Any]) -> Any:
    """The value of `tree`, whose names `scope` knows.

    Raises:
        ExpressionError: it has none.
        CyclesimError: what it asks of the run does not exist.
    """
    try:
        return _value(tree, scope, 0)
    except (TypeError, ValueError, LookupError, ArithmeticError) as error:
        raise ExpressionError(f"{ast.unparse(tree)}: {error}") from None


def _value(node: ast.expr, scope: Mapping[str, Any], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ExpressionError("the expression nests too deep")
    below = depth + 1
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str, bool)):
        return node.value
    if isinstance(node, ast.Name):
        return _named(node.id, scope)
    if isinstance(node, ast.Attribute):
        return _attribute(_value(node.value, scope, below), node.attr)
    if isinstance(node, ast.Call):
        return _called(node, scope, below)
    if isinstance(node, ast.Subscript):
        return _item(_value(node.value, scope, below), _value(node.slice, scope, below))
    if isinstance(node, (ast.List, ast.Tuple)):
        return tuple(_value(item, scope, below) for item in node.elts)
    if isinstance(node, ast.IfExp):
        chosen = node.body if _value(node.test, scope, below) else node.orelse
        return _value(chosen, scope, below)
    return _computed(node, scope, below)


def _computed(node: ast.expr, scope: Mapping[str, Any], depth: int) -> Any:
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _value(node.left, scope, depth), _value(node.right, scope, depth)
        return _arithmetic(node.op, left, right)
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, scope, depth)
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(node.op, ast.USub):
            return -value
    if isinstance(node, ast.BoolOp):
        values = (_value(item, scope, depth) for item in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.Compare):
        items = [_value(n, scope, depth) for n in (node.left, *node.comparators)]
        pairs = zip(node.ops, items, items[1:], strict=False)
        return all(_compared(op, a, b) for op, a, b in pairs)
    raise ExpressionError(f"{ast.unparse(node)!r} is more than an expression may say here")


def _compared(op: ast.cmpop, left: Any, right: Any) -> bool:
    if type(op) not in _COMPARE:
        raise ExpressionError(f"{type(op).__name__} cannot be asked here")
    return _COMPARE[type(op)](left, right)


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    for value in (left, right):
        texts = isinstance(value, str) and not isinstance(op, ast.Add)
        if texts or (isinstance(value, (tuple, list)) and not isinstance(op, ast.Add)):
            raise ExpressionError("only numbers can be computed with")
    if isinstance(op, ast.Pow) and not (
        isinstance(right, (int, float)) and abs(right) <= MAX_POWER
    ):
        raise ExpressionError(f"an exponent is at most {MAX_POWER}")
    return _BINARY[type(op)](left, right)


def _named(name: str, scope: Mapping[str, Any]) -> Any:
    if name not in scope:
        near = get_close_matches(name, sorted(scope), 1)
        raise ExpressionError(
            f"nothing is called {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    return scope[name]


def _attribute(value: Any, name: str) -> Any:
    if isinstance(value, View):
        return value.field(name)
    raise ExpressionError(f"{type(value).__name__} has no {name!r}")


def _called(node: ast.Call, scope: Mapping[str, Any], depth: int) -> Any:
    # A function is one that the scope names, or a method that a view offers: nothing else is
    # callable, since neither a view nor a number is.
    function = _value(node.func, scope, depth)
    if not callable(function):
        raise ExpressionError(f"{ast.unparse(node.func)!r} cannot be called")
    if any(isinstance(a, ast.Starred) for a in node.args) or any(
        k.arg is None for k in node.keywords
    ):
        raise ExpressionError("* is not written here")
    given = [_value(item, scope, depth) for item in node.args]
    named = {k.arg: _value(k.value, scope, depth) for k in node.keywords if k.arg}
    return function(*given, **named)


def _item(value: Any, key: Any) -> Any:
    if isinstance(value, (tuple, list, str)) and isinstance(key, int):
        return value[key]
    if isinstance(value, View) and "at" in value.FIELDS:
        return value.field("at")(*(key if isinstance(key, tuple) else (key,)))
    if isinstance(value, Sequence):
        raise ExpressionError("only a number picks an item of a list")
    raise ExpressionError(f"{type(value).__name__} has no items")
