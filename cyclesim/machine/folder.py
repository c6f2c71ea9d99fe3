"""What is in a model's folder, looked at before transformers is.

Reads `config.json` and the headers of the weights, so that whatever is wrong is said in one
sentence, and so that a config with absurd sizes is refused before anything of that size is built.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from math import prod
from pathlib import Path, PurePosixPath
from typing import Any

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = [
    "check_config", "check_folder", "check_tokenizer", "has_tokenizer", "has_weights",
    "stored_dtype",
]  # fmt: skip

_CONFIG = "config.json"
_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
_TOKENIZERS = (
    "tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model",
    "sentencepiece.bpe.model", "spm.model",
)  # fmt: skip
#: Each of these is a side of some weight, so none can be larger than all weights together.
_SIDES = (
    "hidden_size", "intermediate_size", "embedding_size", "vocab_size", "dim", "hidden_dim",
    "d_model", "d_ff", "n_embd", "n_inner",
)  # fmt: skip
_POSITIONS = ("max_position_embeddings", "n_positions")
_COUNTS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers")
_MOST_LAYERS = 10_000

#: What safetensors calls the types that models run in.
_STORED = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}

Shapes = dict[str, tuple[int, ...]]


def check_folder(path: Path, *, random_init: bool = False) -> None:
    """Make sure that `path` holds a config and safetensors weights that can be read.

    Args:
        random_init: weights may be missing from the files, or all of them, so sizes are not held
            against them.

    Raises:
        CyclesimError: something is missing, broken, or larger than the weights can be.
    """
    file = path / _CONFIG
    if not file.is_file():
        raise CyclesimError(
            tr("{path} has no config.json: it is not a Hugging Face model folder.").format(
                path=path
            )
        )
    config = _read_config(file)
    shapes: Shapes = {}
    if not random_init or has_weights(path):
        for weights in _weight_files(path):
            shapes.update(_read_shapes(weights))
    _check_sizes(file, config, None if random_init else shapes)


def check_config(file: Path) -> None:
    """Make sure that `file` is a config that a model of random weights can be made of.

    Raises:
        CyclesimError: it is none, or is broken.
    """
    _check_sizes(file, _read_config(file), None)


def check_tokenizer(path: Path, shown: str) -> None:
    """Make sure that `path` holds a tokenizer.

    Raises:
        CyclesimError: there is none.
    """
    if not has_tokenizer(path):
        raise CyclesimError(
            tr(
                "{shown} has no tokenizer (no tokenizer.json or vocabulary file): add "
                "the files of the tokenizer it was trained with."
            ).format(shown=shown)
        )


def has_tokenizer(path: Path) -> bool:
    """Whether one of a tokenizer's files is in the folder."""
    return any((path / name).is_file() for name in _TOKENIZERS)


def has_weights(path: Path) -> bool:
    """Whether there are weights in the folder, of whatever kind."""
    names = (_WEIGHTS, _INDEX, *_PICKLES)
    return path.is_dir() and any(any(path.glob(name)) for name in names)


def stored_dtype(path: Path) -> str:
    """The type that most weights in the folder are stored in; empty where it is none of ours."""
    from safetensors import safe_open

    numbers: Counter[str] = Counter()
    for file in _weight_files(path):
        with safe_open(file, framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118
                part = weights.get_slice(name)
                numbers[_STORED.get(part.get_dtype(), "")] += prod(part.get_shape())
    return max(numbers, key=numbers.__getitem__, default="")


def _read_config(file: Path) -> Mapping[str, Any]:
    config = _read_json(file)
    if not isinstance(config.get("model_type"), str):
        raise CyclesimError(
            tr("{file} does not say its model_type: it is not a model's config.").format(file=file)
        )
    _check_labels(file, config)
    return config


def _check_labels(file: Path, config: Mapping[str, Any]) -> None:
    names = config.get("id2label")
    if names is None or (isinstance(names, dict) and all(key.isdecimal() for key in names)):
        return
    raise CyclesimError(
        tr("{file} has an id2label that maps no numbers to labels.").format(file=file)
    )


def _weight_files(path: Path) -> list[Path]:
    """The safetensors files, in order: one, or the shards that an index names."""
    if (path / _WEIGHTS).is_file():
        return [path / _WEIGHTS]
    if (path / _INDEX).is_file():
        return _shards(path / _INDEX)
    pickles = sorted(p.name for pattern in _PICKLES for p in path.glob(pattern))
    if pickles:
        raise CyclesimError(
            tr(
                "{path} has only pickle weights ({file}), which can run code when "
                "they are opened: save the model as safetensors and use that folder."
            ).format(path=path, file=pickles[0])
        )
    raise CyclesimError(
        tr("{path} has no weights: {file} is missing.").format(path=path, file=_WEIGHTS)
    )


def _shards(index: Path) -> list[Path]:
    shards = _read_json(index).get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(s, str) for s in shards.values()):
        raise CyclesimError(tr("{index} has no weight_map: get it again.").format(index=index))
    names = sorted(set(shards.values()))
    for name in names:
        # A plain file name: an index must not reach out of its folder.
        if name != PurePosixPath(name).name or "\\" in name:
            raise CyclesimError(
                tr("{index} names {name!r}, which is outside its folder.").format(
                    index=index, name=name
                )
            )
        if not (index.parent / name).is_file():
            raise CyclesimError(
                tr("{parent} lacks {name}, which its index names.").format(
                    parent=index.parent, name=name
                )
            )
    return [index.parent / name for name in names]


def _read_shapes(file: Path) -> Shapes:
    """Shapes of the tensors in a safetensors file; reads only its header."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as weights:
            return {n: tuple(weights.get_slice(n).get_shape()) for n in weights.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CyclesimError(
            tr("{file} is not a valid safetensors file ({why}): get it again.").format(
                file=file, why=str(error).rstrip(".")
            )
        ) from None


def _check_sizes(file: Path, config: Mapping[str, Any], shapes: Shapes | None) -> None:
    """Refuse sizes that the weights cannot have."""
    total = None if shapes is None else sum(map(prod, shapes.values()))
    # Rotary positions are computed: only a table of them has a side.
    table = any("position_embeddings" in name or ".wpe." in name for name in shapes or ())
    for key in (*_SIDES, *_COUNTS, *(_POSITIONS if table else ())):
        size = config.get(key)
        if size is None:
            continue
        most = _MOST_LAYERS if key in _COUNTS else total
        if isinstance(size, int) and size >= 0 and (most is None or size <= most):
            continue
        raise CyclesimError(
            tr("{file} says {key} = {size!r}, which does not fit its weights.").format(
                file=file, key=key, size=size
            )
        )


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CyclesimError(
            tr("{file} cannot be read as JSON: {why}.").format(file=file, why=error)
        ) from None
    if not isinstance(content, dict):
        raise CyclesimError(
            tr("{file} holds a {kind}, not a JSON object.").format(
                file=file, kind=type(content).__name__
            )
        )
    return content
