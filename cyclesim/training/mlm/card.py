"""What the card of ``tiny-mlm`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyclesim.training.card import OWN, WORDNET, Card, table

if TYPE_CHECKING:
    from cyclesim.training.mlm.recipe import Recipe

_SETS = {"cloze": "hand-written gaps", "held_out": "held-out sentences, any word"}

_ABOUT = """\
A small BERT that fills in a masked word: "Lisbon is the [MASK] of Portugal." It ships inside
cyclesim so that there is a trained masked language model to step through with no network. It is a
teaching model, not meant for production."""

_SCORES = """\
Percent of hidden words that are the model's first guess, or among its first five.

{table}

The gaps were written for this test, most with several words that would be right. That the first of
them, the example above, gives *capital* was the goal of the recipe; the others decided nothing
about it. The held-out sentences are one in ten of the written training
sentences; neither this model nor the one it goes on from was trained on them. Words are hidden at
regular distances there, names too; only words of one piece are counted, in both sets."""

_BADLY = (
    "It knows how words are used together, and few facts: names of people and places are guesses.",
    "Long words, which the vocabulary spells in pieces: one mask stands for one piece.",
    "Long texts: it was trained on one sentence at a time.",
    "English only.",
)


def card(recipe: Recipe, result: dict[str, Any]) -> str:
    """The card's text for these results."""
    scores = result["scores"]
    rows = [
        [title, scores[key]["first"], scores[key]["first_five"], scores[key]["words"]]
        for key, title in _SETS.items()
        if key in scores
    ]
    return Card(
        task="fill-mask",
        about=_ABOUT,
        facts=(
            f"`BertForMaskedLM`: {recipe.layers} layers, {recipe.width} wide, 4 heads, "
            f"{recipe.positions} positions, {result['parameters']:,} parameters, stored as float16 "
            "and run in float32",
            f"cased WordPiece vocabulary of {recipe.vocabulary:,}, the same as that of `tiny-ner`",
        ),
        scores=_SCORES.format(table=table(["set", "first", "in five", "words"], rows)),
        badly=_BADLY,
        steps=f"from the encoder of `{recipe.start}`, {recipe.rounds[0]} steps of {recipe.batch} "
        f"sentences, half of them generated, then {recipe.rounds[1]} steps of sentences as they "
        "were written; the weights of the last part of each round averaged",
        data=(
            (f"`{recipe.start}` and all that it was trained on", "first weights", "see its card"),
            (WORDNET[0], "prose", WORDNET[1]),
            ("sentences and word lists " + OWN[0], "sentences", OWN[1]),
        ),
    ).render(recipe.name, result)
