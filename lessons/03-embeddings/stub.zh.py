"""从编号到第一个隐藏状态。"""

import numpy as np


def lookup(table, ids):
    """ids 在 table 里选中的行：数组 [词元数, 隐藏维]。"""
    raise NotImplementedError


def embed(ids, words, types, positions):
    """一段文本的三个嵌入之和：数组 [词元数, 隐藏维]。

    ids：数组 [词元数]；words、types、positions：表 [行数, 隐藏维]
    """
    raise NotImplementedError


def normalise(x, gamma, beta, eps):
    """对 [词元数, 隐藏维] 做层归一化：每个词元均值为 0、方差为 1，再乘 gamma、加 beta。"""
    raise NotImplementedError
