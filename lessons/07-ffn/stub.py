"""The feed-forward network, and what it costs."""

import math

import numpy as np


def gelu(x):
    """GELU of an array of any shape."""
    raise NotImplementedError


def network(x, up, up_bias, down, down_bias):
    """The network on x [tokens, hidden]; up [wide, hidden], down [hidden, wide]."""
    raise NotImplementedError


def linear_flops(tokens, into, out):
    """FLOPs of a linear layer; a multiplication counts one, an addition counts one."""
    raise NotImplementedError


def overtakes(hidden, wide):
    """The smallest number of tokens at which scores and context take more FLOPs than the network.

    Count products only, two FLOPs each.
    """
    raise NotImplementedError
