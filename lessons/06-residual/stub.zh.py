"""残差连接与层归一化。"""

import numpy as np


def layernorm(x, gamma, beta, eps):
    """x [词元数, 隐藏维] 的每个词元均值为 0、方差为 1，再乘 gamma、加 beta。"""
    raise NotImplementedError


def post_norm(x, proposed, gamma, beta, eps):
    """后归一化的块写出什么。

    x：子层之前的状态；proposed：子层由它算出的东西
    """
    raise NotImplementedError


def pre_norm(x, weight, gamma, beta, eps):
    """前归一化的块写出什么；它的子层是乘以 weight [隐藏维, 隐藏维]。"""
    raise NotImplementedError
