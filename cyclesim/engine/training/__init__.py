"""A training step, cycle by cycle: backward mirrors the forward, then clip, update and schedule."""

from cyclesim.engine.training.run import TrainingRun

__all__ = ["TrainingRun"]
