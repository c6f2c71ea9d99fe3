"""Hunting a NaN through a recorded run.

trace: the cycles of a run, in order; trace[17] is cycle 17
       cycle.number, cycle.step, cycle.outputs
       cycle.outputs[0].numpy() is the array that it wrote, with its .shape
"""

import numpy as np


def first_nan(trace):
    """The number of the first cycle that wrote a NaN; None if there is none."""
    raise NotImplementedError


def nan_tokens(trace, number):
    """The places of the tokens that have a NaN after cycle `number` [batch, token, channel]."""
    raise NotImplementedError


def everywhere(trace, length):
    """The number of the first cycle with an output [1, length, …] whose tokens all have a NaN."""
    raise NotImplementedError
