"""Smaller forms of a trained model, each in a folder of its own, and all of them measured.

Pruning sets the smallest weights to 0 (`torch.nn.utils.prune`, over all linear layers of the
encoder together). A dense file stores its zeros, so it is no smaller until it is packed, and no
faster. Dynamic quantisation (torchao) keeps the weights of linear layers as int8 with one scale a
row, and quantises activations as they come; transformers writes and reads such models as
safetensors.
"""

from __future__ import annotations

import copy
import statistics
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils import prune

from cyclesim.errors import CyclesimError
from cyclesim.export.extras import need
from cyclesim.finetuning.corpus import PARTS, Corpus
from cyclesim.finetuning.encode import Coder, Example
from cyclesim.finetuning.evaluating import measure
from cyclesim.finetuning.outcome import Form
from cyclesim.finetuning.publish import write_model
from cyclesim.language import tr
from cyclesim.machine.loading import load, silent
from cyclesim.machine.sentences import in_sentences

__all__ = ["check_extras", "measure_forms", "write_pruned", "write_quantised"]

_ROUNDS = 7
_SENTENCES = 24


def check_extras(int8: bool) -> None:
    """Say before the training that the quantisation after it cannot be done.

    Raises:
        CyclesimError: torchao is not installed.
    """
    if int8:
        with silent():
            need("torchao", "int8")


def write_pruned(model: Any, tokenizer: Any, share: float, folder: Path) -> None:
    """Write a copy of `model` without `share` of the weights of its encoder's linear layers."""
    model = copy.deepcopy(model)
    chosen = [
        (module, "weight")
        for module in model.base_model.modules()
        if isinstance(module, torch.nn.Linear)
    ]
    if not chosen:
        raise CyclesimError(tr("the model has no linear layer to prune: leave --prune out."))
    prune.global_unstructured(chosen, prune.L1Unstructured, amount=share)
    for module, name in chosen:
        prune.remove(module, name)
    write_model(folder, model, tokenizer)


def write_quantised(source: Path, tokenizer: Any, folder: Path) -> None:
    """Write the model in `source` with int8 weights and dynamically quantised activations."""
    from transformers import AutoModelForTokenClassification, TorchAoConfig

    with silent():
        quantization = need("torchao.quantization", "int8")
        with in_sentences("int8 form", source.name):
            model = AutoModelForTokenClassification.from_pretrained(
                source,
                quantization_config=TorchAoConfig(
                    quantization.Int8DynamicActivationInt8WeightConfig()
                ),
                dtype=torch.float32,
                local_files_only=True,
            )
    write_model(folder, model, tokenizer)


def measure_forms(
    forms: Sequence[tuple[str, Path]], corpus: Corpus, coder: Coder,
    examples: dict[str, list[Example]], attn: str, say: Callable[[str], None],
) -> list[Form]:  # fmt: skip
    """Open each folder as the app does, and measure size, speed and F1.

    Args:
        forms: name and folder of each.
        examples: the encoded sentences of each part.
    """
    models = []
    for name, folder in forms:
        say(name)
        models.append(load(folder, attn=attn, device="cpu").model)
    timed = [coder.batch([example]).inputs for example in examples["dev"][:_SENTENCES]]
    seconds = _seconds(models, timed)
    made = []
    for (name, folder), model, took in zip(forms, models, seconds, strict=True):
        say(name)
        f1 = {
            part: measure(model, coder, corpus.part(part), examples[part]).score.f1
            for part in PARTS[1:]
            if examples[part]
        }
        weights = [parameter.detach() for parameter in model.parameters()]
        files = [file.read_bytes() for file in sorted(folder.glob("*.safetensors"))]
        made.append(
            Form(
                name=name,
                folder=str(folder),
                weights=sum(weight.numel() for weight in weights),
                nonzero=sum(_nonzero(weight) for weight in weights),
                file_bytes=sum(map(len, files)),
                zipped_bytes=sum(len(zlib.compress(file)) for file in files),
                seconds=took,
                dev=f1.get("dev"),
                test=f1.get("test"),
            )
        )
    return made


def _nonzero(weight: torch.Tensor) -> int:
    plain = weight.dequantize() if hasattr(weight, "qdata") else weight
    return int(plain.count_nonzero())


def _seconds(models: Sequence[Any], inputs: Sequence[dict[str, torch.Tensor]]) -> list[float]:
    """The median time of one forward of each model; rounds are interleaved, after a warm-up."""
    times: list[list[float]] = [[] for _ in models]
    with torch.no_grad():
        for turn in range(_ROUNDS + 1):
            for model, mine in zip(models, times, strict=True):
                began = time.perf_counter()
                for one in inputs:
                    model(**one)
                if turn:
                    mine.append((time.perf_counter() - began) / len(inputs))
    return [statistics.median(mine) for mine in times]
