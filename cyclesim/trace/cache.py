"""The key-value cache of a model that generates: what each token reused, and what it appended.

Read off the recorded cycles, so it is as true as they are, for a saved trace as for a live one. A
row is one layer's cache in the pass of one token: a decoder that also looks at an encoder has two
for each layer, and the one for the encoder's positions appends nothing after the first token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cyclesim.trace.cycle import Cycle
from cyclesim.trace.tensor import Value

__all__ = ["CacheStep", "KeyValueCache"]

_KEYS, _VALUES = "key_cache", "value_cache"
#: What transformers' classes call the module that attends to the encoder.
_CROSS = ("cross", "encdec", "encoder_attn", "enc_attn")
#: Cycles that read the keys of a cache.
_READERS = frozenset({"scores", "scaled_dot_product_attention", "repeat_kv.key"})


@dataclass(frozen=True, slots=True)
class CacheStep:
    """One layer's cache in the pass of one token.

    Attributes:
        token: index of the generated token.
        layer: of the block.
        path: the attention module that owns it.
        reused: positions that were there.
        appended: positions that came to them.
        nbytes: bytes of its keys and values after that.
        cycles: numbers of the cycles that appended keys and values; the one that read the keys
            where nothing was appended.
    """

    token: int
    layer: int | None
    path: str
    reused: int
    appended: int
    nbytes: int
    cycles: tuple[int, ...]

    @property
    def positions(self) -> int:
        """How many positions it holds."""
        return self.reused + self.appended

    @property
    def cross(self) -> bool:
        """Whether the positions are the encoder's: those of a cross-attention."""
        module = self.path.rpartition(".")[2].lower()
        return any(word in module for word in _CROSS)


class KeyValueCache(Sequence[CacheStep]):
    """The steps of all caches of a run, in the order in which they ran.

    Example:
        >>> from cyclesim.trace.cache import KeyValueCache
        >>> len(KeyValueCache([])), KeyValueCache([]).nbytes
        (0, 0)
    """

    def __init__(self, cycles: Sequence[Cycle]) -> None:
        self._count = len(cycles)
        self._last = cycles[-1] if cycles else None
        self._steps = list(_steps(cycles))

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._steps[index]

    def is_of(self, cycles: Sequence[Cycle]) -> bool:
        """Whether it still describes `cycles`: none were added, or taken back and run again."""
        return len(cycles) == self._count and (not cycles or cycles[-1] is self._last)

    def at(self, token: int) -> list[CacheStep]:
        """Those of one token, the first layer first."""
        return [step for step in self._steps if step.token == token]

    def held(self, until: int | None = None) -> list[CacheStep]:
        """What each attention module holds once cycle `until`, or all, has run."""
        ran = (s for s in self._steps if until is None or s.cycles[-1] <= until)
        return list({step.path: step for step in ran}.values())

    def bytes_at(self, token: int) -> int:
        """Bytes of all caches once token `token` has been through; 0 before the first."""
        latest = {step.path: step.nbytes for step in self._steps if step.token <= token}
        return sum(latest.values())

    @property
    def nbytes(self) -> int:
        """Bytes of all caches in the end."""
        return self.bytes_at(self._steps[-1].token) if self._steps else 0

    @property
    def reused(self) -> int:
        """Positions that were not computed again, over all tokens and layers."""
        return sum(step.reused for step in self._steps)

    @property
    def appended(self) -> int:
        """Positions that were computed, over all tokens and layers."""
        return sum(step.appended for step in self._steps)


def _steps(cycles: Sequence[Cycle]) -> Iterator[CacheStep]:
    known: dict[str, CacheStep] = {}
    keys: dict[str, Cycle] = {}
    for cycle in cycles:
        if cycle.token is None or not cycle.stack or not cycle.outputs:
            continue
        if cycle.step == _KEYS:
            keys[cycle.path] = cycle
        elif cycle.step == _VALUES and cycle.path in keys:
            step = _appended(keys[cycle.path], cycle)
            known[cycle.path] = step
            yield step
        elif cycle.step in _READERS:
            # Keys of an encoder are kept as they are: they are read, and nothing is appended.
            before = known.get(cycle.path)
            if before is not None and before.token != cycle.token and _reads(cycle, keys):
                step = CacheStep(
                    cycle.token, cycle.layer, cycle.path, before.positions, 0, before.nbytes,
                    (cycle.number,),
                )  # fmt: skip
                known[cycle.path] = step
                yield step


def _appended(keys: Cycle, values: Cycle) -> CacheStep:
    key, value = keys.outputs[0], values.outputs[0]
    assert keys.token is not None
    new = _positions(keys.inputs[-1]) if keys.inputs else 0
    return CacheStep(
        keys.token, keys.layer, keys.path, _positions(key) - new, new, key.nbytes + value.nbytes,
        (keys.number, values.number),
    )  # fmt: skip


def _reads(cycle: Cycle, keys: dict[str, Cycle]) -> bool:
    """Whether a cycle reads the keys that its module has kept since an earlier token."""
    return keys[cycle.path].number in cycle.sources


def _positions(value: Value) -> int:
    """How many positions keys have: `[batch, head, position, channel]`."""
    return value.shape[-2] if len(value.shape) > 1 else 0
