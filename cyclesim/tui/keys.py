"""The keys of the commands: as bindings, as a person chose them, as they are printed on a keyboard.

A person may choose other keys (`with_keys`): the app shows them wherever it names a key, and gives
them to Textual as a key map over the bindings made here (see `keymap_of`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from textual.binding import Binding, BindingType
from textual.keys import Keys, format_key

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.tui.commands import COMMANDS, Command

__all__ = [
    "LEAVE", "RESERVED", "bindings", "key_shown", "keymap_of", "lesson_bindings", "with_keys",
]  # fmt: skip

#: Keys that are no command's: what moves inside a panel or a dialog, and Textual's palette.
RESERVED = frozenset(
    "up down left right home end pageup pagedown ctrl+up ctrl+down ctrl+left ctrl+right ctrl+home "
    "ctrl+end ctrl+pageup ctrl+pagedown enter escape ctrl+p "
    "ctrl+c ctrl+q ctrl+i ctrl+j ctrl+m ctrl+left_square_bracket".split()  # i, j, m, [: terminals
)
#: These leave from anywhere, whatever other key a person has chosen.
LEAVE = ("ctrl+q", "ctrl+c")


def bindings(*, app: bool) -> list[BindingType]:
    """Key bindings: of the app (they work in dialogs too) or of the main screen."""
    if app:
        quit_ = next(c for c in COMMANDS if c.name == "quit")
        return [Binding(",".join(LEAVE), "app.quit", quit_.label, show=False, priority=True)]
    found: list[BindingType] = []
    for command in COMMANDS:
        if command.taught:
            continue
        if command.action == "quit":
            # `q` is a letter in a dialog: there it leaves nothing.
            found.append(Binding("q", "app.quit", command.label, show=False, id="quit"))
        elif command.fixed:
            found += [
                Binding(key, command.action.format(key=key), command.label, show=False)
                for key in command.keys.split(",")
            ]
        else:
            found.append(_binding(command))
    return found


def lesson_bindings() -> list[BindingType]:
    """Key bindings that the screen of a lesson has besides."""
    return [_binding(command) for command in COMMANDS if command.taught]


def _binding(command: Command) -> Binding:
    return Binding(
        command.keys, command.action, command.label, show=False, id=command.name,
        priority="tab" in command.keys, tooltip=command.help,
    )  # fmt: skip


def with_keys(chosen: Mapping[str, Sequence[str]], *, shared: bool = False) -> tuple[Command, ...]:
    """All commands, those in `chosen` (by name) with the keys that are given there.

    A key is one character (`s`, `[`), or a name (`space`, `f5`, `ctrl+s`).

    Args:
        shared: let two commands share a key: more is to be chosen.

    Raises:
        CyclesimError: there is no such command or key, it is taken, or two commands share one.
    """
    known = {c.name: c for c in COMMANDS}
    found = dict(known)
    for name, keys in chosen.items():
        if name not in known:
            near = get_close_matches(name, known, 1) or ["step"]
            said = tr("there is no command {name}: did you mean {near}?")
            raise CyclesimError(said.format(name=repr(name), near=repr(near[0])))
        if known[name].fixed:
            said = tr("the keys of {name} are the digits, and cannot be changed.")
            raise CyclesimError(said.format(name=repr(name)))
        if not keys:
            said = tr("{name} has no key: give one, or leave the line out.")
            raise CyclesimError(said.format(name=repr(name)))
        named = [_key_name(key) for key in keys]
        for written, key in zip(keys, named, strict=True):
            if key in RESERVED:
                said = tr("the key {key} is not free: panels, dialogs or the terminal need it.")
                raise CyclesimError(said.format(key=repr(written)))
        if name == "quit":
            named += LEAVE
        found[name] = replace(known[name], keys=",".join(named), shown=key_shown(named[0]))
    owners: dict[str, str] = {}
    for name, command in found.items():
        for key in command.keys.split(","):
            if owners.setdefault(key, name) != name and not shared:
                said = tr("the key {key} is of both {one} and {two}: give one of them another.")
                both = {"one": repr(owners[key]), "two": repr(name)}
                raise CyclesimError(said.format(key=repr(key_shown(key)), **both))
    return tuple(found.values())


def keymap_of(commands: Iterable[Command]) -> dict[str, str]:
    """Textual's key map of those commands whose keys a person has changed."""
    usual = {c.name: c.keys for c in COMMANDS}
    return {
        c.name: ",".join(key for key in c.keys.split(",") if key not in LEAVE)
        for c in commands
        if c.keys != usual[c.name]
    }


_NAMED = frozenset(key.value for key in Keys) | frozenset(
    name for command in COMMANDS for name in command.keys.split(",")
)


def _key_name(text: str) -> str:
    """Textual's name of the key that a person writes as `text`."""
    *modifiers, key = [text] if len(text) == 1 else re.split(r"\+(?=.)", text.strip().lower())
    if len(key) == 1 and key.isprintable() and not key.isspace() and key != ",":
        # Textual names punctuation by itself when it unfolds a list of keys.
        (made,) = Binding.make_bindings([Binding(key, "", "")])
        key = made.key
    elif key == ",":
        key = "comma"
    elif key not in _NAMED:
        modifiers = ["?"]
    if set(modifiers) - {"ctrl", "shift", "alt"}:
        said = tr("there is no key {key}: write s, [, space, f5 or ctrl+s.")
        raise CyclesimError(said.format(key=repr(text)))
    return "+".join([*modifiers, key])


def key_shown(key: str) -> str:
    """The key as it is printed on the keyboard.

    Args:
        key: the character that it types, or Textual's name of it.
    """
    if len(key) == 1:
        return key
    usual = {c.keys.partition(",")[0]: c.shown for c in COMMANDS}
    *modifiers, last = key.split("+")
    return usual.get(key) or "+".join([*modifiers, format_key(last)])
