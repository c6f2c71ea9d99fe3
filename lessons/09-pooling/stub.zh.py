"""从每个词元一个向量，到整段文本一个答案。"""

import numpy as np


def pooler(states, weight, bias):
    """BERT 的池化层从最后的状态得出什么。

    states：数组 [词元数, 隐藏维]；weight：数组 [隐藏维, 隐藏维]，即 [输出, 输入]；bias：[隐藏维]
    返回：数组 [隐藏维]
    """
    raise NotImplementedError


def mean_pooling(states, mask):
    """真词元的平均。

    states：数组 [词元数, 隐藏维]；mask：数组 [词元数]，真词元为一，填充为零
    返回：数组 [隐藏维]
    """
    raise NotImplementedError


def answer(pooled, weight, bias):
    """每个标签的概率。

    pooled：数组 [隐藏维]；weight：数组 [标签数, 隐藏维]；bias：数组 [标签数]
    返回：数组 [标签数]
    """
    raise NotImplementedError
