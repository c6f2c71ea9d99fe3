"""How a shell command behaves: what it reads, how it ends, and what it keeps off the screen.

Exit codes: 0, done (or the reader of the output, `head`, had seen enough); 1, the verdict failed;
2, bad input, said in one sentence on stderr with nothing on stdout; 130, Ctrl-C, and nothing said.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, retell, tr

__all__ = [
    "check_condition",
    "check_speed",
    "cleaning_up",
    "names_trace",
    "parse_size",
    "quiet_libraries",
    "read_text",
    "run_command",
]

INTERRUPTED = 130

#: More text than this is a mistake: of a megabyte, a model reads the first page.
_MOST_BYTES = 64 * 2**20

_QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
}
#: Loggers that say what does not concern this run: transformers imports torchao where it is
#: installed, and torchao names each kernel that this machine has no use for.
_CHATTY = ("torchao", "torch.utils._pytree")

#: What Typer says of a command line that it does not understand, the more particular first.
_COMPLAINTS = (
    N_("No such option: {option} (Possible options: {near})"),
    N_("No such option: {option}"),
    N_("No such command {command}. Did you mean {near}?"),
    N_("No such command {command}"),
    N_("Option {option} requires an argument"),
    N_("Option {option} does not take a value"),
    N_("Missing option {option}"),
    N_("Missing argument {argument}"),
    N_("Got unexpected extra argument(s) ({words})"),
    N_(
        "Invalid value for {option}: Input should be a valid integer, unable to parse string as an "
        "integer"
    ),
    N_(
        "Invalid value for {option}: Input should be a valid number, unable to parse string as a "
        "number"
    ),
    N_("Invalid value for {option}: {why}"),
)


def quiet_libraries() -> None:
    """Keep other libraries' advice off the screen, unless the user asked for it."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def run_command(command: Callable[[], int | None], *, last: bool = False) -> int:
    """Run `command` and return the exit code; say on stderr what went wrong.

    Args:
        command: returns an exit code, or None for 0.
        last: the process ends with this, so Ctrl-C may end it at once.
    """
    _open_streams()
    if last:
        signal.signal(signal.SIGINT, _leave)
    try:
        code = command() or 0
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        code = 0
    except Exception as error:
        code = _say(error)
    finally:
        if last:  # the work is done: a late Ctrl-C must not disturb Python's own end
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


@contextmanager
def cleaning_up() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt in this block, for code that has something to put right."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _leave(number: int, frame: FrameType | None) -> None:
    """End the process at Ctrl-C, without a word.

    Raising KeyboardInterrupt would be the usual way. But torch is loading half of the time, and in
    the middle of its C++ the exception becomes an abort, an ImportError, or nothing. There is
    nothing to clean up but the cursor, which a spinner hides.
    """
    if os.isatty(2):
        os.write(2, b"\r\x1b[K\x1b[?25h")
    os._exit(INTERRUPTED)


def read_text(text: str | None, *, only_files: bool = False) -> str | None:
    """What TEXT on the command line stands for: `-` is standard input, a file's name its content.

    Args:
        only_files: it is no text itself.

    Raises:
        CyclesimError: it cannot be read, is not text, or is empty.
    """
    if text is None:
        return None
    if only_files and text != "-" and not os.path.exists(text):
        raise CyclesimError(tr("there is no file {text}.").format(text=text))
    content = _content(text)
    if not content.strip():  # said before a model is loaded for it
        raise CyclesimError(tr("the text is empty: give at least one word."))
    return content


def names_trace(text: str) -> bool:
    """Whether TEXT on the command line names a saved trace: by its ending, or by what is in it."""
    if text.endswith(".safetensors"):
        return True
    if not os.path.isfile(text):
        return False
    with suppress(OSError), open(text, "rb") as file:
        # The length of a header, which is JSON. As text these bytes would be NULs.
        start = file.read(9)
        return start[5:] == b"\0\0\0{"
    return False


def _content(text: str) -> str:
    if text == "-":
        return _decoded(sys.stdin.buffer.read(_MOST_BYTES + 1), tr("standard input"))
    # Neither raises on a NUL byte or a text too long for a file's name.
    if os.path.isdir(text):
        raise CyclesimError(
            tr("{text} is a folder: give a text, a file that holds it, or - .").format(text=text)
        )
    if not os.path.exists(text):
        return text
    try:
        with open(text, "rb") as file:
            return _decoded(file.read(_MOST_BYTES + 1), text)
    except OSError as error:
        raise CyclesimError(
            tr("{text} cannot be read: {why}.").format(text=text, why=error.strerror)
        ) from None


def _decoded(content: bytes, where: str) -> str:
    if len(content) > _MOST_BYTES:
        raise CyclesimError(
            tr("{where} holds more than {number} MB: give a part of it.").format(
                where=where, number=_MOST_BYTES >> 20
            )
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CyclesimError(
            tr("{where} is not text in UTF-8 (byte {start:,} is wrong): convert it first.").format(
                where=where, start=error.start
            )
        ) from None


_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """`2GB` → 2,000,000,000; `512 MiB` → 536,870,912; a bare number is bytes.

    Raises:
        CyclesimError: it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise CyclesimError(
            tr("{text!r} is no size: write it like 2GB or 512MiB.").format(text=text)
        )
    number, unit, binary = match.groups()
    power = " KMGT".index(unit.upper() or " ")
    return int(float(number) * (1024 if binary else 1000) ** power)


def check_speed(speed: float) -> None:
    """Refuse a speed at which nothing can be played.

    Raises:
        CyclesimError: it is negative, no number, or far too high.
    """
    if not 0 <= speed <= 1000:
        said = tr("--speed {speed} makes no sense: use 0 to 1000.")
        raise CyclesimError(said.format(speed=f"{speed:g}"))


def check_condition(text: str) -> None:
    """Refuse a wrong condition before a model is loaded for it.

    A name that is not known may still be a step of the model, so that is left for later.
    """
    from cyclesim.trace import compile_query
    from cyclesim.trace.query import UnknownName

    with suppress(UnknownName):
        compile_query(text)


def _say(error: Exception) -> int:
    """Print the sentence of an error that a user can put right; let every other one through."""
    if isinstance(error, CyclesimError):
        sentence = str(error)
    elif hasattr(error, "format_message"):
        # Typer's own complaint about the command line: unknown option, missing value.
        problem = retell(error.format_message().rstrip("."), _COMPLAINTS)
        sentence = tr("{problem}: see cyclesim --help.").format(problem=problem)
    elif isinstance(error, OSError):  # no space left on the device that stdout goes to
        sentence = f"{error.strerror or error}."
        _discard_output()
    else:
        raise error
    print(f"cyclesim: {' '.join(sentence.split())}", file=sys.stderr)
    return 2


def _open_streams() -> None:
    """Make sure there is a stdout and a stderr, and that both can print every character."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell: `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Nobody reads stdout any more; Python would complain once more when it flushes at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
