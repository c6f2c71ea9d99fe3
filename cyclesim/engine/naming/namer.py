"""From what is seen of a call to its name: which rules are asked."""

from __future__ import annotations

from collections import Counter

from cyclesim.engine.naming.attention import done, in_attention, in_cache
from cyclesim.engine.naming.block import in_block, in_convolution
from cyclesim.engine.naming.embedding import given, in_embeddings, in_model
from cyclesim.engine.naming.head import after_head, dense_or_activation, in_head
from cyclesim.engine.naming.learning import in_learning
from cyclesim.engine.naming.norm import NORMS, in_norm
from cyclesim.engine.naming.place import Place
from cyclesim.engine.naming.positions import in_mask, positions, rotary_table
from cyclesim.engine.naming.seen import Name, Seen, plain
from cyclesim.engine.naming.words import ACTIVATIONS, DROPOUTS
from cyclesim.trace import Call, Cycle, Unit

__all__ = ["Namer"]

_NOTHING: Counter[str] = Counter()


class Namer:
    """Names the computations of one run, in order; call it once for each cycle."""

    def __init__(self) -> None:
        #: How often each step has run in each call of an attention.
        self._steps: dict[Call, Counter[str]] = {}
        #: Calls of feed-forward networks in which a gate has opened.
        self._gated: set[Call] = set()
        self._in_the_head = False
        # By id of the stack, which is held: many cycles share one.
        self._places: dict[int, tuple[tuple[Call, ...], Place]] = {}

    def name(self, seen: Seen) -> Name:
        """The unit and step of the next computation."""
        place = self._place(seen.stack)
        name = self._name(seen, place)
        self._note(name.unit, name.step, place)
        return name

    def adopt(self, cycle: Cycle) -> None:
        """Count a cycle that an earlier run has named, so that the next ones are named right."""
        self._note(cycle.unit, cycle.step, self._place(cycle.stack))

    def _place(self, stack: tuple[Call, ...]) -> Place:
        known = self._places.get(id(stack))
        if known is None:
            known = self._places[id(stack)] = (stack, Place.of(stack))
        return known[1]

    def _note(self, unit: Unit, step: str, place: Place) -> None:
        if unit == "attention":
            if place.attention is not None:
                steps = self._steps.get(place.attention)
                # XLNet's second stream runs in the same module, after the first.
                if steps is None or (step == "query" and done(steps)):
                    steps = self._steps[place.attention] = Counter()
                steps[step] += 1
        elif step == "gate_product" and place.leaf is not None:
            self._gated.add(place.leaf)
        elif unit == "classifier":
            self._in_the_head = True

    def _name(self, seen: Seen, place: Place) -> Name:
        op = seen.op
        known = in_learning(seen)
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
        if place.attention is not None:
            return in_attention(seen, place, self._steps.get(place.attention, _NOTHING))
        if seen.file == "cache_utils.py":
            return in_cache(seen, _NOTHING)
        if place.embeddings:
            return in_embeddings(seen, place)
        if place.convolution:
            return in_convolution(seen, place)
        if place.block:
            return in_block(seen, place, self._gated)
        if op in DROPOUTS and place.model and place.last == "dropout":
            # The dropout that the model class itself keeps in front of its head.
            return Name("classifier", "dropout")
        known = after_head(seen, place) or in_model(seen, place)
        if known is not None:
            return known
        if self._in_the_head and op in ACTIVATIONS:
            # DistilBERT's own class applies the activation of its head.
            return Name("classifier", "activation")
        return Name("other", plain(op))
