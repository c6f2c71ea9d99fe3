"""前馈网络，以及它的代价。"""

import math

import numpy as np


def gelu(x):
    """任意形状的数组的 GELU。"""
    raise NotImplementedError


def network(x, up, up_bias, down, down_bias):
    """作用于 x [词元数, 隐藏维] 的网络；up [宽, 隐藏维]，down [隐藏维, 宽]。"""
    raise NotImplementedError


def linear_flops(tokens, into, out):
    """线性层的 FLOP；一次乘算一个，一次加算一个。"""
    raise NotImplementedError


def overtakes(hidden, wide):
    """从多少个词元起，得分和上下文的 FLOP 比这个网络多（最小的词元数）。

    只数乘积，每个算两个 FLOP。
    """
    raise NotImplementedError
