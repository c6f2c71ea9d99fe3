"""The notes of host steps, told in the language that is spoken."""

from __future__ import annotations

from cyclesim.language import N_, retell

__all__ = ["note_text"]

#: As `cyclesim.machine` writes them, the more particular form first.
_FORMS = (
    N_("{characters} characters → {count} token"),
    N_("{characters} characters → {count} tokens"),
    N_("{count} token looked up among {size}, {unknown} unknown"),
    N_("{count} tokens looked up among {size}, {unknown} unknown"),
    N_("{count} token looked up among {size}"),
    N_("{count} tokens looked up among {size}"),
    N_("nothing cut (no limit)"),
    N_("nothing cut (at most {most})"),
    N_(
        "kept {count} token of {length}: the text before character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_(
        "kept {count} token of {length}: the text after character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_(
        "kept {count} tokens of {length}: the text before character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_(
        "kept {count} tokens of {length}: the text after character {place} is cut, "
        "as {most} fit with the special ones"
    ),
    N_("this tokenizer adds none"),
    N_("nothing added"),
    N_("added {tokens}"),
    N_("softmax over {count} labels"),
    N_("{count} entity"),
    N_("{count} entities"),
)


def note_text(note: str) -> str:
    """`note`, which a cycle was saved with, in the language that is spoken."""
    return retell(note, _FORMS)
