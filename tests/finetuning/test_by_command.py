"""Card, README and help say of `cyclesim train` what its run without options reached."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cyclesim.cli import main
from cyclesim.finetuning import Settings
from cyclesim.finetuning.generated import make_held_out
from cyclesim.training.making import ASSETS
from cyclesim.training.ner.by_command import PARTS, by_command

ROOT = Path(__file__).parents[2]
RUN = by_command()
FOUND = {part: RUN["report"][part]["scores"]["all"] for part in ("dev", "test")}
MINUTES = round(RUN["seconds"] / 60)


def text(words: str) -> str:
    """On one line, percentages without a space: as the README and the help may be wrapped."""
    return re.sub(r"\s+", " ", words).replace(" %", "%")


def test_the_run_is_the_command_without_options() -> None:
    assert RUN["settings"] == Settings().to_json()
    assert (Settings().epochs, Settings().batch, Settings().random) == (3, 16, True)
    assert RUN["sizes"]["train"] == Settings().sentences
    assert len(RUN["history"]) == Settings().epochs


def test_the_embedded_model_was_measured_on_the_same_sentences() -> None:
    scores = json.loads((ASSETS / "tiny-ner" / "scores.json").read_text())["scores"]
    for (key, part), samples in zip(PARTS.items(), make_held_out(), strict=True):
        assert RUN["sizes"][part] == len(samples)
        names = sum(len(sample.spans) for sample in samples)
        assert scores[key]["all"]["entities"] == FOUND[part]["wanted"] == names


def test_card_readme_and_help_have_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    dev, test = (f"{FOUND[part]['f1']:.1%}" for part in ("dev", "test"))
    card = text((ASSETS / "tiny-ner" / "README.md").read_text(encoding="utf-8"))
    assert f"reached {dev} F1 on this dev and {test} on this test" in card
    assert f"{RUN['sizes']['train']:,} sentences" in card and f"{MINUTES} minutes" in card
    readme = text((ROOT / "README.md").read_text(encoding="utf-8"))
    assert f"reached {dev} F1 on dev and {test} on test" in readme
    words = f"{RUN['report']['dev']['accuracy']:.1%} of the words of dev"
    assert f"{words}, in {MINUTES} minutes on two" in readme
    scores = json.loads((ASSETS / "tiny-ner" / "scores.json").read_text())["scores"]
    own = [f"{scores[key]['all']['f1']:.1f}%" for key in PARTS]
    assert f"has {own[0]} and {own[1]}" in readme
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    said = text(re.sub(r"\x1b\[[0-9;]*m|[│╭╰─]", " ", capsys.readouterr().out))
    assert f"{dev} F1 on dev in {MINUTES} minutes" in said
