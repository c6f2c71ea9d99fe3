"""线性层和头。"""

import numpy as np


def linear(x, weight, bias):
    """线性层：x [词元数, 输入]，weight [输出, 输入]，bias [输出]；返回 [词元数, 输出]。"""
    raise NotImplementedError


def split_heads(x, heads):
    """把 [词元数, 隐藏维] 读成头：返回 [头数, 词元数, 隐藏维 / 头数]。"""
    raise NotImplementedError


def merge_heads(x):
    """把各个头并排放回去：[头数, 词元数, 通道数] 变成 [词元数, 头数 × 通道数]。"""
    raise NotImplementedError
