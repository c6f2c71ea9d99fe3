"""From a model's name to a folder on this machine: embedded, local, cached, or downloaded.

After this step every model is a local folder, so loading has one path and the same checks for all.
The network is asked last, once, with a time limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from cyclesim.errors import CyclesimError
from cyclesim.language import tr
from cyclesim.machine.catalog import EMBEDDED, embedded_path
from cyclesim.machine.extra import EXTRAS, extra_path
from cyclesim.machine.folder import check_config, check_folder

__all__ = ["Place", "find"]

#: Seconds that the hub has to answer.
TIMEOUT = 10.0

#: `name` or `owner/name`; the hub allows letters, digits, `-`, `_` and `.` inside.
_HUB_NAME = re.compile(r"(?:\w[\w.-]{0,95}/)?\w[\w.-]{0,95}", re.ASCII)
_WANTED = (".json", ".safetensors", ".txt", ".model", ".jinja")


class Place(NamedTuple):
    """Where a model is, and what to call it on screen.

    Attributes:
        config: the file that alone says what the model is, whose weights are then to be drawn;
            None where it is the whole folder.
    """

    folder: Path
    shown: str
    config: Path | None = None


def find(
    name: str,
    say: Callable[[str], None],
    *,
    random_init: bool = False,
    trust_remote_code: bool = False,
) -> Place:
    """The checked folder of the model called `name`.

    Args:
        name: an embedded model, one of another package, a local folder, or a name on the hub.
        say: told what is being done.
        random_init: see `check_folder`; a config by itself, the path of a file, is then a model
            too, whatever weights lie beside it.
        trust_remote_code: also download the Python files of a hub model.

    Raises:
        CyclesimError: there is no such model, or its folder is not usable.
    """
    path = Path(name).expanduser()
    if name in EMBEDDED:
        place = Place(embedded_path(name), name)
    elif name in EXTRAS:
        place = Place(extra_path(name), name)
    elif name.strip() and _exists(path):
        if random_init and path.is_file():
            return _config_alone(path)
        if not path.is_dir():
            raise CyclesimError(
                tr("{name} is a file: give the folder that holds the model.").format(name=name)
            )
        place = Place(path, path.resolve().name)
    elif _is_hub_name(name):
        return Place(_from_hub(name, say, random_init, trust_remote_code), name)
    else:
        raise CyclesimError(
            tr(
                "{name!r} is no folder here and no name on the Hugging Face hub (owner/name)."
            ).format(name=name)
        )
    check_folder(place.folder, random_init=random_init)
    return place


def _config_alone(file: Path) -> Place:
    check_config(file)
    named = file.parent if file.name == "config.json" else file.with_suffix("")
    return Place(file.parent, named.resolve().name, file)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or a NUL byte
        return False


def _is_hub_name(name: str) -> bool:
    return bool(_HUB_NAME.fullmatch(name)) and ".." not in name and "--" not in name


def _from_hub(
    name: str, say: Callable[[str], None], random_init: bool, trust_remote_code: bool
) -> Path:
    from huggingface_hub import constants

    cached, problem = _cached(name), None
    if cached is not None:
        try:
            check_folder(cached, random_init=random_init)
            return cached
        except CyclesimError as error:
            problem = error  # perhaps a download that was cut off
    if constants.HF_HUB_OFFLINE:
        raise problem or _unknown(name, tr("and HF_HUB_OFFLINE is set"))
    say(tr("asking the Hugging Face hub for {name}").format(name=name))
    wanted = _files_of(name, trust_remote_code)
    say(tr("downloading {name}").format(name=name))
    folder = _download(name, wanted)
    check_folder(folder, random_init=random_init)
    return folder


def _cached(name: str) -> Path | None:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError):
        return None


def _files_of(name: str, trust_remote_code: bool) -> list[str]:
    """The files to download; checked for weights before anything large is."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        siblings = HfApi().model_info(name, timeout=TIMEOUT).siblings or []
    except GatedRepoError:
        raise CyclesimError(
            tr(
                "{name} is gated: accept its terms on the Hugging Face hub and log in "
                "(hf auth login)."
            ).format(name=name)
        ) from None
    except RepositoryNotFoundError:
        raise _unknown(name, tr("nor on the Hugging Face hub")) from None
    except Exception:  # whatever the HTTP client raises: no network, no answer, a broken one
        raise _unknown(name, tr("and the Hugging Face hub does not answer")) from None
    files = [s.rfilename for s in siblings if "/" not in s.rfilename]
    if not any(f.endswith(".safetensors") for f in files):
        raise CyclesimError(
            tr(
                "{name} has no safetensors weights on the hub, and cyclesim opens no other kind."
            ).format(name=name)
        )
    endings = (*_WANTED, ".py") if trust_remote_code else _WANTED
    return [f for f in files if f.endswith(endings)]


def _download(name: str, wanted: list[str]) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=wanted, etag_timeout=TIMEOUT))
    except Exception as error:
        first = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        raise CyclesimError(
            tr("the download of {name} failed: {why}.").format(name=name, why=first)
        ) from None


def _unknown(name: str, why: str) -> CyclesimError:
    near = get_close_matches(name, [*EMBEDDED, *EXTRAS], n=1)
    hint = tr("check the name, or give a folder.")
    if near:
        hint = tr("did you mean {name}?").format(name=near[0])
    return CyclesimError(
        tr(
            "there is no model {name!r}: it is not embedded, not a folder here, "
            "not in the local cache, {why}; {hint}"
        ).format(name=name, why=why, hint=hint)
    )
