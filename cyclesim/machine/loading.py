"""Loading a model safely: safetensors only, no code from the repository unless asked, clear errors.

Nothing here unpickles. A folder is checked before transformers sees it, so that what is missing is
said in one sentence and not in a traceback from deep inside.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.machine.catalog import DEFAULT, EMBEDDED, embedded_path
from cyclesim.machine.machine import Machine
from cyclesim.machine.tasks import TASKS, task_for

__all__ = ["load", "resolve_device", "resolve_dtype"]

Progress = Callable[[str], None]

_DTYPES = ("float32", "float16", "bfloat16", "float64")
_ATTENTION = ("eager", "sdpa")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
_TOKENIZER_FILES = (
    "tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model",
    "sentencepiece.bpe.model", "spm.model",
)  # fmt: skip
_AUTO = {
    "token-classification": "AutoModelForTokenClassification",
    "text-classification": "AutoModelForSequenceClassification",
    "forward": "AutoModel",
}


def load(
    name: str | os.PathLike[str] | None = None,
    *,
    model: torch.nn.Module | None = None,
    tokenizer: Any = None,
    task: str | None = None,
    attn: str = "eager",
    device: str = "auto",
    dtype: str | None = None,
    max_length: int | None = None,
    pad_to: int | None = None,
    seed: int | None = None,
    trust_remote_code: bool = False,
    random_init: bool = False,
    progress: Progress | None = None,
) -> Machine:
    """Make a machine ready to run.

    Args:
        name: an embedded model (`tiny-ner`, the default), a local folder, or the name of a model
            on the Hugging Face hub (the local cache is tried first).
        model, tokenizer: an already built model and its tokenizer, used as they are.
        task: what the output means; guessed from the architecture otherwise.
        attn: attention implementation, `eager` (every step visible) or `sdpa` (one fused kernel).
        device: `auto`, `cpu`, `cuda` or `cuda:1`.
        dtype: `float32` (default), `float16`, `bfloat16` or `float64`.
        max_length: longest sequence in tokens; never more than the model has positions for.
        pad_to: pad every text to this many tokens.
        seed: seeds torch before anything random happens.
        trust_remote_code: run Python code that comes with a hub model.
        random_init: accept a checkpoint that lacks weights; the missing ones are random.
        progress: called with a short sentence at each stage.

    Raises:
        CyclesimError: it cannot be loaded; the message says why and what to do.
    """
    say = progress or (lambda _: None)
    if seed is not None:
        torch.manual_seed(seed)
    _check("attn", attn, _ATTENTION)
    where = resolve_device(device)
    if task is not None:
        _check("task", task, tuple(TASKS))
    if model is not None:
        machine = Machine.of(model, tokenizer)
        machine.max_length, machine.pad_to = max_length, pad_to
        return machine

    kind = resolve_dtype(dtype or "float32")
    source, local, shown = _find(DEFAULT if name is None else os.fspath(name))
    say(f"loading {shown}")
    options: dict[str, Any] = {"trust_remote_code": trust_remote_code, "local_files_only": local}
    config = _load_config(source, shown, options)
    made, missing = _load_model(source, shown, config, task, kind, attn, options)
    if missing and not random_init:
        raise CyclesimError(
            f"the checkpoint of {shown} has no weights for {_some(missing)}: choose another --task, "
            "or pass --random-init to run it with random ones."
        )
    say("loading the tokenizer")
    tokenizer = _load_tokenizer(source, shown, options)
    made = _place(made.eval(), where)
    result = Machine(made, tokenizer, name=shown, task=task_for(made), pad_to=pad_to)
    result.max_length = _longest(made, tokenizer, max_length)
    if pad_to is not None and result.max_length is not None and pad_to > result.max_length:
        raise CyclesimError(
            f"cannot pad to {pad_to} tokens: {shown} has positions for {result.max_length}."
        )
    return result


def resolve_device(name: str) -> torch.device:
    """The torch device called `name`; `auto` takes the first GPU where there is one.

    Raises:
        CyclesimError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda") or (index and not index.isdigit()) or (kind == "cpu" and index):
        raise CyclesimError(f"unknown device {name!r}: use auto, cpu, cuda or cuda:0.")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count == 0:
            raise CyclesimError("there is no CUDA device that torch can use here: use --device cpu.")
        if int(index or 0) >= count:
            raise CyclesimError(f"there is no {name}: torch sees {count} CUDA device(s), from 0.")
    return torch.device(name)


def resolve_dtype(name: str) -> torch.dtype:
    """The torch dtype called `name`, one of those that models run in."""
    _check("dtype", name, _DTYPES)
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def _find(name: str) -> tuple[str, bool, str]:
    """Where the model is, whether that is a folder on this machine, and what to call it."""
    if name in EMBEDDED:
        return str(embedded_path(name)), True, name
    path = Path(name).expanduser()
    if path.is_dir():
        _check_folder(path)
        return str(path), True, path.resolve().name
    if path.is_file():
        raise CyclesimError(f"{name} is a file: give the folder that holds the model.")
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or not name.strip():
        raise CyclesimError(f"there is no folder {name!r}: give a model's folder or its hub name.")
    return name, False, name


