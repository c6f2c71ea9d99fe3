"""What the card of ``tiny-gpt`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyclesim.training import corpus
from cyclesim.training.bytepairs import END, size
from cyclesim.training.card import OWN, Card, table

if TYPE_CHECKING:
    from cyclesim.training.stories.recipe import Recipe

_ABOUT = """\
A small GPT-2 that writes little stories: give it "Once upon a time". It ships inside cyclesim so
that there is a trained language model to step through with no network, token by token. It is a
teaching model: it knows the stories it was trained on and nothing else."""

_SCORES = """\
{table}

Bits per character do not depend on the vocabulary. The held-out stories are of the same grammar as
the training stories; the hand-written ones are not, and show how narrow the model is. Where a
held-out story names somebody again, that name is the model's first guess among all names in
{names:.1f} % of {mentions} places.

{count} stories drawn with seed 0 at temperature 0.8 from "Once upon a time": {ended} % came to an
end of their own, {real} % of their words are words of the training stories, and {new} % of their
sentences are in none of {compared:,} training stories. The first three, as they came:

{stories}"""

_BADLY = (
    "It has read only stories of one grammar: other prompts soon turn into such a story.",
    "It loses the thread: a grandmother becomes an uncle or a he, and two plots may be mixed.",
    "Outside of the plots and the names of its grammar it knows nobody and nothing.",
    "English only.",
)


def card(recipe: Recipe, result: dict[str, Any]) -> str:
    """The card's text for these results."""
    scores = result["scores"]
    titles = {"held_out": "held-out stories", "hand-written": "hand-written stories"}
    rows = [
        [title, scores[key]["perplexity"], f"{scores[key]['bits_per_character']:.2f}",
         scores[key]["texts"]]
        for key, title in titles.items()
        if key in scores
    ]  # fmt: skip
    samples, pieces = scores["samples"], size(corpus.lines("stories-merges.txt"))
    return Card(
        task="text-generation",
        about=_ABOUT,
        facts=(
            f"`GPT2LMHeadModel`: {recipe.layers} layers, {recipe.width} wide, 4 heads, "
            f"{recipe.positions} positions, {result['parameters']:,} parameters, stored as float16 "
            "and run in float32",
            f"byte-pair vocabulary of {pieces:,}, trained by the project",
        ),
        scores=_SCORES.format(
            names=scores["names"]["first"], mentions=scores["names"]["names"],
            table=table(["set", "perplexity by token", "bits by character", "stories"], rows),
            count=samples["stories"], ended=samples["ended"], real=samples["real_words"],
            new=samples["new_sentences"],
            compared=recipe.compared,
            stories="\n\n".join(f"> {text.removesuffix(END)}" for text in scores["first"]),
        ),
        badly=_BADLY,
        steps=f"{recipe.steps} steps of {recipe.batch} stories from random weights, the weights of "
        "the last tenth averaged",
        data=(("a grammar of stories " + OWN[0], "everything", OWN[1]),),
    ).render(recipe.name, result)  # fmt: skip
