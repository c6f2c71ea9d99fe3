"""用 NumPy 写出一个注意力头。"""

import numpy as np


def attention_weights(queries, keys, visible=None):
    """每个词元对每个词元看多少。

    queries、keys：数组 [词元数, 通道数]
    visible：True 和 False 的数组 [词元数]，或 None：哪些键可以被看到
    返回：数组 [词元数, 词元数]，每个查询一行
    """
    raise NotImplementedError


def context(weights, values):
    """每个词元得到什么：按它的权重混合起来的值。

    weights：数组 [词元数, 词元数]；values：数组 [词元数, 通道数]
    返回：数组 [词元数, 通道数]
    """
    raise NotImplementedError
