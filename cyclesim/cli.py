"""The shell commands: a few lines each, over the public face.

`cyclesim TEXT` is short for `cyclesim run TEXT`: what is no command opens the app.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import cyclesim
from cyclesim.errors import CyclesimError
from cyclesim.shell import (
    check_condition,
    cleaning_up,
    parse_size,
    quiet_libraries,
    read_text,
    run_command,
)

__all__ = ["app", "main"]

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
    str, typer.Option("--clock", help="How far one tick goes: layer, module or step.")
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

Ascii = Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")]


@app.command()
def run(
    text: Text = None,
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
    ascii: Ascii = False,
) -> int:
    """Open the app on TEXT (the default command)."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions

    _check_resolution(clock)
    words = read_text(text)
    options = LaunchOptions(
        text=_default_text() if words is None else words,
        model=model,
        task=task,
        attention=attn,
        device=device,
        dtype=dtype,
        seed=seed,
        max_length=max_length,
        pad_to=pad_to,
        clock=clock,  # type: ignore[arg-type]
        ascii=ascii,
        trust_remote_code=trust_remote_code,
        random_init=random_init,
    )
    with cleaning_up():
        return run_app(options)


@app.command()
def trace(
    text: Text = None,
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
) -> int:
    """Run to the end; print the table of cycles, the verdict and the result."""
    _check_resolution(clock)
    if as_json and plain:
        raise CyclesimError("--json and --plain exclude each other: give one of them.")
    if keep not in ("all", "outputs", "stats"):
        raise CyclesimError(f"unknown --keep {keep!r}: use all, outputs or stats.")
    if where is not None and clock != "step":
        raise CyclesimError("--where picks single cycles: leave --clock out.")
    limit = parse_size(memory) if memory is not None else None
    if where is not None:
        check_condition(where)
    words = read_text(text)
    with _progress() as say:
        machine = cyclesim.load(
            model,
            task=task,
            attn=attn,
            device=device,
            dtype=dtype,
            seed=seed,
            max_length=max_length,
            pad_to=pad_to,
            trust_remote_code=trust_remote_code,
            random_init=random_init,
            progress=say,
        )
        say("running every cycle")
        text = _default_text() if words is None else words
        made = cyclesim.trace(machine, text, keep=keep, memory=limit)  # type: ignore[arg-type]
        if output is not None:
            say(f"saving {output}")
            with cleaning_up():
                made.save(output, keep)  # type: ignore[arg-type]
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


@app.command(name="open")
def open_(
    file: Annotated[Path, typer.Argument(help="A saved trace.", metavar="FILE")],
    clock: Resolution = "step",
    ascii: Ascii = False,
) -> int:
    """Open a saved trace in the app: no torch, no model, nothing runs."""
    from cyclesim.tui.app import run_app
    from cyclesim.tui.launch import LaunchOptions

    _check_resolution(clock)
    saved = cyclesim.open_trace(file)  # a bad file is said before the screen is taken
    with cleaning_up():
        return run_app(LaunchOptions(clock=clock, ascii=ascii, saved=saved))  # type: ignore[arg-type]


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(help="A saved trace.")],
    b: Annotated[Path, typer.Argument(help="Another.")],
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="How far apart two numbers may be.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
) -> int:
    """Compare two saved traces: the first cycle that differs, and by how much."""
    from cyclesim.trace.diff import diff as compare

    found = compare(cyclesim.open_trace(a), cyclesim.open_trace(b), tolerance)
    if len(found.unknown) == len(found.cycles):
        raise CyclesimError("the two traces kept no numbers that could be compared.")
    if as_json:
        _print_json(found.to_json())
    else:
        from cyclesim.render.diff import diff_table

        _print_rich(lambda width: diff_table(found))
    # Within a tolerance, what counts is what can be compared: eager and fused attention have
    # other cycles.
    return 0 if (found.agrees if tolerance else found.equal) else 1


@app.command()
def models() -> int:
    """List the models that come with cyclesim."""
    from cyclesim.machine.catalog import DEFAULT, EMBEDDED

    for model in EMBEDDED.values():
        default = " (the default)" if model.name == DEFAULT else ""
        print(f"{model.name}{default}  {model.task}\n    {model.about}")
    print("any folder or Hugging Face name: pass it with --model; safetensors weights only")
    return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (see `cyclesim.shell`).

    Args:
        arguments: instead of the process's own; the process is then expected to go on.
    """
    argv = list(sys.argv[1:] if arguments is None else arguments)
    quiet_libraries()
    sys.exit(run_command(lambda: _invoke(argv), last=arguments is None))


def _invoke(argv: list[str]) -> int | None:
    if argv == ["--version"]:
        print(f"cyclesim {cyclesim.__version__}")
        return 0
    if not argv or argv[0] not in {*_commands(), "-h", "--help"}:
        argv = ["run", *argv]
    # Not `app(argv)`, which has its own way with Ctrl-C and with readers that leave early.
    command = typer.main.get_command(app)
    try:
        with command.make_context("cyclesim", argv) as context:
            return command.invoke(context)
    except typer.Exit as left:  # --help
        return left.exit_code


def _commands() -> set[str]:
    return {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}


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


def _default_text() -> str:
    from cyclesim.machine.catalog import DEFAULT, EMBEDDED

    return EMBEDDED[DEFAULT].example


def _check_resolution(clock: str) -> None:
    if clock not in ("layer", "module", "step"):
        raise CyclesimError(f"unknown --clock {clock!r}: use layer, module or step.")


@contextmanager
def _progress() -> Iterator[Callable[[str], Any]]:
    """A spinner on stderr where a person watches it; silence elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("loading torch") as status:
        yield lambda sentence: status.update(sentence)
