"""``python -m cyclesim.training NAME`` makes an embedded model from committed data and a seed."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any, cast

from .making import ASSETS, Recipe, make
from .recipes import RECIPES


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments and run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m cyclesim.training", description=__doc__)
    parser.add_argument("name", nargs="?", default="tiny-ner", choices=RECIPES)
    parser.add_argument(
        "--output", type=Path, help="the folder to fill; the package's own if left out"
    )
    parser.add_argument("--seed", type=int, help="another seed than the recipe's")
    parser.add_argument(
        "--quick", action="store_true", help="a few steps of a tiny model, to see that all runs"
    )
    options = parser.parse_args(arguments)
    if options.quick and options.output is None:
        parser.error("--quick makes no usable model: give it an --output of its own")
    recipe = RECIPES[options.name][options.quick]
    if options.seed is not None:
        recipe = cast(Recipe, dataclasses.replace(cast(Any, recipe), seed=options.seed))
    result = make(recipe, options.output or ASSETS / recipe.name)
    print(json.dumps(result["scores"], indent=2))


if __name__ == "__main__":
    main()
