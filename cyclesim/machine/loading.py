"""Loading a model safely: safetensors only, no code from the repository unless asked, clear errors.

Nothing here unpickles. A name becomes a folder first (`hub`), and the folder is checked before
transformers sees it (`folder`).
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.adapter import with_adapter
from cyclesim.machine.catalog import ATTENTION, DEFAULT, DTYPES, EMBEDDED
from cyclesim.machine.classes import made_for, model_class
from cyclesim.machine.extra import EXTRAS
from cyclesim.machine.folder import check_tokenizer, has_tokenizer, has_weights, stored_dtype
from cyclesim.machine.generation import Generation
from cyclesim.machine.hub import find
from cyclesim.machine.machine import Machine
from cyclesim.machine.quiet import quiet_loggers
from cyclesim.machine.sentences import in_sentences
from cyclesim.machine.tasks import TASKS, task_for

__all__ = [
    "load",
    "load_config",
    "load_tokenizer",
    "resolve_device",
    "resolve_dtype",
    "silent",
]

Progress = Callable[[str], None]


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
    generation: Generation | Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Machine:
    """Make a machine ready to run.

    Args:
        name: an embedded model (`tiny-ner`, the default), a local folder, or the name of a model
            on the Hugging Face hub (the local cache is tried first).
        model: an already built model, used as it is; then `name`, `attn`, `device` and `dtype` say
            nothing.
        tokenizer: its tokenizer; with a name, used instead of the model's own.
        task: what the output means; guessed from the architecture otherwise.
        attn: attention implementation, `eager` (every step visible) or `sdpa` (one fused kernel).
        device: `auto`, `cpu`, `cuda` or `cuda:1`.
        dtype: `float32` (default), `float16`, `bfloat16` or `float64`.
        max_length: longest sequence in tokens; never more than the model has positions for.
        pad_to: pad every text to this many tokens.
        seed: seeds torch before anything random happens.
        trust_remote_code: run Python code that comes with a model.
        random_init: accept a checkpoint that lacks weights; the missing ones are random. A folder
            may then hold a config.json and no weights, or `name` may be the path of a config,
            whatever lies beside it: all weights are random (drawn with seed 0 where no `seed` is
            given), the machine's name says so, and it needs no tokenizer.
        generation: how a text is generated (see `cyclesim.machine.generation.Generation`), as
            settings or a mapping of them: `{"max_new_tokens": 8, "temperature": 0.7}`.
        progress: called with a short sentence at each stage.

    Raises:
        CyclesimError: it cannot be loaded; the message says why and what to do.
    """
    say = progress or (lambda _: None)
    _check("attn", attn, ATTENTION)
    if task is not None:
        _check("task", task, tuple(TASKS))
    settings = None if generation is None else Generation.of(generation)
    kind = resolve_dtype(dtype or "float32")
    where = resolve_device(device)
    if seed is not None:
        _seed(seed)
    if model is not None:
        return _generating(Machine.of(model, tokenizer, task).limited(max_length, pad_to), settings)

    options = {"trust_remote_code": trust_remote_code, "local_files_only": not trust_remote_code}
    folder, shown, alone = find(
        os.fspath(name) if name is not None else DEFAULT,
        say,
        random_init=random_init,
        trust_remote_code=trust_remote_code,
    )
    drawn = alone is not None or (random_init and not has_weights(folder))
    if tokenizer is None and not drawn:
        check_tokenizer(folder, shown)
    say(_loading(shown, folder, kind, drawn))
    with silent():
        config = load_config(alone or folder, shown, options)
        if drawn:
            made = _draw_model(shown, config, task, kind, attn, seed, options)
            shown += " (random weights)"
        else:
            made = _load_model(folder, shown, config, task, kind, attn, random_init, options)
            made = with_adapter(made, folder, shown)
        if tokenizer is None and has_tokenizer(folder):
            say(tr("loading the tokenizer"))
            tokenizer = load_tokenizer(folder, shown, options)
    made = _place(made.eval(), where)
    known = EMBEDDED.get(shown) or EXTRAS.get(shown)
    if task is None and known is not None and TASKS[known.task].headless:
        task = known.task  # no head says so
    kind_of = task_for(made, task, tokenizer=tokenizer, folder=folder)
    machine = Machine(made, tokenizer, name=shown, task=kind_of, random_weights=drawn)
    return _generating(machine.limited(max_length, pad_to), settings)


def _loading(shown: str, folder: Path, dtype: torch.dtype, drawn: bool) -> str:
    """What is loaded, and whether the weights are stored in another type than they run in."""
    stored = "" if drawn else stored_dtype(folder)
    wanted = str(dtype).removeprefix("torch.")
    said = tr("loading {name}")
    if stored not in ("", wanted):
        said = tr("loading {name}: stored as {stored}, run in {wanted}")
    return said.format(name=shown, stored=stored, wanted=wanted)


def resolve_device(name: str) -> torch.device:
    """The torch device called `name`; `auto` takes the first GPU where there is one.

    Raises:
        CyclesimError: there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    numbered = index.isdecimal() and len(index) <= 4 and kind == "cuda"
    if kind not in ("cpu", "cuda") or (name != kind and not numbered):
        raise CyclesimError(
            tr("unknown --device {name!r}: use auto, cpu, cuda or cuda:0.").format(name=name)
        )
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count == 0:
            raise CyclesimError(
                tr("there is no CUDA device that torch can use here: use --device cpu.")
            )
        if int(index or 0) >= count:
            raise CyclesimError(
                tr("there is no {name}: torch sees {count} CUDA device(s), from 0.").format(
                    name=name, count=count
                )
            )
    return torch.device(name)


