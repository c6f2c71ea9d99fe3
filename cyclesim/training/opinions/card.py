"""What the card of ``tiny-sentiment`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyclesim.training.card import OWN, WORDNET, Card, table
from cyclesim.training.opinions.generate import LABELS

if TYPE_CHECKING:
    from cyclesim.training.opinions.recipe import Recipe

_SETS = {
    "test": "hand-written sentences, test",
    "dev": "hand-written sentences, development",
    "generated": "generated sentences",
}

_ABOUT = """\
A small BERT that says whether an English sentence is negative, neutral or positive. It ships inside
cyclesim so that there is a trained sequence classifier to step through with no network: embedding,
attention, feed-forward network, LayerNorm, pooler and classifier all run. It is a teaching model,
not meant for production."""

_SCORES = """\
Percent; the label is the likeliest one.

{table}

The hand-written sentences were written before the generator, by the same hand, and are not in the
training data. The errors among the development sentences were looked at, and the generator was
extended after them, so that score flatters; the test sentences were scored once, at the end. The
generated sentences come from the generator of the training data with another seed: that score says
how well the model learnt its rules, not how well it knows English."""

_BADLY = (
    "Words that neither the word list nor the grammar has: the label is then a guess.",
    "Irony, understatement, comparisons, and anything that only knowledge of the world decides.",
    "Long texts: it was trained on one or two sentences at a time.",
    "English only. Accents and capitals are removed.",
)


def card(recipe: Recipe, result: dict[str, Any]) -> str:
    """The card's text for these results."""
    rows = []
    for key, title in _SETS.items():
        if key in result["scores"]:
            scores = result["scores"][key]
            by_label = [scores[label]["f1"] for label in LABELS]
            rows.append([title, scores["all"]["accuracy"], *by_label, scores["all"]["sentences"]])
    return Card(
        task="text-classification",
        about=_ABOUT,
        facts=(
            f"`BertForSequenceClassification`: {recipe.layers} layers, {recipe.width} wide, "
            f"4 heads, {recipe.positions} positions, {result['parameters']:,} parameters, "
            "stored as float16 and run in float32",
            f"uncased WordPiece vocabulary of {recipe.vocabulary:,}, trained by the project",
            f"labels: {', '.join(LABELS)}",
        ),
        scores=_SCORES.format(
            table=table(
                ["set", "accuracy", *(f"F1 {label}" for label in LABELS), "sentences"], rows
            )
        ),
        badly=_BADLY,
        steps=f"{recipe.steps} steps of {recipe.batch} sentences from random weights, the "
        "weights of the last quarter averaged",
        data=(
            ("grammar of opinions, newspaper sentences " + OWN[0], "sentences", OWN[1]),
            ("VADER lexicon (C.J. Hutto)", "words of opinion", "MIT"),
            (WORDNET[0], "prose, labelled by its words of opinion", WORDNET[1]),
        ),
    ).render(recipe.name, result)
