"""Whatever transformers raises while it loads something, as one sentence for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cyclesim.errors import CyclesimError
from cyclesim.language import tr

__all__ = ["in_sentences"]


@contextmanager
def in_sentences(what: str, shown: str) -> Iterator[None]:
    """Turn whatever transformers raises into one sentence."""
    try:
        yield
    except CyclesimError:
        raise
    except ImportError as error:
        raise CyclesimError(
            tr("{shown} needs a package that is missing: {why}").format(
                shown=shown, why=_first(error)
            )
        ) from None
    except torch.OutOfMemoryError:
        raise CyclesimError(
            tr("{shown} does not fit into memory: use a smaller --dtype.").format(shown=shown)
        ) from None
    except Exception as error:  # KeyError, AttributeError, …: a broken file shows in many ways
        if "trust_remote_code" in str(error):
            raise CyclesimError(
                tr(
                    "{shown} comes with its own Python code: read it, and pass "
                    "--trust-remote-code if you trust it."
                ).format(shown=shown)
            ) from None
        raise CyclesimError(
            tr("the {what} of {shown} cannot be loaded: {why}").format(
                what=what, shown=shown, why=_first(error)
            )
        ) from None


def _first(error: Exception) -> str:
    """The first sentence of an error, as the end of one of ours."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    if isinstance(error, KeyError):
        text = tr("there is no {key}").format(key=text)
    return (text.partition(". ")[0] or type(error).__name__).rstrip(".:") + "."
