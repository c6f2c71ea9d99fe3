"""The command that holds a stepped run against full speed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

import cyclesim
from cyclesim.cli.app import app
from cyclesim.cli.options.generating import GENERATING, generation
from cyclesim.cli.options.groups import takes
from cyclesim.cli.options.loading import LOADING, loading
from cyclesim.cli.options.reading import READING, given_of
from cyclesim.cli.options.screen import Language, speak_given
from cyclesim.cli.printing import print_json, print_rich, progress
from cyclesim.errors import CyclesimError
from cyclesim.language import tr


@app.command()
@takes(READING, LOADING, GENERATING)
def compare(
    ctx: typer.Context,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            help="eager, sdpa, compile, bf16, fp16, int8, no-cache, threads=1,2, batch=4, seq=64; "
            "several at once with +.",
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
    random_init: Annotated[
        str | None,
        typer.Option(
            "--random-init",
            help="Instead of --model: random weights of the sizes in this config.json (or its "
            "folder).",
            metavar="CONFIG",
        ),
    ] = None,
    train: Annotated[bool, typer.Option("--train", hidden=True)] = False,
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
    speak_given(lang)
    from cyclesim.files import check_target, replace_file, same_file
    from cyclesim.versus import check_effort, parse_sweep, parse_variants

    if train:
        said = tr("a training step is not compared: see it with cyclesim trace --train.")
        raise CyclesimError(said)
    model = ctx.params["model"]
    if model is not None and random_init is not None:
        raise CyclesimError(tr("--model and --random-init exclude each other: give one of them."))
    # What is wrong is said before a model is loaded.
    check_effort(rounds, seconds)
    parse_variants(against)
    if sweep is not None:
        parse_sweep(sweep)
    for file in (output, html):
        if file is not None:
            check_target(file)
    if output is not None and html is not None and same_file(output, html):
        raise CyclesimError(tr("-o and --html name the same file: give them two."))
    config = None if random_init is None else _config(random_init)
    given = given_of(ctx.params, ctx.params["text"])
    with progress() as say:
        machine = cyclesim.load(
            model if config is None else config,
            **{**loading(ctx), "random_init": config is not None},
            generation=generation(ctx),
            progress=say,
        )
        if given is None and machine.tokenizer is not None:
            given = machine.example
        elif given is not None and machine.tokenizer is None:
            said = tr(
                "{model} has no tokenizer, so it can read no text: leave TEXT out, and random "
                "token ids are run (--max-length says how many)."
            )
            raise CyclesimError(said.format(model=machine.name))
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
        print_json(found.to_json())
    else:
        from cyclesim.render.comparison import comparison_table

        print_rich(lambda width: comparison_table(found))
    return 0


def _config(given: str) -> str:
    """The file that `--random-init` names: a config, or that of a folder."""
    path = os.path.expanduser(given)
    file = os.path.join(path, "config.json") if os.path.isdir(path) else path
    if not os.path.isfile(file):
        said = tr("--random-init {given} is no config.json, and no folder that holds one.")
        raise CyclesimError(said.format(given=given))
    return file
