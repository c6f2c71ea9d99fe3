"""Where a call stands: what the stack of module calls says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cyclesim.engine.building.naming.words import EMBEDDINGS, FFN, HEADS
from cyclesim.trace import Call

__all__ = ["Place"]


class Place(NamedTuple):
    """What the stack of module calls says: the same in every layer of a kind.

    Attributes:
        last: last word of the innermost module's path.
        leaf, parent, attention: class of the innermost module, of the one around it, and of the
            outermost attention; "" where there is none.
        depth: where in the stack that attention is.
    """

    last: str
    leaf: str
    parent: str
    norm: bool
    head: bool
    pooler: bool
    attention: str
    depth: int
    embeddings: bool
    rotary: bool
    convolution: bool
    block: bool
    activation: bool
    ffn: bool
    into_ffn: bool
    out_of_ffn: bool
    outer: bool
    model: bool

    @classmethod
    @lru_cache(maxsize=8192)
    def of(cls, stack: tuple[Call, ...]) -> Place:
        """The place of a call under `stack`. Remembered: every run has the same stacks."""
        # BERT nests `attention` → `attention.self`: together they are one attention.
        attention = _first(stack if _alone(stack) else stack[1:], "attention", "attn")
        depth = -1 if attention is None else stack.index(attention)
        if _alone(stack):
            stack = (Call("", 1, ""), *stack)
        inner = stack[1:]
        leaf = stack[-1] if stack else None
        parent = stack[-2] if len(stack) > 1 else None
        last = leaf.path.rpartition(".")[2] if leaf else ""
        return cls(
            last=last,
            leaf=leaf.module if leaf else "",
            parent=parent.module if parent else "",
            norm=leaf is not None and leaf.module.endswith(("LayerNorm", "RMSNorm")),
            head=_in_head(inner),
            pooler=_first(inner, "pooler") is not None,
            attention=attention.module if attention else "",
            depth=depth,
            embeddings=last in EMBEDDINGS or _first(inner, "embeddings") is not None,
            rotary=leaf is not None and "rotary" in _words(leaf),
            convolution=_first(inner, "convlayer") is not None,
            block=any(c.path.rpartition(".")[2].isdigit() and not c.leaf for c in stack),
            activation=leaf is not None and "activation" in _words(leaf),
            ffn=_first(inner, *FFN) is not None,
            into_ffn=parent is not None and "intermediate" in _words(parent),
            out_of_ffn=parent is not None and parent.path.endswith(".output"),
            outer=len(stack) == 1,
            model=len(stack) == 2,
        )


def _alone(stack: tuple[Call, ...]) -> bool:
    """Whether a part of a model (an encoder) is called alone: as it stands in the whole model."""
    return bool(stack) and stack[0].path != ""


def _in_head(inner: Sequence[Call]) -> bool:
    # A language model's last layer may be called `decoder`; a whole decoder is no leaf.
    return any(
        word in HEADS or (word == "decoder" and call.path == "decoder" and call.leaf)
        for call in inner
        for word in call.path.split(".")
    )


def _words(call: Call) -> str:
    """Last part of the path and class name, in lower case: what the rules search."""
    return f"{call.path.rpartition('.')[2]} {call.module}".lower()


def _first(stack: Sequence[Call], *words: str) -> Call | None:
    """The outermost call whose name or class holds one of `words`."""
    return next((c for c in stack if any(word in _words(c) for word in words)), None)
