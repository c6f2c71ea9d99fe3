"""Loading a model safely: safetensors only, no code from the repository unless asked, clear errors.

Nothing here unpickles. A name becomes a folder first (`hub`), and the folder is checked before
transformers sees it (`folder`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.catalog import ATTENTION, DEFAULT, DTYPES
from cyclesim.machine.folder import check_tokenizer, has_tokenizer, has_weights
from cyclesim.machine.generation import Generation
from cyclesim.machine.hub import find
from cyclesim.machine.machine import Machine
from cyclesim.machine.quiet import quiet_loggers
from cyclesim.machine.tasks import TASKS, task_for, task_of

__all__ = [
    "in_sentences",
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
        model: an already built model, used as it is; then `name`, `attn`, `device`, `dtype` and
            `task` say nothing.
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
            may then hold a config.json and no weights: all are random (drawn with seed 0 where no
            `seed` is given), the machine's name says so, and it needs no tokenizer.
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
        return _generating(Machine.of(model, tokenizer).limited(max_length, pad_to), settings)

    options = {"trust_remote_code": trust_remote_code, "local_files_only": not trust_remote_code}
    folder, shown = find(
        os.fspath(name) if name is not None else DEFAULT,
        say,
        random_init=random_init,
        trust_remote_code=trust_remote_code,
    )
    drawn = random_init and not has_weights(folder)
    if tokenizer is None and not drawn:
        check_tokenizer(folder, shown)
    say(f"loading {shown}")
    with silent():
        config = load_config(folder, shown, options)
        if drawn:
            made = _draw_model(shown, config, task, kind, attn, seed, options)
            shown += " (random weights)"
        else:
            made = _load_model(folder, shown, config, task, kind, attn, random_init, options)
        if tokenizer is None and has_tokenizer(folder):
            say("loading the tokenizer")
            tokenizer = load_tokenizer(folder, shown, options)
    made = _place(made.eval(), where)
    machine = Machine(made, tokenizer, name=shown, task=task_for(made, task), random_weights=drawn)
    return _generating(machine.limited(max_length, pad_to), settings)


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


def load_config(folder: Path, shown: str, options: dict[str, Any]) -> Any:
    """The config in a checked folder.

    Args:
        shown: what the model is called in sentences.
        options: further arguments of `from_pretrained`.
    """
    from transformers import AutoConfig

    with in_sentences("config", shown):
        return AutoConfig.from_pretrained(folder, **options)


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
    with in_sentences("model", shown):
        cls = _model_class(config, task, options["trust_remote_code"])
        model, info = cls.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            attn_implementation=attn,
            use_safetensors=True,
            ignore_mismatched_sizes=True,  # to say which, below
            output_loading_info=True,
            **options,
        )
    for name, found, expected in sorted(info["mismatched_keys"]):
        raise CyclesimError(
            tr(
                "the weights of {shown} do not fit its config.json: {name} is {found} "
                "and should be {expected}."
            ).format(shown=shown, name=name, found=list(found), expected=list(expected))
        )
    if info["missing_keys"] and not random_init:
        raise CyclesimError(
            tr(
                "the checkpoint of {shown} has no weights for {names}: choose another "
                "--task, or pass --random-init to run it with random ones."
            ).format(shown=shown, names=_some(sorted(info["missing_keys"])))
        )
    return model


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
    with in_sentences("model", shown), torch.random.fork_rng(enabled=seed is None):
        if seed is None:
            torch.manual_seed(0)
        cls = _model_class(config, task, options["trust_remote_code"])
        build = getattr(cls, "_from_config", None) or cls.from_config
        return build(config, dtype=dtype, attn_implementation=attn)


def _model_class(config: Any, task: str | None, trusted: bool) -> Any:
    """The class that the model was saved with, or the one for `task`."""
    import transformers

    if task is not None:
        return getattr(transformers, TASKS[task].auto)
    name = str(next(iter(getattr(config, "architectures", None) or ()), ""))
    known = getattr(transformers, name, None)
    if isinstance(known, type) and issubclass(known, transformers.PreTrainedModel):
        if not isinstance(config, getattr(known, "config_class", None) or object):
            raise ValueError(f"its config.json is for {config.model_type} and its class is {name}")
        return known
    if name and not trusted:
        raise CyclesimError(
            tr(
                "transformers {version} has no class {name}: choose a --task, or, if "
                "the class comes with the model, read its code and pass "
                "--trust-remote-code."
            ).format(version=transformers.__version__, name=name)
        )
    return getattr(transformers, task_of(name).auto)


def load_tokenizer(folder: Path, shown: str, options: dict[str, Any]) -> Any:
    """The tokenizer in a checked folder; its arguments are those of `load_config`."""
    from transformers import AutoTokenizer

    with in_sentences("tokenizer", shown):
        return AutoTokenizer.from_pretrained(folder, **options)


@contextmanager
def in_sentences(what: str, shown: str) -> Iterator[None]:
    """Turn whatever transformers raises into one sentence."""
    try:
        yield
    except CyclesimError:
        raise
    except ImportError as error:
        raise CyclesimError(
            tr("{shown} needs a package that is missing: {why}").format(
                shown=shown, why=_first(error)
            )
        ) from None
    except torch.OutOfMemoryError:
        raise CyclesimError(
            tr("{shown} does not fit into memory: use a smaller --dtype.").format(shown=shown)
        ) from None
    except Exception as error:  # KeyError, AttributeError, …: a broken file shows in many ways
        if "trust_remote_code" in str(error):
            raise CyclesimError(
                tr(
                    "{shown} comes with its own Python code: read it, and pass "
                    "--trust-remote-code if you trust it."
                ).format(shown=shown)
            ) from None
        raise CyclesimError(
            tr("the {what} of {shown} cannot be loaded: {why}").format(
                what=what, shown=shown, why=_first(error)
            )
        ) from None


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


def _first(error: Exception) -> str:
    """The first sentence of an error, as the end of one of ours."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if isinstance(error, KeyError):
        text = f"there is no {text}"
    return (text.partition(". ")[0] or type(error).__name__).rstrip(".:") + "."
