"""Other libraries' logs, kept off the screen while they are loaded or asked for something."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet_loggers"]

#: torchao, where it is installed, is imported by transformers and complains about kernels that are
#: for other machines; torch complains about what torchao registers.
LOGGERS = ("torchao", "torch", "torch.utils._pytree")


@contextmanager
def quiet_loggers() -> Iterator[None]:
    """Only critical messages, inside a `with` block."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
