"""The language that people read: English, or Simplified Chinese.

    from cyclesim.language import N_, tr, trn

    tr("Cycle {number} is edited.").format(number=17)
    trn("{count} cycle ran", "{count} cycles ran", count).format(count=count)
    TEXTS = (N_("translated where it is shown"),)   # and there: tr(TEXTS[0])

The English text is the key, and everything else is in one catalogue,
`locale/<language>/LC_MESSAGES/cyclesim.po`. What a program reads (JSON, step names, units,
torch functions, keys) is never translated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from cyclesim.errors import CyclesimError

if TYPE_CHECKING:
    from gettext import NullTranslations

__all__ = [
    "LANGUAGES",
    "N_",
    "current",
    "from_arguments",
    "from_environment",
    "retell",
    "speak",
    "speaking",
    "tr",
    "trn",
]

#: The languages there are, by the code that `--lang` takes, with their own names.
LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}

_CATALOGUES = {"zh": "zh_CN"}
_FOLDER = Path(__file__).parent / "locale"

_language = "en"


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    from gettext import translation  # only who speaks another language pays for it

    return translation("cyclesim", _FOLDER, [_CATALOGUES[language]])


def current() -> str:
    """The code of the language that is spoken."""
    return _language


def speak(language: str) -> None:
    """Use `language` from now on, everywhere in this process.

    Raises:
        CyclesimError: there is no such language.
    """
    global _language
    if language not in LANGUAGES:
        said = tr("unknown language {language!r}: use {known}.")
        raise CyclesimError(said.format(language=language, known=tr(" or ").join(LANGUAGES)))
    _language = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Use `language` inside a `with` block."""
    before = current()
    speak(language)
    try:
        yield
    finally:
        speak(before)


def from_environment(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the locale asks for; English where there is none of it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def from_arguments(argv: Sequence[str]) -> str | None:
    """The language that a command line asks for, before any of its options is understood."""
    options = [*argv, "--"][: [*argv, "--"].index("--")]
    asked = [word.removeprefix("--lang=") for word in options if word.startswith("--lang=")]
    asked += [code for option, code in pairwise(options) if option == "--lang"]
    return asked[-1] if asked and asked[-1] in LANGUAGES else None


def tr(text: str, context: str = "") -> str:
    """`text` in the language that is spoken.

    Args:
        context: where it stands, for a word that another language says differently elsewhere.
    """
    if _language == "en" or not text:  # the catalogue answers "" with its own header
        return text
    catalogue = _catalogue(_language)
    return catalogue.pgettext(context, text) if context else catalogue.gettext(text)


def trn(one: str, many: str, count: int) -> str:
    """`one` or `many`, as the language that is spoken counts."""
    if _language == "en":
        return one if count == 1 else many
    return _catalogue(_language).ngettext(one, many, count)


def retell(text: str, forms: Iterable[str]) -> str:
    """`text`, said in English some time ago, in the language that is spoken now.

    What is saved with a trace is English. Whoever shows it later knows the forms that it may have.

    Args:
        forms: marked texts with places, the more particular first; `text` is one of them, filled.
            Of another form it stays as it is.
    """
    if _language == "en":
        return text
    for form in forms:
        match = _pattern(form).fullmatch(text)
        if match is not None:
            return tr(form).format(**match.groupdict())
    return text


@lru_cache
def _pattern(form: str) -> re.Pattern[str]:
    """What `form` looks like when its places are filled."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(form)))


def N_(text: str, context: str = "") -> str:
    """Marks `text` for the catalogue; translated later, by `tr` with the same `context`."""
    return text
