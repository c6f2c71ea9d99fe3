"""What a task can be given to read: the fields of a prompt, and how each is given."""

from __future__ import annotations

from dataclasses import dataclass

from cyclesim.language import N_

__all__ = ["FIELDS", "Field"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a prompt.

    Attributes:
        what: what it is, with its article.
        how: how a person gives it.
    """

    what: str
    how: str


FIELDS = {
    "text": Field(N_("a text"), N_("give it as TEXT, or --context, or 'text' in a mapping")),
    "pair": Field(N_("a second text"), N_("give it with --pair, or 'pair' in a mapping")),
    "question": Field(N_("a question"), N_("give it with --question, or 'question' in a mapping")),
    "choices": Field(
        N_("two or more choices"),
        N_("give --choice once for each, or a list as 'choices' in a mapping"),
    ),
    "entities": Field(
        N_("two marked entities"),
        N_(
            "write [E1]…[/E1] and [E2]…[/E2] around them in the text, or give --entity START:END "
            "for each"
        ),
    ),
}
