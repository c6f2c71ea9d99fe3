"""Which variants are asked for: `sdpa`, `bf16`, `threads=2`, `compile+bf16`; and which sweep.

    parse_variants("sdpa,threads=1,2")      # sdpa, threads=1, threads=2
    parse_sweep("seq=16..512")              # 16, 32, 64, 128, 256, 512

Pure: a wrong one is refused before a model is loaded for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["VARIANTS", "Variant", "check_effort", "parse_sweep", "parse_variants"]

_ATTENTION = ("eager", "sdpa")
_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32", "fp64": "float64"}
_NUMBERS = ("threads", "batch", "seq")
#: What a variant may be made of.
VARIANTS = (*_ATTENTION, "compile", *_DTYPES, "int8", "no-cache", *(f"{n}=N" for n in _NUMBERS))

#: More of anything is a slip of the finger.
_MOST = {"threads": 1024, "batch": 65_536, "seq": 1_048_576}
_MOST_VARIANTS = 64


@dataclass(frozen=True, slots=True)
class Variant:
    """One setting; what is None or False is as in the baseline.

    Attributes:
        name: as it was asked for.
        attention: `eager` or `sdpa`.
        dtype: of weights and activations, `bfloat16`.
        int8: linear layers quantised.
        compile: through `torch.compile`.
        no_cache: a text is generated without keeping keys and values from token to token.
        threads: torch's.
        batch: how many times the input is repeated.
        length: tokens to repeat or cut the sequence to.
    """

    name: str
    attention: str | None = None
    dtype: str | None = None
    int8: bool = False
    compile: bool = False
    no_cache: bool = False
    threads: int | None = None
    batch: int | None = None
    length: int | None = None


def parse_variants(against: str | Iterable[str]) -> tuple[Variant, ...]:
    """The variants of a list, or of a text with commas; each once, in order.

    A bare number goes on with the setting before it: `threads=1,2` is `threads=1,threads=2`.

    Raises:
        CyclesimError: one makes no sense.

    Example:
        >>> from cyclesim.versus import parse_variants
        >>> [variant.name for variant in parse_variants("sdpa, threads=1,2, compile+bf16")]
        ['sdpa', 'threads=1', 'threads=2', 'compile+bf16']
    """
    texts = [against] if isinstance(against, str) else list(against)
    found: dict[str, Variant] = {}
    key = ""
    for word in (w.strip() for text in texts for w in text.split(",")):
        if not word:
            continue
        if word.isdecimal() and key:
            word = f"{key}={word}"
        key = word.partition("=")[0] if "+" not in word and "=" in word else ""
        found.setdefault(word, _variant(word))
    if len(found) > _MOST_VARIANTS:
        raise CyclesimError(
            tr("{count} variants are too many: give {most} at most.").format(
                count=len(found), most=_MOST_VARIANTS
            )
        )
    return tuple(found.values())


def check_effort(rounds: int | None, seconds: float) -> None:
    """Refuse to measure for less than one round, or without an end.

    Raises:
        CyclesimError: one of them makes no sense.
    """
    if rounds is not None and rounds < 1:
        said = tr("{rounds} rounds make no sense: give 1 or more.")
        raise CyclesimError(said.format(rounds=rounds))
    if not 0 <= seconds <= 3600:
        said = tr("--seconds {seconds} makes no sense: use 0 to 3600.")
        raise CyclesimError(said.format(seconds=f"{seconds:g}"))


def parse_sweep(text: str | Iterable[int]) -> tuple[int, ...]:
    """The lengths of `seq=16..512` (powers of two, and both ends), of `seq=16,64,256`, or a list.

    Raises:
        CyclesimError: it makes no sense.

    Example:
        >>> from cyclesim.versus import parse_sweep
        >>> parse_sweep("seq=16..100")
        (16, 32, 64, 100)
    """
    if not isinstance(text, str):
        return tuple(sorted({_number("seq", str(length), f"seq={length}") for length in text}))
    axis, _, wanted = text.replace(" ", "").partition("=")
    if axis != "seq" or not wanted:
        said = tr("unknown --sweep {text!r}: write seq=16..512, or seq=16,64,256.")
        raise CyclesimError(said.format(text=text))
    first, dots, last = wanted.partition("..")
    if dots:
        low, high = _number("seq", first, text), _number("seq", last, text)
        lengths = {low, high}
        step = low
        while (step := step * 2) < high:
            lengths.add(step)
    else:
        lengths = {_number("seq", part, text) for part in wanted.split(",")}
    if len(lengths) < 2 or (dots and low > high):
        said = tr("--sweep {text} has no room to grow: give two lengths or more.")
        raise CyclesimError(said.format(text=text))
    if len(lengths) > _MOST_VARIANTS:
        said = tr("{count} lengths are too many: give {most} at most.")
        raise CyclesimError(said.format(count=len(lengths), most=_MOST_VARIANTS))
    return tuple(sorted(lengths))


def _variant(name: str) -> Variant:
    made = Variant(name)
    given: set[str] = set()
    for part in name.split("+"):
        key, equals, value = part.partition("=")
        what = key
        if equals and key in _NUMBERS:
            number = _number(key, value, name)
            if key == "threads":
                made = replace(made, threads=number)
            elif key == "batch":
                made = replace(made, batch=number)
            else:
                made = replace(made, length=number)
        elif equals:
            raise _unknown(name)
        elif key in _ATTENTION:
            made, what = replace(made, attention=key), "attention"
        elif key in _DTYPES:
            made, what = replace(made, dtype=_DTYPES[key]), "dtype"
        elif key == "int8":
            made = replace(made, int8=True)
        elif key == "compile":
            made = replace(made, compile=True)
        elif key == "no-cache":
            made = replace(made, no_cache=True)
        else:
            raise _unknown(name)
        if what in given:
            raise CyclesimError(tr("{name} gives its {what} twice.").format(name=name, what=what))
        given.add(what)
    return made


def _number(key: str, text: str, whole: str) -> int:
    if not (text.isdecimal() and text.isascii() and int(text[:9]) > 0 and len(text) < 9):
        said = tr("{whole} makes no sense: {key} is a number, 1 or more.")
        raise CyclesimError(said.format(whole=whole, key=key))
    if int(text) > _MOST[key]:
        said = tr("{whole} makes no sense: {key} is at most {most}.")
        raise CyclesimError(said.format(whole=whole, key=key, most=f"{_MOST[key]:,}"))
    return int(text)


def _unknown(name: str) -> CyclesimError:
    said = tr("unknown variant {name!r}: use {known}, or several joined with +.")
    return CyclesimError(said.format(name=name, known=", ".join(VARIANTS)))
