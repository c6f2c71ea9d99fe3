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

import gettext
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from cyclesim.errors import CyclesimError

__all__ = ["LANGUAGES", "N_", "current", "from_environment", "speak", "speaking", "tr", "trn"]

#: The languages there are, by the code that `--lang` takes, with their own names.
LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "简体中文"}

_CATALOGUES = {"zh": "zh_CN"}
_FOLDER = Path(__file__).parent / "locale"

_language = "en"


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation("cyclesim", _FOLDER, [_CATALOGUES[language]])


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
        raise CyclesimError(f"unknown language {language!r}: use {' or '.join(LANGUAGES)}.")
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


def tr(text: str) -> str:
    """`text` in the language that is spoken."""
    return _catalogue(_language).gettext(text) if text else text


def trn(one: str, many: str, count: int) -> str:
    """`one` or `many`, as the language that is spoken counts."""
    return _catalogue(_language).ngettext(one, many, count)


def N_(text: str) -> str:
    """Marks `text` for the catalogue; translated later."""
    return text
