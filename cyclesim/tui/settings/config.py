"""What a person has set for themselves: `config.toml` in `cyclesim.folders.config_folder()`.

Every line of it is optional, and so is the file. A mistake in it is one sentence that names the
line and says what is allowed; it is said before the screen is taken.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.theme import BUILTIN_THEMES

from cyclesim.errors import CyclesimError
from cyclesim.folders import config_folder
from cyclesim.language import LANGUAGES, tr
from cyclesim.tui.commands import COMMANDS, GROUPS
from cyclesim.tui.keys import LEAVE, key_shown, with_keys
from cyclesim.tui.launch import CLOCKS, SPEEDS
from cyclesim.tui.settings.palette import THEMES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from cyclesim.trace import Resolution

__all__ = ["Config", "config_path", "read_config", "sample"]


@dataclass(frozen=True, slots=True)
class Config:
    """What was set; None for what was not.

    Attributes:
        theme: name of a theme: one of ours, or of Textual's.
        lang: code of the language.
        ascii: draw with ASCII characters only.
        projector: begin in projector mode.
        speed: ticks per second when playing.
        clock: how far one step goes.
        keys: keys by the name of their command.
    """

    theme: str | None = None
    lang: str | None = None
    ascii: bool | None = None
    projector: bool | None = None
    speed: int | None = None
    clock: Resolution | None = None
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)


def config_path() -> Path:
    """Where the file is, or would be."""
    return config_folder() / "config.toml"


#: What each line may say.
_ALLOWED: Mapping[str, tuple[object, ...]] = {
    "theme": (*THEMES, *BUILTIN_THEMES),
    "lang": tuple(LANGUAGES),
    "ascii": (True, False),
    "projector": (True, False),
    "speed": SPEEDS,
    "clock": CLOCKS,
}


def read_config(path: Path | None = None) -> Config:
    """The settings in the file at `path`; the usual one if none is given. No file sets nothing.

    Raises:
        CyclesimError: it cannot be read, or something in it is wrong.
    """
    path = config_path() if path is None else path
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError) as error:
        why = tr("it is not text in UTF-8") if isinstance(error, ValueError) else error.strerror
        said = tr("{file} cannot be read: {why}.")
        raise CyclesimError(said.format(file=path, why=why)) from None
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CyclesimError(tr("{file}: {why}.").format(file=path, why=error)) from None

    def wrong(table: str, key: str, why: str) -> CyclesimError:
        line = _line(text, table, key)
        where = (
            str(path) if line is None else tr("{file}, line {line}").format(file=path, line=line)
        )
        return CyclesimError(f"{where}: {why}")

    keys = _keys(found.pop("keys", {}), wrong)
    for key, value in found.items():
        _check(key, value, wrong)
    return Config(**found, keys=keys)


_Wrong = Callable[[str, str, str], CyclesimError]


def _check(key: str, value: Any, wrong: _Wrong) -> None:
    if key not in _ALLOWED:
        near = get_close_matches(key, [*_ALLOWED, "keys"], 1)
        said = tr("there is no setting {key}: use {allowed}.")
        allowed = near[0] if near else ", ".join([*_ALLOWED, "[keys]"])
        raise wrong("", key, said.format(key=repr(key), allowed=allowed))
    allowed_values = _ALLOWED[key]
    # True is no 1, and 4.0 is no 4.
    if not any(type(value) is type(one) and value == one for one in allowed_values):
        said = tr("{key} = {value} makes no sense: use {allowed}.")
        allowed = ", ".join(_toml(one) for one in allowed_values)
        raise wrong("", key, said.format(key=key, value=_toml(value), allowed=allowed))


def _keys(table: Any, wrong: _Wrong) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise wrong("", "keys", tr('keys is a table: write [keys], and under it step = "s".'))
    chosen: dict[str, tuple[str, ...]] = {}
    for name, value in table.items():
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(key, str) for key in listed):
            said = tr('the keys of {name} are no text: write "s" or ["s", "f5"].')
            raise wrong("keys", name, said.format(name=repr(name)))
        chosen[name] = tuple(listed)
        try:
            with_keys({name: chosen[name]}, shared=True)
        except CyclesimError as error:
            raise wrong("keys", name, str(error)) from None
    try:
        with_keys(chosen)
    except CyclesimError as error:
        guilty = [name for name in chosen if repr(name) in str(error)]
        raise wrong("keys", guilty[-1], str(error)) from None
    return chosen


def _line(text: str, table: str, key: str) -> int | None:
    """Number of the line that sets `key` in `table`, as far as one can see without a parser."""
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
        if heading:
            here = heading[1]
            if here == key and not table:
                return number
        elif here == table and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
            return number
    return None


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def sample() -> str:
    """A file that sets everything to what it is anyway, each line commented out."""
    usual = {
        "theme": "cyclesim", "lang": "en", "ascii": False, "projector": False, "speed": 4,
        "clock": "step",
    }  # fmt: skip
    lines = [f"# {config_path()}", "# " + tr("Take the # away from a line to set it."), ""]
    for key, value in usual.items():
        allowed = ", ".join(_toml(one) for one in _ALLOWED[key])
        lines += [f"# {allowed}", f"#{key} = {_toml(value)}", ""]
    lines.append("#[keys]")
    for group in GROUPS:
        lines.append(f"# {tr(group)}")
        for command in COMMANDS:
            if command.group == group and not command.fixed:
                keys = [key_shown(k) for k in command.keys.split(",") if k not in LEAVE]
                shown = _toml(keys[0]) if len(keys) == 1 else f"[{', '.join(map(_toml, keys))}]"
                lines.append(f"#{command.name} = {shown}  # {tr(command.help)}")
    return "\n".join(lines) + "\n"
