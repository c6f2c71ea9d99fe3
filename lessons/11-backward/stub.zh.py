"""损失、梯度，以及一步更新。"""

import numpy as np


def loss(logits, targets):
    """对带标签的词元求平均：目标的概率的负对数。

    logits：数组 [词元数, 标签数]；targets：数组 [词元数]，标签的位置，没有标签则为 −100
    返回：一个数
    """
    raise NotImplementedError


def gradient_of_logits(logits, targets):
    """这个损失的梯度：数组 [词元数, 标签数]。"""
    raise NotImplementedError


def gradient_of_weight(gradient, states):
    """写出 logit 的那个线性层的权重的梯度。

    gradient：数组 [词元数, 标签数]；states：数组 [词元数, 隐藏维]，这一层读入的张量
    返回：数组 [标签数, 隐藏维]
    """
    raise NotImplementedError


def adamw(value, gradient, lr, decay, eps):
    """AdamW 第一步之后的值；各个数组形状相同。"""
    raise NotImplementedError
