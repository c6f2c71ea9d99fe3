"""The one error a person sees: bad input, said in one sentence."""

from __future__ import annotations

__all__ = ["CyclesimError", "ModelError"]


class CyclesimError(Exception):
    """Something the user can put right. Its text is one sentence: what is wrong and what to do.

    The command line prints it on stderr and exits with code 2.
    """


class ModelError(CyclesimError):
    """The model itself raised while it ran; the message names the cycle and the module path.

    Attributes:
        trace: what was recorded up to there.
    """

    def __init__(self, message: str, trace: object = None) -> None:
        super().__init__(message)
        self.trace = trace
