"""What each torch function is to the clock: a computation, wiring, a read, or an overwrite.

The clock ticks for computations. Wiring (views and copies that only rearrange) is followed but not
numbered; reads (`size`, `item`, `shape`) leave no tensor behind; an overwrite (`add_`,
`x[i] = y`, `out=`) is a computation before which recorded values must be saved.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch.overrides import get_testing_overrides

__all__ = [
    "LEAVES",
    "Traits",
    "argument_names",
    "is_wiring",
    "only_rearranges",
    "op_name",
    "overwritten",
    "same_view",
    "tensors_in",
    "traits",
    "written",
]


#: Functions that hand back what they were given, seen another way. `contiguous`, `reshape` and
#: `flatten` may copy, but compute nothing.
_WIRING = frozenset(
    """
    __get__ alias as_strided broadcast_tensors broadcast_to chunk contiguous detach diagonal
    dsplit expand expand_as flatten hsplit movedim moveaxis mT narrow permute pin_memory ravel
    refine_names requires_grad_ reshape reshape_as select slice split split_with_sizes squeeze
    swapaxes swapdims t tensor_split transpose unbind unflatten unfold unsafe_chunk unsafe_split
    unsqueeze view view_as view_as_complex view_as_real vsplit
    """.split()
)
#: Of these, the ones that write a repeated tensor out when it is given one that was only expanded:
#: then they do what `repeat` does, which is a computation. So keys that are shared by several
#: heads are repeated.
_COPIES = frozenset({"contiguous", "flatten", "reshape", "reshape_as"})
#: Functions that are wiring only when they changed neither numbers nor place.
_CASTS = frozenset(
    """
    to type type_as float double half bfloat16 long int short bool cpu cuda
    """.split()
)
_READS = frozenset(
    """
    __bool__ __contains__ __float__ __format__ __index__ __int__ __len__ __repr__ __set__
    __deepcopy__ __hash__ allclose dim element_size equal get_device is_complex
    is_contiguous is_floating_point is_inference is_pinned is_same_size is_set_to is_signed
    item ndimension nelement numel size storage_offset storage_type stride tolist
    register_hook retain_grad backward iscomplexobj is_tensor is_storage _set_grad_enabled
    is_grad_enabled set_grad_enabled __dir__ __reduce_ex__ result_type can_cast _is_view
    _has_compatible_shallow_copy_type __cuda_array_interface__ __dlpack_device__ has_names
    names type_promotion
    """.split()
)
_LENDS = frozenset("numpy data_ptr untyped_storage storage __array__ __dlpack__".split())
_RECURRENT = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})
_NOT_OVERWRITES = frozenset({"requires_grad_", "share_memory_", "rename_"})
_OVERWRITES = frozenset(
    """
    __setitem__ __iadd__ __isub__ __imul__ __itruediv__ __ifloordiv__ __imod__ __ipow__ __iand__
    __ior__ __ixor__ __ilshift__ __irshift__ __idiv__ __imatmul__
    """.split()
)


class Traits(NamedTuple):
    """What the name of a torch function says of it.

    Attributes:
        name: its short name: `linear`, `softmax`, `__getitem__`.
        reads: it leaves no tensor behind.
        lends: it computes nothing, but whoever has the memory can write to it unseen.
        overwrites: it writes over its first argument.
        wiring: it hands back what it was given, seen another way (unless it copies).
        copies, casts: it is wiring only where it did not have to copy or to convert.
        indexes: it is wiring only where the index is no tensor.
        recurrent: it is a recurrent network as a whole.
        rearranges: it may be wiring, for one of these reasons.
    """

    name: str
    reads: bool
    lends: bool
    overwrites: bool
    wiring: bool
    copies: bool
    casts: bool
    indexes: bool
    recurrent: bool
    rearranges: bool

    @classmethod
    def of(cls, func: Callable[..., Any]) -> Traits:
        """What the name of `func` says."""
        # An operator packet of torch.ops has no name of its own.
        name = str(getattr(func, "__name__", None) or func)
        inplace = name.endswith("_") and not name.endswith("__") and name not in _NOT_OVERWRITES
        wiring, casts, indexes = name in _WIRING, name in _CASTS, name == "__getitem__"
        return cls(
            name,
            reads=name in _READS,
            lends=name in _LENDS,
            overwrites=name in _OVERWRITES or inplace,
            wiring=wiring,
            copies=name in _COPIES,
            casts=casts,
            indexes=indexes,
            recurrent=name in _RECURRENT,
            rearranges=wiring or casts or indexes or name in _COPIES,
        )


class _Table(dict[Callable[..., Any], Traits]):
    """The traits of every function that was asked for: told once, because each call asks."""

    def __missing__(self, func: Callable[..., Any]) -> Traits:
        known = self[func] = Traits.of(func)
        return known


#: `traits[func]`: see `Traits`.
traits = _Table()


def op_name(func: Callable[..., Any]) -> str:
    """The short name of a torch function: `linear`, `softmax`, `__getitem__`."""
    return traits[func].name


def is_wiring(
    func: Callable[..., Any], args: Sequence[Any], outputs: Sequence[torch.Tensor]
) -> bool:
    """Whether a call that returned `outputs` only rearranged, or computed no tensor at all."""
    known = traits[func]
    if (known.wiring or known.indexes) and only_rearranges(func, args):
        return True
    if not outputs and not known.overwrites:
        return True
    if (known.casts or known.copies) and args and isinstance(args[0], torch.Tensor):
        return len(outputs) == 1 and _same_memory(outputs[0], args[0])
    return False


def only_rearranges(func: Callable[..., Any], args: Sequence[Any]) -> bool:
    """Whether a call is wiring whatever it returns: known before it runs."""
    known = traits[func]
    if known.wiring:
        return not (known.copies and args and _is_expanded(args[0]))
    if known.indexes:
        # Basic indexing is a view. Indexing with a tensor gathers rows: a computation.
        return not any(isinstance(i, (torch.Tensor, list)) for i in _flat_index(args[1]))
    return False


def _is_expanded(tensor: Any) -> bool:
    """Whether a tensor shows the same numbers more than once."""
    return (
        isinstance(tensor, torch.Tensor)
        and tensor.layout is torch.strided
        and 0 in tensor.stride()
        and any(step == 0 and n > 1 for step, n in zip(tensor.stride(), tensor.shape, strict=True))
        and tensor.numel() > 0
    )


def written(func: Callable[..., Any], args: Sequence[Any], output: Any) -> list[torch.Tensor]:
    """The tensors that a call wrote: its outputs, or what it overwrote (`x[i] = y`)."""
    found = tensors_in(output)
    if not found and traits[func].overwrites:
        return tensors_in(args[:1])  # it returns nothing
    return found


def overwritten(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[torch.Tensor]:
    """The tensors that a call is about to overwrite."""
    overwrites = traits[func].overwrites
    if not kwargs and not overwrites:
        return []
    targets = tensors_in(kwargs.get("out"))
    if overwrites or kwargs.get("inplace") is True:
        targets += tensors_in(args[:1]) or tensors_in(kwargs.get("input"))
    return targets


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Every tensor in a nest of tuples, lists and dicts, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    found: list[torch.Tensor] = []
    if type(value) not in LEAVES:
        _collect(value, found)
    return found


#: What most arguments are that are no tensors: asking whether they are mappings would be slow.
LEAVES = frozenset({int, float, bool, type(None), str, torch.dtype, torch.device, torch.Size})


def _collect(nest: Any, found: list[torch.Tensor]) -> None:
    # Asked of every argument of every call, so: no generators, and no look at what is no nest.
    if not isinstance(nest, (tuple, list)):
        nest = nest.values() if isinstance(nest, Mapping) else ()
    for item in nest:
        if isinstance(item, torch.Tensor):
            found.append(item)
        elif type(item) not in LEAVES:
            _collect(item, found)


def same_view(result: torch.Tensor, given: torch.Tensor) -> bool:
    """Whether two tensors are the same numbers at the same place in the same memory."""
    return result is given or (
        result.shape == given.shape
        and result.dtype == given.dtype
        and result.numel() > 0
        and _same_memory(result, given)
        and result.stride() == given.stride()
        and result.storage_offset() == given.storage_offset()
    )


def argument_names(func: Callable[..., Any], args: Sequence[Any]) -> tuple[str, ...]:
    """Names of the positional arguments of `func` in the call with `args`: one for each."""
    if traits[func].recurrent and len(args) > 1 and not isinstance(args[1], torch.Tensor):
        # These have two overloads, and torch's own list has only the one for packed sequences.
        return ("input", "hx", "params", "has_biases", "num_layers", "dropout", "train",
                "bidirectional", "batch_first")  # fmt: skip
    names = _signatures[func]
    if len(args) <= len(names):
        return names[: len(args)]
    return (*names, *(f"argument {place}" for place in range(len(names), len(args))))


class _Signatures(dict[Callable[..., Any], tuple[str, ...]]):
    """Names of the positional parameters of each function that was asked for."""

    def __missing__(self, func: Callable[..., Any]) -> tuple[str, ...]:
        if isinstance(func, type):  # an opaque module
            forward = vars(func).get("forward")
            names = _parameters(forward)[1:] if forward is not None else ()
        else:
            names = _parameters(func)
        self[func] = names
        return names


_signatures = _Signatures()


def _parameters(func: Callable[..., Any]) -> tuple[str, ...]:
    """Compiled functions have no signature; torch keeps one for each that can be overridden."""
    signed = get_testing_overrides().get(func, func)
    try:
        parameters = inspect.signature(signed).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    )


def _flat_index(index: Any) -> Iterator[Any]:
    if isinstance(index, tuple):
        yield from index
    else:
        yield index


def _same_memory(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a is b:
        return True
    try:
        return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):  # sparse and meta tensors have no storage to ask
        return False
