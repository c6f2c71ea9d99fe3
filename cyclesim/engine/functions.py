"""What each torch function is to the clock: a computation, wiring, a read, or an overwrite.

The clock ticks for computations. Wiring (views and copies that only rearrange) is followed but not
numbered; reads (`size`, `item`, `shape`) leave no tensor behind; an overwrite (`add_`,
`x[i] = y`, `out=`) is a computation before which recorded values must be saved.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any

import torch
from torch.overrides import get_testing_overrides

__all__ = [
    "Kind",
    "argument_names",
    "is_wiring",
    "kind_of",
    "only_rearranges",
    "op_name",
    "overwritten",
    "same_view",
    "tensors_in",
    "written",
]


class Kind(Enum):
    """How the recorder treats a torch function.

    A function that lends memory (`numpy`) computes nothing, but whoever has the memory can write
    to it unseen.
    """

    READ = 0
    RUN = 1
    OVERWRITE = 2
    LEND = 3


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
_CASTS_AND_COPIES = _CASTS | _COPIES
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


@cache
def op_name(func: Callable[..., Any]) -> str:
    """The short name of a torch function: `linear`, `softmax`, `__getitem__`."""
    name = getattr(func, "__name__", None)
    if name is None:  # an operator packet of torch.ops
        name = str(func)
    return str(name)


@cache
def kind_of(func: Callable[..., Any]) -> Kind:
    """How to treat `func`, from its name alone; cached, because it is asked for every call."""
    name = op_name(func)
    if name in _LENDS:
        return Kind.LEND
    if name in _READS:
        return Kind.READ
    if name in _OVERWRITES or (
        name.endswith("_") and not name.endswith("__") and name not in _NOT_OVERWRITES
    ):
        return Kind.OVERWRITE
    return Kind.RUN


def is_wiring(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], output: Any
) -> bool:
    """Whether this call only rearranged, or computed no tensor at all."""
    if only_rearranges(func, args):
        return True
    name = op_name(func)
    outputs = tensors_in(output)
    if not outputs and kind_of(func) is not Kind.OVERWRITE:
        return True
    if name in _CASTS_AND_COPIES and args and isinstance(args[0], torch.Tensor):
        return len(outputs) == 1 and _same_memory(outputs[0], args[0])
    return False


def only_rearranges(func: Callable[..., Any], args: Sequence[Any]) -> bool:
    """Whether a call is wiring whatever it returns: known before it runs."""
    name = op_name(func)
    if name == "__getitem__":
        # Basic indexing is a view. Indexing with a tensor gathers rows: a computation.
        return not any(isinstance(i, (torch.Tensor, list)) for i in _flat_index(args[1]))
    return name in _WIRING and not (name in _COPIES and bool(args) and _is_expanded(args[0]))


def _is_expanded(tensor: Any) -> bool:
    """Whether a tensor shows the same numbers more than once."""
    return (
        isinstance(tensor, torch.Tensor)
        and tensor.layout is torch.strided
        and 0 in tensor.stride()
        and any(step == 0 and n > 1 for step, n in zip(tensor.stride(), tensor.shape, strict=True))
        and tensor.numel() > 0
    )


def written(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], output: Any
) -> list[torch.Tensor]:
    """The tensors that a call wrote: its outputs, or the target of `x[i] = y`."""
    if op_name(func) == "__setitem__":
        return [args[0]]
    return tensors_in(output)


def overwritten(
    func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[torch.Tensor]:
    """The tensors that a call is about to overwrite."""
    targets = tensors_in(kwargs.get("out"))
    if kind_of(func) is Kind.OVERWRITE or kwargs.get("inplace") is True:
        targets += tensors_in(args[:1]) or tensors_in(kwargs.get("input"))
    return targets


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Every tensor in a nest of tuples, lists and dicts, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    found: list[torch.Tensor] = []
    if type(value) not in _LEAVES:
        _collect(value, found)
    return found


#: What most arguments are that are no tensors: asking whether they are mappings would be slow.
_LEAVES = frozenset({int, float, bool, type(None), str, torch.dtype, torch.device, torch.Size})


def _collect(nest: Any, found: list[torch.Tensor]) -> None:
    # Asked of every argument of every call, so: no generators, and no look at what is no nest.
    if not isinstance(nest, (tuple, list)):
        nest = nest.values() if isinstance(nest, Mapping) else ()
    for item in nest:
        if isinstance(item, torch.Tensor):
            found.append(item)
        elif type(item) not in _LEAVES:
            _collect(item, found)


def same_view(result: torch.Tensor, given: torch.Tensor) -> bool:
    """Whether two tensors are the same numbers at the same place in the same memory."""
    return result is given or (
        result.shape == given.shape
        and result.dtype == given.dtype
        and result.stride() == given.stride()
        and result.storage_offset() == given.storage_offset()
        and result.numel() > 0
        and _same_memory(result, given)
    )


def argument_names(func: Callable[..., Any], args: Sequence[Any]) -> tuple[str, ...]:
    """Names of the positional arguments of `func` in the call with `args`."""
    if op_name(func) in _RECURRENT and len(args) > 1 and not isinstance(args[1], torch.Tensor):
        # These have two overloads, and torch's own list has only the one for packed sequences.
        return ("input", "hx", "params", "has_biases", "num_layers", "dropout", "train",
                "bidirectional", "batch_first")  # fmt: skip
    if isinstance(func, type):  # an opaque module
        forward = vars(func).get("forward")
        return _signature_names(forward)[1:] if forward is not None else ()
    return _signature_names(func)


@cache
def _signature_names(func: Callable[..., Any]) -> tuple[str, ...]:
    """Compiled functions have no signature; torch keeps one for each that can be overridden."""
    signed = get_testing_overrides().get(func, func)
    try:
        parameters = inspect.signature(signed).parameters.values()
    except (TypeError, ValueError):
        return ()
    names = tuple(
        p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    )
    return names


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