def _check_folder(path: Path) -> None:
    if not (path / "config.json").is_file():
        raise CyclesimError(f"{path} has no config.json: it is not a Hugging Face model folder.")
    try:
        json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CyclesimError(f"{path / 'config.json'} cannot be read as JSON: {error}.") from None
    if any(path.glob("*.safetensors")):
        return
    pickles = sorted(p.name for pattern in _PICKLES for p in path.glob(pattern))
    if pickles:
        raise CyclesimError(
            f"{path} has only pickle weights ({pickles[0]}), which can run code when they are "
            "opened: save the model with safe_serialization=True and use that folder."
        )
    raise CyclesimError(f"{path} has no weights: a *.safetensors file is missing.")


def _load_config(source: str, shown: str, options: dict[str, Any]) -> Any:
    from transformers import AutoConfig

    with _sentences(shown):
        return _cached_first(AutoConfig.from_pretrained, source, options)


def _load_model(
    source: str,
    shown: str,
    config: Any,
    task: str | None,
    dtype: torch.dtype,
    attn: str,
    options: dict[str, Any],
) -> tuple[torch.nn.Module, list[str]]:
    import transformers

    cls = None
    if task is None:
        names = getattr(config, "architectures", None) or []
        cls = getattr(transformers, names[0], None) if names else None
    cls = cls or getattr(transformers, _AUTO[task or "forward"])
    settings = {
        "config": config,
        "dtype": dtype,
        "attn_implementation": attn,
        "use_safetensors": True,
        "output_loading_info": True,
    }
    with _sentences(shown), _silent():
        model, info = _cached_first(cls.from_pretrained, source, {**options, **settings})
    return model, sorted(info["missing_keys"])


def _load_tokenizer(source: str, shown: str, options: dict[str, Any]) -> Any:
    from transformers import AutoTokenizer

    folder = Path(source)
    if folder.is_dir() and not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise CyclesimError(
            f"{shown} has no tokenizer (no tokenizer.json or vocabulary file): add the files of "
            "the tokenizer it was trained with."
        )
    with _sentences(shown, "tokenizer"), _silent():
        return _cached_first(AutoTokenizer.from_pretrained, source, options)


def _cached_first(loader: Callable[..., Any], source: str, options: dict[str, Any]) -> Any:
    """Try the local cache before the network, so that a cached model loads offline at once."""
    if options["local_files_only"]:
        return loader(source, **options)
    try:
        return loader(source, **{**options, "local_files_only": True})
    except (OSError, ValueError):
        return loader(source, **options)


@contextmanager
def _sentences(shown: str, what: str = "model") -> Iterator[None]:
    """Turn what transformers and safetensors raise into one sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        raise CyclesimError(
            f"the weights of {shown} are not a valid safetensors file ({error}): get them again."
        ) from None
    except ImportError as error:
        raise CyclesimError(f"{shown} needs a package that is missing: {_first(error)}") from None
    except (OSError, ValueError, KeyError, RuntimeError, AttributeError, TypeError) as error:
        text = str(error)
        if "trust_remote_code" in text:
            raise CyclesimError(
                f"{shown} comes with its own Python code: read it, and pass --trust-remote-code "
                "if you trust it."
            ) from None
        if not Path(shown).exists() and isinstance(error, OSError) and not _is_local(error):
            raise CyclesimError(
                f"there is no {what} {shown!r} in the local cache, and the Hugging Face hub "
                "did not give it: check the name and the network, or give a folder."
            ) from None
        raise CyclesimError(f"the {what} of {shown} cannot be loaded: {_first(error)}") from None


def _is_local(error: OSError) -> bool:
    return isinstance(error, (FileNotFoundError, PermissionError)) and error.filename is not None


@contextmanager
def _silent() -> Iterator[None]:
    """Keep transformers' progress bars and load reports off the screen."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _place(model: torch.nn.Module, device: torch.device) -> torch.nn.Module:
    try:
        return model.to(device)
    except torch.OutOfMemoryError:
        raise CyclesimError(
            f"the model does not fit into the memory of {device}: use --device cpu or a smaller "
            "--dtype."
        ) from None


def _longest(model: torch.nn.Module, tokenizer: Any, wanted: int | None) -> int | None:
    """How many tokens fit: the model's positions, the tokenizer's limit, and what was asked for."""
    config = getattr(model, "config", None)
    positions = getattr(config, "max_position_embeddings", None)
    if positions and _positions_start_after_padding(model):
        positions -= config.pad_token_id + 1  # type: ignore[union-attr]
    limits = [n for n in (positions, getattr(tokenizer, "model_max_length", None)) if n and n > 0]
    longest = int(min(limits)) if limits and min(limits) < 10**9 else None
    if wanted is None:
        return longest
    if wanted < 1:
        raise CyclesimError(f"a maximum length of {wanted} makes no sense: give 3 or more.")
    if longest is not None and wanted > longest:
        raise CyclesimError(f"--max-length {wanted} is more than the model's {longest} positions.")
    return wanted


def _positions_start_after_padding(model: torch.nn.Module) -> bool:
    """RoBERTa numbers its positions from `padding_idx + 1`, so fewer of them can be used."""
    tables = (m for n, m in model.named_modules() if n.endswith("position_embeddings"))
    table = next(tables, None)
    return getattr(table, "padding_idx", None) is not None


def _check(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise CyclesimError(f"unknown --{what} {value!r}: use {', '.join(allowed)}.")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _first(error: Exception) -> str:
    """The first line of an error, as the end of a sentence."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return (text or type(error).__name__).rstrip(".") + "."
