"""The embedded models by name, each with its recipe and a quick one that tests run through."""

from __future__ import annotations

from .dates import recipe as dates
from .making import Recipe
from .mlm import recipe as mlm
from .ner import recipe as ner
from .opinions import recipe as opinions
from .stories import recipe as stories

RECIPES: dict[str, tuple[Recipe, Recipe]] = {
    made.name: (made, quick)
    for made, quick in (
        (ner.Recipe(), ner.QUICK),
        (opinions.Recipe(), opinions.QUICK),
        (mlm.Recipe(), mlm.QUICK),
        (stories.Recipe(), stories.QUICK),
        (dates.Recipe(), dates.QUICK),
    )
}  # fmt: skip
