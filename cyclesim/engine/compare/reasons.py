"""Why something could not be measured, in one sentence."""

from __future__ import annotations

import torch

from cyclesim.errors import CyclesimError
from cyclesim.versus.sentences import NO_COMPILER, NO_MEMORY

__all__ = ["reason"]

#: A longer one is a listing, not a sentence.
_LONGEST = 300


def reason(error: Exception) -> str:
    """`error` as one sentence, without a full stop at its end."""
    text = str(error)
    if isinstance(error, CyclesimError):
        return " ".join(text.split()).rstrip(".")
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate memory" in text:
        return NO_MEMORY
    # How inductor says that there is no compiler: it raises one error around another.
    if "InvalidCxxCompiler" in text or "No working C++ compiler" in text:
        return NO_COMPILER
    first = next((line.strip() for line in text.splitlines() if line.strip()), "no message")
    said = f"{type(error).__name__}: {first.rstrip('.')}"
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
