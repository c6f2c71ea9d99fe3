"""From what is seen of a call to its name: which rules are asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from cyclesim.engine.building.naming.attention import done, in_attention, in_cache
from cyclesim.engine.building.naming.block import in_block, in_convolution
from cyclesim.engine.building.naming.embedding import given, in_embeddings, in_model
from cyclesim.engine.building.naming.head import after_head, dense_or_activation, in_head
from cyclesim.engine.building.naming.learning import in_learning
from cyclesim.engine.building.naming.norm import NORMS, in_norm
from cyclesim.engine.building.naming.place import Place
from cyclesim.engine.building.naming.positions import in_mask, positions, rotary_table
from cyclesim.engine.building.naming.seen import Name, Seen, plain
from cyclesim.engine.building.naming.words import ACTIVATIONS, DROPOUTS
from cyclesim.trace import Call, Cycle

__all__ = ["Namer"]

_Stack = tuple[Call, ...]
#: What an attention has computed that has computed nothing yet.
_NOTHING: frozenset[str] = frozenset()


class Namer:
    """Names the computations of one run, in order; call it once for each cycle."""

    def __init__(self) -> None:
        #: Which steps have run in each call of an attention.
        self._steps: dict[Call, frozenset[str]] = {}
        #: Calls of feed-forward networks in which a gate has opened.
        self._gated: set[Call] = set()
        self._in_the_head = False
        # By id of the stack, which is held: many cycles share one.
        self._places: dict[int, tuple[_Stack, Place]] = {}

    def name(self, seen: Seen, stack: _Stack) -> Name:
        """The unit and step of the next computation, which runs in the module calls of `stack`."""
        place = self._place(stack)
        steps = self._steps.get(stack[place.depth], _NOTHING) if place.attention else _NOTHING
        gated = bool(self._gated) and len(stack) > 1 and stack[-2] in self._gated
        name = _name(seen, place, steps, gated, self._in_the_head)
        self._note(name, stack)
        return name

    def adopt(self, cycles: Sequence[Cycle]) -> None:
        """Count cycles that an earlier run has named, so that the next ones are named right."""
        self._in_the_head |= any(cycle.unit == "classifier" for cycle in cycles)
        self._gated |= {c.stack[-1] for c in cycles if c.step == "gate_product" and c.stack}
        stack = cycles[-1].stack
        place = Place.of(stack)
        if place.attention:  # only the attention that still runs is asked about again
            inside = takewhile(lambda c: stack[place.depth] in c.stack, reversed(cycles))
            for cycle in reversed(list(inside)):
                self._note(Name(cycle.unit, cycle.step), cycle.stack)

    def _place(self, stack: _Stack) -> Place:
        known = self._places.get(id(stack))
        if known is None:
            known = self._places[id(stack)] = (stack, Place.of(stack))
        return known[1]

    def _note(self, name: Name, stack: _Stack) -> None:
        unit, step = name
        if unit == "attention":
            place = self._place(stack)
            if place.attention:
                attention = stack[place.depth]
                steps = self._steps.get(attention, _NOTHING)
                # XLNet's second stream runs in the same module, after the first.
                if step == "query" and done(steps):
                    steps = _NOTHING
                self._steps[attention] = steps | {step}
        elif step == "gate_product" and stack:
            self._gated.add(stack[-1])
        elif unit == "classifier":
            self._in_the_head = True


# A layer that is repeated asks the same again, and so does every run.
@lru_cache(maxsize=8192)
def _name(seen: Seen, place: Place, steps: frozenset[str], gated: bool, in_the_head: bool) -> Name:
    """What the rules call a computation, in an attention that has computed `steps`.

    `gated`: in the feed-forward network around it, a gate has opened; `in_the_head`: the model's
    head has begun.
    """
    op = seen.op
    known = in_learning(seen, place)
    if known is not None:
        return known
    if place.norm or op in NORMS:
        return in_norm(seen, place)
    if seen.file == "masking_utils.py" or "attention_mask" in seen.function:
        return in_mask(seen)
    known = positions(seen) or given(seen)
    if known is not None:
        return known
    if place.rotary:
        return rotary_table(seen)
    if place.head:
        return in_head(seen, place)
    if place.pooler:
        return Name("pooler", dense_or_activation(seen, place))
    if place.attention:
        return in_attention(seen, place, steps)
    if seen.file == "cache_utils.py":
        return in_cache(seen, _NOTHING)
    if place.embeddings:
        return in_embeddings(seen, place)
    if place.convolution:
        return in_convolution(seen, place)
    if place.block:
        return in_block(seen, place, gated)
    if op in DROPOUTS and place.model and place.last == "dropout":
        # The dropout that the model class itself keeps in front of its head.
        return Name("classifier", "dropout")
    known = after_head(seen, place) or in_model(seen, place)
    if known is not None:
        return known
    if in_the_head and op in ACTIVATIONS:
        # DistilBERT's own class applies the activation of its head.
        return Name("classifier", "activation")
    return Name("other", plain(op))
