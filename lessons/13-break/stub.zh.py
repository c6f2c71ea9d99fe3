"""在一份运行记录里追查 NaN。

trace：一次运行的周期，按顺序排列；trace[17] 是周期 17
       cycle.number、cycle.step、cycle.outputs
       cycle.outputs[0].numpy() 是它写出的数组，有 .shape
"""

import numpy as np


def first_nan(trace):
    """第一个写出 NaN 的周期的编号；没有则为 None。"""
    raise NotImplementedError


def nan_tokens(trace, number):
    """周期 number 之后（[批, 词元, 通道]），有 NaN 的词元的位置。"""
    raise NotImplementedError


def everywhere(trace, length):
    """输出为 [1, length, …] 且每个词元都有 NaN 的第一个周期的编号。"""
    raise NotImplementedError