def resolve_dtype(name: str) -> torch.dtype:
    """The torch dtype called `name`, one of those that models run in."""
    _check("dtype", name, DTYPES)
    dtype: torch.dtype = getattr(torch, name)
    return dtype


def load_config(place: Path, shown: str, options: dict[str, Any]) -> Any:
    """The config in a checked folder, or in a checked file.

    Args:
        shown: what the model is called in sentences.
        options: further arguments of `from_pretrained`.
    """
    from transformers import AutoConfig

    with in_sentences("config", shown):
        return AutoConfig.from_pretrained(place, **options)


def _load_model(
    folder: Path,
    shown: str,
    config: Any,
    task: str | None,
    dtype: torch.dtype,
    attn: str,
    random_init: bool,
    options: dict[str, Any],
) -> torch.nn.Module:
    cls = model_class(config, task, options["trust_remote_code"], shown)
    how = {
        "config": config, "dtype": dtype, "attn_implementation": attn, "use_safetensors": True,
        "ignore_mismatched_sizes": True,  # to say which, below
        "output_loading_info": True, **options,
    }  # fmt: skip
    with in_sentences("model", shown):
        model, info = cls.from_pretrained(folder, **how)
        if not random_init and _only_pooler(model, info["missing_keys"], task):
            model, info = cls.from_pretrained(folder, add_pooling_layer=False, **how)
    for name, found, expected in sorted(info["mismatched_keys"]):
        raise CyclesimError(
            tr(
                "the weights of {shown} do not fit its config.json: {name} is {found} "
                "and should be {expected}."
            ).format(shown=shown, name=name, found=list(found), expected=list(expected))
        )
    if info["missing_keys"] and not random_init:
        raise CyclesimError(_no_weights(shown, config, task, sorted(info["missing_keys"])))
    return model


def _only_pooler(model: torch.nn.Module, missing: Collection[str], task: str | None) -> bool:
    """Whether all that lacks is a pooler, which a task that reads token states has no use for."""
    wanted = task is None or (TASKS[task].headless and task != "forward")
    able = "add_pooling_layer" in inspect.signature(type(model).__init__).parameters
    lacks = bool(missing) and all("pooler" in name.split(".") for name in missing)
    return wanted and able and lacks and type(model).__name__.endswith("Model")


def _no_weights(shown: str, config: Any, task: str | None, missing: list[str]) -> str:
    made = made_for(config)
    if task is not None and made != task:
        said = tr(
            "the checkpoint of {shown} has no weights for {names}: it was made for {made}, so "
            "leave --task out, or pass --random-init to run it with random ones."
        )
    else:
        said = tr(
            "the checkpoint of {shown} has no weights for {names}: choose another --task, or pass "
            "--random-init to run it with random ones."
        )
    return said.format(shown=shown, names=_some(missing), made=made)


def _draw_model(
    shown: str,
    config: Any,
    task: str | None,
    dtype: torch.dtype,
    attn: str,
    seed: int | None,
    options: dict[str, Any],
) -> torch.nn.Module:
    """A model of the sizes in `config` whose weights nobody trained."""
    cls = model_class(config, task, options["trust_remote_code"], shown)
    with in_sentences("model", shown), torch.random.fork_rng(enabled=seed is None):
        if seed is None:
            torch.manual_seed(0)
        build = getattr(cls, "_from_config", None) or cls.from_config
        return build(config, dtype=dtype, attn_implementation=attn)


def load_tokenizer(folder: Path, shown: str, options: dict[str, Any]) -> Any:
    """The tokenizer in a checked folder; its arguments are those of `load_config`."""
    from transformers import AutoTokenizer

    with in_sentences("tokenizer", shown):
        return AutoTokenizer.from_pretrained(folder, **options)


@contextmanager
def silent() -> Iterator[None]:
    """Keep transformers' progress bars and load reports off the screen."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with quiet_loggers():
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
            tr(
                "the model does not fit into the memory of {device}: use --device cpu "
                "or a smaller --dtype."
            ).format(device=device)
        ) from None


def _generating(machine: Machine, settings: Generation | None) -> Machine:
    """The machine, told how to generate; refused where it generates nothing."""
    if settings is None:
        return machine
    if not machine.task.generates:
        raise CyclesimError(
            tr("{name} ({task}) generates no text: leave its settings out.").format(
                name=machine.name, task=machine.task.name
            )
        )
    return machine.with_generation(settings)


def _seed(seed: int) -> None:
    if not -(2**63) <= seed < 2**64:
        raise CyclesimError(
            tr("--seed {seed} does not fit into 64 bits: give a smaller number.").format(seed=seed)
        )
    torch.manual_seed(seed)


def _check(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise CyclesimError(
            tr("unknown --{what} {value!r}: use {names}.").format(
                what=what, value=value, names=", ".join(allowed)
            )
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
