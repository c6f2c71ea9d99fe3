"""Commands that fine-tune a model, and that ask how much it takes to change its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import cyclesim
from cyclesim.cli.app import app
from cyclesim.cli.options.groups import is_given, takes
from cyclesim.cli.options.loading import (
    LOADING,
    Attention,
    Device,
    MaxLength,
    Trust,
    default_text,
    loading,
)
from cyclesim.cli.options.reading import Text
from cyclesim.cli.options.screen import Language, speak_given
from cyclesim.cli.printing import print_json, print_rich, progress
from cyclesim.errors import CyclesimError
from cyclesim.finetuning.settings import Settings
from cyclesim.language import tr
from cyclesim.shell import cleaning_up, read_text

#: The defaults of `cyclesim train`.
_TRAINING = Settings()


@app.command()
def train(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The folder of the model.", metavar="OUT")
    ],
    data: Annotated[
        str | None,
        typer.Argument(
            help="A CoNLL file, a folder with train, dev and test files, or a folder saved by "
            "`datasets`; generated sentences by default.",
            metavar="DATA",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in OUT that was interrupted.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="Start from this model; random weights of tiny-ner's shape by default.",
            metavar="NAME",
        ),
    ] = _TRAINING.model,
    from_scratch: Annotated[
        bool,
        typer.Option(
            "--from-scratch", "--random-init", help="Take the model's shape, not its weights."
        ),
    ] = _TRAINING.from_scratch,
    method: Annotated[
        str, typer.Option("--method", help="What is trained: full, frozen, lora or adapter.")
    ] = _TRAINING.method,
    rank: Annotated[int, typer.Option("--rank", help="The rank of lora.")] = _TRAINING.rank,
    keep_adapter: Annotated[
        bool, typer.Option("--keep-adapter", help="Save lora or adapter beside the weights.")
    ] = _TRAINING.keep_adapter,
    epochs: Annotated[
        int, typer.Option("--epochs", help="Times all sentences are seen; 0 only measures.")
    ] = _TRAINING.epochs,
    batch: Annotated[int, typer.Option("--batch", help="Sentences a step.")] = _TRAINING.batch,
    accumulate: Annotated[
        int, typer.Option("--accumulate", help="Steps an update.")
    ] = _TRAINING.accumulate,
    rate: Annotated[
        float | None,
        typer.Option("--rate", help="Highest learning rate; the method's usual one by default."),
    ] = _TRAINING.rate,
    warmup: Annotated[
        float, typer.Option("--warmup", help="Share of the updates in which the rate rises.")
    ] = _TRAINING.warmup,
    decay: Annotated[float, typer.Option("--decay", help="Weight decay.")] = _TRAINING.decay,
    clip: Annotated[
        float, typer.Option("--clip", help="Largest norm of the gradients; 0 for any.")
    ] = _TRAINING.clip,
    dropout: Annotated[
        float | None, typer.Option("--dropout", help="Instead of the config's.")
    ] = _TRAINING.dropout,
    hide: Annotated[
        float | None,
        typer.Option("--hide", help="Share of the words masked, others in each epoch."),
    ] = _TRAINING.hide,
    spell: Annotated[
        float | None,
        typer.Option("--spell", help="Share of the words spelled out in shorter pieces."),
    ] = _TRAINING.spell,
    precision: Annotated[
        str, typer.Option("--precision", help="fp32, or mixed: bf16, fp16 (CUDA).")
    ] = _TRAINING.precision,
    patience: Annotated[
        int | None,
        typer.Option("--patience", help="Stop after so many epochs without a better dev F1."),
    ] = _TRAINING.patience,
    seed: Annotated[
        int, typer.Option("--seed", help="Of new weights, the order, dropout.")
    ] = _TRAINING.seed,
    prune: Annotated[
        float | None,
        typer.Option(
            "--prune", help="Also save a model with this share of its linear weights set to 0."
        ),
    ] = _TRAINING.prune,
    int8: Annotated[
        bool, typer.Option("--int8", help="Also save a dynamically quantised model.")
    ] = _TRAINING.int8,
    sentences: Annotated[
        int, typer.Option("--sentences", help="Sentences to generate, without DATA.")
    ] = _TRAINING.sentences,
    columns: Annotated[
        str | None,
        typer.Option("--columns", help="Of word and tag: 1,4 or tokens,ner_tags.", metavar="W,T"),
    ] = _TRAINING.columns,
    all_subwords: Annotated[
        bool, typer.Option("--all-subwords", help="Label all subwords of a word, not the first.")
    ] = _TRAINING.all_subwords,
    max_length: MaxLength = _TRAINING.max_length,
    attn: Attention = _TRAINING.attn,
    device: Device = _TRAINING.device,
    trust_remote_code: Trust = _TRAINING.trust_remote_code,
    save_every: Annotated[
        float, typer.Option("--save-every", help="Seconds between two checkpoints.")
    ] = _TRAINING.save_every,
    track: Annotated[
        str | None,
        typer.Option("--track", help="Also log for tensorboard, or offline for wandb."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    lang: Language = None,
) -> int:
    """Train a model that finds names: a fine-tune of BERT, or of any other encoder.

    Without DATA and --model it starts from random weights, on generated sentences: that reached
    54.8 % F1 on dev in 31 minutes on two busy cores.
    """
    speak_given(lang)
    from cyclesim.render.training import TrainingWatcher, training_table

    chosen = {name: ctx.params[name] for name in Settings.names() if is_given(ctx, name)}
    with progress() as say:
        say(tr("loading torch"))
        from cyclesim.finetuning.trackers import trackers

        watchers = trackers(track) if track is not None else []
    with cleaning_up():
        watchers.insert(0, TrainingWatcher(rows=not as_json))
        made = cyclesim.train(output, resume=resume, watchers=watchers, **chosen)
    if as_json:
        print_json(made.to_json())
    else:
        print_rich(lambda width: training_table(made))
    return 0


@app.command()
@takes(LOADING)
def robust(
    ctx: typer.Context,
    text: Text = None,
    kinds: Annotated[
        str,
        typer.Option("--kinds", help="typo, case, synonym, name; several with commas."),
    ] = "typo,case,synonym,name",
    count: Annotated[
        int, typer.Option("--count", help="At most so many changes of each kind.", metavar="N")
    ] = 2,
    synonyms: Annotated[
        Path | None,
        typer.Option("--synonyms", help="A file of yours, synonyms on a line.", metavar="FILE"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides what is changed, and how.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    lang: Language = None,
) -> int:
    """Change TEXT a little (typos, case, synonyms, names): where do the runs part?"""
    speak_given(lang)
    if not 1 <= count <= 100:
        raise CyclesimError(tr("--count {count} makes no sense: use 1 to 100.").format(count=count))
    from cyclesim.robustness import read_synonyms

    how: dict[str, Any] = {} if synonyms is None else {"synonyms": read_synonyms(synonyms)}
    words, model = read_text(text), ctx.params["model"]
    with progress() as say:
        machine = cyclesim.load(model, **loading(ctx), progress=say)
        found = cyclesim.robust(
            machine,
            default_text(model) if words is None else words,
            [kind.strip() for kind in kinds.split(",")],
            count=count,
            seed=seed,
            progress=say,
            **how,
        )
    if as_json:
        print_json(found.to_json())
    else:
        from cyclesim.render.robust import robust_table

        print_rich(lambda width: robust_table(found))
    return 1 if found.changed or found.verdict is False else 0
