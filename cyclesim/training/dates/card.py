"""What the card of ``tiny-t5`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyclesim.training.card import OWN, Card, table
from cyclesim.training.dates.generate import FIRST, HELD_OUT, LAST

if TYPE_CHECKING:
    from cyclesim.training.dates.recipe import Recipe

_ABOUT = """\
A small T5 that reads a date as people write it and writes it as YYYY-MM-DD: "twenty-third of May
1997" becomes 1997-05-23. It ships inside cyclesim so that there is a trained encoder–decoder to
step through with no network: what it writes can be followed through the cross-attention to the
words it comes from. It is a teaching model, not meant for production."""

_SCORES = """\
Percent of dates that are right in every figure, the likeliest token at every step.

{table}

All rows but the last are generated: one date in {held} is held out and is never trained on in any
spelling. The hand-written ones were written after the generator; two of them are why its years
begin at 1000 and not at 1500."""

_BADLY = (
    f"Years before {FIRST} and after {LAST}.",
    "Ambiguous figures (5/6/1997) are not in the training data: what it makes of "
    "  them means nothing. It does not know which months have a 31st.",
    "Anything that is no date becomes a date all the same.",
)


def card(recipe: Recipe, result: dict[str, Any]) -> str:
    """The card's text for these results."""
    rows = [[way, line["exact"], line["dates"]] for way, line in result["scores"].items()]
    return Card(
        task="text2text-generation",
        about=_ABOUT,
        facts=(
            f"`T5ForConditionalGeneration`: {recipe.layers} encoder and {recipe.layers} decoder "
            f"layers, {recipe.width} wide, 4 heads, {result['parameters']:,} parameters, stored as "
            "float16 and run in float32",
            f"byte-pair vocabulary of at most {recipe.vocabulary}, without regard to case; every "
            "figure is a token",
        ),
        scores=_SCORES.format(table=table(["dates", "exact", "number"], rows), held=HELD_OUT),
        badly=_BADLY,
        steps=f"{recipe.steps} steps of {recipe.batch} dates from random weights, the weights "
        "of the last tenth averaged",
        data=(("dates, " + OWN[0].replace("written", "generated"), "everything", OWN[1]),),
    ).render(recipe.name, result)
