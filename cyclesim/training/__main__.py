"""``python -m cyclesim.training``: makes the embedded model from the committed data and a seed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .recipe import QUICK, Recipe, make

PACKAGE = Path(__file__).resolve().parents[1]
TESTS = PACKAGE.parent / "tests" / "training"


def main(arguments: list[str] | None = None) -> None:
    """Read the arguments and run the recipe."""
    parser = argparse.ArgumentParser(prog="python -m cyclesim.training", description=__doc__)
    parser.add_argument("--output", type=Path, default=PACKAGE / "assets" / "tiny-ner")
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument(
        "--quick", action="store_true", help="a few steps of a tiny model, to see that all runs"
    )
    options = parser.parse_args(arguments)
    if options.quick and options.output == parser.get_default("output"):
        parser.error("--quick makes no usable model: give it an --output of its own")
    base = QUICK if options.quick else Recipe()
    recipe = Recipe(**{**vars(base), "seed": options.seed})
    files = {"dev": TESTS / "natural_dev.txt", "natural": TESTS / "natural_test.txt"}
    natural = {name: path for name, path in files.items() if path.exists()}
    result = make(recipe, options.output, natural)
    print(json.dumps(result["scores"], indent=2))


if __name__ == "__main__":
    main()
